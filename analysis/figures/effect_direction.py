"""The effect-direction plot: a row for each study, an arrow for each of its results, larger where more people were.

After Thomson and Thomas 2013 (doi 10.1002/jrsm.1060) and Boon and Thomson 2021 (doi 10.1002/jrsm.1458): an arrow up
favours what is tested, one down what it is compared with, a diamond neither; small below 50 people in the arm that is
tested, large above 300. Arrows say nothing of size or significance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from analysis.figures.names import shortened
from analysis.figures.plot_frame import Entry, Frame, Page
from appraisal.figures import Level, legend_items, level_label, occurring, symbol
from reviews.figures.layout import FAINT, INK, SOFT_INK, Figure, Group, Item, LayoutError, Line, Polygon, Text
from reviews.figures.metrics import middle, text_width

UP, DOWN, NEITHER = "#1f6f4a", "#a3341f", SOFT_INK
SMALL, LARGE = 50, 300
ROW = 22.0
#: Arrows that stand side by side; of more results the first ones are drawn and the rest counted.
MOST_ARROWS = 8


@dataclass(frozen=True, kw_only=True)
class DirectionRow:
    """A study. `arrows`: (direction, people in the arm that is tested) of each result; direction None: not reported.
    `risk`: key of a level of risk of bias, "" when not judged."""

    label: str
    arrows: tuple[tuple[int | None, int | None], ...]
    people: str = ""
    p: str = ""
    group: str = ""
    risk: str = ""


@dataclass(frozen=True)
class _Columns:
    label: float
    arrows: float
    people: float
    p: float
    risk: float


def effect_direction(
    rows: Sequence[DirectionRow],
    *,
    sides: tuple[str, str],
    title: str = "Effect direction",
    risk_levels: Mapping[str, Level] | None = None,
    notes: Sequence[str] = (),
    page: Page | None = None,
    figure_id: str = "effect-direction",
) -> Figure:
    """`sides`: what an arrow up and an arrow down favours. With `risk_levels` a column of judgements is drawn. Rows
    of one group stand together under its name. Raises `LayoutError` without rows."""
    if not rows:
        raise LayoutError("An effect-direction plot needs a study.")
    page = page or Page()
    frame = Frame(figure_id, title, page)
    columns = _columns(rows, page, risk_levels)
    _heading(frame, columns, page, risk_levels)
    number = 0
    for group, members in groupby(rows, key=lambda row: row.group):
        if group:
            frame.words(group, weight="bold")
        for row in members:
            number += 1
            frame.items.append(
                Group(
                    items=tuple(_row(frame, columns, row, page, risk_levels)), id=f"{figure_id}-row-{number}"
                )
            )
    frame.items.append(_rule(frame, page))
    _legend(frame, sides, page)
    if risk_levels is not None:
        judged = [(row.risk,) for row in rows]
        keys = occurring(judged, risk_levels)
        items, frame.y = legend_items(
            keys, frame.y + 6, page.width, risk_levels, any(not row.risk for row in rows)
        )
        frame.items += items
    frame.notes(notes)
    return frame.figure(_desc(rows, sides))


def _columns(rows: Sequence[DirectionRow], page: Page, levels: Mapping[str, Level] | None) -> _Columns:
    size, edge = page.size, page.width - page.margin
    risk = edge - size
    edge -= 4.2 * size if levels is not None else 0
    p = edge
    edge -= max(text_width(text, size, "bold") for text in ("p", *(row.p for row in rows))) + size
    people = edge
    edge -= max(text_width(text, size, "bold") for text in ("People", *(row.people for row in rows))) + size
    shown = min(max(len(row.arrows) for row in rows), MOST_ARROWS)
    extra = text_width("+99", size) + size if any(len(row.arrows) > MOST_ARROWS for row in rows) else 0
    needed = max(shown * _step(page) + extra, text_width("Direction", size, "bold") + size)
    widest = max(text_width(text, size, "bold") for text in ("Study", *(row.label for row in rows)))
    room = edge - needed - page.margin
    label = min(widest + size, room)
    if room < 5 * size:
        raise LayoutError("The columns leave no room for the names of the studies; make the figure wider.")
    return _Columns(label, page.margin + label, people, p, risk)


def _step(page: Page) -> float:
    return page.size * 1.6


def _heading(frame: Frame, columns: _Columns, page: Page, levels: Mapping[str, Level] | None) -> None:
    y = frame.y + page.line
    cells = [(page.margin, "Study", "start"), (columns.arrows, "Direction", "start")]
    cells += [(columns.people, "People", "end"), (columns.p, "p", "end")]
    if levels is not None:
        cells.append((page.width - page.margin, "Risk", "end"))
    for x, text, anchor in cells:
        frame.items.append(Text(x=x, y=y, text=text, size=page.size, weight="bold", anchor=anchor))
    frame.y = y + page.size * 0.5
    frame.items.append(_rule(frame, page, INK))


def _rule(frame: Frame, page: Page, stroke: str = FAINT) -> Line:
    frame.y += page.size * 0.25
    return Line(x1=page.margin, y1=frame.y, x2=page.width - page.margin, y2=frame.y, stroke=stroke)


def _row(
    frame: Frame, columns: _Columns, row: DirectionRow, page: Page, levels: Mapping[str, Level] | None
) -> list[Item]:
    height = ROW * page.size / 12
    centre = frame.y + height / 2
    y = middle(centre, page.size)
    shown = shortened(row.label, page.size, columns.label - page.size)
    full = row.label if shown != row.label else ""
    items: list[Item] = [Text(x=page.margin, y=y, text=shown, size=page.size, title=full)]
    x = columns.arrows + page.size * 0.7
    for way, people in row.arrows[:MOST_ARROWS]:
        items += arrow(x, centre, way, people, page.size, row.label)
        x += _step(page)
    if len(row.arrows) > MOST_ARROWS:
        more = f"+{len(row.arrows) - MOST_ARROWS}"
        items.append(Text(x=x - page.size * 0.4, y=y, text=more, size=page.size, fill=SOFT_INK))
    for right, text in ((columns.people, row.people), (columns.p, row.p)):
        if text:
            items.append(Text(x=right, y=y, text=text, size=page.size, anchor="end"))
    if levels is not None:
        told = f"{row.label}, risk of bias: {level_label(row.risk, levels)}"
        items += symbol(columns.risk, centre, row.risk, radius=page.size * 0.66, levels=levels, title=told)
    frame.y += height
    return items


def arrow(x: float, y: float, way: int | None, people: int | None, size: float, told: str = "") -> list[Item]:
    """The sign of a direction around a place; a dash where it is not reported."""
    if way is None:
        half = size * 0.3
        return [Line(x1=x - half, y1=y, x2=x + half, y2=y, stroke=SOFT_INK, width=1.5)]
    half = size * _share(people)
    if way == 0:
        points = ((x - half, y), (x, y - half), (x + half, y), (x, y + half))
        return [Polygon(points=points, fill=NEITHER, title=f"{told}: neither")]
    tip = y - half if way > 0 else y + half
    back = y + half if way > 0 else y - half
    return [
        Polygon(
            points=((x, tip), (x + half, back), (x - half, back)), fill=UP if way > 0 else DOWN, title=told
        )
    ]


def _share(people: int | None) -> float:
    """Half the height of an arrow in text sizes, by the people in the arm that is tested."""
    if people is None or people < SMALL:
        return 0.3
    return 0.45 if people <= LARGE else 0.65


def _legend(frame: Frame, sides: tuple[str, str], page: Page) -> None:
    size = page.size
    entries = [
        Entry(lambda x, y: arrow(x, y, 1, 100, size), f"favours {sides[0]}"),
        Entry(lambda x, y: arrow(x, y, -1, 100, size), f"favours {sides[1]}"),
        Entry(lambda x, y: arrow(x, y, 0, 100, size), "neither"),
        Entry(lambda x, y: arrow(x, y, None, None, size), "direction not reported"),
    ]
    frame.legend(entries)
    frame.notes(
        [f"Small: below {SMALL} people in the arm that is tested (or not known); large: above {LARGE}."]
    )


def _desc(rows: Sequence[DirectionRow], sides: tuple[str, str]) -> str:
    words = {1: f"favours {sides[0]}", -1: f"favours {sides[1]}", 0: "neither", None: "not reported"}
    told = "; ".join(f"{row.label}: {', '.join(words[way] for way, _ in row.arrows)}" for row in rows)
    return f"Direction of effect of {len(rows)} studies. {told}."
