"""What a person may say about retrieving reports, one or many at once; nothing here saves."""

from django import forms

from screening.models import FullText

DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class RetrievalForm(forms.Form):
    """How far the retrieval of reports is, and since when."""

    state = forms.ChoiceField(choices=FullText.State.choices, label="Retrieval")
    on = forms.DateField(required=False, label="Since", widget=DAY, help_text="Today, if nothing is given.")
    requested_from = forms.CharField(
        max_length=200, required=False, help_text="For example the library, or the corresponding author."
    )
    why_not = forms.CharField(
        max_length=300,
        required=False,
        label="Why not",
        help_text="Needed for “Not retrieved” and “Not sought”.",
    )


class RetrievalOfManyForm(RetrievalForm):
    """The same for the reports that are ticked, or for all that the list's filter found (``all``)."""

    records = forms.TypedMultipleChoiceField(coerce=int, required=False)
    all = forms.BooleanField(required=False)
    query = forms.CharField(max_length=2000, required=False, widget=forms.HiddenInput)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["records"].valid_value = _is_id  # type: ignore[attr-defined]  # the service asks whose

    @property
    def given(self) -> dict:
        """What ``set_states_of`` takes beside the records."""
        return {name: self.cleaned_data[name] for name in ("state", "on", "requested_from", "why_not")}


def _is_id(text: str) -> bool:
    return text.isdecimal() and len(text) < 19


class RetrievalFileForm(forms.Form):
    file = forms.FileField(
        label="States from a CSV file",
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
        help_text="Columns: record_id, doi, pmid or title; state; and on (2026-03-01), requested_from, why_not. "
        "The state “reminded” says that it was asked for again.",
    )


class ReminderForm(forms.Form):
    on = forms.DateField(required=False, label="Asked again on", widget=DAY)
