"""What a person may type about PDFs and full texts."""

from typing import Any

from django import forms

from records.models import Record
from reviews.models import Review
from screening.models import FullText


class SeveralFiles(forms.ClearableFileInput):
    allow_multiple_selected = True
    template_name = "django/forms/widgets/file.html"


class FilesField(forms.FileField):
    """One file or many; ``clean`` gives a list."""

    widget = SeveralFiles

    def clean(self, data: Any, initial: Any = None) -> list:
        given = data if isinstance(data, list | tuple) else [data]
        return [super(FilesField, self).clean(each, initial) for each in given]


class PdfsForm(forms.Form):
    pdfs = FilesField(
        label="PDFs",
        help_text="One or many (at most 500 files at once), or a zip of PDFs. Drop them here or choose them.",
        widget=SeveralFiles(attrs={"accept": "application/pdf,.pdf,.zip,application/zip"}),
        allow_empty_file=True,  # the service says for each file what is wrong with it
        error_messages={"required": "Choose at least one PDF, or a zip of PDFs."},
    )


class ToRecordForm(forms.Form):
    """The report a PDF is put to, by the number of its record."""

    record = forms.ModelChoiceField(
        Record.objects.none(),
        label="Record number",
        widget=forms.NumberInput(attrs={"min": 1}),
        error_messages={
            "required": "Give the number of the record.",
            "invalid_choice": "No full text is sought for a record with this number.",
        },
    )

    def __init__(self, *args, review: Review, **kwargs):
        super().__init__(*args, **kwargs)
        sought = FullText.objects.current().filter(review=review)
        self.fields["record"].queryset = Record.objects.filter(full_text__in=sought)  # type: ignore[attr-defined]


class LanguageForm(forms.Form):
    language = forms.CharField(
        max_length=40, required=False, help_text="Of the report. Left blank, it is what the record says."
    )
    needs_translation = forms.BooleanField(required=False, label="Needs a translation")
