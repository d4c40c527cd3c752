"""The head of a forest plot: its title, the headings of columns and of what they have in common."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from analysis.figures.forest_grid import Grid
from analysis.figures.forest_rows import Content
from reviews.figures.layout import Item, Line, Text
from reviews.figures.metrics import text_width, wrap

if TYPE_CHECKING:
    from analysis.figures.forest_sheet import Scales

#: Lines of a heading with its left and right edge.
Span = tuple[list[str], float, float]


def head(grid: Grid, content: Content, scales: Scales, title: str) -> tuple[list[Item], float]:
    """The title, the headings and a rule; and where the rows begin."""
    return _Head(grid, content, scales).lay(title)


class _Head:
    def __init__(self, grid: Grid, content: Content, scales: Scales) -> None:
        self.grid, self.content, self.scales = grid, content, scales
        self.size, self.unit, self.line = grid.letters.size, grid.letters.unit, grid.letters.line
        self.items: list[Item] = []

    def lay(self, title: str) -> tuple[list[Item], float]:
        y = self._title(title)
        effect, columns, spans = self._effect(), self._columns(), self._spans()
        over_plot = self._over_plot(effect)
        deepest = max((len(lines) for lines, _, _ in columns), default=1)
        depths = [len(effect), len(over_plot), deepest]
        depths += [deepest + len(lines) for lines, _, _ in spans]
        depths += [len(lines) for _, lines in self._directions()] if self.scales.above else []
        base = y + (10 * self.unit if title else 4 * self.unit) + self.line * max(depths)
        for lines, left, right in spans:
            self._group(lines, left, right, base - self.line * deepest)
        self._row_headings(columns, base)
        self._stack(effect, self.grid.interval_right, base, "end")
        self._stack(over_plot, (self.grid.axis.left + self.grid.axis.right) / 2, base, "middle")
        if self.scales.above:
            self._lay_directions(base)
        y = base + 8 * self.unit
        margin = self.grid.letters.margin
        self.items.append(
            Line(x1=margin, y1=y, x2=self.grid.width - margin, y2=y, stroke=self.grid.style.rule)
        )
        return self.items, y + 4 * self.unit

    def _title(self, title: str) -> float:
        letters = self.grid.letters
        y = letters.margin
        for line in wrap(title, letters.title, self.grid.width - 2 * letters.margin, "bold") if title else ():
            self.items.append(
                Text(x=letters.margin, y=y + letters.title, text=line, size=letters.title, weight="bold")
            )
            y += 18 * self.unit
        return y

    def _stack(self, lines: Sequence[str], x: float, base: float, anchor: str) -> None:
        """Lines that end at ``base``."""
        for i, line in enumerate(reversed(lines)):
            y = base - self.line * i
            self.items.append(Text(x=x, y=y, text=line, size=self.size, weight="bold", anchor=anchor))

    def _effect(self) -> list[str]:
        room = self.grid.interval_right - self.grid.effect_left
        measure, beside = self.grid.effect_heading
        joined = f"{measure} {beside}"
        if text_width(joined, self.size, "bold") <= room:
            return [joined]
        return [
            *wrap(measure, self.size, room, "bold", max_lines=3),
            *wrap(beside, self.size, room, "bold", max_lines=3),
        ]

    def _over_plot(self, effect: Sequence[str]) -> list[str]:
        if not self.grid.style.heading_over_plot:
            return []
        room = self.grid.axis.right - self.grid.axis.left
        measure, beside = self.grid.effect_heading
        if len(effect) == 1 and text_width(effect[0], self.size, "bold") <= room:
            return list(effect)
        return [
            *wrap(measure, self.size, room, "bold", max_lines=3),
            *wrap(beside, self.size, room, "bold", max_lines=3),
        ]

    def _columns(self) -> list[Span]:
        """The heading of every column of texts."""
        most = 3 if self.grid.letters.tight else 2
        spans: list[Span] = [
            (wrap(cell.column.heading, self.size, cell.width, "bold", max_lines=most), cell.left, cell.right)
            for cell in (*self.grid.extras, *self.grid.cells)
        ]
        grid = self.grid
        if grid.weight_right is not None:
            width = grid.weight_right - grid.weight_left
            lines = wrap(grid.style.weight_heading, self.size, width + 0.01, "bold", max_lines=most)
            spans.append((lines, grid.weight_left, grid.weight_right))
        return spans

    def _row_headings(self, columns: Sequence[Span], base: float) -> None:
        margin = self.grid.letters.margin
        lines = wrap(self.grid.style.study, self.size, self.grid.label_width, "bold", max_lines=2)
        self._stack(lines, margin, base, "start")
        words = [cell.column.words for cell in (*self.grid.extras, *self.grid.cells)]
        for i, (heading, left, right) in enumerate(columns):
            at_left = i < len(words) and words[i]
            self._stack(heading, left if at_left else right, base, "start" if at_left else "end")
        for x, domain in zip(self.grid.risk_centres, self.content.domains, strict=True):
            self._stack([domain.key], x, base, "middle")

    def _spans(self) -> list[Span]:
        """Headings over several columns."""
        spans: list[Span] = []
        cells = self.grid.cells
        for group, members in groupby(range(len(cells)), key=lambda j: cells[j].column.group):
            if group:
                js = list(members)
                spans.append(self._span(group, cells[js[0]].left, cells[js[-1]].right))
        return [*spans, *self._risk_spans()]

    def _span(self, heading: str, left: float, right: float) -> Span:
        """A hair wider than it is, for a word as wide as the columns."""
        return wrap(heading, self.size, right - left + 0.01, "bold", max_lines=3), left, right

    def _risk_spans(self) -> list[Span]:
        """The heading over the judgements, or one over each of their blocks."""
        domains, centres = self.content.domains, self.grid.risk_centres
        blocks = any(domain.block for domain in domains)
        half = self.grid.letters.risk_step / 2
        spans: list[Span] = []
        for block, members in groupby(range(len(domains)), key=lambda j: domains[j].block):
            heading = block if blocks else self.grid.style.risk_heading
            if heading:
                js = list(members)
                spans.append(self._span(heading, centres[js[0]] - half, centres[js[-1]] + half))
        return spans

    def _group(self, lines: Sequence[str], left: float, right: float, base: float) -> None:
        self._stack(lines, (left + right) / 2, base - 3 * self.unit, "middle")
        y = base + 2 * self.unit
        self.items.append(Line(x1=left, y1=y, x2=right, y2=y, stroke=self.grid.style.soft, width=0.75))

    def _directions(self) -> list[tuple[int, list[str]]]:
        """For styles that have them over the plot: side (-1 or 1) and lines."""
        size = self.grid.letters.small
        rooms = self.grid.rooms_above(self.scales.middle(self.grid.axis))
        sides = zip((-1, 1), self.scales.directions, rooms, strict=True)
        return [(side, wrap(text, size, room, max_lines=4)) for side, text, room in sides if text]

    def _lay_directions(self, base: float) -> None:
        x = self.scales.middle(self.grid.axis)
        for side, lines in self._directions():
            at, anchor = x + side * 5 * self.unit, "end" if side < 0 else "start"
            for i, line in enumerate(reversed(lines)):
                y, size = base - self.line * i, self.grid.letters.small
                self.items.append(Text(x=at, y=y, text=line, size=size, anchor=anchor))
