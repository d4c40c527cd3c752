"""How a forest plot is drawn: what a person may choose, read from plain data with a sentence for what is wrong."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from reviews.figures.layout import LayoutError

STYLES = {
    "ours": "Ours: raw data, plot, effect, weight",
    "revman": "RevMan: weight and effect before the plot",
    "jama": "JAMA: effect before the plot, no colour",
    "bmj": "BMJ: weight and effect behind the plot",
}
WIDTHS = {
    "natural": "As wide as it needs to be",
    "single": "One column of a journal (85 mm)",
    "double": "Two columns of a journal (174 mm)",
    "slide": "A slide (254 mm)",
}
SORTS = {
    "order": "As in the analysis",
    "year": "Year",
    "effect": "Effect",
    "weight": "Weight",
    "precision": "Precision",
    "risk": "Risk of bias",
    "name": "Name",
}
RAW_DATA = {"full": "Every figure", "n": "Numbers of people only", "none": "None"}
#: Columns that need no moderator, by the name to ask for them.
EXTRA_COLUMNS = {
    "year": "Year",
    "n": "n",
    "scale": "Scale",
    "time_point": "Time point",
    "weeks": "Weeks",
    "rater": "Rated by",
    "population": "Analysed",
    "experimental": "Experimental arm",
    "comparator": "Comparator arm",
}
FONT_SIZES = (5.0, 20.0)
MOST_TICKS = 15


class SettingsError(LayoutError):
    """A setting that cannot be used: ``field`` names it, the sentence says what it may be."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


@dataclass(frozen=True, kw_only=True)
class ForestSettings:
    """The choices; the defaults are the figure as it is at first.

    ``font_size`` in points at the chosen ``width`` (None: as fits, never below 7 points in a journal's width).
    ``axis_from``, ``axis_to``, ``ticks`` and ``null_at`` are values as people read them: ratios as ratios.
    ``columns`` names extra columns: keys of EXTRA_COLUMNS or moderators of the plan.
    """

    style: str = "ours"
    width: str = "natural"
    font_size: float | None = None
    title: bool = True
    sort: str = "order"
    descending: bool = False
    raw_data: str = "full"
    columns: tuple[str, ...] = ()
    weights: bool = True
    prediction: bool = True
    z_test: bool = True
    subgroups: bool = True
    risk: bool = True
    label_left: str = ""
    label_right: str = ""
    axis_from: float | None = None
    axis_to: float | None = None
    ticks: tuple[float, ...] = ()
    null_line: bool = True
    null_at: float | None = None
    decimals: int | None = None

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> ForestSettings:
        """From JSON or what was typed; absent and empty values are the defaults. Raises SettingsError."""
        known = [field.name for field in fields(cls)]
        if unknown := sorted(set(data) - set(known)):
            raise SettingsError(
                unknown[0],
                f"“{unknown[0]}” is no setting of a forest plot. There are {', '.join(known)}.",
            )
        found = {
            name: _READ[name](name, value)
            for name, value in data.items()
            if value is not None and value != ""
        }
        settings = cls(**found)
        settings._check()
        return settings

    def to_dict(self) -> dict[str, Any]:
        """What differs from the defaults, as JSON."""
        return {
            field.name: list(value) if isinstance(value, tuple) else value
            for field in fields(self)
            if (value := getattr(self, field.name)) != field.default
        }

    def _check(self) -> None:
        if self.axis_from is not None and self.axis_to is not None and not self.axis_from < self.axis_to:
            raise SettingsError(
                "axis_to",
                f"The axis cannot run from {self.axis_from:g} to {self.axis_to:g}: give the lower end first.",
            )

    def check_axis(self, *, log: bool) -> None:
        """Raise SettingsError on a value this axis cannot show: a ratio that is not above 0."""
        for name in ("axis_from", "axis_to", "null_at", "ticks"):
            if log and any(value <= 0 for value in _values(getattr(self, name))):
                raise SettingsError(name, "On an axis of ratios every value is above 0, such as 0.5, 1 or 2.")

    def on_axis(self, *, log: bool) -> ForestSettings:
        """Without the values that this axis cannot show: they were chosen when the plan had another measure."""
        if not log:
            return self

        def kept(value: float | None) -> float | None:
            return value if value is not None and value > 0 else None

        return replace(
            self,
            axis_from=kept(self.axis_from),
            axis_to=kept(self.axis_to),
            null_at=kept(self.null_at),
            ticks=tuple(tick for tick in self.ticks if tick > 0),
        )

    def axis_limits(self, *, log: bool) -> tuple[float | None, float | None]:
        """The ends of the axis on the scale of the analysis."""
        return _placed(self.axis_from, log), _placed(self.axis_to, log)

    def axis_ticks(self, *, log: bool) -> tuple[float, ...]:
        """The ticks asked for on the scale of the analysis."""
        return tuple(math.log(tick) if log else tick for tick in self.ticks)

    def null_value(self, usual: float | None, *, log: bool) -> float | None:
        """Where the line of no effect stands on the scale of the analysis; None for none."""
        if not self.null_line:
            return None
        return usual if self.null_at is None else _placed(self.null_at, log)


