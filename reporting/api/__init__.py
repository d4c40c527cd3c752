"""The verbs of this room for programs, one subject per module."""

from rest_framework.routers import SimpleRouter

from reporting.api.archives import ArchiveViewSet
from reporting.api.characteristics import CharacteristicsViewSet
from reporting.api.checklists import ChecklistViewSet
from reporting.api.exports import ExportViewSet
from reporting.api.flow import FlowViewSet
from reporting.api.prisma import FlowCorrectionViewSet, PrismaViewSet
from reporting.api.report import ReportViewSet
from reporting.api.versions import PublicPageViewSet, VersionViewSet


def register(router: SimpleRouter) -> None:
    """Add this room to the API."""
    router.register("archives", ArchiveViewSet, basename="archives")
    router.register(r"reviews/(?P<slug>[-\w]+)/prisma", PrismaViewSet, basename="reporting-prisma")
    router.register(
        r"reviews/(?P<slug>[-\w]+)/flow-corrections",
        FlowCorrectionViewSet,
        basename="reporting-flow-corrections",
    )
    router.register(r"reviews/(?P<slug>[-\w]+)/flow", FlowViewSet, basename="reporting-flow")
    router.register(r"reviews/(?P<slug>[-\w]+)/report", ReportViewSet, basename="reporting-report")
    router.register(
        r"reviews/(?P<slug>[-\w]+)/study-tables", CharacteristicsViewSet, basename="reporting-study-tables"
    )
    router.register(r"reviews/(?P<slug>[-\w]+)/checklists", ChecklistViewSet, basename="reporting-checklists")
    router.register(r"reviews/(?P<slug>[-\w]+)/exports", ExportViewSet, basename="reporting-exports")
    router.register(r"reviews/(?P<slug>[-\w]+)/versions", VersionViewSet, basename="reporting-versions")
    router.register(
        r"reviews/(?P<slug>[-\w]+)/public-pages", PublicPageViewSet, basename="reporting-public-pages"
    )
