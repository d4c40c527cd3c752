"""What a person may set about a figure: the base of every figure's form."""

from typing import Any

from django import forms

from analysis.figures.catalogue import Data


class SettingsForm(forms.Form):
    """A form whose fields are settings of a figure.

    Every field says its default as ``initial``; cleaned values must fit into JSON. ``snapshot`` (and ``result``, None
    before the first run) are those of the plan, for fields that offer what is in the data.
    """

    def __init__(self, *args: Any, snapshot: Data, result: Data | None = None, **more: Any) -> None:
        self.snapshot, self.result = snapshot, result
        super().__init__(*args, **more)

    def settings(self) -> dict[str, Any]:
        """What differs from the defaults, by name: what is kept, and what the drawing gets. Needs a valid form."""
        return {
            name: value
            for name, value in self.cleaned_data.items()
            if not same(value, self.fields[name].initial)
        }


def same(value: Any, default: Any) -> bool:
    """Whether a value is the default: empty values of any kind are alike."""
    empty: tuple[Any, ...] = (None, "", [], ())
    if value in empty or default in empty:
        return value in empty and default in empty
    if isinstance(value, list | tuple) and isinstance(default, list | tuple):
        return list(value) == list(default)
    return bool(value == default)
