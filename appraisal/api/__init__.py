"""The verbs of this room for programs, one subject per module."""

from rest_framework.routers import SimpleRouter

from appraisal.api.assessments import AssessmentViewSet, InstrumentViewSet
from appraisal.api.figures import FigureViewSet
from appraisal.api.tools import ReviewToolViewSet


def register(router: SimpleRouter) -> None:
    """Add this room to the API."""
    for name, viewset in (
        ("assessments", AssessmentViewSet),
        ("instruments", InstrumentViewSet),
        ("risk-of-bias-tools", ReviewToolViewSet),
        ("risk-of-bias-figures", FigureViewSet),
    ):
        router.register(rf"reviews/(?P<slug>[-\w]+)/{name}", viewset, basename=f"appraisal-{name}")
