"""The form for the settings of a forest plot."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from django import forms

from analysis.choices import is_ratio
from analysis.drawings.forest_data import extra_choices
from analysis.drawings.settings import SettingsForm
from analysis.figures.forest_settings import (
    FONT_SIZES,
    RAW_DATA,
    SORTS,
    STYLES,
    WIDTHS,
    ForestSettings,
    SettingsError,
)

DEFAULTS = {field.name: field.default for field in fields(ForestSettings)}


class TicksField(forms.CharField):
    """Numbers with commas between them; kept as a list, which a program may send as well."""

    def to_python(self, value: Any) -> str | None:
        return super().to_python(", ".join(map(str, value)) if isinstance(value, list | tuple) else value)

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(f"{tick:g}" for tick in value) if isinstance(value, list | tuple) else value


class ForestForm(SettingsForm):
    """Cleaned values are those of `ForestSettings.to_dict`, or the defaults."""

    style = forms.ChoiceField(choices=list(STYLES.items()), initial="ours", required=False)
    width = forms.ChoiceField(choices=list(WIDTHS.items()), initial="natural", required=False)
    font_size = forms.FloatField(
        label="Size of the letters",
        required=False,
        help_text=f"In points at that width, {FONT_SIZES[0]:g} to {FONT_SIZES[1]:g}. Empty: as fits.",
    )
    title = forms.BooleanField(label="Title in the figure", initial=True, required=False)
    sort = forms.ChoiceField(
        label="Order of the studies", choices=list(SORTS.items()), initial="order", required=False
    )
    descending = forms.BooleanField(label="From the highest to the lowest", initial=False, required=False)
    raw_data = forms.ChoiceField(
        label="Raw data", choices=list(RAW_DATA.items()), initial="full", required=False
    )
    columns = forms.MultipleChoiceField(
        label="Extra columns", required=False, widget=forms.CheckboxSelectMultiple, initial=()
    )
    weights = forms.BooleanField(label="Column of weights", initial=True, required=False)
    prediction = forms.BooleanField(label="Prediction interval", initial=True, required=False)
    z_test = forms.BooleanField(
        label="Second diamond with a z test",
        initial=True,
        required=False,
        help_text="In our own style, where the plan has Knapp-Hartung.",
    )
    subgroups = forms.BooleanField(label="Subgroups", initial=True, required=False)
    risk = forms.BooleanField(label="Risk of bias", initial=True, required=False)
    label_left = forms.CharField(
        label="Words left of no effect",
        required=False,
        max_length=100,
        help_text="Empty: Favours …, by the plan.",
    )
    label_right = forms.CharField(label="Words right of no effect", required=False, max_length=100)
    axis_from = forms.FloatField(
        label="Axis from",
        required=False,
        help_text="As people read it: ratios as ratios. Empty: as the data need.",
    )
    axis_to = forms.FloatField(label="Axis to", required=False)
    ticks = TicksField(
        label="Ticks", required=False, help_text="Numbers with commas between them, such as 0.5, 1, 2."
    )
    null_line = forms.BooleanField(label="Line of no effect", initial=True, required=False)
    null_at = forms.FloatField(
        label="No effect is at", required=False, help_text="Empty: 0, or 1 for ratios."
    )
    decimals = forms.IntegerField(required=False, help_text="Of effects. Empty: as the measure needs.")

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        choices = extra_choices(self.snapshot)
        known = (*self.initial.get("columns", ()), *self._asked("columns"))
        kept = {name: f"{name} (of no study here)" for name in known if name not in choices}
        self.fields["columns"].choices = list((choices | kept).items())  # type: ignore[attr-defined]

    def _asked(self, name: str) -> list[str]:
        """A column chosen for an earlier run must not make the form invalid."""
        given = self.data.get(self.add_prefix(name)) if self.data else None
        if hasattr(self.data, "getlist"):
            given = self.data.getlist(self.add_prefix(name))
        return [text for text in given if isinstance(text, str)] if isinstance(given, list | tuple) else []

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        given = {name: value for name, value in cleaned.items() if name not in self.errors}
        try:
            settings = ForestSettings.read(given)
            settings.check_axis(log=is_ratio(self.snapshot["plan"]["measure"]))
        except SettingsError as error:
            self.add_error(error.field, str(error))
            return cleaned
        return cleaned | {name: _plain(getattr(settings, name)) for name in given}


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
