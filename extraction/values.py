"""Which numbers a result of each kind consists of, and what is wrong with a set of them. No Django here."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

#: On the analysis scale: the logarithm for ratios.
MEASURES = {
    "SMD": "standardised mean difference (Hedges g)",
    "MD": "mean difference",
    "OR": "log odds ratio",
    "RR": "log risk ratio",
    "RD": "risk difference",
    "HR": "log hazard ratio",
    "IRR": "log rate ratio",
}

#: No trial is larger, and no database column of ours holds more.
MOST_PEOPLE = 2_000_000_000


@dataclass(frozen=True)
class Field:
    """One number (or the measure) of a result. ``whole``: an integer; ``least`` and ``above`` bound it from below."""

    name: str
    label: str
    whole: bool = False
    text: bool = False
    required: bool = True
    least: float | None = None
    above: float | None = None


N1 = Field("n1", "n, experimental", whole=True, least=1)
N2 = Field("n2", "n, comparator", whole=True, least=1)
FIELDS: dict[str, tuple[Field, ...]] = {
    "means": (
        N1,
        Field("mean1", "mean, experimental"),
        Field("sd1", "SD, experimental", above=0),
        N2,
        Field("mean2", "mean, comparator"),
        Field("sd2", "SD, comparator", above=0),
    ),
    "events": (
        Field("events1", "events, experimental", whole=True, least=0),
        N1,
        Field("events2", "events, comparator", whole=True, least=0),
        N2,
    ),
    "effect": (
        Field("effect_measure", "effect measure", text=True),
        Field("effect", "effect"),
        Field("effect_se", "standard error", above=0),
        Field("n1", "n, experimental", whole=True, least=1, required=False),
        Field("n2", "n, comparator", whole=True, least=1, required=False),
    ),
}
EVERY_NAME = tuple(dict.fromkeys(field.name for fields in FIELDS.values() for field in fields))
LABELS = {field.name: field.label for fields in FIELDS.values() for field in fields}


def check_values(kind: str, given: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Read the numbers of a result: (values by field name, faults by field name).

    ``given`` may hold numbers, text, None or "". Fields of other kinds must be empty. Each fault is a sentence that
    names the field. ``kind`` is a key of FIELDS.
    """
    values: dict[str, Any] = {}
    faults: dict[str, str] = {}
    for field in FIELDS[kind]:
        value, fault = _read(field, given.get(field.name))
        values[field.name] = value
        if fault:
            faults[field.name] = fault
    for name in given.keys() - values.keys():
        if name in LABELS and given[name] not in (None, ""):
            faults[name] = (
                f"{sentence_case(LABELS[name])} does not belong to a result of this kind; leave it empty."
            )
    if kind == "events" and not faults:
        for arm in "12":
            if values[f"events{arm}"] > values[f"n{arm}"]:
                faults[f"events{arm}"] = (
                    f"{sentence_case(LABELS[f'events{arm}'])} is {values[f'events{arm}']}, more than its n of "
                    f"{values[f'n{arm}']}."
                )
    return values, faults


def kind_of(given: Mapping[str, Any]) -> str | None:
    """The kind of result these numbers make up, told by which are filled; None when they mix or say nothing."""
    filled = {name for name in given if given[name] not in (None, "")}
    kinds = [
        kind
        for kind, telling in (
            ("means", {"mean1", "sd1", "mean2", "sd2"}),
            ("events", {"events1", "events2"}),
            ("effect", {"effect", "effect_se"}),
        )
        if filled & telling
    ]
    return kinds[0] if len(kinds) == 1 else None


def _read(field: Field, raw: Any) -> tuple[Any, str]:
    label = sentence_case(field.label)
    if raw is None or (isinstance(raw, str) and not raw.strip()):
        empty = "" if field.text else None
        return empty, f"{label} is missing." if field.required else ""
    if field.text:
        known = str(raw).strip().upper()
        fault = (
            ""
            if known in MEASURES
            else f"'{raw}' is not an effect measure; use one of {', '.join(MEASURES)}."
        )
        return known, fault
    try:
        if isinstance(raw, bool):
            raise TypeError
        number = float(raw)
    except (TypeError, ValueError):
        return None, f"{label} is '{raw}', which is not a number; write it with a point, for example 4.7."
    if not math.isfinite(number):
        return None, f"{label} must be a finite number, not {raw}."
    if field.whole and number != int(number):
        return None, f"{label} is {raw}; it counts people and must be a whole number."
    value: float | int = int(number) if field.whole else number
    return value, _bound_fault(field, label, value)


def _bound_fault(field: Field, label: str, value: float) -> str:
    if field.least is not None and value < field.least:
        return f"{label} is {value}; it must be at least {field.least:g}."
    if field.above is not None and value <= field.above:
        return f"{label} is {value:g}; it must be above {field.above:g}."
    if field.whole and value > MOST_PEOPLE:
        return f"{label} is {value}, too large to be a number of people."
    return ""


def sentence_case(label: str) -> str:
    """First letter up, so that it can open a sentence; n stays n."""
    return label if label.startswith("n,") else label[0].upper() + label[1:]
