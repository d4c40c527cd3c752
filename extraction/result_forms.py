"""The form of a result of any kind; nothing here saves.

Numbers are text, so that 12.50 keeps its zero and what a table prints ("−1·5", "< 0.001") can be pasted.
"""

from dataclasses import dataclass
from typing import Any

from django import forms

from extraction.forms import offer
from extraction.models import Arm, Result, VocabularyTerm
from extraction.services.conversions import effect_from_estimate
from extraction.services.errors import InvalidResult
from extraction.services.vocabulary import offered, planned_time_points
from extraction.values import FIELDS, MEASURES, SINGLE_GROUP, Field, check_values, sentence_case
from reviews.models import Outcome
from screening.models import Study

#: Kinds whose numbers may be changes from baseline.
MAY_BE_CHANGE = ("means", "effect", "quantiles")
#: What an effect needs first; the rest is for reports that give the logarithm.
EFFECT_FIRST = ("effect_measure", "estimate", "ci_low", "ci_high", "ci_level", "p_value")
EFFECT_READY = ("effect", "effect_se")
SHORT = {
    "effect_measure": "Measure",
    "estimate": "Estimate",
    "ci_low": "Lower limit",
    "ci_high": "Upper limit",
    "ci_level": "Level, %",
    "p_value": "p",
}


@dataclass(frozen=True)
class ArmRow:
    """One arm of the table of numbers: ``cells`` in the order of the headings."""

    number: str
    label: str
    cells: list[forms.BoundField]


