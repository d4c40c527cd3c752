"""A reference case of metafor's values, and what counts as a difference."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from analysis import stats

CLOSED, ITERATIVE, LIMITS, LOOSE = 1e-10, 1e-7, 1e-6, 1e-4
ITERATED = {"ML", "REML", "EB", "PM", "PMM"}
PERCENT = 1e6  # floor of I2: a tau2 of 1e-18 in the reference is a 0 that was not reached exactly


def number(value: Any) -> float:
    if value is None:
        return math.nan
    return float(value.replace("Inf", "inf")) if isinstance(value, str) else float(value)


def numbers(values: Any) -> np.ndarray:
    return np.array([number(v) for v in (values if isinstance(values, list) else [values])])


def or_nan(value: Any) -> float:
    return math.nan if value is None else value


def different(what: str, ours: Any, theirs: Any, tolerance: float, scale: float) -> list[str]:
    """Relative difference above `tolerance`, with a floor of 1e-6 of the scale, or nan on one side only."""
    a, b = np.atleast_1d(np.array(ours, dtype=float)), numbers(theirs)
    if a.shape != b.shape:
        return [f"{what}: {a.shape[0]} values, reference has {b.shape[0]}"]
    found = []
    for i, (x, y) in enumerate(zip(a.tolist(), b.tolist(), strict=True)):
        if x == y or (math.isnan(x) and math.isnan(y)):
            continue
        if not abs(x - y) <= tolerance * max(abs(y), 1e-6 * scale):
            found.append(f"{what}[{i}]: {x!r}, reference {y!r} (tolerance {tolerance:g})")
    return found


class Case:
    """A reference case with its effects as metafor had them."""

    def __init__(self, data: dict[str, Any]):
        self.data = data
        self.id = data["id"]
        self.measure = data.get("measure")
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
