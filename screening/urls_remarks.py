"""Labels, notes and term lists: part of the room's table of contents."""

from django.urls import path

from screening.views import label_lots, labels, notes, terms

urlpatterns = [
    path("labels/", labels.labels, name="labels"),
    path("labels/make/", labels.label_make, name="label_make"),
    path("labels/put/", label_lots.labels_put, name="labels_put"),
    path("labels/lots/<uuid:lot>/take-back/", label_lots.labels_take_back, name="labels_take_back"),
    path("labels/<int:pk>/", labels.label, name="label"),
    path("labels/<int:pk>/merge/", labels.label_merge, name="label_merge"),
    path("labels/<int:pk>/state/", labels.label_state, name="label_state"),
    path("labels/<int:pk>/move/", labels.label_move, name="label_move"),
    path("records/<int:pk>/label/", labels.label_toggle, name="label_toggle"),
    path("notes/<stage:stage>/<int:pk>/", notes.note_add, name="note_add"),
    path("notes/<int:pk>/", notes.note, name="note"),
    path("notes/<int:pk>/answer/", notes.note_answer, name="note_answer"),
    path("notes/<int:pk>/remove/", notes.note_remove, name="note_remove"),
    path("screening/asked/", notes.asked, name="asked"),
    path("screening/asked/email/", notes.notice_email, name="notice_email"),
    path("terms/", terms.terms, name="terms"),
    path("terms/new/", terms.term_list_new, name="term_list_new"),
    path("terms/upload/", terms.terms_upload, name="terms_upload"),
    path("terms/copy/", terms.terms_copy, name="terms_copy"),
    path("terms/lists.csv", terms.terms_csv, name="terms_csv"),
    path("terms/lists.xlsx", terms.terms_xlsx, name="terms_xlsx"),
    path("terms/<int:pk>/", terms.term_list, name="term_list"),
    path("terms/<int:pk>/state/", terms.term_list_state, name="term_list_state"),
    path("terms/<int:pk>/move/", terms.term_list_move, name="term_list_move"),
    path("terms/<int:pk>/switch/", terms.term_list_switch, name="term_list_switch"),
]
