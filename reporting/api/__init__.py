"""The verbs of this room for programs, one subject per module."""

from rest_framework.routers import SimpleRouter

from reporting.api.characteristics import CharacteristicsViewSet
from reporting.api.prisma import PrismaViewSet


def register(router: SimpleRouter) -> None:
    """Add this room to the API."""
    router.register(r"reviews/(?P<slug>[-\w]+)/prisma", PrismaViewSet, basename="reporting-prisma")
    router.register(
        r"reviews/(?P<slug>[-\w]+)/study-tables", CharacteristicsViewSet, basename="reporting-study-tables"
    )
