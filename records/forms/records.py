"""What a person may type about one record."""

from typing import Any

from django import forms

from records.formats import TYPES
from records.forms.sources import SourceForm
from records.models import Record, Search
from records.values import LABELS, LISTS, LONGEST, LONGEST_WHY, CannotBe, as_text, read_value
from reviews.models import Review

ROWS = {"title": 2, "authors": 4, "abstract": 10, "keywords": 3, "registry_ids": 2}
SHORT = (
    ("year", "volume", "issue", "pages", "type", "language"),
    ("doi", "pmid", "pmcid", "issn", "accession"),
)
GROUPS = (
    ("title", "authors", "journal"),
    SHORT[0],
    ("abstract",),
    SHORT[1],
    ("registry_ids", "keywords", "url"),
)
HELP = {
    "authors": "One on each line: Family, Given.",
    "keywords": "One on each line.",
    "registry_ids": "One on each line, for example NCT01234567.",
}


def _field(name: str, *, hidden_initial: bool) -> forms.Field:
    about: dict[str, Any] = {
        "label": LABELS[name],
        "required": False,
        "help_text": HELP.get(name, ""),
        "show_hidden_initial": hidden_initial,
    }
    if name == "type":
        return forms.ChoiceField(choices=[("", "–"), *((kind, kind.capitalize()) for kind in TYPES)], **about)
    if name in ROWS:
        about["required"] = name == "title"
        widget = forms.Textarea(attrs={"rows": ROWS[name]})
        return forms.CharField(widget=widget, max_length=None if name in LISTS else LONGEST[name], **about)
    return forms.CharField(max_length=LONGEST.get(name, 10), **about)


class FieldsForm(forms.Form):
    """The fields of a record as text; each that cannot be gets its own sentence."""

    hidden_initial = False

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        for name in LABELS:
            self.fields[name] = _field(name, hidden_initial=self.hidden_initial)

    def groups(self) -> list[tuple[bool, list[forms.BoundField]]]:
        """The fields in the order of the page, as (are they short?, fields)."""
        return [(names in SHORT, [self[name] for name in names]) for names in GROUPS]

    def other_fields(self) -> list[forms.BoundField]:
        """What is no field of a record: why, or where it was found."""
        return [field for field in self.visible_fields() if field.name not in LABELS]

    def given(self) -> dict[str, str]:
        """The texts that the service is to read."""
        return {name: self.cleaned_data[name] for name in LABELS}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for name in LABELS:
            if name in cleaned and self._wanted(name):
                try:
                    read_value(name, cleaned[name])
                except CannotBe as refusal:
                    self.add_error(name, str(refusal))
        return cleaned

    def _wanted(self, name: str) -> bool:
        return True


class CorrectionForm(FieldsForm):
    """The present text of a record beside hidden copies of it: what differs from those is the person's change.

    So a colleague's change of another field is not undone, and one of the same field is noticed.
    """

    hidden_initial = True

    def __init__(self, record: Record, data: Any = None):
        super().__init__(data, initial={name: as_text(getattr(record, name)) for name in LABELS})
        if record.type and record.type not in TYPES:
            self.fields["type"].choices += [(record.type, record.type)]  # type: ignore[attr-defined]
        self.fields["why"] = forms.CharField(
            label="Why",
            required=False,
            max_length=LONGEST_WHY,
            help_text="Kept in the history, for example: misprint, checked against the PDF.",
        )

    def _wanted(self, name: str) -> bool:
        return name in self.changed_data

    def given(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in LABELS if name in self.changed_data}

    def seen(self) -> dict[str, str]:
        """What the person had before them of the fields they changed."""
        return {name: self.data.get(self.add_initial_prefix(name), "") for name in self.given()}

    def seen_anew(self, now: dict[str, Any]) -> dict[str, str]:
        """This form's data for another try, in which the person has seen the values ``now``."""
        return dict(self.data.items()) | {
            self.add_initial_prefix(name): as_text(value) for name, value in now.items()
        }


class PasteForm(forms.Form):
    pasted = forms.CharField(
        label="Paste a reference",
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="A DOI, a PubMed number, a trial register number, a citation, or one entry as RIS, PubMed, EndNote "
        "or BibTeX. What can be told from it is filled in below.",
        strip=True,
    )


class NewRecordForm(SourceForm, FieldsForm):
    """A record and where it was found."""

    default_type = Search.SourceType.WEBSITE
    pasted = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, review: Review, *args: Any, **kwargs: Any):
        super().__init__(review, *args, **kwargs)
        if "search" in self.fields:
            self.fields["search"].label = "Found through"
        self.fields[
            "source"
        ].help_text = "For example the website of WHO, reference lists, or an expert's hint."
        self.fields["platform"].label = "Platform or version"
        self.order_fields([*LABELS, "search", "source", "source_type", "platform"])

    def other_fields(self) -> list[forms.BoundField]:
        """Nothing: where it was found has a place of its own on the page."""
        return []
