"""Where everything of a flow diagram stands: boxes that grow with their text, stages at the side, arrows between.

Plain numbers in CSS pixels, y downwards. `reporting.flow.drawing` draws a sheet; office files are made from it too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from reporting.flow.chart import GREY, Arm, Box, BoxLine, Chart, Note
from reviews.figures.layout import Point
from reviews.figures.metrics import ellipsis, text_width, wrap

SIZE = 12
SMALL = 11
TITLE = 14
LINE = 16
TITLE_LINE = 18
MARGIN = 16
PAD = 10
INDENT = 12
HANGING = 10
STAGE_WIDTH = 26
BOX_WIDTH = 256
COLUMN_GAP = 34
ROW_GAP = 28

HEADER_FILL = "#f7cf6a"
STAGE_FILL = "#b8d3ea"
GREY_HEADER = "#d5dade"


@dataclass(frozen=True)
class Placed:
    """A box at its place, its lines broken so that they fit."""

    box: Box
    x: float
    y: float
    lines: tuple[tuple[BoxLine, tuple[str, ...]], ...]
    height: float
    width: float = BOX_WIDTH

    @property
    def centre(self) -> float:
        return self.y + self.height / 2

    @property
    def bottom(self) -> float:
        return self.y + self.height

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def axis(self) -> float:
        return self.x + self.width / 2


@dataclass(frozen=True, kw_only=True)
class Label:
    """A rounded box with words in the middle: the header of a column, or (upright) a stage at the side."""

    name: str
    x: float
    y: float
    width: float
    height: float
    lines: tuple[str, ...]
    fill: str
    upright: bool = False
    full: str = ""


@dataclass(frozen=True)
class Arrow:
    """A path of level and plumb pieces; its head is at the last point. Ids of boxes where it begins and ends."""

    points: tuple[Point, ...]
    source: str = ""
    target: str = ""


@dataclass(frozen=True)
class PlacedNote:
    note: Note
    lines: tuple[str, ...]
    y: float  # top of the first line


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A flow diagram with everything at its place."""

    chart: Chart
    width: float
    height: float
    title: tuple[str, ...]
    labels: tuple[Label, ...]
    boxes: tuple[Placed, ...]
    arrows: tuple[Arrow, ...]
    notes: tuple[PlacedNote, ...]


_Rows = list[list[tuple[Placed | None, Placed | None]]]


def placed(chart: Chart) -> Sheet:
    """Rows share their height across arms; every box is centred in its row."""
    arms = chart.arms
    margin = MARGIN + STAGE_WIDTH + 14
    left = margin + (BOX_WIDTH + COLUMN_GAP if chart.previous else 0)
    arm_width = 2 * BOX_WIDTH + COLUMN_GAP
    width = left + len(arms) * arm_width + (len(arms) - 1) * COLUMN_GAP + MARGIN
    title = tuple(wrap(chart.title, TITLE, width - 2 * MARGIN, "bold"))
    heads, y = _headers(chart, margin, left, arm_width, MARGIN + TITLE_LINE * len(title) + 10)
    rows, bands, y = _rows(arms, left, arm_width, y)
    last = _stacked(chart.last, left, y)
    bands.append((y, last[-1].bottom))
    before = None
    if chart.previous:
        before = _placed(chart.previous, margin, 0)
        before = replace(before, y=(bands[0][0] + bands[0][1] - before.height) / 2)
    stages = zip(chart.stages, (bands[:1], bands[1:-1], bands[-1:]), strict=True)
    notes, end = _notes(chart.notes, last[-1].bottom + 16, width)
    boxes = [box for arm in rows for row in arm for box in row if box]
    return Sheet(
        chart=chart,
        width=width,
        height=end + MARGIN,
        title=title,
        labels=(*heads, *(_stage(name, parts[0][0], parts[-1][1]) for name, parts in stages)),
        boxes=(*([before] if before else []), *boxes, *last),
        arrows=tuple(_arrows(rows, last, before)),
        notes=tuple(notes),
    )


def _headers(
    chart: Chart, margin: float, left: float, arm_width: float, y: float
) -> tuple[list[Label], float]:
    """The header of each column, all as high as the one with most lines."""
    wanted = [
        (f"header{i or ''}", arm.header, left + i * (arm_width + COLUMN_GAP), arm_width, arm.fill == GREY)
        for i, arm in enumerate(chart.arms)
    ]
    if chart.previous:
        wanted.insert(0, ("previous_header", chart.previous_header, margin, BOX_WIDTH, True))
    told = [tuple(wrap(text, SIZE, width - 2 * PAD, "bold")) for _, text, _, width, _ in wanted]
    height = max(len(lines) for lines in told) * LINE + 14
    heads = [
        Label(
            name=name,
            x=x,
            y=y,
            width=width,
            height=height,
            lines=lines,
            fill=GREY_HEADER if grey else HEADER_FILL,
        )
        for (name, _, x, width, grey), lines in zip(wanted, told, strict=True)
    ]
    return heads, y + height + 16


