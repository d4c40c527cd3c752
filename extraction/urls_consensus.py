"""Dual extraction, page by page."""

from django.urls import path

from extraction.views import consensus

urlpatterns = [
    path("extraction/comparisons/", consensus.comparison_list, name="comparisons"),
    path("extraction/agreement/", consensus.agreement, name="agreement"),
    path("extraction/studies/<int:study_pk>/compare/", consensus.compare, name="compare"),
    path("extraction/studies/<int:study_pk>/compare/value/", consensus.agree_value, name="agree_value"),
    path(
        "extraction/studies/<int:study_pk>/compare/agreeing/", consensus.take_agreeing, name="take_agreeing"
    ),
    path(
        "extraction/studies/<int:study_pk>/compare/results/<int:pk>/",
        consensus.agree_result,
        name="agree_result",
    ),
    path(
        "extraction/studies/<int:study_pk>/compare/results/<int:pk>/leave-out/",
        consensus.leave_out_result,
        name="leave_out_result",
    ),
]
