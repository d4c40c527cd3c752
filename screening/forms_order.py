"""The form for an order that comes with a file."""

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile


class OrderFileForm(forms.Form):
    file = forms.FileField(
        label="File",
        help_text="An order written out here (JSON), or a table (CSV, XLSX) that names each record by record_id, "
        "doi, pmid or title and has a place or a score; ASReview’s export does.",
        widget=forms.FileInput(attrs={"accept": ".json,.csv,.tsv,.xlsx,application/json,text/csv"}),
    )

    def clean_file(self) -> UploadedFile:
        file = self.cleaned_data["file"]
        if file.size > settings.UPLOAD_LIMIT_BYTES:
            raise forms.ValidationError(f"{file.name} is too large for an order.")
        return file