def _rows(
    arms: Sequence[Arm], left: float, arm_width: float, y: float
) -> tuple[_Rows, list[tuple[float, float]], float]:
    """The boxes of each arm's rows, top and bottom of each row, and where the next row begins."""
    found: _Rows = [[] for _ in arms]
    bands = []
    for level in range(len(arms[0].rows)):
        pairs = []
        for i, arm in enumerate(arms):
            x = left + i * (arm_width + COLUMN_GAP)
            row = arm.rows[level]
            main = _placed(row.main, x, y) if row.main else None
            aside = _placed(row.aside, x + BOX_WIDTH + COLUMN_GAP, y) if row.aside else None
            pairs.append((main, aside))
        height = max(box.height for pair in pairs for box in pair if box)
        for rows, pair in zip(found, pairs, strict=True):
            main, aside = (replace(box, y=y + (height - box.height) / 2) if box else None for box in pair)
            rows.append((main, aside))
        bands.append((y, y + height))
        y += height + ROW_GAP
    return found, bands, y


def _stacked(boxes: Sequence[Box], x: float, y: float) -> list[Placed]:
    stack = []
    for box in boxes:
        stack.append(_placed(box, x, y))
        y = stack[-1].bottom + ROW_GAP
    return stack


def _placed(box: Box, x: float, y: float) -> Placed:
    lines = [BoxLine(box.heading), *box.lines] if box.heading else list(box.lines)
    wrapped = tuple((line, _broken(line)) for line in lines)
    height = LINE * sum(len(parts) for _, parts in wrapped) + 2 * PAD - 2
    return Placed(box, x, y, wrapped, height)


def _broken(line: BoxLine) -> tuple[str, ...]:
    """The line in pieces that fit the box, with room for those after the first to hang back."""
    room = BOX_WIDTH - 2 * PAD - INDENT * line.indent - (HANGING if line.indent else 0)
    return tuple(part for piece in line.text.split("\n") for part in wrap(piece, SIZE, room))


def _stage(name: str, top: float, bottom: float) -> Label:
    """A stage's label, reading upwards, beside its rows. A short row is overhung evenly."""
    shown = ellipsis(name, SIZE, max(bottom - top, 110) - 16, "bold")
    least = text_width(shown, SIZE, "bold") + 16
    if bottom - top < least:
        top, bottom = (top + bottom - least) / 2, (top + bottom + least) / 2
    return Label(
        name=f"stage-{name}",
        x=MARGIN,
        y=top,
        width=STAGE_WIDTH,
        height=bottom - top,
        lines=(shown,),
        fill=STAGE_FILL,
        upright=True,
        full=name if shown != name else "",
    )


def _arrows(rows: _Rows, last: Sequence[Placed], before: Placed | None) -> list[Arrow]:
    arrows = []
    if before:  # into the total, around the corner
        total = last[1]
        corner = ((before.axis, before.bottom), (before.axis, total.centre), (total.x, total.centre))
        arrows.append(Arrow(corner, before.box.id, total.box.id))
    for arm in rows:
        arrows += _arm_arrows(arm)
    ends = [[main for main, _ in arm if main][-1] for arm in rows]
    arrows.append(_down(ends[0], last[0]))
    for box in ends[1:]:  # from the other arm, around the corner
        corner = ((box.axis, box.bottom), (box.axis, last[0].centre), (last[0].right, last[0].centre))
        arrows.append(Arrow(corner, box.box.id, last[0].box.id))
    return [*arrows, *(_down(above, below) for above, below in pairwise(last))]


def _arm_arrows(rows: Sequence[tuple[Placed | None, Placed | None]]) -> list[Arrow]:
    arrows: list[Arrow] = []
    above: Placed | None = None
    for main, aside in rows:
        if main and above:
            arrows.append(_down(above, main))
        if main and aside:
            level = ((main.right, main.centre), (aside.x, aside.centre))
            arrows.append(Arrow(level, main.box.id, aside.box.id))
        elif aside and above:  # leaves the arrow that passes by
            arrows.append(Arrow(((above.axis, aside.centre), (aside.x, aside.centre)), "", aside.box.id))
        above = main or above
    return arrows


def _down(above: Placed, below: Placed) -> Arrow:
    return Arrow(((below.axis, above.bottom), (below.axis, below.y)), above.box.id, below.box.id)


def _notes(notes: Sequence[Note], y: float, width: float) -> tuple[list[PlacedNote], float]:
    found = []
    for note in notes:
        lines = tuple(wrap(note.text, SMALL, width - 2 * MARGIN))
        found.append(PlacedNote(note, lines, y))
        y += LINE * len(lines)
    return found, y
