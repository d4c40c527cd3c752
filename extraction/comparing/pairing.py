"""Which of two people's results are the same one, though arms, scale or time may be worded differently.

No Django here. Every possible pair of the same outcome gets points; those with most are paired first, and a pair
below ``ENOUGH`` is no pair.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from .numbers import compare_numbers
from .texts import plain, same_text
from .units import FAMILIES, Quantity, same_quantity, time_in

#: Points a pair needs. Two results between the same arms reach it unless times, scales and numbers speak against it.
ENOUGH = 2.5


@dataclass(frozen=True)
class Candidate:
    """What tells results apart. ``outcome`` and the arms are ids (no comparator: one group)."""

    key: int
    outcome: int
    kind: str
    experimental: int
    comparator: int | None = None
    arms: tuple[str, str] = ("", "")
    scale: str = ""
    time_point: str = ""
    weeks: float | None = None
    population: str = ""
    subgroup: str = ""
    numbers: Mapping[str, Any] = field(default_factory=dict)


C = TypeVar("C", bound=Candidate)


def pair_up(left: Sequence[C], right: Sequence[C]) -> list[tuple[C | None, C | None, bool]]:
    """(left, right, swapped) for each result: the left ones in their order, then what only the right has."""
    partner = most_alike([[likeness(a, b) for b in right] for a in left], ENOUGH)
    taken = set(partner.values())
    pairs: list[tuple[C | None, C | None, bool]] = []
    for i, a in enumerate(left):
        b = right[partner[i]] if i in partner else None
        pairs.append((a, b, bool(b and swapped(a, b))))
    return pairs + [(None, b, False) for j, b in enumerate(right) if j not in taken]


def most_alike(points: Sequence[Sequence[float]], least: float) -> dict[int, int]:
    """{row: column}, each once: the most alike first, as a person would pair them; none below ``least`` points."""
    order = sorted(
        ((-value, i, j) for i, row in enumerate(points) for j, value in enumerate(row) if value >= least)
    )
    partner: dict[int, int] = {}
    for _, i, j in order:
        if i not in partner and j not in partner.values():
            partner[i] = j
    return partner


def likeness(a: Candidate, b: Candidate) -> float:
    """Points for two results being the same one; another outcome is never the same."""
    if a.outcome != b.outcome:
        return -100.0
    points = _arms(a, b) + (1.5 if a.kind == b.kind else 0.5)
    points += _word(a.scale, b.scale, same=2.0, other=-1.5) + _time(a, b)
    points += _word(a.population, b.population, same=0.5, other=-1.0)
    points += _word(a.subgroup, b.subgroup, same=1.0, other=-2.5)
    if bool(a.subgroup) != bool(b.subgroup):
        points -= 1.5
    return points + 3 * _equal_numbers(a, b)


def swapped(a: Candidate, b: Candidate) -> bool:
    """The same two arms the other way round."""
    return a.comparator is not None and (a.experimental, a.comparator) == (b.comparator, b.experimental)


def time_of(one: Candidate) -> Quantity | None:
    """When a result was measured, from its weeks or its words."""
    return Quantity(one.weeks, "weeks", "time", 0) if one.weeks is not None else time_in(one.time_point)


def same_times(a: Candidate, b: Candidate) -> bool:
    """Both say when, and mean the same: the same words, or the same time in other units."""
    first, second = time_of(a), time_of(b)
    if first and second:
        if FAMILIES["time"][first.unit] == FAMILIES["time"][second.unit]:
            return math.isclose(first.number, second.number, rel_tol=1e-9)
        return same_quantity(first, second)
    return bool(a.time_point and same_text(a.time_point, b.time_point))


def _arms(a: Candidate, b: Candidate) -> float:
    if (a.experimental, a.comparator) == (b.experimental, b.comparator):
        return 2.0
    if swapped(a, b):
        return 1.0
    if a.arms[0] and all(plain(x) == plain(y) for x, y in zip(a.arms, b.arms, strict=True)):
        return 1.5
    return 0.0 if a.experimental == b.experimental or a.comparator == b.comparator else -1.5


def _time(a: Candidate, b: Candidate) -> float:
    if same_times(a, b):
        return 2.0
    if time_of(a) and time_of(b):
        return -2.5
    return -0.5 if a.time_point and b.time_point else 0.0


def _word(a: str, b: str, *, same: float, other: float) -> float:
    if not a or not b:
        return 0.0
    return same if _bare(a) == _bare(b) else other


def _bare(text: str) -> str:
    return "".join(letter for letter in plain(text) if letter.isalnum())


def _equal_numbers(a: Candidate, b: Candidate) -> float:
    """The share of numbers both have that are the same, also when the arms are the other way round."""
    ways = [_share(a.numbers, b.numbers)]
    if swapped(a, b):
        other = {"1": "2", "2": "1"}
        turned = {f"{name[:-1]}{other.get(name[-1], name[-1])}": value for name, value in b.numbers.items()}
        ways.append(_share(a.numbers, turned))
    return max(ways)


def _share(a: Mapping[str, Any], b: Mapping[str, Any]) -> float:
    both = [
        name
        for name, value in a.items()
        if isinstance(value, int | float) and isinstance(b.get(name), int | float)
    ]
    if not both:
        return 0.0
    return sum(compare_numbers(a[name], b[name]).grade.agrees for name in both) / len(both)
