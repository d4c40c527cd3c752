"""The verbs of this room for programs, one subject per module."""

from rest_framework.routers import SimpleRouter

from analysis.api.explorations import ExplorationViewSet
from analysis.api.plans import PlanViewSet
from analysis.api.runs import RunViewSet


def register(router: SimpleRouter) -> None:
    """Add this room to the API."""
    here = r"reviews/(?P<slug>[-\w]+)"
    router.register(rf"{here}/plans", PlanViewSet, basename="analysis-plans")
    router.register(rf"{here}/runs", RunViewSet, basename="analysis-runs")
    router.register(rf"{here}/explorations", ExplorationViewSet, basename="analysis-explorations")
