"""The drawing of a flow diagram: boxes that grow with their text, stages at the side, arrows between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reviews.figures.layout import (
    INK,
    PAPER,
    SOFT_INK,
    Figure,
    Group,
    Item,
    Line,
    Polygon,
    Polyline,
    Rect,
    Text,
)
from reviews.figures.metrics import middle, text_width, wrap

SIZE = 12
SMALL = 11
TITLE = 14
LINE = 16
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
OTHER_FILL = "#f0f2f4"


@dataclass(frozen=True)
class BoxLine:
    """A line in a box. No-break spaces hold words together, a line feed breaks; `href` makes it a link."""

    text: str
    indent: int = 0
    href: str = ""


@dataclass(frozen=True, kw_only=True)
class Box:
    id: str
    heading: str
    lines: tuple[BoxLine, ...]
    href: str = ""


@dataclass(frozen=True)
class Note:
    """A sentence under the diagram."""

    text: str
    id: str = ""
    href: str = ""


@dataclass(frozen=True)
class Row:
    """What goes on (or nothing: the arrow passes by), and what leaves to the right."""

    main: Box | None
    aside: Box | None = None


@dataclass(frozen=True, kw_only=True)
class Arm:
    """One way of finding studies: its header, its rows from identification to assessment."""

    header: str
    rows: Sequence[Row]
    fill: str = PAPER


@dataclass(frozen=True)
class _Placed:
    box: Box
    x: float
    y: float
    lines: tuple[tuple[BoxLine, tuple[str, ...]], ...]
    height: float
    fill: str

    @property
    def centre(self) -> float:
        return self.y + self.height / 2

    @property
    def bottom(self) -> float:
        return self.y + self.height

    @property
    def axis(self) -> float:
        return self.x + BOX_WIDTH / 2


def draw(
    arms: Sequence[Arm],
    included: Box,
    *,
    previous: Box | None = None,
    total: Box | None = None,
    title: str,
    desc: str,
    notes: Sequence[Note],
    figure_id: str,
) -> Figure:
    """Rows share their height across arms; every box is centred in its row.

    ``previous`` is the box of a column of its own at the left, ``total`` the last box; both or none.
    """
    margin = MARGIN + STAGE_WIDTH + 14
    left = margin + (BOX_WIDTH + COLUMN_GAP if previous else 0)
    arm_width = 2 * BOX_WIDTH + COLUMN_GAP
    width = left + len(arms) * arm_width + (len(arms) - 1) * COLUMN_GAP + MARGIN
    items, y = _title(title, width)
    heads, y = _headers(arms, left, arm_width, y)
    placed, bands, y = _place(arms, left, arm_width, y)
    end = last = _at(_placed(included, left, 0, PAPER), y)
    extra: list[_Placed] = []
    if previous and total:
        last = _at(_placed(total, left, 0, PAPER), end.bottom + ROW_GAP)
        before = _placed(previous, margin, 0, OTHER_FILL)
        before = _at(before, (bands[0][0] + bands[0][1] - before.height) / 2)
        extra = [before, last]
        heads += _header("Previous studies", margin, BOX_WIDTH, bands[0][0] - 46)
        items += _arrows_to_total(before, end, last)
    bands.append((y, last.bottom))

    items += heads
    stages = [("Identification", bands[:1]), ("Screening", bands[1:-1]), ("Included", bands[-1:])]
    items += [_stage(name, rows[0][0], rows[-1][1]) for name, rows in stages]
    for rows in placed:
        items += _arm_arrows(rows)
    items += _arrows_in([[row[0] for row in rows if row[0]][-1] for rows in placed], end)
    for box in [b for rows in placed for row in rows for b in row if b] + [end, *extra]:
        items += _draw_box(box, figure_id)
    below, y = _notes(notes, last.bottom + 16, width, figure_id)
    return Figure(
        id=figure_id, width=width, height=y + MARGIN, title=title, desc=desc, items=(*items, *below)
    )


def _title(title: str, width: float) -> tuple[list[Item], float]:
    lines = wrap(title, TITLE, width - 2 * MARGIN, "bold")
    return [
        Text(x=MARGIN, y=MARGIN + TITLE + 18 * i, text=line, size=TITLE, weight="bold")
        for i, line in enumerate(lines)
    ], MARGIN + 18 * len(lines) + 10


def _headers(arms: Sequence[Arm], left: float, arm_width: float, y: float) -> tuple[list[Item], float]:
    items: list[Item] = []
    for i, arm in enumerate(arms):
        items += _header(arm.header, left + i * (arm_width + COLUMN_GAP), arm_width, y)
    return items, y + 30 + 16


def _header(text: str, x: float, width: float, y: float) -> list[Item]:
    return [
        Rect(x=x, y=y, width=width, height=30, fill=HEADER_FILL, stroke=INK, radius=8),
        Text(x=x + width / 2, y=middle(y + 15, SIZE), text=text, size=SIZE, weight="bold", anchor="middle"),
    ]


def _place(
    arms: Sequence[Arm], left: float, arm_width: float, y: float
) -> tuple[list[list[tuple[_Placed | None, _Placed | None]]], list[tuple[float, float]], float]:
    """The boxes of each arm's rows, top and bottom of each row, and where the next row begins."""
    placed: list[list[tuple[_Placed | None, _Placed | None]]] = [[] for _ in arms]
    bands = []
    for level in range(len(arms[0].rows)):
        boxes = []
        for i, arm in enumerate(arms):
            x = left + i * (arm_width + COLUMN_GAP)
            row = arm.rows[level]
            main = _placed(row.main, x, y, arm.fill) if row.main else None
            aside = _placed(row.aside, x + BOX_WIDTH + COLUMN_GAP, y, arm.fill) if row.aside else None
            boxes.append((main, aside))
        height = max(box.height for pair in boxes for box in pair if box)
        for rows, pair in zip(placed, boxes, strict=True):
            main, aside = (_at(box, y + (height - box.height) / 2) if box else None for box in pair)
            rows.append((main, aside))
        bands.append((y, y + height))
        y += height + ROW_GAP
    return placed, bands, y


