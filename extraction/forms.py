"""What a person may type about a study and its results; nothing here saves."""

from typing import Any

from django import forms
from django.db.models import QuerySet

from extraction.models import Arm, Characteristic, Result
from extraction.values import FIELDS, MEASURES, check_values, sentence_case
from reviews.models import Outcome
from screening.models import Study


class ArmForm(forms.Form):
    label = forms.CharField(max_length=200)
    role = forms.ChoiceField(choices=Arm.Role.choices)
    n_randomised = forms.IntegerField(label="n randomised", min_value=1, required=False)


class ArmChangeForm(ArmForm):
    seen_version = forms.IntegerField(widget=forms.HiddenInput)


class CharacteristicForm(forms.Form):
    """A fact under a name the review's studies share."""

    name = forms.CharField(max_length=80, help_text="For example therapy. Used for subgroups.")
    value = forms.CharField(
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Empty removes it.",
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput, strip=False)


class VersionForm(forms.Form):
    """Which version of a result the person had in view."""

    seen_version = forms.IntegerField(widget=forms.HiddenInput)


class WhyForm(VersionForm):
    why = forms.CharField(label="Reason", max_length=2000, widget=forms.Textarea(attrs={"rows": 2}))


class ResultFields(forms.Form):
    """The fields every kind of result has; the numbers of ``kind`` are added between place and provenance."""

    PLACE = ("experimental", "comparator", "scale", "time_point", "rater")
    PROVENANCE = ("source", "derived", "basis")

    experimental = forms.ModelChoiceField(Arm.objects.none(), label="Experimental arm")
    comparator = forms.ModelChoiceField(Arm.objects.none(), label="Comparator arm")
    scale = forms.CharField(max_length=120, required=False, help_text="For example HDRS-17.")
    rater = forms.ChoiceField(
        choices=[("", "Not given"), *Result.Rater.choices], required=False, help_text="Who rated the outcome."
    )
    time_point = forms.CharField(max_length=120, required=False, help_text="For example post (16 wk).")
    source = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Where the numbers stand: page, table, quote or address.",
    )
    derived = forms.BooleanField(required=False, label="Converted or derived, not read off as printed")
    basis = forms.CharField(
        required=False, widget=forms.Textarea(attrs={"rows": 2}), help_text="How the values were obtained."
    )

    def __init__(self, study: Study, kind: str, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.kind = kind
        self.number_names = [field.name for field in FIELDS[kind]]
        for name in ("experimental", "comparator"):
            offer(self.fields[name], study.arms.all())
        for field in FIELDS[kind]:
            self.fields[field.name] = self._number(field)
        if kind == Result.Kind.EFFECT:
            self.fields["basis"].required = True

    @staticmethod
    def _number(field) -> forms.Field:
        label = sentence_case(field.label)
        if field.text:
            choices = [("", "Choose"), *((key, f"{key}: {name}") for key, name in MEASURES.items())]
            return forms.ChoiceField(label=label, choices=choices, required=field.required)
        number = forms.IntegerField if field.whole else forms.FloatField
        widget = forms.NumberInput(attrs={} if field.whole else {"step": "any"})
        return number(label=label, required=field.required, widget=widget)

    def clean(self) -> dict[str, Any]:
        super().clean()
        data = self.cleaned_data
        given = {name: data.get(name) for name in self.number_names}
        _, faults = check_values(self.kind, given)
        for name, sentence in faults.items():
            if name not in self.errors:
                self.add_error(name, sentence)
        if data.get("experimental") and data.get("experimental") == data.get("comparator"):
            self.add_error("comparator", "Choose two different arms.")
        return data

    @property
    def place(self) -> list[forms.BoundField]:
        return [self[name] for name in self.PLACE]

    @property
    def numbers(self) -> list[list[forms.BoundField]]:
        """The fields in two columns: one per arm, or the effect and the people it rests on."""
        right = (
            ("n1", "n2")
            if self.kind == Result.Kind.EFFECT
            else tuple(n for n in self.number_names if n[-1] == "2")
        )
        return [
            [self[name] for name in self.number_names if name not in right],
            [self[name] for name in self.number_names if name in right],
        ]

    @property
    def provenance(self) -> list[forms.BoundField]:
        return [self[name] for name in self.PROVENANCE]

    def number_values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.number_names}

    def circumstances(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in (*self.PLACE, *self.PROVENANCE)}


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

    def __init__(self, study: Study, kind: str, *args: Any, **kwargs: Any):
        super().__init__(study, kind, *args, **kwargs)
        offer(self.fields["outcome"], Outcome.objects.filter(review=study.review_id))

    @property
    def place(self) -> list[forms.BoundField]:
        return [self["outcome"], self["preferred"], *super().place]


class CorrectionForm(ResultFields):
    """A correction: the same fields with the present values, and the reason."""

    why = forms.CharField(
        label="Why is it corrected?", widget=forms.Textarea(attrs={"rows": 2}), max_length=2000
    )
    seen_version = forms.IntegerField(widget=forms.HiddenInput)

    def changes(self) -> dict[str, Any]:
        return self.number_values() | self.circumstances()


def offer(field: forms.Field, rows: QuerySet) -> None:
    """Let a choice of rows be one of ``rows``."""
    assert isinstance(field, forms.ModelChoiceField)
    field.queryset = rows


def initial_of(result: Result) -> dict[str, Any]:
    """What a CorrectionForm starts with."""
    circumstances = {name: getattr(result, name) for name in (*ResultFields.PLACE, *ResultFields.PROVENANCE)}
    return result.values | circumstances | {"seen_version": result.version}


def known_characteristics(study: Study) -> list[str]:
    """The names in use in the review, so that people choose the same word."""
    names = Characteristic.objects.filter(study__review=study.review_id).order_by("name")
    return list(names.values_list("name", flat=True).distinct())
