"""The frame that plots of points and curves share: page, axes with ticks and grid, legend, notes.

A `Frame` collects items downwards from `y`, as a sheet of paper fills. `Frame.plot` opens a region with two axes;
what is drawn in it goes through `Plot`, which knows where a value stands and cuts lines and areas at the edges.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from analysis.figures.axis import number, ticks
from analysis.figures.clipping import clipped, simpler
from reviews.figures.layout import (
    FAINT,
    INK,
    SOFT_INK,
    Figure,
    Item,
    LayoutError,
    Line,
    Point,
    Polygon,
    Polyline,
    Rect,
    Text,
)
from reviews.figures.metrics import ASCENT, DESCENT, Bounds, text_width, wrap

POINT = "#2f6296"
ACCENT = "#b84d00"
SHADE = "#e6eaef"
GRID = "#eceff3"
DASHED = "5 3"
DOTTED = "1.5 3"


@dataclass(frozen=True)
class Page:
    """How wide a figure is and how large its words are, in pixels (1/96 inch); `heading`: print the title."""

    width: float = 657.6
    size: float = 12
    heading: bool = True

    @property
    def small(self) -> float:
        return self.size * 11 / 12

    @property
    def line(self) -> float:
        """From baseline to baseline."""
        return self.size * 1.25

    @property
    def margin(self) -> float:
        return self.size

    @property
    def tall(self) -> float:
        """The height of an ordinary plot."""
        return min(self.width * 0.62, self.size * 35)

    @property
    def room(self) -> float:
        return self.width - 2 * self.margin


#: Widths that journals print (85 and 174 mm) and a slide's.
PAGES = {"single": Page(321.2, 9.5), "double": Page(), "slide": Page(960, 17)}


@dataclass(frozen=True)
class Reading:
    """How values of the analysis are printed: ratios with `log`, others through `natural`, which must not fall."""

    log: bool = False
    natural: Callable[[float], float] | None = None
    digits: int = 2

    def shown(self, value: float) -> float:
        if self.natural:
            return self.natural(value)
        return math.exp(value) if self.log else value

    def text(self, value: float) -> str:
        return number(self.shown(value), self.digits)

    def interval(self, low: float, high: float) -> str:
        return f"{self.text(low)} to {self.text(high)}"

    def marks(self, low: float, high: float, most: int = 7) -> list[tuple[float, str]]:
        """Ticks at round numbers as they are printed, placed where the analysis has them."""
        if not self.natural:
            return ticks(low, high, log=self.log, most=most)
        first, last = self.natural(low), self.natural(high)
        if not first < last:
            return ticks(low, high, most=most)
        return [(_inverse(self.natural, v, low, high), text) for v, text in ticks(first, last, most=most)]


PLAIN = Reading()


def _inverse(function: Callable[[float], float], value: float, low: float, high: float) -> float:
    """Where a function that does not fall takes a value, by halving."""
    for _ in range(60):
        half = (low + high) / 2
        low, high = (half, high) if function(half) < value else (low, half)
    return (low + high) / 2


@dataclass(frozen=True)
class AxisOf:
    """One axis: the stretch shown, its words and how its values read.

    `marks` overrides the ticks; those of `categories` all stay, in several lines where they are long.
    """

    low: float
    high: float
    label: str = ""
    reading: Reading = field(default_factory=Reading)
    marks: Sequence[tuple[float, str]] | None = None
    most: int = 7
    categories: bool = False

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise LayoutError(f"An axis cannot run from {self.low} to {self.high}.")

    def ticks(self, most: int) -> list[tuple[float, str]]:
        if self.marks is not None:
            return list(self.marks)
        return self.reading.marks(self.low, self.high, most)

    def names(self, room: float, size: float) -> list[tuple[float, str]]:
        """The categories' names, each as wide as there is room for it; none for an axis of numbers."""
        if not self.categories or not self.marks:
            return []
        each = room / (self.high - self.low) - size * 0.7
        return [
            (value, "\n".join(wrap(text, size, max(each, size), max_lines=3))) for value, text in self.marks
        ]


