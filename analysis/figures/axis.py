"""Numbers along a line: which part of it to show, where to put ticks, how to print them.

Values are on the analysis scale throughout: the logarithm for ratio measures (`log=True`), whose ticks are
chosen and printed as ratios.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

MINUS = "−"

# Mantissas of ratio ticks, coarsest first.
_RATIO_STEPS = ((1,), (1, 3), (1, 2, 5), (1, 1.5, 2, 3, 5, 7), (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9))


@dataclass(frozen=True)
class Axis:
    """Maps values to pixels: `low` at `left`, `high` at `right`."""

    low: float
    high: float
    left: float
    right: float

    def x(self, value: float) -> float:
        return self.left + (value - self.low) / (self.high - self.low) * (self.right - self.left)

    def holds(self, value: float) -> bool:
        return self.low <= value <= self.high


def number(value: float, digits: int = 2) -> str:
    """Fixed decimals with a true minus sign; no negative zero."""
    text = f"{abs(value):.{digits}f}"
    return f"{MINUS}{text}" if value < 0 and float(text) else text


def plot_range(
    points: Sequence[float],
    intervals: Sequence[tuple[float, float]],
    null: float | None,
    *,
    also: Sequence[tuple[float, float]] = (),
    side: float = 0.18,
) -> tuple[float, float]:
    """The stretch of axis worth showing.

    It holds every point and the null, and interval ends as far as they lie within one typical width (the
    median interval, or the span of the points if that is wider) beyond them: a single very wide interval is
    clipped instead of squeezing all others. `also` lists intervals that are shown as far as that reach allows
    and have no say in what is typical: those of summaries, which are huge when two studies disagree. At least
    `side` of the stretch lies on either side of the null, so that both directions can be labelled.
    """
    known = [*points, *([] if null is None else [null])]
    inner_low, inner_high = min(known), max(known)
    typical = median(high - low for low, high in intervals) if intervals else 0.0
    reach = max(typical, inner_high - inner_low) or max(abs(inner_high), 1.0)
    shown = [*intervals, *also]
    low = max(min([inner_low, *(low for low, _ in shown)]), inner_low - reach)
    high = min(max([inner_high, *(high for _, high in shown)]), inner_high + reach)
    if high == low:
        low, high = low - reach, high + reach
    if null is not None:
        least = side / (1 - side)
        low = min(low, null - (high - null) * least)
        high = max(high, null + (null - low) * least)
    padding = (high - low) * 0.03
    return low - padding, high + padding


def ticks(low: float, high: float, *, log: bool = False, most: int = 7) -> list[tuple[float, str]]:
    """Values (analysis scale) and their labels: round numbers within [low, high], at most `most` of them."""
    if not log:
        return _linear(low, high, most, lambda value: value)
    best: list[float] = []
    for mantissas in _RATIO_STEPS:
        found = _ratios(low, high, mantissas)
        if len(found) > most and len(best) >= 2:
            break
        best = found
        if len(best) >= 4:
            break
    if len(best) >= 3:
        best = best[:: math.ceil(len(best) / most)]
        return [(math.log(value), f"{value:.10g}") for value in best]
    return _linear(math.exp(low), math.exp(high), most, math.log)


def _ratios(low: float, high: float, mantissas: Sequence[float]) -> list[float]:
    powers = range(math.floor(low / math.log(10)) - 1, math.ceil(high / math.log(10)) + 1)
    values = (float(f"{m}e{power}") for power in powers for m in mantissas)
    return [value for value in values if low <= math.log(value) <= high]


def _linear(low: float, high: float, most: int, place: Callable[[float], float]) -> list[tuple[float, str]]:
    raw = (high - low) / most
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= raw * 0.999)
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    if not math.isclose(step * 10**digits, round(step * 10**digits)):
        digits += 1
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [(place(i * step), number(i * step, digits)) for i in range(first, last + 1)]
