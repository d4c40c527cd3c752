"""Risk of bias, page by page."""

from django.urls import path

from appraisal.views import assessments, builder, figures, overview, reconciling, tools

app_name = "appraisal"
urlpatterns = [
    path("risk-of-bias/", overview.overview, name="overview"),
    path("risk-of-bias/figures/", figures.figures, name="figures"),
    path("risk-of-bias/robvis/", figures.robvis_in, name="robvis_in"),
    path("risk-of-bias/tools/", tools.tools, name="tools"),
    path("risk-of-bias/tools/add/", tools.add, name="add_tool"),
    path("risk-of-bias/tools/new/", builder.new, name="new_tool"),
    path("risk-of-bias/tools/<slug:instrument>/", tools.tool, name="tool"),
    path("risk-of-bias/tools/<slug:instrument>/retire/", tools.retire, name="retire_tool"),
    path("risk-of-bias/tools/<slug:instrument>/designs/", tools.designs, name="designs"),
    path("risk-of-bias/tools/<slug:instrument>/next/", builder.next_version, name="next_version"),
    path("risk-of-bias/tools/<slug:instrument>/draft/", builder.draft, name="draft"),
    path("risk-of-bias/tools/<slug:instrument>/draft/publish/", builder.publish, name="publish_tool"),
    path("risk-of-bias/tools/<slug:instrument>/draft/discard/", builder.discard_draft, name="discard_draft"),
    path("risk-of-bias/tools/<slug:instrument>/<int:number>.json", tools.tool_file, name="tool_file"),
    path("risk-of-bias/studies/<int:study_pk>/begin/", overview.begin, name="begin"),
    path("risk-of-bias/assessments/<int:pk>/", assessments.assess, name="assess"),
    path("risk-of-bias/assessments/<int:pk>/save/", assessments.save, name="save"),
    path("risk-of-bias/assessments/<int:pk>/questions/<str:question>/", assessments.answer, name="answer"),
    path("risk-of-bias/assessments/<int:pk>/domains/<str:domain>/", assessments.judge, name="judge"),
    path("risk-of-bias/assessments/<int:pk>/result/", assessments.name_result, name="name_result"),
    path("risk-of-bias/assessments/<int:pk>/discard/", assessments.discard, name="discard"),
    path("risk-of-bias/assessments/<int:pk>/version/", assessments.take_over, name="take_over"),
    path("risk-of-bias/assessments/<int:pk>/reopen/", assessments.reopen_assessment, name="reopen"),
    path("risk-of-bias/<slug:instrument>/studies/<int:study_pk>/start/", overview.start, name="start"),
    path(
        "risk-of-bias/<slug:instrument>/studies/<int:study_pk>/", reconciling.reconciliation, name="reconcile"
    ),
    path(
        "risk-of-bias/<slug:instrument>/studies/<int:study_pk>/consensus/", reconciling.settle, name="settle"
    ),
    path("risk-of-bias/<slug:instrument>/studies/<int:study_pk>/weigh/", reconciling.weigh, name="weigh"),
    path("risk-of-bias/<slug:instrument>/robvis.csv", figures.robvis, name="robvis"),
    path("risk-of-bias/<slug:instrument>/<slug:plot>.<slug:fmt>", figures.figure, name="figure"),
]
