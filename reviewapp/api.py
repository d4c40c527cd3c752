"""The API's table of contents: each room registers its viewsets on one router."""

from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView
from rest_framework.routers import SimpleRouter

import analysis.api
import appraisal.api
import certainty.api
import extraction.api
import records.api
import reporting.api
import reviews.api
import screening.api

router = SimpleRouter()
for room in (reviews, records, screening, appraisal, extraction, analysis, certainty, reporting):
    room.api.register(router)

urlpatterns: list[URLPattern | URLResolver] = [
    path("schema/", SpectacularAPIView.as_view(), name="api_schema"),
    path("", include(router.urls)),
]
