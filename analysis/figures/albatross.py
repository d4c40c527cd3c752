"""The albatross plot: number of people against p value, with contours of equal effect.

After Harrison et al. 2017 (doi 10.1002/jrsm.1239). The middle is p = 1, to either side p falls for effects of either
direction; the axis is z, so that contours are simple. People are on a logarithmic scale.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

from analysis.figures.plot_frame import AxisOf, Entry, Frame, Page, Plot, line_sign
from analysis.figures.scatter import Mark, scatter, want_of_room
from analysis.figures.symbols import SINGLE, sign, style
from reviews.figures.layout import PAPER, SOFT_INK, Figure, LayoutError

#: p values with a tick, where there is room.
P_TICKS = (1.0, 0.2, 0.05, 0.01, 0.001, 1e-4, 1e-6, 1e-9, 1e-15, 1e-30)
DASHES = ("", "7 3", "2 3")
SHADES = ("#9aa5b1", "#6b7785", "#3d4752")
#: Effects further out than this are drawn at the edge.
FURTHEST = 12.0


@dataclass(frozen=True, kw_only=True)
class AlbatrossPoint:
    """A study: `z` (positive favours what is tested) and how many people."""

    label: str
    z: float
    people: int
    told: str = ""
    group: str = ""


@dataclass(frozen=True, kw_only=True)
class Contour:
    """All studies with this effect: people = `per_z2` z^2."""

    label: str
    per_z2: float


def albatross(
    points: Sequence[AlbatrossPoint],
    contours: Sequence[Contour],
    *,
    sides: tuple[str, str],
    title: str = "Albatross plot",
    groups: Sequence[str] = (),
    notes: Sequence[str] = (),
    page: Page | None = None,
    figure_id: str = "albatross",
) -> Figure:
    """`sides`: what points to the right and to the left favour. Raises `LayoutError` without points."""
    if not points:
        raise LayoutError("An albatross plot needs a study with a p value and a number of people.")
    page = page or Page()
    frame = Frame(figure_id, title, page)
    reach = min(max(3.5, max(abs(point.z) for point in points) * 1.08), FURTHEST)
    low, high = math.log(min(p.people for p in points)) - 0.25, math.log(max(p.people for p in points)) + 0.25
    plot = frame.plot(
        AxisOf(
            -reach,
            reach,
            f"Two-sided p: favours {sides[1]} to the left, {sides[0]} to the right",
            marks=_p_marks(reach),
        ),
        AxisOf(low, high, "People", marks=_people_marks(low, high)),
        height=min(page.width * 0.62, 400 * page.size / 12),
    )
    plot.vertical(0.0, stroke=SOFT_INK)
    legend = []
    for i, contour in enumerate(contours):
        look = {"stroke": SHADES[i % len(SHADES)], "dash": DASHES[i % len(DASHES)]}
        _contour(plot, contour, reach, low, high, look)
        legend.append(Entry(line_sign(look["stroke"], dash=look["dash"]), contour.label))
    looks = {name: style(i) for i, name in enumerate(groups)}
    marks = [
        Mark(
            max(-reach, min(reach, point.z)),
            math.log(point.people),
            page.size * 0.36,
            point.told or point.label,
            label=point.label,
            rank=abs(point.z) * math.sqrt(point.people) if len(points) <= 25 else None,
            style=looks.get(point.group, (*SINGLE, PAPER)),
        )
        for point in points
    ]
    unnamed = scatter(plot, marks, page=page, figure_id=figure_id)
    frame.close(plot)
    frame.legend([*(Entry(sign(*looks[name], page.size), name) for name in groups), *legend])
    beyond = [point.label for point in points if abs(point.z) > reach]
    further = (
        [f"At the edge, for their p is smaller than the axis shows: {', '.join(beyond)}."] if beyond else []
    )
    frame.notes([*further, *notes, *want_of_room(unnamed)])
    told = "; ".join(f"{point.label}: {point.told}" for point in points)
    return frame.figure(f"People against p value of {len(points)} studies. {told}.")


def _p_marks(reach: float) -> list[tuple[float, str]]:
    normal, marks = NormalDist(), []
    for p in P_TICKS:
        z = -normal.inv_cdf(p / 2) if p < 1 else 0.0
        if z <= reach:
            marks += [(z, f"{p:g}")] if z == 0 else [(-z, f"{p:g}"), (z, f"{p:g}")]
    return sorted(marks)


def _people_marks(low: float, high: float) -> list[tuple[float, str]]:
    powers = range(math.floor(low / math.log(10)), math.ceil(high / math.log(10)) + 1)
    for mantissas in ((1, 2, 5), (1, 3), (1,)):
        values = [m * 10.0**power for power in powers for m in mantissas]
        marks = [(math.log(v), f"{v:,.0f}") for v in values if low <= math.log(v) <= high and v >= 1]
        if len(marks) <= 8:
            break
    return marks


def _contour(
    plot: Plot, contour: Contour, reach: float, low: float, high: float, look: dict[str, str]
) -> None:
    for side in (-1, 1):
        ends = [math.sqrt(math.exp(value) / contour.per_z2) for value in (low, high)]
        start, end = ends[0], min(ends[1], reach)
        if start >= end:
            continue
        steps = [start + (end - start) * i / 40 for i in range(41)]
        line = [(side * z, math.log(contour.per_z2 * z * z)) for z in steps]
        plot.curve(line, stroke=look["stroke"], dash=look["dash"])
