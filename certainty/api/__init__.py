"""The verbs of this room for programs, one subject per module."""

from rest_framework.routers import SimpleRouter

from certainty.api.findings import FindingViewSet
from certainty.api.grades import GradeViewSet


def register(router: SimpleRouter) -> None:
    """Add this room to the API."""
    here = r"reviews/(?P<slug>[-\w]+)"
    router.register(rf"{here}/findings", FindingViewSet, basename="certainty-findings")
    router.register(rf"{here}/grades", GradeViewSet, basename="certainty-grades")
