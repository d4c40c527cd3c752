"""Where the columns of a forest plot stand: as wide as it needs to be, or fitted into a given width."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from analysis.figures.axis import MINUS, Axis, number
from analysis.figures.forest_rows import Column, Content, ForestRow, ForestSummary
from analysis.figures.forest_style import DATA, EFFECT, EXTRA, LABEL, PLOT, RISK, WEIGHT, Style
from reviews.figures.layout import LayoutError
from reviews.figures.metrics import text_width

PIXELS_PER_POINT = 96 / 72
PIXELS_PER_MM = 96 / 25.4
#: Points: the size of a figure that is as wide as it needs to be, and those tried in a given width.
USUAL = 9.0
FITTED = (8.0, 7.5, 7.0)
#: The same for a figure wider than a printed page: a slide, which is read from afar.
FITTED_SLIDE = (12.0, 11.0, 10.0, 9.0)
PRINTED = 200 * PIXELS_PER_MM


def told(value: float, digits: int) -> str:
    """A number with its decimals; from a million on as '1.2e6', for limits that two studies leave wide open."""
    if abs(value) < 1e6:
        return number(value, digits)
    mantissa, _, power = f"{value:.1e}".partition("e+")
    return f"{mantissa.replace('-', MINUS)}e{int(power)}"


@dataclass(frozen=True)
class Lettering:
    """Sizes in pixels, all from the size of the text; `tight` in the width of a journal's column."""

    size: float = 12.0
    tight: bool = False

    @property
    def unit(self) -> float:
        return self.size / 12

    @property
    def small(self) -> float:
        """Of notes and ticks: never below the smallest that can be read in print."""
        return self.size if self.tight else self.size * 11 / 12

    @property
    def title(self) -> float:
        return self.size * 14 / 12

    @property
    def line(self) -> float:
        return 15 * self.unit

    @property
    def row(self) -> float:
        return (18 if self.tight else 22) * self.unit

    @property
    def margin(self) -> float:
        return 4 * self.unit if self.tight else 16 * self.unit

    @property
    def gap(self) -> float:
        return (9 if self.tight else 14) * self.unit

    @property
    def risk_step(self) -> float:
        return 21 * self.unit


@dataclass(frozen=True, kw_only=True)
class Cell:
    """The place of a column of texts."""

    left: float
    right: float
    column: Column

    @property
    def width(self) -> float:
        """A hair more than it is, for texts as wide as the column."""
        return self.right - self.left + 0.01


