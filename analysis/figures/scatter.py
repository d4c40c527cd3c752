"""Points in a plot: each a group with an id, a tooltip and, where it leads somewhere, a link; some have names."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from analysis.figures.labels import Label, place
from analysis.figures.plot_frame import Page, Plot
from analysis.figures.symbols import SINGLE, symbol
from reviews.figures.layout import PAPER, Group, Polyline, Shape
from reviews.figures.metrics import Bounds, bounds


@dataclass(frozen=True)
class Mark:
    """A point at values of both axes. `told`: its tooltip; `label`: its name, placed by falling `rank` (None: not at
    all); `style`: shape, fill and outline."""

    x: float
    y: float
    radius: float
    told: str
    label: str = ""
    rank: float | None = None
    style: tuple[str, str, str] = (*SINGLE, PAPER)
    href: str = ""


def scatter(
    plot: Plot,
    marks: Sequence[Mark],
    *,
    page: Page,
    figure_id: str,
    under: Sequence[Mark] = (),
    taken: Sequence[Bounds] = (),
) -> int:
    """Draw the marks, larger ones first, over those of `under`; returns how many names found no room.

    Mark k has the id `<figure_id>-point-k`. Names keep off `taken` and, where they can, off the lines of the plot.
    """
    boxes = [*taken]
    for mark in under:
        shape = _shape(plot, mark)
        plot.items.append(shape)
        boxes.append(bounds(shape))
    for i in sorted(range(len(marks)), key=lambda i: -marks[i].radius):
        mark = marks[i]
        shape = _shape(plot, mark)
        told = mark.told if mark.href else ""
        plot.items.append(Group(items=(shape,), id=f"{figure_id}-point-{i + 1}", href=mark.href, label=told))
        boxes.append(bounds(shape))
    named = sorted((mark for mark in marks if mark.rank is not None), key=lambda mark: -(mark.rank or 0.0))
    labels = [Label(plot.x(mark.x), plot.y(mark.y), mark.radius, mark.label) for mark in named]
    found = place(labels, plot.box, size=page.small, points=boxes, lines=_drawn(plot))
    plot.items += found.items
    return found.left_out


def notable(ranks: Sequence[float], most: int = 12) -> list[float | None]:
    """The ranks of the `most` highest; None for the others."""
    chosen = set(sorted(range(len(ranks)), key=lambda i: -ranks[i])[:most])
    return [rank if i in chosen else None for i, rank in enumerate(ranks)]


def want_of_room(left_out: int) -> list[str]:
    """The note about names that found no place."""
    return [f"Names left out for want of room: {left_out}."] if left_out else []


def _shape(plot: Plot, mark: Mark) -> Shape:
    shape, fill, stroke = mark.style
    return symbol(
        shape, plot.x(mark.x), plot.y(mark.y), mark.radius, fill=fill, stroke=stroke, title=mark.told
    )


def _drawn(plot: Plot) -> list[Bounds]:
    """Places along the lines of the plot."""
    boxes: list[Bounds] = []
    for shape in plot.lines:
        ends = shape.points if isinstance(shape, Polyline) else ((shape.x1, shape.y1), (shape.x2, shape.y2))
        for (x1, y1), (x2, y2) in pairwise(ends):
            steps = max(1, int(max(abs(x2 - x1), abs(y2 - y1)) / 5))
            for i in range(steps + 1):
                x, y = x1 + (x2 - x1) * i / steps, y1 + (y2 - y1) * i / steps
                boxes.append(Bounds(x, y, x, y))
    return boxes


def areas(sizes: Sequence[float | None], text: float) -> list[float]:
    """Radii of circles with areas proportional to `sizes`, as large as letters of size `text` and many bubbles allow.

    A size that is not known or too small to see gets the smallest radius.
    """
    largest = text * (1.25 if len(sizes) <= 30 else 0.95 if len(sizes) <= 100 else 0.65)
    most = max((size for size in sizes if size is not None), default=0.0)
    least = text * 0.2
    if most <= 0:
        return [text * 0.34] * len(sizes)
    return [max(least, largest * math.sqrt(max(size or 0.0, 0.0) / most)) for size in sizes]
