"""The drawing of a forest plot, from top to bottom and, where its height is limited, over several pages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from analysis.figures.axis import Axis
from analysis.figures.forest_grid import Cell, Grid
from analysis.figures.forest_head import head
from analysis.figures.forest_marks import arrow, diamond, square, whisker
from analysis.figures.forest_rows import Content, ForestRow, ForestSummary
from appraisal.figures import level_label, occurring, symbol
from appraisal.figures.symbols import NOT_JUDGED
from reviews.figures.layout import Group, Item, Line, Rect, Text
from reviews.figures.metrics import ELLIPSIS, ellipsis, middle, text_width, wrap

#: Lines at most: of a name, of words in a column, of what is said in place of raw data.
MOST_LINES = 3
MOST_LINES_TIGHT = 6
#: Notes of pooled effects stand below the axis where there is less room than this beside the plot.
LEAST_FOR_NOTES = 180


@dataclass(frozen=True, kw_only=True)
class Scales:
    """What the axis of every page shows, on the scale of the analysis; `above`: the directions are over the plot."""

    null: float | None
    pooled: float | None
    marks: Sequence[tuple[float, str]]
    directions: tuple[str, str]
    level: float
    above: bool = False

    def middle(self, axis: Axis) -> float:
        """Where the two directions part."""
        return axis.x(self.null) if self.null is not None else (axis.left + axis.right) / 2


def together(sentence: str) -> str:
    """With 'P = 0.02' kept on one line."""
    return re.sub(r"(\S) ([=<>]) (?=\S)", "\\1\u00a0\\2\u00a0", sentence)


def name_lines(name: str, size: float, room: float, most: int) -> tuple[list[str], str]:
    """A name in at most that many lines, and the whole of it where it had to be cut.

    It is cut in the middle: its last two words (author and year) tell it from others.
    """
    lines = wrap(name, size, room)
    if len(lines) <= most:
        return lines, ""
    words = name.split()
    for kept in range(len(words) - 3, 0, -1):
        lines = wrap(" ".join([*words[:kept], ELLIPSIS, *words[-2:]]), size, room)
        if len(lines) <= most:
            return lines, name
    return wrap(name, size, room, max_lines=most), name


class Sheet:
    """Collects items downwards from `y`; lines behind the rows come first on a page."""

    def __init__(
        self,
        grid: Grid,
        content: Content,
        scales: Scales,
        *,
        title: str,
        figure_id: str,
        kind: str = "",
        page_height: float | None = None,
    ) -> None:
        self.grid, self.content, self.scales = grid, content, scales
        self.title, self.figure_id, self.kind = title, figure_id, kind
        self.page_height = page_height
        self.heaviest = max(row.weight or 0.0 for row in content.rows)
        self.letters, self.unit = grid.letters, grid.letters.unit
        self.margin, self.line_height = self.letters.margin, self.letters.line
        self.most_lines = MOST_LINES_TIGHT if self.letters.tight else MOST_LINES
        self.pages: list[tuple[tuple[Item, ...], float]] = []
        self.held: list[str] = []
        self.rows = 0
        self._open()

    # ---- pages

    def _open(self) -> None:
        self._behind: list[Item] = []
        self._items: list[Item] = []
        title = f"{self.title} (continued)" if self.pages and self.title else self.title
        items, self.y = head(self.grid, self.content, self.scales, title)
        self._items += items
        self.top = self.y

    def close(self) -> None:
        """Finish the page."""
        self.pages.append(((*self._behind, *self._items), self.y + self.margin))

    def _need(self, height: float) -> None:
        """Turn the page where this does not fit on it any more, with the axis below it."""
        below = 90 * self.unit
        if self.page_height and self.y > self.top and self.y + height + below > self.page_height:
            self.axis()
            self.close()
            self._open()

    def _need_below(self, height: float) -> None:
        """Go on with notes and legend on a page of their own where there is no room below the axis."""
        if self.page_height and self._items and self.y + height + self.margin > self.page_height:
            self.close()
            self._behind, self._items, self.y = [], [], self.margin

    # ---- rows

    def rule(self) -> None:
        self._rule(self.grid.style.faint_rule)

    def _rule(self, stroke: str) -> None:
        right = self.grid.width - self.margin
        self._items.append(Line(x1=self.margin, y1=self.y, x2=right, y2=self.y, stroke=stroke))
        self.y += 4 * self.unit

    def line(self, text: str, *, bold: bool = False, indent: float = 0) -> None:
        """A line of words in the left part: a subgroup's name, or why it is not pooled."""
        size, left = self.letters.size, self.margin + indent
        lines = wrap(text, size, self.grid.text_right - left, "bold" if bold else "normal")
        step = self.letters.row - 3 * self.unit
        self._need(step * len(lines) + (self.letters.row if bold else 0))
        for line in lines:
            y = middle(self.y + self.letters.row / 2, size)
            style = {"weight": "bold"} if bold else {"italic": True, "fill": self.grid.style.soft}
            self._items.append(Text(x=left, y=y, text=line, size=size, **style))
            self.y += step
        self.y += 2 * self.unit

    def row(self, row: ForestRow, indent: float = 0) -> None:
        """One study, as a group with an id and a link."""
        self.rows += 1
        grid, size = self.grid, self.letters.size
        dagger = " †" if row.marked else ""
        room = grid.label_width - indent - text_width(dagger, size)
        labels, full = name_lines(row.label, size, room, self.most_lines)
        notes = self._note_lines(row)
        extras = [self._extra_lines(cell, text) for cell, text in zip(grid.extras, row.extras, strict=True)]
        most = max(len(labels), len(notes), *(len(lines) for lines in extras), 1)
        height = max(self.letters.row, self.line_height * most + (4 if self.letters.tight else 7) * self.unit)
        self._need(height)
        centre = self.y + height / 2
        labels[-1] += dagger
        items: list[Item] = self._target(height) if row.href else []
        items += self._label(labels, self.margin + indent, centre, full)
        for cell, text, lines in zip(grid.extras, row.extras, extras, strict=True):
            items += self._extra(cell, lines, centre, text)
        items += self._note(notes, centre) if notes else self._cells(row.cells, centre)
        items += self._mark(row, centre)
        items += self._numbers(row, centre)
        items += self._judgements(row, centre)
        self._items.append(Group(items=tuple(items), id=f"{self.figure_id}-row-{self.rows}", href=row.href))
        self.y += height

    def _target(self, height: float) -> list[Item]:
        """The whole row as one area to click on; nothing of it is seen."""
        x, width = self.margin / 2, self.grid.width - self.margin
        return [Rect(x=x, y=self.y + 1, width=width, height=height - 2, fill="transparent", radius=3)]

    def _baselines(self, centre: float, count: int) -> list[float]:
        first = middle(centre, self.letters.size) - self.line_height * (count - 1) / 2
        return [first + self.line_height * i for i in range(count)]

    def _label(self, lines: Sequence[str], x: float, centre: float, full: str = "") -> list[Item]:
        ys = self._baselines(centre, len(lines))
        size = self.letters.size
        return [Text(x=x, y=y, text=text, size=size, title=full) for text, y in zip(lines, ys, strict=True)]

    def _extra_lines(self, cell: Cell, text: str) -> list[str]:
        lines = self.most_lines if cell.column.words else 1
        return wrap(text, self.letters.size, cell.width, max_lines=lines)

    def _extra(self, cell: Cell, lines: Sequence[str], centre: float, text: str) -> list[Item]:
        full = text if lines[-1].endswith("…") else ""
        if cell.column.words:
            return self._label(lines, cell.left, centre, full)
        return [self._number(cell.right, middle(centre, self.letters.size), lines[0])] if text else []

    def _note_lines(self, row: ForestRow) -> list[str]:
        cells = self.grid.cells
        if row.cells or not row.note or not cells:
            return []
        room = cells[-1].right - cells[0].left
        return wrap(row.note, self.letters.small, room, italic=True, max_lines=self.most_lines)

    def _note(self, lines: Sequence[str], centre: float) -> list[Item]:
        x = (self.grid.cells[0].left + self.grid.cells[-1].right) / 2
        size, fill = self.letters.small, self.grid.style.soft
        return [
            Text(x=x, y=y, text=line, size=size, italic=True, anchor="middle", fill=fill)
            for line, y in zip(lines, self._baselines(centre, len(lines)), strict=True)
        ]

    def _cells(self, texts: Sequence[str], centre: float, *, bold: bool = False) -> list[Item]:
        if not (texts and self.grid.cells):
            return []
        y, size = middle(centre, self.letters.size), self.letters.size
        weight = "bold" if bold else "normal"
        return [
            self._number(cell.right, y, ellipsis(text, size, cell.width, weight), bold=bold)
            for cell, text in zip(self.grid.cells, texts, strict=True)
            if text
        ]

    def _number(self, right: float, y: float, text: str, *, bold: bool = False) -> Text:
        weight = "bold" if bold else "normal"
        return Text(x=right, y=y, text=text, size=self.letters.size, anchor="end", weight=weight)

    def _numbers(self, item: ForestRow | ForestSummary, centre: float, *, bold: bool = False) -> list[Item]:
        grid, y = self.grid, middle(centre, self.letters.size)
        items: list[Item] = [
            self._number(grid.estimate_right, y, grid.estimate(item.effect), bold=bold),
            self._number(grid.interval_right, y, grid.interval(item.ci_low, item.ci_high), bold=bold),
        ]
        if item.weight is not None and grid.weight_right is not None:
            items.append(self._number(grid.weight_right, y, grid.weight(item.weight), bold=bold))
        return items

    def _mark(self, row: ForestRow, centre: float) -> list[Item]:
        """Whisker and square."""
        grid, unit = self.grid, self.unit
        told = f"{row.label}: {grid.estimate(row.effect)} {grid.interval(row.ci_low, row.ci_high)}"
        items = whisker(grid.axis, row.ci_low, row.ci_high, centre, grid.style.whisker, 1.1 * unit, unit)
        fill = grid.style.square(self.kind)
        return items + square(
            grid.axis, row, centre, heaviest=self.heaviest, fill=fill, unit=self._square_unit, title=told
        )

    @property
    def _square_unit(self) -> float:
        return self.letters.row / 22

    def _judgements(self, row: ForestRow, centre: float) -> list[Item]:
        items: list[Item] = []
        content = self.content
        for x, domain, judgement in zip(self.grid.risk_centres, content.domains, row.risk, strict=False):
            told = f"{row.label}, {domain.name}: {level_label(judgement, content.levels)}"
            items += symbol(x, centre, judgement, radius=8 * self.unit, levels=content.levels, title=told)
        return items

    # ---- pooled effects

    def summary(self, summary: ForestSummary, *, subtotal: bool = False, of: str = "") -> None:
        """A diamond with its numbers, its prediction interval and its notes; `of` names the subgroup."""
        style, unit, size = self.grid.style, self.unit, self.letters.size
        left = self.margin + (10 * unit if subtotal else 0)
        right = self.grid.label_right(cells=bool(summary.cells))
        lines = wrap(summary.label, size, right - left, "bold")
        notes = self._summary_notes(summary, left, of)
        height = max(
            self.letters.row, self.line_height * len(lines) + (4 if self.letters.tight else 7) * unit
        )
        self._need(height + self.line_height * len(notes) + (self.letters.row if summary.prediction else 0))
        centre = self.y + height / 2
        for line, y in zip(lines, self._baselines(centre, len(lines)), strict=True):
            self._items.append(Text(x=left, y=y, text=line, size=size, weight="bold"))
        self._items += self._cells(summary.cells, centre, bold=True)
        self._items += diamond(
            self.grid.axis, summary, centre, style.subtotal if subtotal else style.diamond, unit
        )
        self._items += self._numbers(summary, centre, bold=True)
        self.y += height
        if summary.prediction:
            self._prediction(*summary.prediction, left)
        for line in notes:
            y = self.y + self.letters.small
            self._items.append(Text(x=left, y=y, text=line, size=self.letters.small, fill=style.soft))
            self.y += self.line_height
        self.y += 4 * unit

    def _summary_notes(self, summary: ForestSummary, left: float, of: str) -> list[str]:
        """Lines for below the diamond, or none where they have to wait for the foot of the figure."""
        room = self.grid.text_right - left
        if room < LEAST_FOR_NOTES * self.unit:
            self.held += [f"{of}: {note}" if of else note for note in summary.notes]
            return []
        return [line for note in summary.notes for line in wrap(together(note), self.letters.small, room)]

    def _prediction(self, low: float, high: float, left: float) -> None:
        size, unit = self.letters.size, self.unit
        room = self.grid.label_right(cells=False) - left
        lines = wrap(f"{self.scales.level:g}% prediction interval", size, room)
        height = max(self.letters.row, self.line_height * len(lines) + 4 * unit)
        centre = self.y + height / 2
        self._items += self._label(lines, left, centre)
        self._items += whisker(self.grid.axis, low, high, centre, self.grid.style.prediction, 4 * unit, unit)
        text = self.grid.interval(low, high)
        self._items.append(self._number(self.grid.interval_right, middle(centre, size), text))
        self.y += height

    # ---- below the rows

    def axis(self) -> None:
        """The axis with its ticks, the lines of no effect and of the pooled effect, the direction labels."""
        axis, unit, style = self.grid.axis, self.unit, self.grid.style
        scales, small = self.scales, self.letters.small
        y = self.y + 4 * unit
        self._items.append(Line(x1=axis.left, y1=y, x2=axis.right, y2=y, stroke=style.whisker))
        for value, text in scales.marks:
            x = axis.x(value)
            self._items.append(Line(x1=x, y1=y, x2=x, y2=y + 5 * unit, stroke=style.whisker))
            self._items.append(Text(x=x, y=y + 18 * unit, text=text, size=small, anchor="middle"))
        if style.pooled_line and scales.pooled is not None and axis.holds(scales.pooled):
            x = axis.x(scales.pooled)
            self._behind.append(
                Line(x1=x, y1=self.top, x2=x, y2=y, stroke=style.pooled_line, width=0.9, dash="3 3")
            )
        self.y = y + 24 * unit
        if scales.null is not None and axis.holds(scales.null):
            x = axis.x(scales.null)
            self._behind.append(Line(x1=x, y1=self.top, x2=x, y2=y, stroke=style.null_line, width=1))
        shows = scales.null is None or axis.holds(scales.null)
        if shows and not scales.above and any(scales.directions):
            self._directions(scales.middle(axis))

    def _directions(self, x: float) -> None:
        """An arrow to either side of the null, each with its words below, never nearer the edge than the margin."""
        axis, unit, small = self.grid.axis, self.unit, self.letters.small
        y, below, step = self.y + 6 * unit, 16 * unit, 14 * unit
        deepest = 0
        left, right = self.scales.directions
        for sign, text, arrow_room in ((-1, left, x - axis.left), (1, right, axis.right - x)):
            if not text or arrow_room < 24 * unit:
                continue
            page_room = x - self.margin if sign < 0 else self.grid.width - self.margin - x
            lines = wrap(text, small, min(page_room, max(arrow_room, 120 * unit)) - 8 * unit, max_lines=3)
            start, end = x + sign * 8 * unit, x + sign * min(arrow_room, 70 * unit)
            self._items += arrow(start, end, y, self.grid.style.soft, unit)
            anchor = "end" if sign < 0 else "start"
            for i, line in enumerate(lines):
                self._items.append(
                    Text(x=start, y=y + below + step * i, text=line, size=small, anchor=anchor)
                )
            deepest = max(deepest, len(lines))
        if deepest:
            self.y = y + below + step * deepest - 6 * unit

    def footnotes(self, notes: Sequence[str]) -> None:
        """Whatever had to wait, then the notes."""
        size, unit = self.letters.small, self.unit
        self.y += 6 * unit
        for note in [*self.held, *notes]:
            for line in wrap(together(note), size, self.grid.width - 2 * self.margin):
                fill = self.grid.style.soft
                self._need_below(self.line_height)
                self._items.append(Text(x=self.margin, y=self.y + size, text=line, size=size, fill=fill))
                self.y += self.line_height
            self.y += 2 * unit

    def risk_legend(self) -> None:
        """What the columns of judgements and their signs stand for."""
        content, unit = self.content, self.unit
        self.y += 6 * unit
        self._domain_names()
        self.y += 8 * unit
        judgements = [row.risk for row in content.rows]
        keys = occurring(judgements, content.levels)
        if any(not judgement for row in judgements for judgement in row):
            keys.append("")
        self._signs(keys)

    def _domain_names(self) -> None:
        domains = [domain for domain in self.content.domains if domain.key != domain.name]
        if not domains:
            return
        size = self.letters.small
        x = self.margin + 10 * self.unit + max(text_width(one.key, size, "bold") for one in domains)
        for domain in domains:
            self._need_below(self.line_height)
            y = self.y + size
            self._items.append(Text(x=self.margin, y=y, text=domain.key, size=size, weight="bold"))
            for line in wrap(domain.name, size, self.grid.width - self.margin - x):
                self._items.append(Text(x=x, y=self.y + size, text=line, size=size))
                self.y += self.line_height

    def _signs(self, keys: Sequence[str]) -> None:
        size, unit = self.letters.small, self.unit
        self._need_below(44 * unit)
        x, y, step = self.margin, self.y + 10 * unit, 22 * unit
        right = self.grid.width - self.margin
        for key in keys:
            label = self.content.levels[key].label if key else NOT_JUDGED
            lines = wrap(label, size, right - self.margin - 22 * unit)
            width = 24 * unit + max(text_width(line, size) for line in lines)
            if x > self.margin and x + width > right:
                x, y = self.margin, y + step
            self._items += symbol(x + 8 * unit, y, key, radius=8 * unit, levels=self.content.levels)
            for i, line in enumerate(lines):
                at = middle(y, size) + self.line_height * i
                self._items.append(Text(x=x + 22 * unit, y=at, text=line, size=size))
            if len(lines) > 1:
                x, y = right + 1, y + self.line_height * (len(lines) - 1)
            else:
                x += width + 20 * unit
        self.y = y + 10 * unit
