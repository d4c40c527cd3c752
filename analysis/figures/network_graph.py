"""The graph of a network: treatments on a circle, joined where studies compared them.

Circles have areas by people (or studies), lines are as wide as their number of studies. Treatments stand in an order
in which lines are short, those of one part beside one another. Names stand outside the circle and never touch.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from analysis.figures.plot_frame import Entry, Frame, Page
from reviews.figures.layout import (
    FAINT,
    INK,
    PAPER,
    SOFT_INK,
    Circle,
    Figure,
    Group,
    Item,
    LayoutError,
    Line,
    Polygon,
    Text,
)
from reviews.figures.metrics import ASCENT, DESCENT, text_width, wrap

NODE, EDGE, SHADE = "#2f6296", "#7b8794", "#dfe7f0"
SMALLEST, LARGEST, WIDEST = 4.0, 20.0, 11.0
#: More treatments than this stand in the order given: shortening the lines would take too long.
MOST_TO_ORDER = 40
#: With more treatments than this there is room for their names only.
MOST_TOLD = 20
#: How much of the page the names of either side may take, at most.
LABEL_ROOM = 0.27


@dataclass(frozen=True, kw_only=True)
class Node:
    """A treatment. `size`: what its area shows (None: not known, drawn small and hollow); `told` stands below it."""

    name: str
    size: float | None
    told: str = ""
    part: int = 0


@dataclass(frozen=True, kw_only=True)
class Edge:
    """A comparison that `studies` studies made."""

    one: str
    other: str
    studies: int


@dataclass(frozen=True)
class _Place:
    node: Node
    x: float
    y: float
    radius: float
    angle: float


def network_graph(
    nodes: Sequence[Node],
    edges: Sequence[Edge],
    *,
    multi_arm: Sequence[Sequence[str]] = (),
    title: str = "Network of treatments",
    size_of: str = "people",
    notes: Sequence[str] = (),
    page: Page | None = None,
    figure_id: str = "network-graph",
) -> Figure:
    """`multi_arm`: the treatments of each design of several arms, shaded. Raises `LayoutError` without nodes."""
    if not nodes:
        raise LayoutError("A network needs treatments.")
    page = page or Page()
    frame = Frame(figure_id, title, page)
    order = _order(nodes, edges)
    if len(order) > MOST_TOLD:
        order = [replace(node, told="") for node in order]
    labels = [_lines(node, page) for node in order]
    widest = max(text_width(line, page.size) for lines in labels for line in lines)
    scale = page.size / 12
    reach = LARGEST * scale
    radius = min(page.room / 2 - widest - reach - page.size, 190 * scale)
    centre_x, middle_y = page.width / 2, 0.0
    places = _places(order, radius, centre_x, middle_y, scale)
    names = _names(places, labels, radius + reach, centre_x, page)
    top = min([place.y - place.radius for place in places] + [top for top, _ in names.extent])
    bottom = max([place.y + place.radius for place in places] + [low for _, low in names.extent])
    down = frame.y - top + page.size * 0.3
    frame.items += [
        _moved(item, down) for item in _drawing(places, edges, multi_arm, names.items, figure_id, scale)
    ]
    frame.y = bottom + down + page.size * 0.6
    frame.legend(_legend(edges, multi_arm, scale, size_of))
    frame.notes(notes)
    return frame.figure(_desc(order, edges))


def _order(nodes: Sequence[Node], edges: Sequence[Edge]) -> list[Node]:
    """Parts one after the other; within each, neighbours are swapped as long as that shortens the lines."""
    order = sorted(nodes, key=lambda node: (node.part, node.name.casefold()))
    if len(order) > MOST_TO_ORDER:
        return order
    names = [node.name for node in order]
    part = {node.name: node.part for node in order}
    joined = [(edge.one, edge.other) for edge in edges]
    best, improved = _length(names, joined), True
    while improved:
        improved = False
        for i in range(len(names)):
            for j in range(i + 1, len(names)):
                if part[names[i]] != part[names[j]]:
                    continue
                names[i], names[j] = names[j], names[i]
                if (now := _length(names, joined)) < best:
                    best, improved = now, True
                else:
                    names[i], names[j] = names[j], names[i]
    by_name = {node.name: node for node in order}
    return [by_name[name] for name in names]


def _length(names: Sequence[str], joined: Sequence[tuple[str, str]]) -> int:
    place, count = {name: i for i, name in enumerate(names)}, len(names)
    apart = (abs(place[one] - place[other]) for one, other in joined)
    return sum(min(steps, count - steps) ** 2 for steps in apart)


def _places(nodes: Sequence[Node], radius: float, x: float, y: float, scale: float) -> list[_Place]:
    largest = max((node.size or 0.0 for node in nodes), default=0.0) or 1.0
    room = math.pi * radius / len(nodes) * 0.85
    most = min(LARGEST * scale, max(room, SMALLEST))
    places = []
    for i, node in enumerate(nodes):
        angle = -math.pi / 2 + 2 * math.pi * (i + 0.5) / len(nodes)
        own = max(SMALLEST * min(scale, 1), most * math.sqrt((node.size or 0.0) / largest))
        places.append(_Place(node, x + radius * math.cos(angle), y + radius * math.sin(angle), own, angle))
    return places


def _lines(node: Node, page: Page) -> list[str]:
    room = page.room * LABEL_ROOM
    return [
        *wrap(node.name, page.size, room, max_lines=3),
        *(wrap(node.told, page.small, room, max_lines=2) if node.told else ()),
    ]


@dataclass(frozen=True)
class _Names:
    items: tuple[Item, ...]
    extent: tuple[tuple[float, float], ...]


def _names(
    places: Sequence[_Place], labels: Sequence[Sequence[str]], clear: float, centre: float, page: Page
) -> _Names:
    """The names of either side from top to bottom, pushed apart until none covers another."""
    items: list[Item] = []
    extent: list[tuple[float, float]] = []
    for right in (True, False):
        side = [
            (p, lines) for p, lines in zip(places, labels, strict=True) if (math.cos(p.angle) > 0) == right
        ]
        side.sort(key=lambda one: one[0].y)
        tops = _apart([(p.y, _height(lines, page)) for p, lines in side])
        for (place, lines), top in zip(side, tops, strict=True):
            bottom = top + _height(lines, page)
            x = _edge(top, bottom, clear, right, centre, page)
            items += _name(place, lines, x, top, right, page)
            extent.append((top, bottom))
    return _Names(tuple(items), tuple(extent))


def _height(lines: Sequence[str], page: Page) -> float:
    return len(lines) * page.line


def _apart(wanted: Sequence[tuple[float, float]]) -> list[float]:
    """Tops of boxes (middle, height) in order, moved as little as needed for none to overlap."""
    blocks: list[tuple[list[float], float, float]] = []
    for middle, height in wanted:
        heights, top = [height], middle - height / 2
        total = height
        while blocks and blocks[-1][1] + blocks[-1][2] > top:
            before, top_before, total_before = blocks.pop()
            centre = ((top_before + total_before / 2) * len(before) + (top + total / 2) * len(heights)) / (
                len(before) + len(heights)
            )
            heights, total = before + heights, total_before + total
            top = centre - total / 2
        blocks.append((heights, top, total))
    tops = []
    for heights, top, _ in blocks:
        for height in heights:
            tops.append(top)
            top += height
    return tops


def _edge(top: float, bottom: float, clear: float, right: bool, centre: float, page: Page) -> float:
    """How near a name may come to the circle: outside of it at every height of the name."""
    nearest = 0.0 if top <= 0.0 <= bottom else min(abs(top), abs(bottom))
    half = math.sqrt(max(clear**2 - nearest**2, 0.0))
    half = max(half, page.size * 0.4) + page.size * 0.3
    return centre + half if right else centre - half


def _name(place: _Place, lines: Sequence[str], x: float, top: float, right: bool, page: Page) -> list[Item]:
    count = len(wrap(place.node.name, page.size, page.room * LABEL_ROOM, max_lines=3))
    full = place.node.name if lines[count - 1].endswith("…") else ""
    items: list[Item] = []
    for i, line in enumerate(lines):
        is_name = i < count
        items.append(
            Text(
                x=x,
                y=top + i * page.line + page.line / 2 + page.size * (ASCENT - DESCENT) / 2,
                text=line,
                size=page.size if is_name else page.small,
                anchor="start" if right else "end",
                fill=INK if is_name else SOFT_INK,
                title=full if is_name else "",
            )
        )
    middle = top + len(lines) * page.line / 2
    near = x - page.size * 0.2 if right else x + page.size * 0.2
    away = math.hypot(near - place.x, middle - place.y)
    if away > place.radius + page.size:
        part = place.radius / away
        start_x, start_y = place.x + (near - place.x) * part, place.y + (middle - place.y) * part
        items.insert(0, Line(x1=start_x, y1=start_y, x2=near, y2=middle, stroke=FAINT, width=0.8))
    return items


def _drawing(
    places: Sequence[_Place],
    edges: Sequence[Edge],
    multi_arm: Sequence[Sequence[str]],
    names: Sequence[Item],
    figure_id: str,
    scale: float,
) -> list[Item]:
    at = {place.node.name: place for place in places}
    items: list[Item] = []
    for design in multi_arm:
        corners = sorted((at[name] for name in design), key=lambda place: place.angle)
        items.append(Polygon(points=tuple((p.x, p.y) for p in corners), fill=SHADE, title=", ".join(design)))
    most = max((edge.studies for edge in edges), default=1)
    for edge in edges:
        one, other = at[edge.one], at[edge.other]
        width = _width(edge.studies, most, scale)
        items.append(Line(x1=one.x, y1=one.y, x2=other.x, y2=other.y, stroke=EDGE, width=width))
    items += names
    for i, place in enumerate(places, 1):
        known = place.node.size is not None
        circle = Circle(
            x=place.x,
            y=place.y,
            radius=place.radius,
            fill=NODE if known else PAPER,
            stroke=PAPER if known else NODE,
            stroke_width=1.2,
            title=f"{place.node.name}: {place.node.told}" if place.node.told else place.node.name,
        )
        items.append(Group(items=(circle,), id=f"{figure_id}-node-{i}"))
    return items


def _width(studies: int, most: int, scale: float) -> float:
    """In proportion to the studies, the thinnest as thick as can be seen."""
    return max(1.0, WIDEST * scale * studies / max(most, 6))


def _legend(
    edges: Sequence[Edge], multi_arm: Sequence[Sequence[str]], scale: float, size_of: str
) -> list[Entry]:
    entries = [Entry(_dot, f"Area by {size_of}")]
    counts = sorted({edge.studies for edge in edges})
    most = counts[-1] if counts else 1
    for count in dict.fromkeys((counts[:1] + counts[-1:]) if counts else ()):
        told = "1 study" if count == 1 else f"{count} studies"
        entries.append(Entry(_stroke(_width(count, most, scale)), told))
    if multi_arm:
        entries.append(Entry(_area, "Compared within a study of several arms"))
    return entries


def _dot(x: float, y: float) -> list[Item]:
    return [Circle(x=x, y=y, radius=5, fill=NODE)]


def _stroke(width: float):
    return lambda x, y: [Line(x1=x - 10, y1=y, x2=x + 10, y2=y, stroke=EDGE, width=width)]


def _area(x: float, y: float) -> list[Item]:
    return [Polygon(points=((x - 10, y + 5), (x + 10, y + 5), (x, y - 6)), fill=SHADE)]


def _moved(item: Item, down: float) -> Item:
    """The same item further down the page."""
    match item:
        case Group():
            return replace(item, items=tuple(_moved(one, down) for one in item.items))
        case Line():
            return replace(item, y1=item.y1 + down, y2=item.y2 + down)
        case Polygon():
            return replace(item, points=tuple((x, y + down) for x, y in item.points))
        case Text() | Circle():
            return replace(item, y=item.y + down)
    raise LayoutError(f"A network graph has no {type(item).__name__}.")


def _desc(nodes: Sequence[Node], edges: Sequence[Edge]) -> str:
    told = "; ".join(f"{edge.one} and {edge.other} ({edge.studies})" for edge in edges)
    return f"{len(nodes)} treatments. Compared directly, with the number of studies: {told}."
