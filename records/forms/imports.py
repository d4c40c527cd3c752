"""What a person may say about files: which, from where, how they are to be read, what is to become of them."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from records.models import ImportBatch, Search
from records.services import ENCODINGS, CannotImport, NotInThisState
from reviews.models import Review

SAY_THE_SOURCE = "Say where these records come from: choose a source or name a new one."


class ManyFiles(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """One or more files; cleans to a list. An empty file passes: the service names it among the others."""

    widget = ManyFiles

    def __init__(self, **kwargs: Any):
        super().__init__(allow_empty_file=True, **kwargs)

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        files = data if isinstance(data, list | tuple) else [data]
        return [super(FilesField, self).clean(file, initial) for file in files or [None]]


class UploadForm(forms.Form):
    """Files for a search the review knows, or for a new source described right here."""

    files = FilesField(  # type: ignore[assignment]  # the metaclass takes it off the class
        label="Files",
        help_text="RIS, PubMed (nbib, XML), EndNote (XML, enw), BibTeX, Web of Science (ciw), Ovid, Cochrane, "
        "tables (CSV, TSV, XLSX), or a zip of them. The format is recognised by content.",
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
            self.fields["source"].required = True
            self.fields["source"].error_messages["required"] = SAY_THE_SOURCE

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        known, new = cleaned.get("search"), cleaned.get("source")
        if "search" in self.errors or "source" in self.errors:
            return cleaned
        if not known and not new:
            self.add_error("source", SAY_THE_SOURCE)
        if known and new:
            self.add_error("source", f"Choose {known} above or name a new source here, not both.")
        return cleaned

    def new_search(self) -> dict[str, Any]:
        """The fields of the search to add, for records.services.add_search."""
        cleaned = self.cleaned_data
        return {
            "source": cleaned["source"],
            "source_type": cleaned["source_type"] or Search.SourceType.DATABASE,
            "platform": cleaned["platform"],
            "hits_reported": cleaned["hits_reported"],
        }


class HitsForm(forms.Form):
    hits_reported = forms.IntegerField(min_value=0, max_value=2**31 - 1, label="Hits the source reported")

    def given(self) -> int:
        """Raises CannotImport for what is no number of hits."""
        if not self.is_valid():
            said = " ".join(str(sentence) for sentence in self.errors["hits_reported"])
            raise CannotImport(f"Hits the source reported: {said}", field="hits_reported")
        return self.cleaned_data["hits_reported"]


class EncodingForm(forms.Form):
    encoding = forms.ChoiceField(
        choices=[("", "As detected"), *ENCODINGS.items()], required=False, label="Encoding"
    )

    def given(self) -> str:
        """What was chosen; what is not among the choices is left to the service, which refuses it."""
        return self.data.get("encoding", "")[:100]


class ImportAllForm(forms.Form):
    """The files a person had before them when they said yes to all."""

    batches = forms.ModelMultipleChoiceField(ImportBatch.objects.none())

    def __init__(self, review: Review, *args, **kwargs):
        super().__init__(*args, **kwargs)
        rows = review.import_batches.to_check().select_related("search")
        self.fields["batches"].queryset = rows  # type: ignore[attr-defined]

    def given(self) -> list[ImportBatch]:
        """Raises NotInThisState when one of them waits no longer."""
        if not self.is_valid():
            raise NotInThisState(
                "One of these files does not wait any more: somebody imported or discarded it. Nothing was imported "
                "just now; look at the list again."
            )
        return list(self.cleaned_data["batches"].order_by("pk"))


class UndoForm(forms.Form):
    """The yes to a loss: how much of it the person was shown."""

    confirm = forms.IntegerField(min_value=0, max_value=2**31 - 1, required=False)

    def given(self) -> int | None:
        return self.cleaned_data["confirm"] if self.is_valid() else None
