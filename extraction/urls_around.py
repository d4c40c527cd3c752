"""What surrounds the numbers, page by page: questions to authors, digitised figures, suggestions."""

from django.urls import path

from extraction.views import contacts

urlpatterns = [
    path("extraction/authors/", contacts.contacts, name="contacts"),
    path("extraction/authors/log.csv", contacts.contacts_csv, name="contacts_csv"),
    path("extraction/studies/<int:study_pk>/authors/", contacts.study_contacts, name="study_contacts"),
    path("extraction/studies/<int:study_pk>/authors/ask/", contacts.contact_add, name="contact_add"),
    path("extraction/authors/<int:pk>/", contacts.contact, name="contact"),
    path("extraction/authors/<int:pk>/remind/", contacts.contact_remind, name="contact_remind"),
    path("extraction/authors/<int:pk>/remove/", contacts.contact_remove, name="contact_remove"),
]
