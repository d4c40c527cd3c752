"""The league table of a network as a figure: every treatment against every other, in a square.

Below the diagonal stands what the network says, above it what studies say that compared the two directly; each cell
is the treatment of its row against that of its column. Bold where the interval excludes no difference. The page grows
with the treatments, so that every number can be read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.figures.plot_frame import Page
from reviews.figures.layout import FAINT, INK, PAPER, SOFT_INK, Figure, Group, Item, LayoutError, Rect, Text
from reviews.figures.metrics import middle, text_width, wrap

DIAGONAL, NETWORK, DIRECT = "#2f6296", "#f3f6fa", PAPER
PAD = 6.0
WIDEST_NAME = 120.0


@dataclass(frozen=True)
class LeagueCell:
    """`estimate` and `interval` as printed; `clear`: the interval excludes no difference."""

    estimate: str
    interval: str
    clear: bool = False


def league_table(
    names: Sequence[str],
    cells: Sequence[Sequence[LeagueCell | None]],
    *,
    title: str = "League table",
    notes: Sequence[str] = (),
    page: Page | None = None,
    figure_id: str = "league-table",
) -> Figure:
    """`cells[i][j]`: row i against column j; None where nothing is known. Raises `LayoutError` without treatments."""
    if not names or any(len(line) != len(names) for line in cells) or len(cells) != len(names):
        raise LayoutError("A league table needs a cell for every two treatments.")
    page = page or Page()
    size, small = page.size, page.small
    headings = [_heading(name, size) for name in names]
    across = _across(headings, cells, size, small)
    down = [_down(lines, size) for lines in headings]
    left, width = page.margin, max(page.width, 2 * page.margin + sum(across))
    y = page.margin
    items: list[Item] = []
    for line in wrap(title, size * 7 / 6, width - 2 * page.margin, "bold") if page.heading else ():
        y += size * 1.45
        items.append(Text(x=left, y=y - size * 0.3, text=line, size=size * 7 / 6, weight="bold"))
    y += size * 0.4
    for i, name in enumerate(names):
        x, row = left, []
        for j in range(len(names)):
            box = (x, y, across[j], down[i])
            if i == j:
                row += _name(headings[i], name, box, size)
            else:
                row += _cell(cells[i][j], box, i > j, size, small)
            x += across[j]
        items.append(Group(items=tuple(row), id=f"{figure_id}-row-{i + 1}"))
        y += down[i]
    y += small * 0.6
    for note in notes:
        for line in wrap(note, small, width - 2 * page.margin):
            y += small * 1.3
            items.append(Text(x=left, y=y - small * 0.25, text=line, size=small, fill=SOFT_INK))
    return Figure(
        id=figure_id,
        width=width,
        height=y + page.margin,
        title=title,
        desc=_desc(names, cells),
        items=tuple(items),
    )


def _heading(name: str, size: float) -> list[str]:
    return wrap(name, size, WIDEST_NAME * size / 12, "bold", max_lines=4)


def _across(
    headings: Sequence[Sequence[str]],
    cells: Sequence[Sequence[LeagueCell | None]],
    size: float,
    small: float,
) -> list[float]:
    widths = []
    for j, lines in enumerate(headings):
        needed = [text_width(line, size, "bold") for line in lines]
        for row in cells:
            if cell := row[j]:
                needed += [text_width(cell.estimate, size, "bold"), text_width(cell.interval, small)]
        widths.append(max(needed) + 2 * PAD)
    return widths


def _down(lines: Sequence[str], size: float) -> float:
    return max(len(lines), 2) * size * 1.3 + 2 * PAD


def _rect(box: tuple[float, float, float, float], fill: str, title: str = "") -> Rect:
    x, y, width, height = box
    return Rect(x=x, y=y, width=width, height=height, fill=fill, stroke=FAINT, stroke_width=0.75, title=title)


def _name(lines: Sequence[str], name: str, box: tuple[float, float, float, float], size: float) -> list[Item]:
    return [
        _rect(box, DIAGONAL, name),
        *_centred(lines, box, [size] * len(lines), ["bold"] * len(lines), PAPER),
    ]


def _cell(
    cell: LeagueCell | None, box: tuple[float, float, float, float], below: bool, size: float, small: float
) -> list[Item]:
    square = _rect(box, NETWORK if below else DIRECT)
    if cell is None:
        return [square, *_centred(["–"], box, [size], ["normal"], SOFT_INK)]
    weight = "bold" if cell.clear else "normal"
    return [square, *_centred([cell.estimate, cell.interval], box, [size, small], [weight, "normal"])]


def _centred(
    lines: Sequence[str],
    box: tuple[float, float, float, float],
    sizes: Sequence[float],
    weights: Sequence[str],
    fill: str = "",
) -> list[Item]:
    x, y, width, height = box
    step = max(sizes) * 1.3
    first = y + height / 2 - step * (len(lines) - 1) / 2
    return [
        Text(
            x=x + width / 2,
            y=middle(first + i * step, sizes[i]),
            text=line,
            size=sizes[i],
            weight=weights[i],
            anchor="middle",
            fill=fill or INK,
        )
        for i, line in enumerate(lines)
    ]


def _desc(names: Sequence[str], cells: Sequence[Sequence[LeagueCell | None]]) -> str:
    told = [
        f"{names[i]} against {names[j]}: {cell.estimate} ({cell.interval})."
        for i, line in enumerate(cells)
        for j, cell in enumerate(line)
        if cell and i > j
    ]
    return " ".join([f"{len(names)} treatments, the better ranked first.", *told])
