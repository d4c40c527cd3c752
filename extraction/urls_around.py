"""What surrounds the numbers, page by page: questions to authors, digitised figures, suggestions."""

from django.urls import path

from extraction.views import contacts, digitised, suggestions

urlpatterns = [
    path("extraction/authors/", contacts.contacts, name="contacts"),
    path("extraction/authors/log.csv", contacts.contacts_csv, name="contacts_csv"),
    path("extraction/studies/<int:study_pk>/authors/", contacts.study_contacts, name="study_contacts"),
    path("extraction/studies/<int:study_pk>/authors/ask/", contacts.contact_add, name="contact_add"),
    path("extraction/authors/<int:pk>/", contacts.contact, name="contact"),
    path("extraction/authors/<int:pk>/remind/", contacts.contact_remind, name="contact_remind"),
    path("extraction/authors/<int:pk>/remove/", contacts.contact_remove, name="contact_remove"),
    path("extraction/studies/<int:study_pk>/figures/", digitised.figures, name="figures"),
    path("extraction/studies/<int:study_pk>/figures/add/", digitised.figure_add, name="figure_add"),
    path("extraction/figures/<int:pk>/", digitised.figure, name="figure"),
    path("extraction/figures/<int:pk>/scale/", digitised.figure_scale, name="figure_scale"),
    path("extraction/figures/<int:pk>/take/", digitised.figure_take, name="figure_take"),
    path("extraction/figures/<int:pk>/remove/", digitised.figure_remove, name="figure_remove"),
    path("extraction/studies/<int:study_pk>/suggestions/", suggestions.suggestions, name="suggestions"),
    path(
        "extraction/studies/<int:study_pk>/suggestions/read/",
        suggestions.suggestions_read,
        name="suggestions_read",
    ),
    path(
        "extraction/studies/<int:study_pk>/suggestions/accept/",
        suggestions.suggestion_accept,
        name="suggestion_accept",
    ),
]
