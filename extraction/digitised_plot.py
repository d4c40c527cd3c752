"""A small picture of digitised points, to be held against the figure they came from. No Django here."""

from __future__ import annotations

import math
from collections.abc import Sequence

from extraction.digitised import Axis, Point, scaled
from reviews.figures.layout import (
    FAINT,
    INK,
    PAPER,
    SOFT_INK,
    Circle,
    Figure,
    Item,
    Line,
    Polygon,
    Rect,
    Text,
)
from reviews.figures.metrics import ellipsis, text_width

WIDTH, HEIGHT = 480.0, 300.0
LEFT, TOP, BOTTOM = 56.0, 16.0, 44.0
#: Colours that stay apart for colour-blind readers; each series also has a shape of its own.
COLOURS = ("#2f6296", "#b84d00", "#2b7a4b", "#7a3e9d", "#5a5a5a", "#a3195b")
SIZE = 11


def plot(points: Sequence[Point], x: Axis, y: Axis, *, title: str, figure_id: str = "digitised") -> Figure:
    """The points in units, with axes and a legend; at least one point."""
    shown = [point for point in scaled(points, x, y) if math.isfinite(point.x) and math.isfinite(point.y)]
    shown = shown or list(points)
    series = list(dict.fromkeys(point.series for point in shown))
    legend = max((text_width(name, SIZE) for name in series), default=0) if any(series) else 0
    right = WIDTH - (min(legend, 140) + 34 if legend else 16)
    across, up = (
        _Scale([p.x for p in shown], LEFT, right, x.log),
        _Scale([p.y for p in shown], HEIGHT - BOTTOM, TOP, y.log),
    )
    items: list[Item] = [*_axes(across, up, right, x, y)]
    for point in shown:
        items.append(_mark(series.index(point.series), across.at(point.x), up.at(point.y)))
    if legend:
        for i, name in enumerate(series[:14]):
            items.append(_mark(i, right + 18, TOP + 10 + 18 * i))
            label = ellipsis(name, SIZE, 140)
            items.append(Text(x=right + 28, y=TOP + 14 + 18 * i, text=label, size=SIZE, title=name))
    return Figure(
        id=figure_id,
        width=WIDTH,
        height=HEIGHT,
        title=title,
        desc=f"{len(shown)} points of {len(series)} series; the table beside has the same numbers.",
        items=tuple(items),
    )


class _Scale:
    """From units to the picture, with about five ticks."""

    def __init__(self, values: Sequence[float], start: float, end: float, log: bool):
        self.log = log
        low, high = min(map(self._line, values)), max(map(self._line, values))
        if low == high:
            low, high = low - 0.5, high + 0.5
        step = _step((high - low) / 5)
        first, last = math.floor(low / step), math.ceil(high / step)
        self.low, self.high, self.start, self.end = first * step, last * step, start, end
        self.ticks = [tick * step for tick in range(first, last + 1)]
        self.digits = max(0, -math.floor(math.log10(step)))

    def _line(self, value: float) -> float:
        return math.log10(value) if self.log else value

    def at(self, value: float) -> float:
        return self.on(self._line(value))

    def on(self, line: float) -> float:
        return self.start + (line - self.low) / (self.high - self.low) * (self.end - self.start)

    def label(self, tick: float) -> str:
        return f"{10**tick:.3g}" if self.log else f"{tick:.{min(self.digits, 6)}f}".replace("-", "−")


def _step(rough: float) -> float:
    power = 10.0 ** math.floor(math.log10(rough))
    return next(power * nice for nice in (1, 2, 5, 10) if power * nice >= rough * 0.999)


def _axes(across: _Scale, up: _Scale, right: float, x: Axis, y: Axis) -> list[Item]:
    floor = HEIGHT - BOTTOM
    items: list[Item] = []
    for tick in up.ticks:
        at = up.on(tick)
        items.append(Line(x1=LEFT, y1=at, x2=right, y2=at, stroke=FAINT, width=0.5))
        items.append(Text(x=LEFT - 6, y=at + 4, text=up.label(tick), size=SIZE, anchor="end", fill=SOFT_INK))
    shown = across.ticks if len(across.ticks) < 8 else across.ticks[::2]
    for tick in shown:
        at = across.on(tick)
        items.append(Line(x1=at, y1=floor, x2=at, y2=floor + 4, stroke=INK))
        items.append(
            Text(x=at, y=floor + 16, text=across.label(tick), size=SIZE, anchor="middle", fill=SOFT_INK)
        )
    items.append(Line(x1=LEFT, y1=TOP, x2=LEFT, y2=floor, stroke=INK))
    items.append(Line(x1=LEFT, y1=floor, x2=right, y2=floor, stroke=INK))
    across_label = ellipsis(f"x{f' ({x.unit})' if x.unit else ''}", SIZE, right - LEFT)
    items.append(Text(x=(LEFT + right) / 2, y=HEIGHT - 8, text=across_label, size=SIZE, anchor="middle"))
    up_label = ellipsis(f"y{f' ({y.unit})' if y.unit else ''}", SIZE, floor - TOP)
    items.append(Text(x=12, y=(TOP + floor) / 2, text=up_label, size=SIZE, anchor="middle", rotate=-90))
    return items


def _mark(series: int, x: float, y: float) -> Item:
    colour, shape = COLOURS[series % len(COLOURS)], series % 4
    if shape == 0:
        return Circle(x=x, y=y, radius=4, fill=colour)
    if shape == 1:
        return Rect(x=x - 3.5, y=y - 3.5, width=7, height=7, fill=colour)
    if shape == 2:
        return Polygon(points=((x, y - 5), (x + 5, y + 4), (x - 5, y + 4)), fill=colour)
    return Circle(x=x, y=y, radius=4, fill=PAPER, stroke=colour, stroke_width=2)