def _placed(box: Box, x: float, y: float, fill: str) -> _Placed:
    lines = [BoxLine(box.heading), *box.lines] if box.heading else list(box.lines)
    wrapped = tuple((line, _broken(line)) for line in lines)
    height = LINE * sum(len(parts) for _, parts in wrapped) + 2 * PAD - 2
    return _Placed(box, x, y, wrapped, height, fill)


def _broken(line: BoxLine) -> tuple[str, ...]:
    """The line in pieces that fit the box, with room for those after the first to hang back."""
    room = BOX_WIDTH - 2 * PAD - INDENT * line.indent - (HANGING if line.indent else 0)
    return tuple(part for piece in line.text.split("\n") for part in wrap(piece, SIZE, room))


def _at(placed: _Placed, y: float) -> _Placed:
    return _Placed(placed.box, placed.x, y, placed.lines, placed.height, placed.fill)


def _draw_box(placed: _Placed, figure_id: str) -> list[Item]:
    """The box as one group (a link, if it has one); lines with links of their own lie on top of it."""
    box = placed.box
    frame = Rect(x=placed.x, y=placed.y, width=BOX_WIDTH, height=placed.height, fill=placed.fill, stroke=INK)
    inside: list[Item] = [frame]
    above: list[Item] = []
    y = placed.y + PAD - 1 + LINE / 2
    for line, parts in placed.lines:
        texts: list[Item] = []
        for i, part in enumerate(parts):
            x = placed.x + PAD + INDENT * line.indent + (HANGING if i and line.indent else 0)
            texts.append(Text(x=x, y=middle(y, SIZE), text=part.replace("\xa0", " "), size=SIZE))
            y += LINE
        if line.href:
            above.append(Group(items=tuple(texts), href=line.href))
        else:
            inside += texts
    return [Group(items=tuple(inside), id=f"{figure_id}-{box.id}", href=box.href), *above]


def _stage(name: str, top: float, bottom: float) -> Group:
    """A stage's label, reading upwards, beside its rows. A short row is overhung evenly."""
    least = text_width(name, SIZE, "bold") + 16
    if bottom - top < least:
        top, bottom = (top + bottom - least) / 2, (top + bottom + least) / 2
    x = MARGIN
    return Group(
        items=(
            Rect(x=x, y=top, width=STAGE_WIDTH, height=bottom - top, fill=STAGE_FILL, stroke=INK, radius=8),
            Text(
                x=middle(x + STAGE_WIDTH / 2, SIZE),
                y=(top + bottom) / 2,
                text=name,
                size=SIZE,
                weight="bold",
                anchor="middle",
                rotate=-90,
            ),
        )
    )


def _arm_arrows(rows: Sequence[tuple[_Placed | None, _Placed | None]]) -> list[Item]:
    items: list[Item] = []
    above: _Placed | None = None
    for main, aside in rows:
        if main and above:
            items += _down(main.axis, above.bottom, main.y)
        if main and aside:
            items += _right(main.x + BOX_WIDTH, aside.x, main.centre)
        elif aside and above:  # leaves the arrow that passes by
            items += _right(above.axis, aside.x, aside.centre)
        above = main or above
    return items


def _arrows_in(last: Sequence[_Placed], end: _Placed) -> list[Item]:
    """Into the last box: from above, and from the other arm around the corner."""
    items = _down(end.axis, last[0].bottom, end.y)
    edge = end.x + BOX_WIDTH
    for box in last[1:]:
        corner = ((box.axis, box.bottom), (box.axis, end.centre), (edge + 5, end.centre))
        items += [Polyline(points=corner), _head((edge, end.centre), (8, -4), (8, 4))]
    return items


def _arrows_to_total(before: _Placed, end: _Placed, total: _Placed) -> list[Item]:
    """Into the total: from the new studies above it, and from the previous ones around the corner."""
    corner = ((before.axis, before.bottom), (before.axis, total.centre), (total.x - 5, total.centre))
    return [
        *_down(end.axis, end.bottom, total.y),
        Polyline(points=corner),
        _head((total.x, total.centre), (-8, -4), (-8, 4)),
    ]


def _down(x: float, top: float, bottom: float) -> list[Item]:
    return [Line(x1=x, y1=top, x2=x, y2=bottom - 5), _head((x, bottom), (-4, -8), (4, -8))]


def _right(left: float, right: float, y: float) -> list[Item]:
    return [Line(x1=left, y1=y, x2=right - 5, y2=y), _head((right, y), (-8, -4), (-8, 4))]


def _head(tip: tuple[float, float], one: tuple[float, float], two: tuple[float, float]) -> Polygon:
    x, y = tip
    return Polygon(points=(tip, (x + one[0], y + one[1]), (x + two[0], y + two[1])))


def _notes(notes: Sequence[Note], y: float, width: float, figure_id: str) -> tuple[list[Item], float]:
    items: list[Item] = []
    for note in notes:
        texts: list[Item] = []
        for line in wrap(note.text, SMALL, width - 2 * MARGIN):
            texts.append(Text(x=MARGIN, y=y + SMALL, text=line, size=SMALL, fill=SOFT_INK))
            y += LINE
        items.append(
            Group(items=tuple(texts), id=f"{figure_id}-{note.id}" if note.id else "", href=note.href)
        )
    return items, y
