"""A flow diagram as shapes: SVG, PDF, PNG and TIFF are made from the figure."""

from __future__ import annotations

from reporting.flow.sheet import (
    HANGING,
    INDENT,
    LINE,
    MARGIN,
    PAD,
    SIZE,
    SMALL,
    TITLE,
    TITLE_LINE,
    Arrow,
    Label,
    Placed,
    PlacedNote,
    Sheet,
)
from reviews.figures.layout import (
    INK,
    SOFT_INK,
    Figure,
    Group,
    Item,
    Line,
    Point,
    Polygon,
    Polyline,
    Rect,
    Text,
)
from reviews.figures.metrics import middle


def drawn(sheet: Sheet, figure_id: str) -> Figure:
    """The sheet as a figure; ids of boxes and notes are ``<figure_id>-<key>``."""
    items: list[Item] = [
        Text(x=MARGIN, y=MARGIN + TITLE + TITLE_LINE * i, text=line, size=TITLE, weight="bold")
        for i, line in enumerate(sheet.title)
    ]
    items += [_label(label) for label in sheet.labels]
    for arrow in sheet.arrows:
        items += _arrow(arrow)
    for box in sheet.boxes:
        items += _box(box, figure_id)
    items += [_note(note, figure_id) for note in sheet.notes]
    return Figure(
        id=figure_id,
        width=sheet.width,
        height=sheet.height,
        title=sheet.chart.title,
        desc=sheet.chart.desc,
        items=tuple(items),
    )


def _label(label: Label) -> Group:
    frame = Rect(
        x=label.x,
        y=label.y,
        width=label.width,
        height=label.height,
        fill=label.fill,
        stroke=INK,
        radius=8,
        title=label.full,
    )
    x, y = label.x + label.width / 2, label.y + label.height / 2
    if label.upright:
        texts = [
            Text(
                x=middle(x, SIZE),
                y=y,
                text=line,
                size=SIZE,
                weight="bold",
                anchor="middle",
                rotate=-90,
            )
            for line in label.lines
        ]
    else:
        top = y - LINE * (len(label.lines) - 1) / 2
        texts = [
            Text(x=x, y=middle(top + LINE * i, SIZE), text=line, size=SIZE, weight="bold", anchor="middle")
            for i, line in enumerate(label.lines)
        ]
    return Group(items=(frame, *texts))


def _box(placed: Placed, figure_id: str) -> list[Item]:
    """The box as one group (a link, if it has one); lines with links of their own lie on top of it."""
    box = placed.box
    frame = Rect(x=placed.x, y=placed.y, width=placed.width, height=placed.height, fill=box.fill, stroke=INK)
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


def _arrow(arrow: Arrow) -> list[Item]:
    """The line ends inside the head, whose tip is where the arrow ends."""
    *rest, before, tip = arrow.points
    dx, dy = _direction(before, tip)
    end = (tip[0] - 5 * dx, tip[1] - 5 * dy)
    head = Polygon(points=(tip, *((tip[0] - 8 * dx + s * dy, tip[1] - 8 * dy + s * dx) for s in (-4, 4))))
    if rest:
        return [Polyline(points=(*rest, before, end)), head]
    return [Line(x1=before[0], y1=before[1], x2=end[0], y2=end[1]), head]


def _direction(start: Point, end: Point) -> Point:
    """One step along a level or plumb line."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    return (0.0, 1.0 if dy > 0 else -1.0) if abs(dx) < abs(dy) else (1.0 if dx > 0 else -1.0, 0.0)


def _note(placed: PlacedNote, figure_id: str) -> Group:
    note = placed.note
    texts = tuple(
        Text(x=MARGIN, y=placed.y + SMALL + LINE * i, text=line, size=SMALL, fill=SOFT_INK)
        for i, line in enumerate(placed.lines)
    )
    return Group(items=texts, id=f"{figure_id}-{note.id}" if note.id else "", href=note.href)
