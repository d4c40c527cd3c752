"""The form of a figure's settings, made from the class that reads them."""

from dataclasses import Field, fields
from typing import Any

from django import forms

from analysis.drawings.settings import SettingsForm
from analysis.figures.plot_settings import PlotSettings


def form_of(settings: type[PlotSettings]) -> type[SettingsForm]:
    """A field for each setting; the words and choices are those of the class."""
    named = {one.name: _field(one) for one in fields(settings)}
    return type(f"{settings.__name__.removesuffix('Settings')}Form", (SettingsForm,), named)


def _field(one: Field[Any]) -> forms.Field:
    words: dict[str, Any] = {name: one.metadata[name] for name in ("label", "help_text")}
    words["initial"] = one.default
    if one.metadata["choices"] is not None:
        choices = list(one.metadata["choices"].items())
        return forms.TypedChoiceField(choices=choices, required=False, empty_value=words["initial"], **words)
    if isinstance(one.default, bool):
        return forms.BooleanField(required=False, **words)
    return forms.CharField(required=False, max_length=200, **words)
