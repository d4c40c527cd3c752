"""The marks of a forest plot: whiskers, squares, diamonds, arrows. Pixels in, items out."""

from __future__ import annotations

import math

from analysis.figures.axis import Axis
from analysis.figures.forest_rows import ForestRow, ForestSummary
from reviews.figures.layout import Item, Line, Polygon, Rect

LARGEST = 14
SMALLEST = 3
HALF_DIAMOND = 6.5


def square(
    axis: Axis, row: ForestRow, y: float, *, heaviest: float, fill: str, unit: float, title: str
) -> list[Item]:
    """The study's mark. Areas are proportional to weight, but never too small to see."""
    if not axis.holds(row.effect):
        return []
    side = 8.0
    if row.weight is not None and heaviest > 0:
        side = max(SMALLEST, LARGEST * math.sqrt(row.weight / heaviest))
    side *= unit
    x = axis.x(row.effect)
    return [Rect(x=x - side / 2, y=y - side / 2, width=side, height=side, fill=fill, title=title)]


def whisker(
    axis: Axis, low: float, high: float, y: float, stroke: str, width: float, unit: float = 1
) -> list[Item]:
    """An interval as a line; an end beyond the axis becomes an arrow at its edge."""
    if high < axis.low or low > axis.high:
        edge, inward = (axis.left, 1) if high < axis.low else (axis.right, -1)
        return arrow(edge + inward * 10 * unit, edge, y, stroke, unit)
    left, right = axis.x(max(low, axis.low)), axis.x(min(high, axis.high))
    broad = width > 2 * unit  # a bar ends within its arrow head, which is larger than its own
    inset, head = (5 * unit, 1.5 * unit) if broad else (0.0, unit)
    start, end = left + (inset if low < axis.low else 0), right - (inset if high > axis.high else 0)
    items: list[Item] = [Line(x1=start, y1=y, x2=end, y2=y, stroke=stroke, width=width)]
    if low < axis.low:
        items.append(arrow_head(axis.left, y, -1, stroke, head))
    if high > axis.high:
        items.append(arrow_head(axis.right, y, 1, stroke, head))
    return items


def diamond(axis: Axis, summary: ForestSummary, y: float, fill: str, unit: float = 1) -> list[Item]:
    """Tips at the interval, waist at the effect; cut straight where it leaves the axis."""
    low, effect, high = summary.ci_low, summary.effect, summary.ci_high
    if not axis.holds(effect):
        return whisker(axis, low, high, y, fill, 4 * unit, unit)
    half = HALF_DIAMOND * unit
    middle_x = axis.x(effect)
    upper: list[tuple[float, float]] = []
    if low < axis.low:
        upper.append((axis.left, half * (axis.low - low) / (effect - low)))
    else:
        upper.append((axis.x(low), 0.0))
    upper.append((middle_x, half))
    if high > axis.high:
        upper.append((axis.right, half * (high - axis.high) / (high - effect)))
    else:
        upper.append((axis.x(high), 0.0))
    points = [(x, y - h) for x, h in upper] + [(x, y + h) for x, h in reversed(upper) if h]
    return [Polygon(points=tuple(points), fill=fill, title=summary.label)]


def arrow(start: float, end: float, y: float, stroke: str, unit: float = 1) -> list[Item]:
    direction = 1 if end > start else -1
    return [
        Line(x1=start, y1=y, x2=end - direction * 5 * unit, y2=y, stroke=stroke),
        arrow_head(end, y, direction, stroke, unit),
    ]


def arrow_head(tip: float, y: float, direction: int, fill: str, unit: float = 1) -> Polygon:
    back, half = tip - direction * 7 * unit, 4 * unit
    return Polygon(points=((tip, y), (back, y - half), (back, y + half)), fill=fill)
