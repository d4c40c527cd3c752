"""The list of retractions as a person uploads it; nothing here saves."""

from django import forms


class RetractionListForm(forms.Form):
    file = forms.FileField(
        label="List of retractions (CSV)",
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
        help_text="In the layout of Retraction Watch, with OriginalPaperDOI, OriginalPaperPubMedID and "
        "RetractionNature. It is kept, and records imported later are checked against it, too.",
    )