def spread(values: Sequence[float], *, part: float = 0.04, least: float = 0.0) -> tuple[float, float]:
    """The stretch that holds the values with some room at both ends; never empty."""
    if not values:
        raise LayoutError("There is nothing to draw.")
    if not all(map(math.isfinite, values)):
        raise LayoutError("A figure was asked for with a value that is not a number.")
    low, high = min(values), max(values)
    width = max(high - low, least, 1e-9 * max(abs(low), abs(high), 1e-3))
    if high - low < width:
        low, high = (low + high - width) / 2, (low + high + width) / 2
    return low - part * width, high + part * width


class Plot:
    """A region with axes. `items` are drawn over `behind`; values outside the region are cut off.

    `down`: the y axis grows downwards, as the standard error of a funnel does.
    """

    def __init__(self, x: AxisOf, y: AxisOf, box: Bounds, *, down: bool = False) -> None:
        self.x_axis, self.y_axis, self.box, self.down = x, y, box, down
        self.behind: list[Item] = []
        self.items: list[Item] = []
        #: The lines drawn by `curve`, which names beside points keep clear of.
        self.lines: list[Line | Polyline] = []

    def x(self, value: float) -> float:
        axis, box = self.x_axis, self.box
        return box.left + (value - axis.low) / (axis.high - axis.low) * (box.right - box.left)

    def y(self, value: float) -> float:
        part = (value - self.y_axis.low) / (self.y_axis.high - self.y_axis.low)
        part = part if self.down else 1 - part
        return self.box.top + part * (self.box.bottom - self.box.top)

    def holds(self, x: float, y: float) -> bool:
        return self.x_axis.low <= x <= self.x_axis.high and self.y_axis.low <= y <= self.y_axis.high

    def curve(
        self,
        values: Sequence[Point],
        *,
        stroke: str = INK,
        width: float = 1,
        dash: str = "",
        behind: bool = True,
    ) -> None:
        """A line through values, as far as it lies within the region."""
        target = self.behind if behind else self.items
        pixels = [(self.x(x), self.y(y)) for x, y in values]
        for points in map(simpler, clipped(pixels, self.box)):
            line: Line | Polyline = Polyline(points=tuple(points), stroke=stroke, width=width, dash=dash)
            if len(points) == 2:
                (x1, y1), (x2, y2) = points
                line = Line(x1=x1, y1=y1, x2=x2, y2=y2, stroke=stroke, width=width, dash=dash)
            target.append(line)
            self.lines.append(line)

    def vertical(self, x: float, **style: str | float) -> None:
        self.curve([(x, self.y_axis.low), (x, self.y_axis.high)], **style)  # type: ignore[arg-type]

    def horizontal(self, y: float, **style: str | float) -> None:
        self.curve([(self.x_axis.low, y), (self.x_axis.high, y)], **style)  # type: ignore[arg-type]

    def area(self, one: Sequence[Point], other: Sequence[Point], fill: str) -> None:
        """The area between two lines of values, pressed into the region."""
        pixels = [self._pressed(x, y) for x, y in (*one, *reversed(other))]
        self.behind.append(Polygon(points=tuple(pixels), fill=fill))

    def _pressed(self, x: float, y: float) -> Point:
        box = self.box
        return min(max(self.x(x), box.left), box.right), min(max(self.y(y), box.top), box.bottom)


@dataclass(frozen=True)
class Entry:
    """One line of a legend: `sign(x, y)` draws its sign around a place, in a room of 2 × 1 text sizes."""

    sign: Callable[[float, float], Sequence[Item]]
    text: str


