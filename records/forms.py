"""What a person may type about a search and its files."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from records.models import Search
from reviews.models import Review

SEARCH_FIELDS = ["source", "source_type", "platform", "searched_on", "hits_reported", "query", "limits"]


class SearchForm(forms.ModelForm):
    class Meta:
        model = Search
        fields = SEARCH_FIELDS
        labels = {
            "source": "Source",
            "source_type": "Kind of source",
            "platform": "Platform or version",
            "searched_on": "Date of the search",
            "hits_reported": "Hits the source reported",
            "query": "Full search strategy",
        }
        widgets = {
            "searched_on": forms.DateInput(attrs={"type": "date"}),
            "query": forms.Textarea(attrs={"rows": 4}),
            "limits": forms.Textarea(attrs={"rows": 2}),
        }


class ManyFiles(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """One or more files; cleans to a list."""

    widget = ManyFiles

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        files = data if isinstance(data, list | tuple) else [data]
        return [super(FilesField, self).clean(file, initial) for file in files if file] or [
            super().clean(None, initial)
        ]


class UploadForm(forms.Form):
    """Files for a search the review knows, or for a new source described right here."""

    files = FilesField(
        label="Files",
        help_text="RIS, PubMed (nbib, XML), EndNote (XML, enw), BibTeX, Web of Science (ciw), CSV or TSV. "
        "The format is recognised by content.",
    )
    search = forms.ModelChoiceField(
        Search.objects.none(), required=False, label="Source", empty_label="A new source, named below"
    )
    source = forms.CharField(
        max_length=120, required=False, label="New source", help_text="For example MEDLINE or Embase."
    )
    source_type = forms.ChoiceField(
        choices=Search.SourceType.choices, required=False, label="Kind of source", initial="database"
    )
    platform = forms.CharField(
        max_length=120, required=False, label="Platform", help_text="For example Ovid or EBSCOhost."
    )
    hits_reported = forms.IntegerField(
        min_value=0,
        required=False,
        label="Hits the source reported",
        help_text="Compared with what was read.",
    )

    def __init__(self, review: Review, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["search"].queryset = review.searches.all()  # type: ignore[attr-defined]
        if not review.searches.exists():
            del self.fields["search"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not cleaned.get("search") and not (cleaned.get("source") or "").strip():
            self.add_error("source", "Say where these records come from: choose a source or name a new one.")
        return cleaned

    def new_search(self) -> dict[str, Any]:
        """The fields of the search to add, for records.services.add_search."""
        cleaned = self.cleaned_data
        return {
            "source": cleaned["source"].strip(),
            "source_type": cleaned["source_type"] or Search.SourceType.DATABASE,
            "platform": cleaned["platform"].strip(),
            "hits_reported": cleaned["hits_reported"],
        }
