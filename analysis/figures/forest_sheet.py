"""The drawing of a forest plot, from top to bottom."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import groupby

from analysis.figures.axis import Axis
from analysis.figures.forest_rows import MARGIN, RISK_STEP, SIZE, Column, ForestRow, ForestSummary, Grid
from appraisal.figures import Domain, Level, domain_list, legend_items, level_label, occurring, symbol
from reviews.figures.layout import INK, SOFT_INK, Group, Item, Line, Polygon, Rect, Text
from reviews.figures.metrics import ellipsis, middle, text_width, wrap

SMALL = 11
TITLE = 14
LINE = 15
ROW = 22
LARGEST = 14
SMALLEST = 3
HALF_DIAMOND = 6.5

SQUARE = "#2f6296"
DIAMOND = INK
SUBTOTAL = "#7b8794"
PREDICTION = "#b84d00"


class Sheet:
    """Collects items downwards from `y`; lines behind the rows come first in `items`."""

    def __init__(
        self,
        grid: Grid,
        figure_id: str,
        *,
        domains: Sequence[Domain],
        levels: Mapping[str, Level],
        heaviest: float,
        level: float,
    ) -> None:
        self.grid = grid
        self.figure_id = figure_id
        self.domains = domains
        self.levels = levels
        self.heaviest = heaviest
        self.level = level
        self.y = float(MARGIN)
        self.rows = 0
        self._behind: list[Item] = []
        self._items: list[Item] = []

    @property
    def items(self) -> tuple[Item, ...]:
        return (*self._behind, *self._items)

    def heading(self, title: str, columns: Sequence[Column]) -> None:
        """The title, the group headings, the column headings and a rule."""
        for line in wrap(title, TITLE, self.grid.width - 2 * MARGIN, "bold"):
            self._items.append(Text(x=MARGIN, y=self.y + TITLE, text=line, size=TITLE, weight="bold"))
            self.y += 18
        effect = self._effect_heading()
        spans = self._spans(columns)
        base = self.y + 10 + LINE * max([len(effect), *(1 + len(lines) for lines, _, _ in spans)])
        for lines, left, right in spans:
            self._group_heading(lines, left, right, base - LINE)
        self._column_headings(columns, base)
        for i, line in enumerate(reversed(effect)):
            self._items.append(self._number(self.grid.interval_right, base - LINE * i, line, bold=True))
        self.y = base + 8
        self.rule(INK)

    def _effect_heading(self) -> list[str]:
        room = self.grid.interval_right - self.grid.effect_left
        interval = f"[{self.level:g}% CI]"
        joined = f"{self.grid.measure_label} {interval}"
        if text_width(joined, SIZE, "bold") <= room:
            return [joined]
        return [*wrap(self.grid.measure_label, SIZE, room, "bold", max_lines=3), interval]

    def _spans(self, columns: Sequence[Column]) -> list[tuple[list[str], float, float]]:
        """Headings over several columns: their lines, left and right edge."""
        spans: list[tuple[list[str], float, float]] = []
        for group, members in groupby(range(len(columns)), key=lambda j: columns[j].group):
            if group:
                js = list(members)
                left, right = self._cell_left(js[0]), self.grid.cell_rights[js[-1]]
                spans.append((wrap(group, SIZE, right - left, "bold", max_lines=3), left, right))
        return [*spans, *self._risk_spans()]

    def _risk_spans(self) -> list[tuple[list[str], float, float]]:
        """The heading over the judgements, or one over each of their blocks."""
        blocks = any(domain.block for domain in self.domains)
        spans = []
        for block, members in groupby(range(len(self.domains)), key=lambda j: self.domains[j].block):
            heading = block if blocks else "Risk of bias"
            if heading:
                js = list(members)
                centres = self.grid.risk_centres
                left, right = centres[js[0]] - RISK_STEP / 2, centres[js[-1]] + RISK_STEP / 2
                spans.append((wrap(heading, SIZE, right - left, "bold", max_lines=3), left, right))
        return spans

    def _cell_left(self, index: int) -> float:
        return self.grid.cell_rights[index] - self.grid.cell_widths[index]

    def _group_heading(self, lines: Sequence[str], left: float, right: float, base: float) -> None:
        for i, line in enumerate(reversed(lines)):
            self._items.append(Text(x=(left + right) / 2, y=base - 3 - LINE * i, text=line, size=SIZE, weight="bold",
                                    anchor="middle"))  # fmt: skip
        self._items.append(Line(x1=left, y1=base + 2, x2=right, y2=base + 2, stroke=SOFT_INK, width=0.75))

    def _column_headings(self, columns: Sequence[Column], base: float) -> None:
        self._items.append(Text(x=MARGIN, y=base, text="Study", size=SIZE, weight="bold"))
        for j, column in enumerate(columns):
            text = ellipsis(column.heading, SIZE, self.grid.cell_widths[j], "bold")
            self._items.append(self._number(self.grid.cell_rights[j], base, text, bold=True))
        if self.grid.weight_right is not None:
            self._items.append(self._number(self.grid.weight_right, base, "Weight", bold=True))
        for x, domain in zip(self.grid.risk_centres, self.domains, strict=True):
            self._items.append(Text(x=x, y=base, text=domain.key, size=SIZE, weight="bold", anchor="middle"))

    def rule(self, stroke: str) -> None:
        self._items.append(Line(x1=MARGIN, y1=self.y, x2=self.grid.width - MARGIN, y2=self.y, stroke=stroke))
        self.y += 4

    def line(self, text: str, *, bold: bool = False, indent: float = 0) -> None:
        """A line of words in the left part: a subgroup's name, or why it is not pooled."""
        style = {"weight": "bold"} if bold else {"italic": True, "fill": SOFT_INK}
        left = MARGIN + indent
        for line in wrap(text, SIZE, self.grid.text_right - left, "bold" if bold else "normal"):
            self._items.append(Text(x=left, y=middle(self.y + ROW / 2, SIZE), text=line, size=SIZE, **style))
            self.y += ROW - 3
        self.y += 2

    def row(self, row: ForestRow, indent: float = 0) -> None:
        """One study, as a group with an id and a link."""
        self.rows += 1
        grid = self.grid
        dagger = " †" if row.marked else ""
        room = grid.label_width - indent - text_width(dagger, SIZE)
        labels = wrap(row.label, SIZE, room, max_lines=3)
        notes = self._note_lines(row)
        height = max(ROW, LINE * max(len(labels), len(notes)) + 7)
        centre = self.y + height / 2
        full = row.label if labels[-1].endswith("…") else ""
        labels[-1] += dagger
        items: list[Item] = self._target(height) if row.href else []
        items += [
            Text(x=MARGIN + indent, y=y, text=text, size=SIZE, title=full)
            for text, y in zip(labels, self._baselines(centre, len(labels)), strict=True)
        ]
        items += self._note(notes, centre) if notes else self._cells(row, centre)
        items += self._square(row, centre)
        items += self._numbers(row, centre)
        for x, domain, judgement in zip(grid.risk_centres, self.domains, row.risk, strict=False):
            told = f"{row.label}, {domain.name}: {level_label(judgement, self.levels)}"
            items += symbol(x, centre, judgement, radius=8, levels=self.levels, title=told)
        self._items.append(Group(items=tuple(items), id=f"{self.figure_id}-row-{self.rows}", href=row.href))
        self.y += height

    def _target(self, height: float) -> list[Item]:
        """The whole row as one area to click on; nothing of it is seen."""
        x, width = MARGIN / 2, self.grid.width - MARGIN
        return [Rect(x=x, y=self.y + 1, width=width, height=height - 2, fill="transparent", radius=3)]

    def _baselines(self, centre: float, count: int) -> list[float]:
        first = middle(centre, SIZE) - LINE * (count - 1) / 2
        return [first + LINE * i for i in range(count)]

    def _note_lines(self, row: ForestRow) -> list[str]:
        if row.cells or not row.note or not self.grid.cell_rights:
            return []
        room = self.grid.cell_rights[-1] - self._cell_left(0)
        return wrap(row.note, SMALL, room, italic=True, max_lines=3)

    def _note(self, lines: Sequence[str], centre: float) -> list[Item]:
        x = (self._cell_left(0) + self.grid.cell_rights[-1]) / 2
        return [
            Text(x=x, y=y, text=line, size=SMALL, italic=True, anchor="middle", fill=SOFT_INK)
            for line, y in zip(lines, self._baselines(centre, len(lines)), strict=True)
        ]

    def _cells(self, row: ForestRow, centre: float) -> list[Item]:
        if not (row.cells and self.grid.cell_rights):
            return []
        fitted = (
            ellipsis(cell, SIZE, width) for cell, width in zip(row.cells, self.grid.cell_widths, strict=True)
        )
        y = middle(centre, SIZE)
        return [self._number(x, y, cell) for x, cell in zip(self.grid.cell_rights, fitted, strict=True)]

    def _number(self, right: float, y: float, text: str, *, bold: bool = False) -> Text:
        return Text(x=right, y=y, text=text, size=SIZE, anchor="end", weight="bold" if bold else "normal")

    def _numbers(self, item: ForestRow | ForestSummary, centre: float, *, bold: bool = False) -> list[Item]:
        grid, y = self.grid, middle(centre, SIZE)
        items: list[Item] = [
            self._number(grid.estimate_right, y, grid.estimate(item.effect), bold=bold),
            self._number(grid.interval_right, y, grid.interval(item.ci_low, item.ci_high), bold=bold),
        ]
        if item.weight is not None and grid.weight_right is not None:
            text = "100%" if math.isclose(item.weight, 100) else f"{item.weight:.1f}%"
            items.append(self._number(grid.weight_right, y, text, bold=bold))
        return items

    def _square(self, row: ForestRow, centre: float) -> list[Item]:
        """Whisker and square. Areas are proportional to weight, but never too small to see."""
        axis = self.grid.axis
        items = whisker(axis, row.ci_low, row.ci_high, centre, INK, 1.1)
        if not axis.holds(row.effect):
            return items
        side = 8.0
        if row.weight is not None and self.heaviest > 0:
            side = max(SMALLEST, LARGEST * math.sqrt(row.weight / self.heaviest))
        x = axis.x(row.effect)
        told = f"{row.label}: {self.grid.estimate(row.effect)} {self.grid.interval(row.ci_low, row.ci_high)}"
        square = Rect(x=x - side / 2, y=centre - side / 2, width=side, height=side, fill=SQUARE, title=told)
        return [*items, square]

    def summary(self, summary: ForestSummary, fill: str, indent: float = 0) -> None:
        """A diamond with its numbers, its prediction interval and its notes."""
        left = MARGIN + indent
        lines = wrap(summary.label, SIZE, self.grid.text_right - left, "bold")
        height = max(ROW, LINE * len(lines) + 7)
        centre = self.y + height / 2
        for line, y in zip(lines, self._baselines(centre, len(lines)), strict=True):
            self._items.append(Text(x=left, y=y, text=line, size=SIZE, weight="bold"))
        self._items += diamond(self.grid.axis, summary, centre, fill)
        self._items += self._numbers(summary, centre, bold=True)
        self.y += height
        if summary.prediction:
            self._prediction(*summary.prediction, left)
        for note in summary.notes:
            for line in wrap(note, SMALL, self.grid.text_right - left):
                self._items.append(Text(x=left, y=self.y + SMALL, text=line, size=SMALL, fill=SOFT_INK))
                self.y += LINE
        self.y += 4

    def _prediction(self, low: float, high: float, left: float) -> None:
        centre = self.y + ROW / 2
        y = middle(centre, SIZE)
        text = ellipsis(f"{self.level:g}% prediction interval", SIZE, self.grid.text_right - left)
        self._items.append(Text(x=left, y=y, text=text, size=SIZE))
        self._items += whisker(self.grid.axis, low, high, centre, PREDICTION, 4)
        self._items.append(self._number(self.grid.interval_right, y, self.grid.interval(low, high)))
        self.y += ROW

    def axis(
        self,
        top: float,
        null: float | None,
        pooled: float | None,
        marks: Sequence[tuple[float, str]],
        favours: tuple[str, str],
    ) -> None:
        """The axis with its ticks, the lines of no effect and of the pooled effect, the direction labels."""
        axis, y = self.grid.axis, self.y + 4
        self._items.append(Line(x1=axis.left, y1=y, x2=axis.right, y2=y))
        for value, text in marks:
            x = axis.x(value)
            self._items.append(Line(x1=x, y1=y, x2=x, y2=y + 5))
            self._items.append(Text(x=x, y=y + 18, text=text, size=SMALL, anchor="middle"))
        if pooled is not None and axis.holds(pooled):
            x = axis.x(pooled)
            self._behind.append(Line(x1=x, y1=top, x2=x, y2=y, stroke=SOFT_INK, width=0.9, dash="3 3"))
        self.y = y + 24
        if null is not None and axis.holds(null):
            x = axis.x(null)
            self._behind.append(Line(x1=x, y1=top, x2=x, y2=y, stroke=SOFT_INK, width=1))
            self._directions(x, favours)

    def _directions(self, x: float, favours: tuple[str, str]) -> None:
        """An arrow to either side of the null, each with its words below, never nearer the edge than the margin."""
        axis, y = self.grid.axis, self.y + 6
        deepest = 0
        for sign, text, arrow_room in ((-1, favours[0], x - axis.left), (1, favours[1], axis.right - x)):
            if not text or arrow_room < 24:
                continue
            page_room = x - MARGIN if sign < 0 else self.grid.width - MARGIN - x
            lines = wrap(text, SMALL, min(page_room, max(arrow_room, 120)) - 8, max_lines=3)
            start, end = x + sign * 8, x + sign * min(arrow_room, 70)
            self._items += arrow(start, end, y, SOFT_INK)
            anchor = "end" if sign < 0 else "start"
            for i, line in enumerate(lines):
                self._items.append(Text(x=start, y=y + 16 + 14 * i, text=line, size=SMALL, anchor=anchor))
            deepest = max(deepest, len(lines))
        if deepest:
            self.y = y + 16 + 14 * deepest - 6

    def footnotes(self, notes: Sequence[str]) -> None:
        self.y += 6
        for note in notes:
            for line in wrap(note, SMALL, self.grid.width - 2 * MARGIN):
                self._items.append(Text(x=MARGIN, y=self.y + SMALL, text=line, size=SMALL, fill=SOFT_INK))
                self.y += LINE
            self.y += 2

    def risk_legend(self, judgements: Sequence[Sequence[str]]) -> None:
        items, self.y = domain_list(self.domains, self.y + 6, self.grid.width)
        self._items += items
        unjudged = any(not judgement for row in judgements for judgement in row)
        keys = occurring(judgements, self.levels)
        items, self.y = legend_items(keys, self.y + 8, self.grid.width, self.levels, unjudged)
        self._items += items


