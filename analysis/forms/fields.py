"""Fields for lists: names in an order of preference, and characteristics for a meta-regression. Plain inputs only."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from django import forms
from django.core.exceptions import ValidationError

SEPARATOR = ";"
#: Empty rows offered for moderators, besides those that are filled in.
FREE_ROWS = 2
TYPES = {"number": "as a number", "category": "as categories"}


class Option(NamedTuple):
    """A name that may get a place; ``held``: how many results have it."""

    value: str
    label: str
    held: int = 0


class RankedWidget(forms.Widget):
    """A number beside each name: 1 is the first choice, none is no preference. Names not there yet can be typed."""

    template_name = "analysis/widgets/ranked.html"
    use_fieldset = True

    def __init__(self, attrs: dict | None = None) -> None:
        super().__init__(attrs)
        self.options: list[Option] = []
        self.open = False

    def id_for_label(self, id_: str) -> str:
        return ""

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> dict[str, Any]:
        start = f"{name}:"
        places = {key.removeprefix(start): data.get(key) for key in data if key.startswith(start)}
        return {"places": places, "more": data.get(f"{name}-more", "")}

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Any, name: str) -> bool:
        return False

    def get_context(self, name: str, value: Any, attrs: dict | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        typed = value if isinstance(value, dict) else placed(value or [])
        known = {option.value for option in self.options}
        strange = [Option(one, one) for one in typed["places"] if one not in known]
        rows = [
            {
                "name": f"{name}:{option.value}",
                "option": option,
                "place": typed["places"].get(option.value) or "",
            }
            for option in [*self.options, *strange]
        ]
        rows.sort(key=lambda row: _number(row["place"]) or len(rows) + 1)
        context["widget"] |= {"rows": rows, "more": typed["more"], "open": self.open}
        return context


class RankedField(forms.Field):
    """An ordered list of names; see RankedWidget. ``open_ended``: other names than those offered may be typed."""

    widget: RankedWidget = RankedWidget  # type: ignore[assignment]  # an instance once the field is made

    def __init__(self, *, open_ended: bool = False, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)
        self.widget.open = open_ended

    def offer(self, options: Iterable[Option]) -> None:
        self.widget.options = list(options)

    def clean(self, value: Any) -> list[str]:
        places: dict[int, str] = {}
        for name, typed in value["places"].items():
            if not (text := str(typed or "").strip()):
                continue
            place = _number(text)
            if place is None:
                raise ValidationError(f"The place of “{name}” is a whole number from 1, not “{text}”.")
            if place in places:
                raise ValidationError(
                    f"“{places[place]}” and “{name}” both have place {place}. Give each its own."
                )
            places[place] = name
        more = [one.strip() for one in value["more"].split(SEPARATOR)] if self.widget.open else []
        return list(dict.fromkeys([*(places[place] for place in sorted(places)), *filter(None, more)]))


class ModeratorsWidget(forms.Widget):
    """A row for each characteristic: its name and how it is read."""

    template_name = "analysis/widgets/moderators.html"
    use_fieldset = True

    def __init__(self, attrs: dict | None = None) -> None:
        super().__init__(attrs)
        self.names: list[str] = []

    def id_for_label(self, id_: str) -> str:
        return ""

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> list[dict[str, str]]:
        rows = sorted(
            (number, key)
            for key in data
            if key.startswith(f"{name}-")
            and (number := _number(key.removeprefix(f"{name}-").removesuffix("-name"))) is not None
        )
        found = [
            {
                "name": (data.get(key) or "").strip(),
                "type": data.get(key.removesuffix("-name") + "-type") or "number",
            }
            for _, key in rows
        ]
        return [row for row in found if row["name"]]

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Any, name: str) -> bool:
        return False

    def get_context(self, name: str, value: Any, attrs: dict | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        filled = list(value or [])
        rows = filled + [{"name": "", "type": "number"}] * FREE_ROWS
        context["widget"] |= {
            "rows": [
                {"at": f"{name}-{number}", "number": number, **row} for number, row in enumerate(rows, 1)
            ],
            "names": self.names,
            "types": TYPES.items(),
        }
        return context


class ModeratorsField(forms.Field):
    """``[{"name": "age", "type": "number"}]``; the service checks it."""

    widget = ModeratorsWidget

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)

    def clean(self, value: Any) -> list[dict[str, str]]:
        return list(value or [])


def placed(names: Iterable[str]) -> dict[str, Any]:
    """What a RankedWidget shows for a list of names."""
    return {"places": {name: str(place) for place, name in enumerate(names, 1)}, "more": ""}


def _number(text: Any) -> int | None:
    """A whole number from 1 to 9999, else None."""
    text = str(text or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 and int(text) > 0 else None
