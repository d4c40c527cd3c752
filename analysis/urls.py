"""Analysis, page by page."""

from django.urls import path

from analysis.views import explorations, figures, files, plans, quotes, runs, what_if

app_name = "analysis"
urlpatterns = [
    path("analyses/", plans.plans, name="plans"),
    path("analyses/new/", plans.plan_new, name="plan_new"),
    path("analyses/quote/", quotes.quote, name="quote"),
    path("analyses/plans/<slug:plan_slug>/", plans.plan, name="plan"),
    path("analyses/plans/<slug:plan_slug>/run/", plans.plan_run, name="plan_run"),
    path("analyses/plans/<slug:plan_slug>/change/", plans.plan_change, name="plan_change"),
    path("analyses/plans/<slug:plan_slug>/restore/", plans.plan_restore, name="plan_restore"),
    path("analyses/plans/<slug:plan_slug>/retire/", plans.plan_retire, name="plan_retire"),
    path("analyses/runs/<int:pk>/", runs.run, name="run"),
    path("analyses/runs/<int:pk>/alike/", runs.run_alike, name="run_alike"),
    path("analyses/runs/<int:pk>/cancel/", runs.run_cancel, name="run_cancel"),
    path("analyses/runs/<int:pk>/what-if/", what_if.tried, name="what_if"),
    path("analyses/runs/<int:pk>/tables/<slug:name>/", runs.run_table, name="run_table"),
    path("analyses/runs/<int:pk>/figures/<slug:figure>/", figures.figure, name="figure"),
    path("analyses/runs/<int:pk>/figures/<slug:figure>/set/", figures.figure_set, name="figure_set"),
    path("analyses/runs/<int:pk>/explore/<slug:kind>/", explorations.explore, name="explore"),
    path("analyses/explorations/<int:pk>/", explorations.exploration, name="exploration"),
    path(
        "analyses/explorations/<int:pk>/cancel/", explorations.exploration_cancel, name="exploration_cancel"
    ),
    path("analyses/explorations/<int:pk>/retry/", explorations.exploration_retry, name="exploration_retry"),
    path(
        "analyses/explorations/<int:pk>/<slug:name>.<slug:extension>",
        explorations.exploration_file,
        name="exploration_file",
    ),
    path("analyses/runs/<int:pk>/<slug:name>.<slug:extension>", files.run_file, name="run_file"),
]
