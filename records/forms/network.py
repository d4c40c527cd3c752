"""What a person may ask of PubMed and OpenAlex."""

import re

from django import forms

from records.services.from_network import DIRECTIONS
from records.sources.pubmed import LONGEST_QUERY

LOOK_FIRST = "Look at what was found before it enters the review"


class PubMedForm(forms.Form):
    query = forms.CharField(
        label="Query",
        max_length=LONGEST_QUERY,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text="As on PubMed's own page, for example: insomnia[mh] AND exercise[tiab] AND 2015:2026[dp].",
    )
    platform = forms.CharField(
        label="Name of this search",
        max_length=120,
        initial="E-utilities",
        help_text="Tells several searches of PubMed apart.",
    )
    check_first = forms.BooleanField(label=LOOK_FIRST, required=False, initial=True)


class AgainForm(forms.Form):
    check_first = forms.BooleanField(required=False)


class CitationsForm(forms.Form):
    papers = forms.CharField(
        label="Papers to follow",
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="Record numbers or DOIs, one on each line.",
    )
    directions = forms.MultipleChoiceField(
        label="Fetch",
        choices=[(way, what.capitalize()) for way, what in DIRECTIONS.items()],
        widget=forms.CheckboxSelectMultiple,
        initial=list(DIRECTIONS),
    )
    check_first = forms.BooleanField(label=LOOK_FIRST, required=False, initial=True)

    def named(self) -> tuple[list[int], list[str]]:
        """The papers as record ids and as DOIs."""
        items = [item for item in re.split(r"[\s,;]+", self.cleaned_data["papers"]) if item]
        numbers = [int(item) for item in items if re.fullmatch(r"[0-9]{1,18}", item)]
        return numbers, [item for item in items if not re.fullmatch(r"[0-9]{1,18}", item)]