def _values(given: float | tuple[float, ...] | None) -> tuple[float, ...]:
    return given if isinstance(given, tuple) else () if given is None else (given,)


def _placed(value: float | None, log: bool) -> float | None:
    return math.log(value) if log and value is not None else value


def _one_of(choices: Mapping[str, str]) -> Callable[[str, Any], str]:
    def read(name: str, value: Any) -> str:
        if not isinstance(value, str) or value not in choices:
            raise SettingsError(
                name, f"“{value}” is not possible for {_words(name)}. Choose {_or(list(choices))}."
            )
        return value

    return read


def _yes_or_no(name: str, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    answer = {
        "yes": True,
        "true": True,
        "on": True,
        "1": True,
        "no": False,
        "false": False,
        "off": False,
        "0": False,
    }
    if (text := str(value).strip().casefold()) not in answer:
        raise SettingsError(name, f"“{value}” is not possible for {_words(name)}. Say yes or no.")
    return answer[text]


def _number(name: str, value: Any) -> float:
    try:
        found = math.nan if isinstance(value, bool) else float(str(value).strip().replace("−", "-"))
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        raise SettingsError(name, f"“{value}” is no number for {_words(name)}. Write it like −0.5 or 2.")
    return found


def _between(low: float, high: float, what: str) -> Callable[[str, Any], float]:
    def read(name: str, value: Any) -> float:
        found = _number(name, value)
        if not low <= found <= high:
            raise SettingsError(name, f"{found:g} is not possible for {_words(name)}. Choose {what}.")
        return found

    return read


def _decimals(name: str, value: Any) -> int:
    found = _between(0, 6, "a whole number from 0 to 6")(name, value)
    if found != int(found):
        raise SettingsError(name, f"{found:g} is no number of decimals. Choose a whole number from 0 to 6.")
    return int(found)


def _numbers(name: str, value: Any) -> tuple[float, ...]:
    found = tuple(sorted({_number(name, part) for part in _parts(name, value)}))
    if len(found) > MOST_TICKS:
        raise SettingsError(name, f"{len(found)} ticks are too many to read. Give {MOST_TICKS} at most.")
    return found


def _texts(name: str, value: Any) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for part in _parts(name, value) if (text := str(part).strip())))


def _parts(name: str, value: Any) -> Sequence[Any]:
    """A list, or a text with commas or semicolons between its parts."""
    if isinstance(value, str):
        return [part for part in value.replace(";", ",").split(",") if part.strip()]
    if isinstance(value, list | tuple):
        return value
    if isinstance(value, int | float):
        return [value]
    raise SettingsError(name, f"“{value}” is not possible for {_words(name)}. Give a list.")


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise SettingsError(name, f"“{value}” is not possible for {_words(name)}. Write some words.")
    text = " ".join(value.split())
    if len(text) > 100:
        raise SettingsError(name, f"The words for {_words(name)} have {len(text)} letters; 100 is the most.")
    return text


def _words(name: str) -> str:
    return f"the setting {name}"


def _or(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}"


_READ: dict[str, Callable[[str, Any], Any]] = {
    "style": _one_of(STYLES),
    "width": _one_of(WIDTHS),
    "font_size": _between(*FONT_SIZES, f"a size in points from {FONT_SIZES[0]:g} to {FONT_SIZES[1]:g}"),
    "sort": _one_of(SORTS),
    "raw_data": _one_of(RAW_DATA),
    "columns": _texts,
    "label_left": _text,
    "label_right": _text,
    "axis_from": _number,
    "axis_to": _number,
    "ticks": _numbers,
    "null_at": _number,
    "decimals": _decimals,
    **dict.fromkeys(
        ("title", "descending", "weights", "prediction", "z_test", "subgroups", "risk", "null_line"),
        _yes_or_no,
    ),
}
