"""Extraction, page by page."""

from django.urls import include, path

from extraction.views import sources, studies, vocabulary

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
    path("extraction/vocabulary/", vocabulary.vocabulary, name="vocabulary"),
    path("extraction/vocabulary/add/", vocabulary.term_add, name="term_add"),
    path("extraction/vocabulary/upload/", vocabulary.vocabulary_upload, name="vocabulary_upload"),
    path("extraction/vocabulary/terms.csv", vocabulary.vocabulary_csv, name="vocabulary_csv"),
    path("extraction/vocabulary/<int:pk>/", vocabulary.term, name="term"),
    path("extraction/vocabulary/<int:pk>/merge/", vocabulary.term_merge, name="term_merge"),
    path("extraction/vocabulary/<int:pk>/part/", vocabulary.term_part, name="term_part"),
    path("extraction/vocabulary/<int:pk>/remove/", vocabulary.term_remove, name="term_remove"),
]
