"""Analysis, page by page."""

from django.urls import path

from analysis import views

app_name = "analysis"
urlpatterns = [
    path("analyses/", views.plans, name="plans"),
    path("analyses/new/", views.plan_new, name="plan_new"),
    path("analyses/quote/", views.quote, name="quote"),
    path("analyses/plans/<slug:plan_slug>/", views.plan, name="plan"),
    path("analyses/plans/<slug:plan_slug>/run/", views.plan_run, name="plan_run"),
    path("analyses/plans/<slug:plan_slug>/retire/", views.plan_retire, name="plan_retire"),
    path("analyses/runs/<int:pk>/", views.run, name="run"),
    path("analyses/runs/<int:pk>/alike/", views.run_alike, name="run_alike"),
    path("analyses/runs/<int:pk>/cancel/", views.run_cancel, name="run_cancel"),
    path("analyses/runs/<int:pk>/<slug:name>.<slug:extension>", views.run_file, name="run_file"),
]
