"""Extraction, page by page."""

from django.urls import include, path

from extraction.views import sources, studies

app_name = "extraction"
urlpatterns = [
    path("", include("extraction.urls_forms")),
    path("extraction/", studies.overview, name="overview"),
    path("extraction/studies/<int:study_pk>/", studies.study_page, name="study"),
    path("", include("extraction.urls_results")),
    path("extraction/results/<int:pk>/sources/", sources.sources, {"kind": "result"}, name="result_sources"),
    path("extraction/values/<int:pk>/sources/", sources.sources, {"kind": "value"}, name="value_sources"),
    path("extraction/arms/<int:pk>/sources/", sources.sources, {"kind": "arm"}, name="arm_sources"),
    path(
        "extraction/characteristics/<int:pk>/sources/",
        sources.sources,
        {"kind": "characteristic"},
        name="characteristic_sources",
    ),
    path("", include("extraction.urls_around")),
    path("", include("extraction.urls_fill")),
    path("", include("extraction.urls_consensus")),
    path("extraction/sources/<int:pk>/", sources.source, name="source"),
    path("extraction/sources/<int:pk>/remove/", sources.source_remove, name="source_remove"),
    path("extraction/sources/removed/<int:pk>/undo/", sources.source_restore, name="source_restore"),
    path("", include("extraction.urls_exchange")),
]
