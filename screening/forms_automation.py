"""What is asked before a filter or a model is let work: which rule, how much may be missed."""

from django import forms

from reviews.models import Review
from screening.priority.design import RULES, WIDEST
from screening.services.automation import LOWEST_RECALL, RECALL

RECALLS = [("0.95", "95%"), ("0.98", "98%"), ("0.99", "99%"), ("1.0", "100% (none missed)")]


class FilterForm(forms.Form):
    """Which filter for randomised trials."""

    rule = forms.ChoiceField(
        choices=[(rule.name, f"{rule.label}: {rule.about}") for rule in RULES.values()],
        initial=WIDEST,
        label="Filter",
    )
    animals = forms.BooleanField(
        required=False,
        initial=True,
        label="Take out what MEDLINE indexed with animals and not with humans",
    )


class ApplyForm(FilterForm):
    why = forms.CharField(
        max_length=1000,
        label="Why only randomised trials are wanted",
        help_text="For the history, for example: the protocol includes randomised trials alone.",
        widget=forms.TextInput,
    )


class RecallForm(forms.Form):
    """How many of the relevant records the model may miss."""

    recall = forms.FloatField(
        min_value=LOWEST_RECALL,
        max_value=1,
        widget=forms.Select(choices=RECALLS),
        initial=str(RECALL),
        label="Relevant records it must not vote to exclude",
        help_text="Of those known so far, judged by models that were not told of them.",
    )


class SwitchForm(forms.Form):
    """Whether a model may cast one of the votes."""

    automation_votes = forms.BooleanField(required=False, widget=forms.HiddenInput)
    why = forms.CharField(
        max_length=1000,
        required=False,
        label="Why",
        help_text="Kept with the new version of the protocol.",
    )

    def __init__(self, *args, review: Review, on: bool, **kwargs):
        super().__init__(*args, **kwargs)
        self.review = review
        self.fields["automation_votes"].initial = not on