class ResultFields(forms.Form):
    """The fields every kind of result has; the numbers of ``kind`` are added between place and provenance."""

    PLACE = ("experimental", "comparator", "scale", "time_point", "weeks", "rater")
    PEOPLE = ("population", "subgroup", "is_change", "adjusted")
    PROVENANCE = ("source", "derived", "basis")

    experimental = forms.ModelChoiceField(Arm.objects.none(), label="Experimental arm")
    comparator = forms.ModelChoiceField(Arm.objects.none(), label="Comparator arm")
    scale = forms.CharField(max_length=120, required=False, help_text="For example HDRS-17.")
    time_point = forms.CharField(max_length=120, required=False, help_text="For example post (16 wk).")
    weeks = forms.FloatField(
        label="Weeks since randomisation",
        required=False,
        min_value=0,
        help_text="The time point as a number.",
    )
    rater = forms.ChoiceField(
        choices=[("", "Not given"), *Result.Rater.choices], required=False, help_text="Who rated the outcome."
    )
    population = forms.ChoiceField(choices=[("", "Not given"), *Result.Population.choices], required=False)
    subgroup = forms.CharField(max_length=120, required=False, help_text="Which people, if not everybody.")
    is_change = forms.BooleanField(required=False, label="Changes from baseline, not final scores")
    adjusted = forms.BooleanField(required=False, label="Adjusted for covariates")
    source = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Where the numbers stand: page, table, quote or address.",
    )
    derived = forms.BooleanField(required=False, label="Converted or derived, not read off as printed")
    basis = forms.CharField(
        required=False, widget=forms.Textarea(attrs={"rows": 2}), help_text="How the values were obtained."
    )
    conversions = forms.JSONField(required=False, widget=forms.HiddenInput)
    as_reported = forms.JSONField(required=False, widget=forms.HiddenInput)

    def __init__(self, study: Study, kind: str, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.kind = kind
        # p printed as "< 0.001" is typed so
        self.own = [field for field in FIELDS[kind] if not field.flag]
        self.number_names = [field.name for field in self.own]
        for name in ("experimental", "comparator"):
            offer(self.fields[name], study.arms.all())
        #: {field: words to choose from while typing}: the vocabulary, and what the protocol plans.
        self.words = {
            "scale": offered(study.review, VocabularyTerm.Kind.SCALE),
            "time_point": planned_time_points(study.review),
        }
        for name in self.words:
            self.fields[name].widget.attrs["list"] = f"words-{name}"
        for field in self.own:
            self.fields[field.name] = self._number(field)
        if kind in SINGLE_GROUP:
            del self.fields["comparator"]
            self.fields["experimental"].label = "Arm or group"
        if kind not in MAY_BE_CHANGE:
            del self.fields["is_change"]
        if kind in SINGLE_GROUP:
            del self.fields["adjusted"]

    def _number(self, field: Field) -> forms.Field:
        label = SHORT.get(field.name) or sentence_case(
            field.label.split(",")[0] if field.arm else field.label
        )
        if field.text:
            choices = [("", "Choose"), *((key, f"{key}: {name}") for key, name in MEASURES.items())]
            return forms.ChoiceField(label=label, choices=choices, required=field.required)
        mode = "numeric" if field.whole else "text"
        attrs = {"inputmode": mode, "autocomplete": "off", "class": "number"}
        if field.name == "ci_level":
            attrs["placeholder"] = "95"
        return forms.CharField(
            label=label,
            required=field.required and field.name not in EFFECT_READY,
            max_length=40,
            widget=forms.TextInput(attrs=attrs),
            error_messages={"required": f"{sentence_case(field.label)} is missing."},
        )

    def clean(self) -> dict[str, Any]:
        super().clean()
        data = self.cleaned_data
        try:
            numbers, _ = effect_from_estimate(self.kind, self.given())
        except InvalidResult as refusal:
            numbers, faults = self.given(), dict(refusal.faults)
        else:
            _, faults = check_values(self.kind, numbers)
        for name, sentence in faults.items():
            if name not in self.errors:
                self.add_error(name if name in self.fields else None, sentence)
        if data.get("experimental") and data.get("experimental") == data.get("comparator"):
            self.add_error("comparator", "Choose two different arms.")
        return data

    def given(self) -> dict[str, Any]:
        """The numbers as typed."""
        return {name: self.cleaned_data.get(name) for name in self.number_names}

    # what the template lays out

    @property
    def place(self) -> list[forms.BoundField]:
        return self._bound(self.PLACE)

    @property
    def people(self) -> list[forms.BoundField]:
        return self._bound(self.PEOPLE)

    @property
    def provenance(self) -> list[forms.BoundField]:
        return self._bound(self.PROVENANCE)

    @property
    def headings(self) -> list[str]:
        """Of the table of arms: what its columns are."""
        fields = [field for field in self.own if field.arm == "1"]
        return [sentence_case(field.label.split(",")[0]) for field in fields]

    @property
    def arms(self) -> list[ArmRow]:
        """The arms as rows, so that a row of a report's table can be pasted into one."""
        labels = {"1": "Experimental", "2": "Comparator"}
        if self.kind in SINGLE_GROUP:
            labels = {"1": "Group"}
        rows = [
            ArmRow(arm, label, [self[field.name] for field in self.own if field.arm == arm])
            for arm, label in labels.items()
        ]
        return [row for row in rows if row.cells]

    @property
    def main(self) -> list[forms.BoundField]:
        """Numbers of the whole comparison that the kind is about."""
        names = EFFECT_FIRST if self.kind == "effect" else self._names(printed=False)
        return self._bound(names)

    @property
    def further(self) -> list[forms.BoundField]:
        """What can be given besides: what is printed about the comparison, or the logarithm."""
        return self._bound(EFFECT_READY if self.kind == "effect" else self._names(printed=True))

    @property
    def further_is_filled(self) -> bool:
        return any(field.value() for field in self.further)

    def _names(self, printed: bool) -> list[str]:
        return [field.name for field in self.own if not field.arm and field.printed == printed]

    def _bound(self, names) -> list[forms.BoundField]:
        return [self[name] for name in names if name in self.fields]

    # what the services take

    def number_values(self) -> dict[str, Any]:
        return self.given()

    def circumstances(self) -> dict[str, Any]:
        names = [name for name in (*self.PLACE, *self.PEOPLE, *self.PROVENANCE) if name in self.fields]
        return {"comparator": None} | {name: self.cleaned_data[name] for name in names}

    def passport(self) -> dict[str, Any]:
        """What the numbers were converted from."""
        return {
            "conversions": self.cleaned_data.get("conversions") or [],
            "as_reported": self.cleaned_data.get("as_reported") or {},
        }

    def clean_conversions(self) -> list:
        return self._shaped("conversions", list)

    def clean_as_reported(self) -> dict:
        return self._shaped("as_reported", dict)

    def _shaped(self, name: str, shape: type) -> Any:
        value = self.cleaned_data.get(name)
        if value and not isinstance(value, shape):
            raise forms.ValidationError("The conversions were not sent as the page made them. Do them again.")
        return value or shape()


class ResultForm(ResultFields):
    """A new result."""

    outcome = forms.ModelChoiceField(Outcome.objects.none())
    preferred = forms.NullBooleanField(
        label="Use in analyses",
        required=False,
        widget=forms.Select(
            choices=[
                ("", "If it is the first for this outcome"),
                ("true", "Yes, instead of another"),
                ("false", "No"),
            ]
        ),
    )

    def __init__(self, study: Study, kind: str, *args: Any, dual: bool = False, **kwargs: Any):
        super().__init__(study, kind, *args, **kwargs)
        offer(self.fields["outcome"], Outcome.objects.filter(review=study.review_id))
        if dual:
            del self.fields["preferred"]

    @property
    def place(self) -> list[forms.BoundField]:
        return [*self._bound(("outcome", "preferred")), *super().place]


class CorrectionForm(ResultFields):
    """A correction: the same fields with the present values, and the reason."""

    why = forms.CharField(
        label="Why is it corrected?", widget=forms.Textarea(attrs={"rows": 2}), max_length=2000
    )
    seen_version = forms.IntegerField(widget=forms.HiddenInput)

    def changes(self) -> dict[str, Any]:
        """Numbers that were not touched stay the numbers they are, whatever their text."""
        given = self.number_values()
        return given | self.circumstances() | self.passport()


def initial_of(result: Result) -> dict[str, Any]:
    """What a CorrectionForm starts with: the numbers as they were typed."""
    names = (
        *ResultFields.PLACE,
        *ResultFields.PEOPLE,
        *ResultFields.PROVENANCE,
        "conversions",
        "as_reported",
    )
    numbers = {name: number_text(result, name) for name in result.values}
    return numbers | {name: getattr(result, name) for name in names} | {"seen_version": result.version}


def number_text(result: Result, name: str) -> str:
    """A number as it was typed, else in the shortest form that is the same number; p with its sign."""
    value = getattr(result, name)
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, bool):
        return ""
    text = result.typed.get(name) or repr(value).removesuffix(".0")
    return f"<{text}" if name == "p_value" and result.p_below else text
