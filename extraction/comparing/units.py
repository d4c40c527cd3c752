"""Quantities written in words: "12 weeks", "0.5 g", "45 %". No Django here."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from .grades import Grade, Verdict
from .numbers import compare_numbers, decimals_of, is_rounding
from .texts import plain

MONTH = 365.25 / 12
#: {family: {unit as written: how many of the family's basic unit it is}}
FAMILIES: dict[str, dict[str, float]] = {
    "time": {
        **dict.fromkeys(("min", "mins", "minute", "minutes"), 1 / 1440),
        **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 1 / 24),
        **dict.fromkeys(("d", "day", "days"), 1.0),
        **dict.fromkeys(("w", "wk", "wks", "week", "weeks"), 7.0),
        **dict.fromkeys(("mo", "mos", "mth", "mths", "month", "months"), MONTH),
        **dict.fromkeys(("y", "yr", "yrs", "year", "years"), 365.25),
    },
    "mass": {
        "kg": 1e3,
        **dict.fromkeys(("g", "gram", "grams"), 1.0),
        **dict.fromkeys(("mg", "milligram", "milligrams"), 1e-3),
        **dict.fromkeys(("μg", "ug", "mcg", "microgram", "micrograms"), 1e-6),
        "ng": 1e-9,
    },
    "volume": {"l": 1.0, "liter": 1.0, "litre": 1.0, "liters": 1.0, "litres": 1.0}
    | {"dl": 0.1, "cl": 0.01, "ml": 1e-3, "μl": 1e-6, "ul": 1e-6},
    "length": {"km": 1e3, "m": 1.0, "cm": 1e-2, "mm": 1e-3, "μm": 1e-6, "um": 1e-6},
    "share": {"%": 0.01, "percent": 0.01, "per cent": 0.01, "": 1.0},
}
MONTHS = frozenset(unit for unit, days in FAMILIES["time"].items() if days == MONTH)
YEARS = frozenset(unit for unit, days in FAMILIES["time"].items() if days == 365.25)
WEEKS = frozenset(unit for unit, days in FAMILIES["time"].items() if days == 7.0)
_NUMBER = r"[-+]?\d+(?:[.,]\d+)?"
_WHOLE = re.compile(rf"({_NUMBER})\s*-?\s*(%|per cent|[a-zμ]*)\s*((?:/|per )\s*[a-z ]+)?")
_TIME = re.compile(
    rf"(?<![\w.])(\d+(?:[.,]\d+)?)\s*-?\s*({'|'.join(sorted(FAMILIES['time'], key=len)[::-1])})\b"
)
_TIME_AFTER = re.compile(r"\b(weeks?|months?|years?|days?|hours?)\s*(\d+(?:[.,]\d+)?)\b")


@dataclass(frozen=True)
class Quantity:
    """``number`` ``unit``, of a family of units that can be converted; ``per`` is what follows ("/day")."""

    number: float
    unit: str
    family: str
    places: int
    per: str = ""

    @property
    def basic(self) -> float:
        """In the family's basic unit: days, grams, litres, metres, a share."""
        return self.number * FAMILIES[self.family][self.unit]


def read_quantity(text: str) -> Quantity | None:
    """A text that is a number with a unit and nothing else; a bare number is a share."""
    found = _WHOLE.fullmatch(plain(text))
    if not found:
        return None
    written, unit, per = found[1].replace(",", "."), found[2] or "", (found[3] or "").strip()
    family = next((name for name, units in FAMILIES.items() if unit in units), None)
    if family is None:
        return None
    number = float(written)
    return Quantity(
        number, unit, family, decimals_of(number, written), per.replace("per ", "/").replace(" ", "")
    )


def compare_quantities(left: str, right: str) -> Verdict | None:
    """Grade two texts that are both quantities of one family; None when they are not.

    In other units they agree when the finer one, converted and rounded as the coarser one is written, is the same
    number: 12 weeks are 2.8, so 3, months. Months of four weeks count as well (24 weeks are 6 months).
    """
    a, b = read_quantity(left), read_quantity(right)
    if a is None or b is None or a.family != b.family or a.per != b.per:
        return None
    if FAMILIES[a.family][a.unit] == FAMILIES[b.family][b.unit]:
        found = compare_numbers(a.number, b.number, typed_left=_written(a), typed_right=_written(b))
        proposed = {a.number: left, b.number: right}.get(found.proposed)
        return Verdict(found.grade, proposed, found.hint)
    if same_quantity(a, b):
        return Verdict(Grade.UNIT, left)
    return Verdict(Grade.DIFFERENT)


def same_quantity(a: Quantity, b: Quantity) -> bool:
    """Whether two quantities of one family, in two units, are the same as far as they are written."""
    coarse, fine = (a, b) if FAMILIES[a.family][a.unit] >= FAMILIES[b.family][b.unit] else (b, a)
    if coarse.family == "share":  # 45 % is 0.45; the share is the coarser unit
        share, percent = (a, b) if a.unit == "" else (b, a)
        return math.isclose(share.number * 100, percent.number, rel_tol=1e-9) or (
            is_rounding(share.number, percent.number / 100, share.places)
            or is_rounding(percent.number, share.number * 100, percent.places)
        )
    converted = fine.basic / FAMILIES[coarse.family][coarse.unit]
    if math.isclose(converted, coarse.number, rel_tol=1e-9) or is_rounding(
        coarse.number, converted, coarse.places
    ):
        return True
    return fine.unit in WEEKS and math.isclose(
        fine.number, coarse.number * _four_week_months(coarse), rel_tol=1e-9
    )


def time_in(text: str) -> Quantity | None:
    """The first time that a text names, in whatever words are around it: "post (16 wk)" is 16 weeks."""
    low = plain(text)
    if found := _TIME.search(low):
        written, unit = found[1].replace(",", "."), found[2]
    elif found := _TIME_AFTER.search(low):
        written, unit = found[2].replace(",", "."), found[1]
    else:
        return None
    number = float(written)
    return Quantity(number, unit, "time", decimals_of(number, written))


def unit_of(words: str) -> tuple[str, str] | None:
    """(family, unit) of a field's unit such as "weeks" or "%"; None when it is no unit we convert."""
    low = plain(words)
    return next(((name, low) for name, units in FAMILIES.items() if low and low in units), None)


def unit_slip(left: float, right: float, unit: str) -> str:
    """Whether two numbers of a field in ``unit`` would be the same had one been typed in a sister unit."""
    known = unit_of(unit)
    if not known:
        return ""
    family, own = known
    for number, other in ((left, right), (right, left)):
        for sister in SISTERS.get(family, ()):
            if FAMILIES[family][sister] == FAMILIES[family][own] or number <= 0 or other <= 0:
                continue
            typed = Quantity(number, sister, family, decimals_of(number))
            meant = Quantity(other, own, family, decimals_of(other))
            if same_quantity(typed, meant):
                return f"{number:g} {sister} are {other:g} {own}: was one of them typed in {sister}?"
    return ""


#: What a slip of the unit is looked for in.
SISTERS = {
    "time": ("days", "weeks", "months", "years"),
    "mass": ("kg", "g", "mg", "μg"),
    "volume": ("l", "ml"),
    "length": ("m", "cm", "mm"),
}


def _four_week_months(coarse: Quantity) -> float:
    if coarse.unit in MONTHS:
        return 4.0
    return 52.0 if coarse.unit in YEARS else math.nan


def _written(quantity: Quantity) -> str:
    return f"{quantity.number:.{quantity.places}f}"
