"""Two readings of one number: equal, one of them rounded, or different, and why they may differ. No Django here."""

from __future__ import annotations

import math
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation

from .grades import Grade, Verdict, one_sided

#: A rounded number may be at most this far (as a share) from the precise one: 1 is not "1.4 rounded".
MOST_ROUNDED = 0.1
#: What a slip of the unit or of the decimal point multiplies a number by.
SLIPS = (10, 100, 1000, 1_000_000)


def decimals_of(number: float, typed: str = "") -> int:
    """How many decimals the number was written with; ``typed`` ("12.50") knows the zeros that a float forgets."""
    written = _decimal(typed)
    if written is None or float(written) != float(number):
        written = Decimal(repr(float(number)))
        written = written.normalize()
    exponent = written.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def compare_numbers(
    left: float | None,
    right: float | None,
    *,
    whole: bool = False,
    typed_left: str = "",
    typed_right: str = "",
) -> Verdict:
    """Grade two readings. One counts as the other rounded when it has fewer decimals, lies within half a unit of its
    last place (so 12.25 may have become 12.2 or 12.3), is not 0, and is at most a tenth away. ``whole`` numbers count
    people and are never rounded. The proposed one is the more precise.
    """
    empty = one_sided(left is not None, right is not None)
    if empty is not None:
        return Verdict(empty, left if left is not None else right)
    assert left is not None
    assert right is not None
    if math.isclose(left, right, rel_tol=1e-9, abs_tol=1e-12):
        places = decimals_of(left, typed_left), decimals_of(right, typed_right)
        return Verdict(Grade.SAME, right if places[1] > places[0] else left)
    if not whole:
        places = decimals_of(left, typed_left), decimals_of(right, typed_right)
        if places[0] != places[1]:
            rough, precise = (left, right) if places[0] < places[1] else (right, left)
            if is_rounding(rough, precise, min(places)):
                return Verdict(Grade.ROUNDED, precise)
    return Verdict(Grade.DIFFERENT, hint=slip(left, right))


def is_rounding(rough: float, precise: float, places: int) -> bool:
    """Whether ``rough``, written with ``places`` decimals, is ``precise`` rounded."""
    gap = abs(rough - precise)
    half = 0.5 * 10.0**-places
    return rough != 0 and gap <= half * (1 + 1e-9) and gap <= MOST_ROUNDED * abs(precise)


def slip(left: float, right: float) -> str:
    """The usual slip that turns one number into the other, as a sentence; "" when there is none."""
    if left == 0 or right == 0:
        return ""
    if math.isclose(left, -right, rel_tol=1e-9):
        return "The same with the other sign."
    ratio = max(abs(left), abs(right)) / min(abs(left), abs(right))
    for factor in SLIPS:
        if math.isclose(ratio, factor, rel_tol=1e-6) and left * right > 0:
            return f"One is {factor:,} times the other: another unit, or a slip of the decimal point?"
    if _swapped_digits(left, right):
        return "Two digits changed places."
    return ""


def spread_hint(left: float, right: float, people: Iterable[int | None]) -> str:
    """Whether one of two readings of an SD is the standard error or the variance; ``people``: n of that arm."""
    small, large = sorted((left, right))
    if small <= 0:
        return ""
    for n in people:
        if n and n > 1 and math.isclose(large / small, math.sqrt(n), rel_tol=0.03):
            return f"{small:g} is {large:g} divided by the root of n = {n}: one of them looks like a standard error."
    for number, other in ((left, right), (right, left)):
        if number > 1 and math.isclose(other, number * number, rel_tol=0.01):
            return f"{other:g} is {number:g} squared: one of them looks like a variance."
    return ""


def _swapped_digits(left: float, right: float) -> bool:
    a, b = f"{left:g}", f"{right:g}"
    if len(a) != len(b):
        return False
    apart = [i for i in range(len(a)) if a[i] != b[i]]
    return (
        len(apart) == 2
        and apart[1] == apart[0] + 1
        and a[apart[0]] == b[apart[1]]
        and a[apart[1]] == b[apart[0]]
        and (a[apart[0]] + a[apart[1]]).isdigit()
    )


def _decimal(text: str) -> Decimal | None:
    try:
        number = Decimal(text.strip().replace("−", "-").replace(",", "."))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
