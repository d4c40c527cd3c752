"""Filling in: the settings, the form of a study, its rows and values, completion."""

from django.urls import path

from extraction.views import extractions, fill, settings

urlpatterns = [
    path("extraction/settings/", settings.settings, name="settings"),
    path("extraction/settings/save/", settings.settings_save, name="settings_save"),
    path("extraction/studies/<int:study_pk>/start/", extractions.start, name="start"),
    path("extraction/studies/<int:study_pk>/complete/", extractions.study_complete, name="study_complete"),
    path("extraction/studies/<int:study_pk>/reopen/", extractions.study_reopen, name="study_reopen"),
    path("extraction/filled/<int:pk>/", fill.fill, name="fill"),
    path("extraction/filled/<int:pk>/save/", fill.fill_save, name="fill_save"),
    path("extraction/filled/<int:pk>/state/", fill.fill_state, name="fill_state"),
    path("extraction/filled/<int:pk>/value/", fill.value_save, name="value"),
    path("extraction/filled/<int:pk>/verify/", fill.value_verify, name="value_verify"),
    path("extraction/filled/<int:pk>/row/", fill.row_add, name="row_add"),
    path("extraction/filled/<int:pk>/row/remove/", fill.row_remove, name="row_remove"),
    path("extraction/filled/<int:pk>/row/restore/", fill.row_restore, name="row_restore"),
    path("extraction/filled/<int:pk>/reopen/", extractions.reopen, name="reopen"),
    path("extraction/filled/<int:pk>/form/", extractions.take_form, name="take_form"),
]
