"""A reference case of metafor's values, what counts as a difference, and a tally of what was compared."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis import stats

CLOSED, ITERATIVE, LIMITS, LOOSE = 1e-10, 1e-7, 1e-6, 1e-4
ITERATED = {"ML", "REML", "EB", "PM", "PMM"}
PERCENT = 1e6  # floor of I2: a tau2 of 1e-18 in the reference is a 0 that was not reached exactly

ROUNDED = 1e3  # floor of tau2: where Q equals its degrees of freedom, tau2 is the rounding error of their difference


def number(value: Any) -> float:
    if value is None:
        return math.nan
    return float(value.replace("Inf", "inf")) if isinstance(value, str) else float(value)


def numbers(values: Any) -> np.ndarray:
    return np.array([number(v) for v in (values if isinstance(values, list) else [values])])


def or_nan(value: Any) -> float:
    return math.nan if value is None else value


def gaps(ours: Any, theirs: Any, scale: float) -> np.ndarray:
    """Relative differences with a floor of 1e-6 of the scale; inf where only one side is nan, 0 where both are."""
    a, b = np.atleast_1d(np.array(ours, dtype=float)), numbers(theirs)
    with np.errstate(invalid="ignore"):
        found = np.abs(a - b) / np.maximum(np.abs(b), 1e-6 * scale)
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    return np.where(same, 0.0, np.where(np.isnan(found), np.inf, found))


@dataclass
class Tally:
    """How many values of one topic were compared, and the largest relative difference among them."""

    values: int = 0
    largest: float = 0.0
    where: str = ""

    def add(self, found: np.ndarray, where: str) -> None:
        self.values += len(found)
        if len(found) and np.max(found) > self.largest:
            self.largest, self.where = float(np.max(found)), where


#: What `different` compared since it was last cleared, for checks that do not name a topic.
COUNTED = Tally()


def different(what: str, ours: Any, theirs: Any, tolerance: float, scale: float) -> list[str]:
    """Relative difference above `tolerance`, with a floor of 1e-6 of the scale, or nan on one side only."""
    a, b = np.atleast_1d(np.array(ours, dtype=float)), numbers(theirs)
    if a.shape != b.shape:
        return [f"{what}: {a.shape[0]} values, reference has {b.shape[0]}"]
    found = gaps(ours, theirs, scale)
    COUNTED.add(found, what)
    over = np.flatnonzero(~(found <= tolerance))
    return [
        f"{what}[{i}]: {float(a[i])!r}, reference {float(b[i])!r} (tolerance {tolerance:g})"
        for i in over.tolist()
    ]


class Case:
    """A reference case with its effects as metafor had them."""

    def __init__(self, data: dict[str, Any]):
        self.data = data
        self.id = data["id"]
        self.measure = data.get("measure")
        self.tallies: dict[str, Tally] = {}
        if "yi" in data:
            self.effects = stats.effect_sizes(
                "GEN",
                yi=numbers(data["yi"]),
                vi=numbers(data["vi"]),
                ni=self._ni(),
                slab=range(len(data["yi"])),
            )
            usable = self.effects.usable
            self.scale = float(np.median(np.sqrt(self.effects.vi[usable]))) if usable.any() else 1.0

    def _ni(self) -> Any:
        return numbers(self.data["ni"]) if self.data.get("ni") else None

    def tolerance(self, method: str, *, refit: bool = False) -> float:
        return (LOOSE if refit else ITERATIVE) if method in ITERATED else CLOSED

    def compare(
        self, topic: str, what: str, ours: Any, theirs: Any, tolerance: float, scale: float = 1.0
    ) -> list[str]:
        """`different`, counted under `topic`."""
        found = different(what, ours, theirs, tolerance, scale)
        if not found or "values, reference" not in found[0]:
            self.tallies.setdefault(topic, Tally()).add(gaps(ours, theirs, scale), f"{self.id} {what}")
        return found

    def note(self, topic: str, agrees: bool, sentence: str) -> list[str]:
        """A yes or no (a refusal, a flag) counted under `topic`."""
        self.tallies.setdefault(topic, Tally()).add(np.zeros(1), "")
        return [] if agrees else [sentence]


def refused(run: Any) -> bool:
    """Whether a call ends in one of the named errors."""
    try:
        run()
    except stats.StatsError:
        return True
    return False
