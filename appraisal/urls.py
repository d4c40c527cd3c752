"""Risk of bias, page by page."""

from django.urls import path

from appraisal.views import assessments

app_name = "appraisal"
urlpatterns = [
    path("risk-of-bias/", assessments.overview, name="overview"),
    path("risk-of-bias/assessments/<int:pk>/", assessments.assess, name="assess"),
    path("risk-of-bias/assessments/<int:pk>/save/", assessments.save, name="save"),
    path(
        "risk-of-bias/assessments/<int:pk>/domains/<slug:domain>/", assessments.answer_domain, name="answer"
    ),
    path("risk-of-bias/assessments/<int:pk>/reopen/", assessments.reopen_assessment, name="reopen"),
    path("risk-of-bias/<slug:instrument>/studies/<int:study_pk>/start/", assessments.start, name="start"),
    path(
        "risk-of-bias/<slug:instrument>/studies/<int:study_pk>/", assessments.reconciliation, name="reconcile"
    ),
    path(
        "risk-of-bias/<slug:instrument>/studies/<int:study_pk>/consensus/", assessments.settle, name="settle"
    ),
    path("risk-of-bias/<slug:instrument>/robvis.csv", assessments.robvis, name="robvis"),
    path("risk-of-bias/<slug:instrument>/<slug:plot>.<slug:fmt>", assessments.figure, name="figure"),
]
