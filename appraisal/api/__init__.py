"""The verbs of this room for programs, one subject per module."""

from rest_framework.routers import SimpleRouter

from appraisal.api.assessments import AssessmentViewSet, InstrumentViewSet


def register(router: SimpleRouter) -> None:
    """Add this room to the API."""
    router.register(
        r"reviews/(?P<slug>[-\w]+)/assessments", AssessmentViewSet, basename="appraisal-assessments"
    )
    router.register(
        r"reviews/(?P<slug>[-\w]+)/instruments", InstrumentViewSet, basename="appraisal-instruments"
    )
