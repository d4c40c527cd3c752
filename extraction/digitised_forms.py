"""What a person may type about digitised figures."""

from typing import Any

from django import forms

from extraction.digitised import Axis, NotAnAxis
from extraction.models import DigitisedFigure, Result
from extraction.provenance import reports_of
from extraction.services.digitised import axes_of
from extraction.source_forms import ReportField
from extraction.values import FIELDS, sentence_case
from reviews.models import Outcome
from screening.models import FullText, Study


class FigureForm(forms.Form):
    name = forms.CharField(label="Figure", max_length=200, help_text="As the report names it: Figure 2.")
    full_text = ReportField(FullText.objects.none(), label="Report", required=False, empty_label="Not said")
    file = forms.FileField(label="CSV of the digitiser")

    def __init__(self, study: Study, *args, **kwargs):
        super().__init__(*args, **kwargs)
        reports = [each.pk for each in reports_of(study)]
        found = FullText.objects.filter(pk__in=reports).select_related("record")
        self.fields["full_text"].queryset = found  # type: ignore[attr-defined]
        self.fields["full_text"].initial = reports[0] if reports else None


class ScaleForm(forms.Form):
    """How pixels become units, for x and y: two reference points, or factor and offset."""

    WAYS = (
        ("plain", "The file has units already"),
        ("points", "Two reference points"),
        ("line", "Factor and offset"),
    )
    NUMBERS = (
        ("p1", "Pixel of the first mark"),
        ("v1", "Its value"),
        ("p2", "Pixel of the second mark"),
        ("v2", "Its value"),
        ("factor", "Factor"),
        ("offset", "Offset"),
    )
    seen = forms.JSONField(widget=forms.HiddenInput, required=False)

    def __init__(self, figure: DigitisedFigure, *args, **kwargs):
        kwargs["initial"] = _start(figure)
        super().__init__(*args, **kwargs)
        for name in "xy":
            self.fields[f"{name}_way"] = forms.ChoiceField(label="How pixels become units", choices=self.WAYS)
            for key, label in self.NUMBERS:
                self.fields[f"{name}_{key}"] = forms.FloatField(label=label, required=False)
            self.fields[f"{name}_log"] = forms.BooleanField(label="Logarithmic", required=False)
            self.fields[f"{name}_unit"] = forms.CharField(label="Unit", max_length=60, required=False)

    def axes(self) -> list[dict[str, Any]]:
        """The bound fields of each axis, for the page."""
        return [
            {
                "name": name,
                "way": self[f"{name}_way"],
                "numbers": [self[f"{name}_{key}"] for key, _ in self.NUMBERS],
                "log": self[f"{name}_log"],
                "unit": self[f"{name}_unit"],
            }
            for name in "xy"
        ]

    def axis(self, name: str) -> Axis:
        """The axis as typed; NotAnAxis names the field."""
        given: dict[str, Any] = {key: self.cleaned_data.get(f"{name}_{key}") for key, _ in self.NUMBERS}
        unit, log = self.cleaned_data[f"{name}_unit"], self.cleaned_data[f"{name}_log"]
        way = self.cleaned_data[f"{name}_way"]
        if way == "plain":
            return Axis(unit=unit)
        for key in ("p1", "v1", "p2", "v2") if way == "points" else ("factor", "offset"):
            if given[key] is None:
                raise NotAnAxis("This number is missing.", key)
        if way == "line":
            return Axis(given["factor"], given["offset"], unit, log)
        return Axis.through((given["p1"], given["v1"]), (given["p2"], given["v2"]), unit=unit, log=log)

    def clean(self) -> dict:
        data = super().clean() or self.cleaned_data
        if not self.errors:
            for name in "xy":
                try:
                    data[name] = self.axis(name)
                except NotAnAxis as fault:
                    self.add_error(f"{name}_{fault.which}" if fault.which else f"{name}_way", str(fault))
        return data


class TakeForm(forms.Form):
    """Which points become which numbers of a new result: a field ``use-<number>`` for each point."""

    outcome = forms.ModelChoiceField(Outcome.objects.none())
    kind = forms.ChoiceField(label="Kind of result", choices=Result.Kind.choices, widget=forms.HiddenInput)

    def __init__(self, study: Study, points: int, kind: str, *args, **kwargs):
        kwargs["initial"] = {"kind": kind}
        super().__init__(*args, **kwargs)
        self.fields["outcome"].queryset = Outcome.objects.filter(review=study.review_id)  # type: ignore[attr-defined]
        numbers = [(field.name, sentence_case(field.label)) for field in FIELDS[kind] if not field.text]
        for number in range(1, points + 1):
            self.fields[f"use-{number}"] = forms.ChoiceField(
                label=f"Use the y of point {number} as",
                choices=[("", "–"), *numbers],
                required=False,
                widget=forms.Select(attrs={"form": "take-form"}),
            )

    def clean(self) -> dict:
        data = super().clean() or self.cleaned_data
        chosen = [data[name] for name in data if name.startswith("use-") and data[name]]
        if not chosen and not self.errors:
            raise forms.ValidationError("Choose at least one point and the number it becomes.")
        if len(set(chosen)) < len(chosen):
            raise forms.ValidationError("Two points became the same number; choose one of them.")
        return data

    def chosen(self) -> dict[str, int]:
        """{number of the result: point from 1}."""
        return {
            value: int(name.removeprefix("use-"))
            for name, value in self.cleaned_data.items()
            if name.startswith("use-") and value
        }


def _start(figure: DigitisedFigure) -> dict[str, Any]:
    start: dict[str, Any] = {"seen": figure.scaling}
    for name, axis in zip("xy", axes_of(figure), strict=True):
        start |= {f"{name}_way": "plain", f"{name}_unit": axis.unit, f"{name}_log": axis.log}
        if axis.references:
            (p1, v1), (p2, v2) = axis.references
            start |= {f"{name}_way": "points"}
            start |= {f"{name}_p1": p1, f"{name}_v1": v1, f"{name}_p2": p2, f"{name}_v2": v2}
        elif not axis.is_plain:
            start |= {f"{name}_way": "line", f"{name}_factor": axis.factor, f"{name}_offset": axis.offset}
    return start
