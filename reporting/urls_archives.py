from django.urls import path

from reporting.views import archive

urlpatterns = [
    path("restore/", archive.archive_restore, name="archive_restore"),
    path("restore/<int:pk>/discard/", archive.archive_discard, name="archive_discard"),
    path("schema.json", archive.archive_schema_file, name="archive_schema_file"),
]