class Frame:
    """A page filled from top to bottom: title, plots, legend, notes."""

    def __init__(self, figure_id: str, title: str, page: Page) -> None:
        self.figure_id, self.title, self.page = figure_id, title, page
        self.y = page.margin
        self.items: list[Item] = []
        if page.heading:
            self.words(title, size=page.size * 7 / 6, weight="bold")
            self.y += page.size * 0.4

    def words(
        self, text: str, *, size: float = 0, weight: str = "normal", fill: str = INK, left: float = 0
    ) -> None:
        """Lines of text across the page."""
        size = size or self.page.size
        x = self.page.margin + left
        for line in wrap(text, size, self.page.width - self.page.margin - x, weight):
            self.y += size * 1.25
            words = Text(x=x, y=self.y - size * 0.25, text=line, size=size, weight=weight, fill=fill)
            self.items.append(words)

    def plot(
        self,
        x: AxisOf,
        y: AxisOf,
        *,
        height: float,
        width: float = 0,
        right: float = 0,
        down: bool = False,
        grid: bool = True,
    ) -> Plot:
        """A region `height` high and as wide as the page allows, or `width` wide in its middle. End with `close`.

        `right` is kept free beside the region, for what stands there.
        """
        page, size = self.page, self.page.small
        y_marks = spaced(y, height, lambda text: size * 1.4)
        # The label of the y axis may take two lines; what is longer is cut short.
        lines = wrap(y.label, page.size, height, max_lines=2) if y.label else []
        widest = max((text_width(text, size) for _, text in y_marks), default=0.0)
        start = page.margin
        left = start + len(lines) * page.line + widest + size * 0.9
        most = page.width - page.margin - right - left
        if width and width < most:
            start += (most - width) / 2
            left += (most - width) / 2
        x_marks = x.names(min(width or most, most), size) or spaced(
            x, min(width or most, most), lambda text: text_width(text, size) + size * 0.7
        )
        # The last number may stand at the very end; a category has its room around it.
        overhang = text_width(x_marks[-1][1], size) / 2 if x_marks and not x.categories else 0.0
        x_end = min(left + min(width or most, most), page.width - page.margin / 3 - overhang)
        box = Bounds(left, self.y + size * 0.5, x_end, self.y + size * 0.5 + height)
        if box.right - box.left < 60:
            raise LayoutError("The words beside the axis leave no room for the plot; make the figure wider.")
        for i, line in enumerate(lines):
            at = start + page.size * ASCENT + i * page.line
            words = Text(
                x=at, y=(box.top + box.bottom) / 2, text=line, size=page.size, anchor="middle", rotate=270
            )
            self.items.append(words)
        plot = Plot(x, y, box, down=down)
        self._up(plot, y_marks, grid=grid)
        self._across(plot, x_marks, grid=grid)
        return plot

    def square(self, x: AxisOf, y: AxisOf) -> Plot:
        """A plot whose axes are equally long."""
        side = min(self.page.width * 0.72, self.page.size * 34)
        return self.plot(x, y, height=side, width=side)

    def _up(self, plot: Plot, marks: Sequence[tuple[float, str]], *, grid: bool) -> None:
        box, size = plot.box, self.page.small
        tick = size * 0.4
        for value, text in marks:
            y = plot.y(value)
            if grid:
                plot.behind.append(Line(x1=box.left, y1=y, x2=box.right, y2=y, stroke=GRID))
            self.items.append(Line(x1=box.left - tick, y1=y, x2=box.left, y2=y, stroke=SOFT_INK))
            right = box.left - tick - size * 0.3
            self.items.append(Text(x=right, y=y + size * 0.344, text=text, size=size, anchor="end"))

    def _across(self, plot: Plot, marks: Sequence[tuple[float, str]], *, grid: bool) -> None:
        """Ticks below (their text may have several lines) and the label of the axis."""
        box, page, size = plot.box, self.page, self.page.small
        tick, deepest = size * 0.4, 1
        for value, text in marks:
            x = plot.x(value)
            if grid:
                plot.behind.append(Line(x1=x, y1=box.top, x2=x, y2=box.bottom, stroke=GRID))
            self.items.append(Line(x1=x, y1=box.bottom, x2=x, y2=box.bottom + tick, stroke=SOFT_INK))
            for i, line in enumerate(text.split("\n")):
                y = box.bottom + tick + size * (1.05 + 1.2 * i)
                self.items.append(Text(x=x, y=y, text=line, size=size, anchor="middle"))
                deepest = max(deepest, i + 1)
        self.y = box.bottom + tick + size * (1.05 + 1.2 * (deepest - 1) + DESCENT) + size * 0.25
        for line in wrap(plot.x_axis.label, page.size, page.room) if plot.x_axis.label else ():
            self.y += page.line
            half = text_width(line, page.size) / 2
            x = min(max((box.left + box.right) / 2, page.margin + half), page.width - page.margin - half)
            y = self.y - page.size * 0.25
            self.items.append(Text(x=x, y=y, text=line, size=page.size, anchor="middle"))

    def close(self, plot: Plot, *, border: bool = True) -> None:
        """Put what was drawn in a plot onto the page: what is behind, the border, then the rest."""
        box = plot.box
        width, height = box.right - box.left, box.bottom - box.top
        self.items += plot.behind
        if border:
            self.items.append(Rect(x=box.left, y=box.top, width=width, height=height, stroke=SOFT_INK))
        self.items += plot.items

    def legend(self, entries: Sequence[Entry]) -> None:
        """Signs with their words, side by side as far as they fit."""
        page, size = self.page, self.page.small
        if not entries:
            return
        sign, gap = size * 2.6, size * 1.4
        self.y += size * 0.5
        x, lowest = page.margin, self.y
        for entry in entries:
            lines = wrap(entry.text, size, page.room - sign, max_lines=3)
            width = sign + max(text_width(line, size) for line in lines)
            if x > page.margin and x + width > page.width - page.margin:
                x, self.y = page.margin, lowest
            self.items += entry.sign(x + size, self.y + size * 0.62)
            for i, line in enumerate(lines):
                y = self.y + size * 0.964 + i * size * 1.25
                self.items.append(Text(x=x + sign, y=y, text=line, size=size))
            lowest = max(lowest, self.y + len(lines) * size * 1.25 + size * 0.25)
            x += width + gap
        self.y = lowest

    def notes(self, notes: Sequence[str]) -> None:
        self.y += self.page.small * 0.4 if notes else 0
        for note in notes:
            self.words(note, size=self.page.small, fill=SOFT_INK)

    def figure(self, desc: str) -> Figure:
        return Figure(
            id=self.figure_id,
            width=self.page.width,
            height=self.y + self.page.margin,
            title=self.title,
            desc=desc,
            items=tuple(self.items),
        )


