"""The vocabulary, and the workbook that goes out and comes back."""

from django.urls import path

from extraction.views import sheets, vocabulary

urlpatterns = [
    path("extraction/workbook/", sheets.workbook, name="workbook"),
    path("extraction/workbook/extraction.xlsx", sheets.workbook_file, name="workbook_file"),
    path("extraction/workbook/<int:pk>/", sheets.sheet, name="sheet"),
    path("extraction/workbook/<int:pk>/apply/", sheets.sheet_apply, name="sheet_apply"),
    path("extraction/vocabulary/", vocabulary.vocabulary, name="vocabulary"),
    path("extraction/vocabulary/add/", vocabulary.term_add, name="term_add"),
    path("extraction/vocabulary/upload/", vocabulary.vocabulary_upload, name="vocabulary_upload"),
    path("extraction/vocabulary/terms.csv", vocabulary.vocabulary_csv, name="vocabulary_csv"),
    path("extraction/vocabulary/<int:pk>/", vocabulary.term, name="term"),
    path("extraction/vocabulary/<int:pk>/merge/", vocabulary.term_merge, name="term_merge"),
    path("extraction/vocabulary/<int:pk>/part/", vocabulary.term_part, name="term_part"),
    path("extraction/vocabulary/<int:pk>/remove/", vocabulary.term_remove, name="term_remove"),
]
