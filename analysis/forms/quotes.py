"""A published figure."""

from django import forms

from analysis.choices import measure_choices
from analysis.forms.outcomes import offer_outcomes
from analysis.models import QuotedResult
from reviews.models import Review


class QuoteForm(forms.ModelForm):
    """A published figure to stand beside ours, on the scale on which it is printed."""

    measure = forms.ChoiceField(choices=measure_choices, label="Effect measure")

    class Meta:
        model = QuotedResult
        fields = ["outcome", "label", "measure", "estimate", "ci_low", "ci_high", "k", "citation"]
        labels = {
            "label": "What it is",
            "ci_low": "Lower limit",
            "ci_high": "Upper limit",
            "k": "Number of trials",
        }
        help_texts = {
            "label": "For example: All included studies.",
            "estimate": "As printed; ratios as ratios.",
            "citation": "Where the figures stand: authors, journal, DOI, page or table.",
        }
        widgets = {"citation": forms.Textarea(attrs={"rows": 2})}

    def __init__(self, review: Review, *args, **kwargs):
        super().__init__(*args, **kwargs)
        offer_outcomes(self, review)
