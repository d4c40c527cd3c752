"""The verbs of this room for programs, one subject per module."""

from rest_framework.routers import SimpleRouter

from extraction.api.results import ArmViewSet, CharacteristicViewSet, ResultViewSet


def register(router: SimpleRouter) -> None:
    """Add this room to the API."""
    here = r"reviews/(?P<slug>[-\w]+)"
    router.register(rf"{here}/arms", ArmViewSet, basename="extraction-arms")
    router.register(rf"{here}/characteristics", CharacteristicViewSet, basename="extraction-characteristics")
    router.register(rf"{here}/results", ResultViewSet, basename="extraction-results")
