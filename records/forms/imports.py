"""What a person may say about files: which, from where, how they are to be read, what is to become of them."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from records.forms.sources import SourceForm
from records.models import ImportBatch
from records.services import ENCODINGS, CannotImport, NotInThisState
from reviews.models import Review


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


class UploadForm(SourceForm):
    """Files, and where they come from."""

    files = FilesField(  # type: ignore[assignment]  # the metaclass takes it off the class
        label="Files",
        help_text="RIS, PubMed (nbib, XML, text), EndNote (XML, enw), BibTeX, Web of Science (ciw), RefWorks, Ovid, "
        "Cochrane, tables (CSV, TSV, XLSX), or a zip of them. The format is recognised by content.",
    )
    hits_reported = forms.IntegerField(
        min_value=0,
        max_value=2**31 - 1,
        required=False,
        label="Hits the source reported",
        help_text="Compared with what was read.",
    )
    field_order = ("files",)

    def new_search(self) -> dict[str, Any]:
        return super().new_search() | {"hits_reported": self.cleaned_data["hits_reported"]}


class MoveForm(SourceForm):
    """To which source a file belongs instead."""

    def __init__(self, review: Review, *args: Any, batch: ImportBatch, **kwargs: Any):
        super().__init__(review, *args, **kwargs)
        if "search" in self.fields:
            others = review.searches.exclude(pk=batch.search_id)
            self.fields["search"].queryset = others  # type: ignore[attr-defined]


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
    """The files a person ticked."""

    batches = forms.ModelMultipleChoiceField(ImportBatch.objects.none())

    def __init__(self, review: Review, *args, **kwargs):
        super().__init__(*args, **kwargs)
        rows = review.import_batches.to_check().select_related("search")
        self.fields["batches"].queryset = rows  # type: ignore[attr-defined]

    def given(self) -> list[ImportBatch]:
        """Raises CannotImport when none is ticked, NotInThisState when one of them waits no longer."""
        if not self["batches"].value():
            raise CannotImport("No file is ticked: tick those that are to be imported.", field="batches")
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
