"""What a person may type about an analysis. Forms check; services save."""

from django import forms

from analysis.choices import interval_choices, measure_choices, tau2_choices
from analysis.fitting import fit_of
from analysis.models import Plan, QuotedResult
from analysis.risk import BY_RISK
from extraction.models import Characteristic
from reviews.models import Outcome, Review
from screening.models import Study


class PlanForm(forms.ModelForm):
    """A new plan; its cleaned data are the keywords for services.write_plan."""

    measure = forms.ChoiceField(choices=measure_choices, label="Effect measure")
    tau2_method = forms.ChoiceField(choices=tau2_choices, label="Between-study variance", initial="REML")
    test = forms.ChoiceField(choices=interval_choices, label="Confidence interval", initial="knha")
    subgroup_by = forms.ChoiceField(
        required=False,
        label="Subgroups",
        help_text="By a characteristic from extraction, or by risk of bias.",
    )

    class Meta:
        model = Plan
        fields = [
            "name",
            "outcome",
            "measure",
            "tau2_method",
            "test",
            "level",
            "experimental_label",
            "comparator_label",
            "subgroup_by",
            "prefer_rater",
            "leave_out_derived",
            "risk_of_bias",
            "excluded_studies",
            "exclusion_note",
            "prespecified",
        ]
        labels = {
            "level": "Confidence level, percent",
            "prefer_rater": "Results by",
            "leave_out_derived": "Leave out derived values",
            "risk_of_bias": "Risk of bias",
            "excluded_studies": "Studies left out",
            "exclusion_note": "Why they are left out",
            "prespecified": "Prespecified",
        }
        help_texts = {
            "name": "For example: All trials, Knapp-Hartung.",
            "risk_of_bias": "By the agreed overall judgement about the result that is pooled.",
            "exclusion_note": "The reason stands beside them in the result.",
        }
        widgets = {
            "excluded_studies": forms.CheckboxSelectMultiple,
            "exclusion_note": forms.Textarea(attrs={"rows": 2}),
        }

    def __init__(self, review: Review, *args, **kwargs):
        super().__init__(*args, **kwargs)
        _offer_outcomes(self, review)
        studies = Study.objects.current().filter(review=review)
        self.fields["excluded_studies"].queryset = studies  # type: ignore[attr-defined]
        if not studies:
            del self.fields["excluded_studies"], self.fields["exclusion_note"]
        self.fields["subgroup_by"].choices = [  # type: ignore[attr-defined]
            ("", "None"),
            (BY_RISK, "Overall risk of bias, as agreed"),
            *((name, name) for name in _characteristics(review) if name != BY_RISK),
        ]
        self.fields["risk_of_bias"].choices = [("", "All studies"), *Plan.RiskOfBias.choices]  # type: ignore[attr-defined]
        self.fields["prefer_rater"].choices = [  # type: ignore[attr-defined]
            ("", "whoever is preferred in extraction"),
            *list(self.fields["prefer_rater"].choices)[1:],  # type: ignore[attr-defined]
        ]

    def clean(self) -> dict:
        """A measure that no result of the outcome gives is refused with the first reason."""
        data = super().clean() or self.cleaned_data
        if data.get("outcome") and data.get("measure"):
            fit = fit_of(data["outcome"], data["measure"])
            if fit.none_fits:
                self.add_error("measure", f"No result of this outcome gives this measure. {fit.misfits[0]}")
        return data


def _characteristics(review: Review) -> list[str]:
    found = Characteristic.objects.filter(study__review=review).order_by("name")
    return list(found.values_list("name", flat=True).distinct())


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
        _offer_outcomes(self, review)


def _offer_outcomes(form: forms.ModelForm, review: Review) -> None:
    """The review's outcomes, a primary one first in hand."""
    outcomes = Outcome.objects.filter(review=review)
    field = form.fields["outcome"]
    field.queryset, field.empty_label = outcomes, None  # type: ignore[attr-defined]
    field.initial = outcomes.order_by("-is_primary", "order", "pk").first()