def whisker(axis: Axis, low: float, high: float, y: float, stroke: str, width: float) -> list[Item]:
    """An interval as a line; an end beyond the axis becomes an arrow at its edge."""
    if high < axis.low or low > axis.high:
        edge, inward = (axis.left, 1) if high < axis.low else (axis.right, -1)
        return arrow(edge + inward * 10, edge, y, stroke)
    left, right = axis.x(max(low, axis.low)), axis.x(min(high, axis.high))
    items: list[Item] = [Line(x1=left, y1=y, x2=right, y2=y, stroke=stroke, width=width)]
    if low < axis.low:
        items.append(arrow_head(axis.left, y, -1, stroke))
    if high > axis.high:
        items.append(arrow_head(axis.right, y, 1, stroke))
    return items


def diamond(axis: Axis, summary: ForestSummary, y: float, fill: str) -> list[Item]:
    """Tips at the interval, waist at the effect; cut straight where it leaves the axis."""
    low, effect, high = summary.ci_low, summary.effect, summary.ci_high
    if not axis.holds(effect):
        return whisker(axis, low, high, y, fill, 4)
    middle_x = axis.x(effect)
    upper: list[tuple[float, float]] = []
    if low < axis.low:
        upper.append((axis.left, HALF_DIAMOND * (axis.low - low) / (effect - low)))
    else:
        upper.append((axis.x(low), 0.0))
    upper.append((middle_x, HALF_DIAMOND))
    if high > axis.high:
        upper.append((axis.right, HALF_DIAMOND * (high - axis.high) / (high - effect)))
    else:
        upper.append((axis.x(high), 0.0))
    points = [(x, y - h) for x, h in upper] + [(x, y + h) for x, h in reversed(upper) if h]
    return [Polygon(points=tuple(points), fill=fill, title=summary.label)]


def arrow(start: float, end: float, y: float, stroke: str) -> list[Item]:
    direction = 1 if end > start else -1
    return [
        Line(x1=start, y1=y, x2=end - direction * 5, y2=y, stroke=stroke),
        arrow_head(end, y, direction, stroke),
    ]


def arrow_head(tip: float, y: float, direction: int, fill: str) -> Polygon:
    back = tip - direction * 7
    return Polygon(points=((tip, y), (back, y - 4), (back, y + 4)), fill=fill)