@dataclass(frozen=True, kw_only=True)
class Grid:
    """Edges of the columns in pixels. `weight_right` is None without a column of weights."""

    letters: Lettering
    style: Style
    label_width: float
    extras: tuple[Cell, ...]
    cells: tuple[Cell, ...]
    axis: Axis
    effect_left: float
    estimate_right: float
    interval_right: float
    weight_left: float
    weight_right: float | None
    risk_centres: tuple[float, ...]
    width: float
    effect_heading: tuple[str, str]
    shown: Callable[[float], float]
    digits: int

    @property
    def text_right(self) -> float:
        """Where a line of words left of the plot has to end."""
        return self.axis.left - self.letters.gap

    def label_right(self, *, cells: bool) -> float:
        """Where the label of a pooled effect has to end: before the first part that its row has."""
        edges = {DATA: self.cells[0].left if cells and self.cells else None, PLOT: self.axis.left}
        edges |= {
            EFFECT: self.effect_left,
            WEIGHT: self.weight_left if self.weight_right is not None else None,
        }
        first = next(edge for part in self.style.order if (edge := edges.get(part)) is not None)
        return first - self.letters.gap

    def rooms_above(self, x: float) -> tuple[float, float]:
        """How wide words over the plot may be left and right of ``x``."""
        gap = 5 * self.letters.unit
        return (
            x - self.axis.left + self.letters.gap / 2 - gap,
            self.axis.right - x + self.letters.gap / 2 - gap,
        )

    def estimate(self, value: float) -> str:
        return told(self.shown(value), self.digits)

    def interval(self, low: float, high: float) -> str:
        return self.style.interval.format(low=self.estimate(low), high=self.estimate(high))

    def weight(self, value: float) -> str:
        whole = self.style.key == "ours" and abs(value - 100) < 1e-9
        return self.style.weight.format(weight="100" if whole else number(value, 1))


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a grid is made for: `effect_heading` is the measure and what stands beside it."""

    style: Style
    effect_heading: tuple[str, str]
    limits: tuple[float, float]
    shown: Callable[[float], float]
    digits: int = 2


def usual_grid(content: Content, wanted: Wanted, points: float | None = None) -> Grid:
    """As wide as the content needs, within limits."""
    letters = Lettering(size=(points or USUAL) * PIXELS_PER_POINT)
    return _Placing(content, wanted, letters).usual()


def fitted_grid(
    content: Content, wanted: Wanted, width: float, points: float | None = None
) -> tuple[Grid, Content]:
    """A grid of this width in pixels, and the content without what there was no room for.

    Smaller letters are tried before anything is left out. Raises LayoutError when not even names and effects fit.
    """
    sizes = (points,) if points else FITTED_SLIDE if width > PRINTED else FITTED
    left: Content | None = content
    while left is not None:
        for size in sizes:
            letters = Lettering(size=size * PIXELS_PER_POINT, tight=True)
            if grid := _Placing(left, wanted, letters).fitted(width):
                return grid, left
        left = left.smaller()
    raise LayoutError(
        f"A forest plot of these studies does not fit into {width / PIXELS_PER_MM:.0f} mm in letters of "
        f"{sizes[-1]:g} points. Choose a wider figure, smaller letters or fewer decimals."
    )


class _Placing:
    """Measures content in one size of letters."""

    def __init__(self, content: Content, wanted: Wanted, letters: Lettering) -> None:
        self.content, self.wanted, self.letters = content, wanted, letters
        self.size, self.unit = letters.size, letters.unit
        self.extra_widths = _cell_widths(content.extras, [row.extras for row in content.rows], letters)
        cells = [item.cells for item in content.drawn if item.cells]
        self.cell_widths = _cell_widths(content.columns, cells, letters)
        self.estimate_width, self.interval_width = self._effect_widths()
        self.weight_width = self._weight_width()

    def usual(self) -> Grid:
        least = 90 if self.content.columns or self.content.extras else 200
        label = min(max(self._label_wanted(), least * self.unit), 250 * self.unit)
        return self._grid(label, 300 * self.unit)

    def fitted(self, width: float) -> Grid | None:
        empty = self._grid(0.0, 0.0)
        room = width - empty.width
        beside = 10 * self.unit if self.content.subgroups else 0.0
        beside += text_width(" †", self.size) if any(row.marked for row in self.content.rows) else 0.0
        words = (word for row in self.content.rows for word in row.label.split())
        longest = max((text_width(word, self.size) for word in words), default=0.0) + beside + 0.01
        least, plot = min(max(longest, 72 * self.unit), 110 * self.unit), 130 * self.unit
        if room < least + plot:
            return None
        whole = min(longest, 150 * self.unit)  # rather a narrow plot than a name broken within a word
        label = max(least, min(self._label_wanted(), max(whole, 0.45 * room), room - plot))
        return self._grid(label, room - label)

    def _label_wanted(self) -> float:
        labels = [f"{row.label} †" if row.marked else row.label for row in self.content.rows]
        names = [subgroup.name for subgroup in self.content.subgroups]
        heading = text_width(self.wanted.style.study, self.size, "bold") + 0.01
        return max(heading, *(text_width(text, self.size) + 10 * self.unit for text in [*labels, *names]))

    def _effect_widths(self) -> tuple[float, float]:
        """Of the estimate (wide enough for the heading of both) and of the interval."""
        wanted, items = self.wanted, self.content.drawn
        texts = {told(wanted.shown(item.effect), wanted.digits) for item in items}
        pairs = {(item.ci_low, item.ci_high) for item in items}
        pairs |= {one.prediction for one in self.content.pooled if one.prediction}
        estimate = max(text_width(text, self.size, "bold") for text in texts)
        interval = max(text_width(self._interval(pair), self.size, "bold") for pair in pairs)
        beside = min(text_width(wanted.effect_heading[1], self.size, "bold") + 0.01, 160 * self.unit)
        words = " ".join(wanted.effect_heading).split()
        heading = max(text_width(word, self.size, "bold") for word in words) + 0.01
        least = min(heading, 110 * self.unit) if self.letters.tight else max(100 * self.unit, beside)
        return max(estimate, least - interval), interval

    def _interval(self, pair: tuple[float, float]) -> str:
        low, high = (told(self.wanted.shown(value), self.wanted.digits) for value in pair)
        return self.wanted.style.interval.format(low=low, high=high)

    def _weight_width(self) -> float:
        heading = self.wanted.style.weight_heading
        words = heading.split() if self.letters.tight else [heading]
        return max(text_width(text, self.size, "bold") for text in [*words, "100.0%"])

    def _grid(self, label: float, plot: float) -> Grid:
        letters, gap = self.letters, self.letters.gap
        x = letters.margin
        found: dict[str, float] = {}
        extras: tuple[Cell, ...] = ()
        cells: tuple[Cell, ...] = ()
        centres: tuple[float, ...] = ()
        for part_before, part in pairwise(("", *self.wanted.style.order)):
            if part == LABEL:
                x += label
            elif part == EXTRA:
                extras, x = self._cells(self.content.extras, self.extra_widths, x)
            elif part == DATA:
                cells, x = self._cells(self.content.columns, self.cell_widths, x)
            elif part == PLOT:
                found["plot"] = x = x + gap + 6 * self.unit
                x += plot
            elif part == EFFECT:
                beside = 0 if part_before == PLOT or letters.tight else 6 * self.unit
                found["effect"] = x = x + gap + beside
                found["estimate"] = x + self.estimate_width
                x = found["interval"] = found["estimate"] + 5 * self.unit + self.interval_width
            elif part == WEIGHT and self.content.weighted:
                found["weight"] = x + gap
                x += gap + self.weight_width
            elif part == RISK:
                centres, x = self._risk_centres(x)
        return Grid(
            letters=letters,
            style=self.wanted.style,
            label_width=label,
            extras=extras,
            cells=cells,
            axis=Axis(*self.wanted.limits, left=found["plot"], right=found["plot"] + plot),
            effect_left=found["effect"],
            estimate_right=found["estimate"],
            interval_right=found["interval"],
            weight_left=found.get("weight", 0.0),
            weight_right=found["weight"] + self.weight_width if "weight" in found else None,
            risk_centres=centres,
            width=x + letters.margin,
            effect_heading=self.wanted.effect_heading,
            shown=self.wanted.shown,
            digits=self.wanted.digits,
        )

    def _cells(
        self, columns: Sequence[Column], widths: Sequence[float], x: float
    ) -> tuple[tuple[Cell, ...], float]:
        cells = []
        for j, (column, width) in enumerate(zip(columns, widths, strict=True)):
            apart = 8 * self.unit if j and column.group != columns[j - 1].group else 0
            left = x + self.letters.gap + apart
            x = left + width
            cells.append(Cell(left=left, right=x, column=column))
        return tuple(cells), x

    def _risk_centres(self, x: float) -> tuple[tuple[float, ...], float]:
        """The middle of each column of judgements, and where the last one ends; blocks stand apart."""
        domains, unit = self.content.domains, self.unit
        x += self.letters.gap if domains else 0
        centres = []
        for j, domain in enumerate(domains):
            x += 8 * unit if j and (domain.apart or domain.block != domains[j - 1].block) else 0
            step = max(self.letters.risk_step, text_width(domain.key, self.size, "bold") + 4 * unit)
            centres.append(x + step / 2)
            x += step
        return tuple(centres), x


def _cell_widths(
    columns: Sequence[Column], rows: Sequence[tuple[str, ...]], letters: Lettering
) -> list[float]:
    """As wide as what stands in them, within limits; neighbours together wide enough for a word of their heading."""
    size, most = letters.size, 130 * letters.unit
    widths = []
    for j, column in enumerate(columns):
        cells = [text_width(row[j], size) for row in rows]
        widest = min(max([text_width(column.heading, size, "bold"), *cells]), most)
        if column.words and letters.tight:
            words = [word for row in rows for word in row[j].split()]
            parts = [text_width(word, size) for word in words]
            heading = [text_width(word, size, "bold") for word in column.heading.split()]
            widest = min(widest, max([*parts, *heading, 40 * letters.unit]))
        widths.append(widest)
    for group, members in groupby(range(len(columns)), key=lambda j: columns[j].group):
        js = list(members)
        longest = max((text_width(word, size, "bold") for word in group.split()), default=0.0)
        missing = min(longest, most) - sum(widths[j] for j in js) - letters.gap * (len(js) - 1)
        for j in js:
            widths[j] += max(0.0, missing) / len(js)
    return widths


Effect = ForestRow | ForestSummary
