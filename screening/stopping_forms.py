"""What a person may type about stopping; nothing here saves."""

from django import forms

from screening.services.rounds import SEEDS
from screening.stopping_words import HEURISTICS, Rule

RULES = [
    ("The test of recall", [(rule.value, rule.label) for rule in Rule.tests()]),
    ("A sample", [(Rule.SAMPLE.value, Rule.SAMPLE.label)]),
    ("Rules of thumb", [(rule.value, rule.label) for rule in HEURISTICS]),
    ("Else", [(Rule.OTHER.value, Rule.OTHER.label)]),
]


class Percent(forms.FloatField):
    """Typed in percent, cleaned to a share of 1."""

    def __init__(self, *, high: float, **more):
        super().__init__(
            min_value=50, max_value=high, widget=forms.NumberInput(attrs={"step": "any"}), **more
        )

    def clean(self, value: object) -> float | None:  # type: ignore[override]
        percent = super().clean(value)
        return None if percent is None else round(percent / 100, 6)


class AskedForm(forms.Form):
    """For which recall, how surely, by which rule: what the page is drawn for."""

    rule = forms.ChoiceField(label="Decide by", choices=RULES, required=False)
    target = Percent(label="Recall to reach (percent)", high=100, required=False)
    confidence = Percent(label="Confidence (percent)", high=99.9, required=False)

    @property
    def asked(self) -> dict:
        """What was asked for, or the usual where it says nothing (sensible)."""
        given = self.cleaned_data if self.is_valid() else {}
        return {
            "rule": given.get("rule") or Rule.REPEATED_LOOKS.value,
            "target": given.get("target") or 0.95,
            "confidence": given.get("confidence") or 0.95,
        }


class StopForm(forms.Form):
    """The decision itself; rule, target and confidence are those the page shows, in hidden fields."""

    rule = forms.ChoiceField(choices=RULES, widget=forms.HiddenInput)
    target = forms.FloatField(min_value=0.5, max_value=1, widget=forms.HiddenInput)
    confidence = forms.FloatField(min_value=0.5, max_value=0.999, widget=forms.HiddenInput)
    why = forms.CharField(
        label="Why the team stops",
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Goes into the history and the report. Needed where the rule is not met.",
    )


class SampleForm(forms.Form):
    size = forms.IntegerField(label="Records to draw", min_value=1, max_value=20_000)
    seed = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=SEEDS - 1,
        help_text="The same seed draws the same records again; empty for one of its own.",
    )


class EndSampleForm(forms.Form):
    why = forms.CharField(
        label="Why it ends",
        max_length=500,
        required=False,
        help_text="Needed while records of it wait for their outcome.",
    )
