"""The front door: one line per room."""

from django.urls import include, path
from django.views.generic import RedirectView

from reporting.views import public
from reviewapp import api, health

handler404 = "reviewapp.error_pages.not_found"
handler500 = "reviewapp.error_pages.server_error"
urlpatterns = [
    path("", RedirectView.as_view(pattern_name="reviews:list"), name="home"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("accounts/", include("allauth.urls")),
    path("public/<str:token>/", public.public, name="public"),
    path("public/<str:token>/data.json", public.public_data, name="public_data"),
    path("api/", include(api.urlpatterns)),
    path("archives/", include("reporting.urls_archives")),
    path("reviews/", include("reviews.urls")),
    path("reviews/<slug:slug>/", include("records.urls")),
    path("reviews/<slug:slug>/", include("screening.urls")),
    path("reviews/<slug:slug>/", include("appraisal.urls")),
    path("reviews/<slug:slug>/", include("extraction.urls")),
    path("reviews/<slug:slug>/", include("analysis.urls")),
    path("reviews/<slug:slug>/", include("certainty.urls")),
    path("reviews/<slug:slug>/", include("reporting.urls")),
]
