"""Risk of bias, page by page."""

from django.urls import path

from appraisal import views

app_name = "appraisal"
urlpatterns = [
    path("risk-of-bias/", views.overview, name="overview"),
    path("risk-of-bias/assessments/<int:pk>/", views.assess, name="assess"),
    path("risk-of-bias/assessments/<int:pk>/save/", views.save, name="save"),
    path("risk-of-bias/assessments/<int:pk>/domains/<slug:domain>/", views.answer_domain, name="answer"),
    path("risk-of-bias/assessments/<int:pk>/reopen/", views.reopen_assessment, name="reopen"),
    path("risk-of-bias/<slug:instrument>/studies/<int:study_pk>/start/", views.start, name="start"),
    path("risk-of-bias/<slug:instrument>/studies/<int:study_pk>/", views.reconciliation, name="reconcile"),
    path("risk-of-bias/<slug:instrument>/studies/<int:study_pk>/consensus/", views.settle, name="settle"),
    path("risk-of-bias/<slug:instrument>/robvis.csv", views.robvis, name="robvis"),
    path("risk-of-bias/<slug:instrument>/<slug:plot>.<slug:fmt>", views.figure, name="figure"),
]
