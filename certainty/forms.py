"""What a person may say of a finding. Forms check; services save."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q
from django.http import QueryDict

from analysis.models import Plan
from certainty.grade.absolute import MEANS, RATES, RISKS
from certainty.models import Finding
from certainty.services import FIELDS
from certainty.services.finding_checks import MOST_BASELINES
from reviews.models import Review


class BaselineForm(forms.Form):
    """One assumed value of the comparator: a risk or rate of 1,000, or the mean and SD of a scale."""

    label = forms.CharField(required=False, max_length=60, help_text="Such as Low, Medium, High.")
    per_1000 = forms.FloatField(required=False, min_value=0, label="Of 1,000")
    mean = forms.FloatField(required=False, label="Mean")
    sd = forms.FloatField(required=False, min_value=0, label="SD")
    source = forms.CharField(required=False, max_length=300, help_text="Where the value is from.")

    def given(self) -> dict[str, Any]:
        """What was typed, without what was left empty."""
        return {name: value for name, value in self.cleaned_data.items() if value not in (None, "")}

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        numbers = [name for name in ("per_1000", "mean", "sd") if data.get(name) is not None]
        if not numbers and not self.errors and any(data.get(name) for name in ("label", "source")):
            raise forms.ValidationError("Give the number that this row is about, or leave the row empty.")
        return data


def baseline_forms(data: QueryDict | None, known: list[dict[str, Any]]) -> forms.BaseFormSet:
    """A row for each known baseline, and room for more: three rows at least."""
    kind = forms.formset_factory(BaselineForm, extra=max(1, 3 - len(known)), max_num=MOST_BASELINES)
    return kind(data, initial=known, prefix="baseline")


def numbers_for(measure: str) -> tuple[str, ...]:
    """Which numbers of a baseline the measure takes; all where it is not known."""
    if measure in RISKS | RATES:
        return ("per_1000",)
    return ("mean", "sd") if measure in MEANS else ("per_1000", "mean", "sd")


class FindingForm(forms.ModelForm):
    """A finding of ``review``, new or to be changed; ``settings()`` are the keywords for its services."""

    seen_version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Finding
        fields = ["plan", "outcome", *(name for name in FIELDS if name != "baselines")]
        labels = {
            "plan": "Analysis",
            "in_summary": "Show it in the summary of findings",
            "optimal_information_size": "Optimal information size",
            "narrative": "Result in words",
        }
        help_texts = {
            "plan": "Its newest run gives the numbers. Leave it empty where the result is told in words alone.",
            "intervention": "As the table prints it; for a network, as the network names it.",
            "time_point": "When the outcome was measured, such as 12 months.",
        }
        widgets = {name: forms.Textarea(attrs={"rows": 2}) for name in ("narrative", "statement", "comments")}

    def __init__(
        self,
        review: Review,
        data: QueryDict | None = None,
        *,
        instance: Finding | None = None,
        initial: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(data, instance=instance, initial=initial)
        plans = Q(retired_at=None) | Q(pk=instance.plan_id if instance else None)
        self.fields["plan"].queryset = Plan.objects.filter(plans, review=review)  # type: ignore[attr-defined]
        self.fields["outcome"].queryset = review.outcomes.all()  # type: ignore[attr-defined]
        self.fields["outcome"].required = False
        self.fields["outcome"].help_text = "That of the analysis if left empty."
        self.fields["seen_version"].initial = instance.version if instance else None
        known = (initial or {}).get("baselines") or (instance.baselines if instance else [])
        self.baselines = baseline_forms(data, known)
        self.numbers = numbers_for(instance.plan.measure if instance and instance.plan else "")

    def is_valid(self) -> bool:
        return all([super().is_valid(), self.baselines.is_valid()])

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not data.get("plan") and not data.get("outcome") and not self.errors:
            self.add_error("outcome", "Choose an analysis, or the outcome that the finding tells in words.")
        return data

    def validate_unique(self) -> None:
        """The service says in a sentence that an analysis has its finding already."""

    def settings(self) -> dict[str, Any]:
        """Every field by its name, the outcome that of the analysis where none was chosen."""
        given = {name: self.cleaned_data[name] for name in ("plan", *FIELDS) if name in self.cleaned_data}
        given["baselines"] = [row for form in self.baselines if (row := form.given())]
        plan, outcome = given["plan"], self.cleaned_data["outcome"]
        return given | {"outcome": outcome or plan.outcome}