def spaced(axis: AxisOf, room: float, needs: Callable[[str], float]) -> list[tuple[float, str]]:
    """As many ticks as can stand side by side, each with what its text needs."""
    per_unit = room / (axis.high - axis.low)
    marks: list[tuple[float, str]] = []
    for most in range(axis.most, 1, -1):
        marks = [(v, text) for v, text in axis.ticks(most) if axis.low <= v <= axis.high]
        if all(abs(b - a) * per_unit >= (needs(s) + needs(t)) / 2 for (a, s), (b, t) in pairwise(marks)):
            return marks
    return _thinned(marks, per_unit, needs)


def _thinned(
    marks: Sequence[tuple[float, str]], per_unit: float, needs: Callable[[str], float]
) -> list[tuple[float, str]]:
    kept: list[tuple[float, str]] = []
    for value, text in marks:
        if not kept or abs(value - kept[-1][0]) * per_unit >= (needs(text) + needs(kept[-1][1])) / 2:
            kept.append((value, text))
    return kept


def line_sign(
    stroke: str, *, dash: str = "", width: float = 1, size: float = 12
) -> Callable[..., list[Item]]:
    """The sign of a line in a legend."""

    def sign(x: float, y: float) -> list[Item]:
        return [Line(x1=x - size, y1=y, x2=x + size, y2=y, stroke=stroke, width=width, dash=dash)]

    return sign


def area_sign(fill: str, *, size: float = 12) -> Callable[..., list[Item]]:
    """The sign of a shaded area in a legend."""

    def sign(x: float, y: float) -> list[Item]:
        box = Rect(x=x - size, y=y - size * 0.45, width=2 * size, height=size * 0.9, fill=fill, stroke=FAINT)
        return [box]

    return sign
