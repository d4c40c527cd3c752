"""The Baujat plot: which studies make the results differ, and which move the pooled effect (10.1002/sim.1221)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from analysis.figures.axis import number
from analysis.figures.plot_frame import AxisOf, Frame
from analysis.figures.plot_settings import BaujatSettings
from analysis.figures.scatter import Mark, notable, scatter, want_of_room
from reviews.figures.layout import Figure, LayoutError

AS_AT_FIRST = BaujatSettings()


@dataclass(frozen=True, kw_only=True)
class BaujatPoint:
    """A study: its part of the heterogeneity and its influence on the pooled effect, both from 0."""

    label: str
    x: float
    y: float
    href: str = ""


def baujat(
    points: Sequence[BaujatPoint],
    *,
    look: BaujatSettings = AS_AT_FIRST,
    notes: Sequence[str] = (),
    title: str = "Baujat plot",
    figure_id: str = "baujat",
) -> Figure:
    """The further right, the more a study adds to the heterogeneity; the higher, the more it moves the pooled effect.

    Raises `LayoutError` without a point, or where one is not a number.
    """
    if not points:
        raise LayoutError("There is no study to draw.")
    for point in points:
        if not (math.isfinite(point.x) and math.isfinite(point.y)):
            raise LayoutError(f"'{point.label}' has no place in a Baujat plot: a value is not a number.")
    page = look.page
    frame = Frame(figure_id, title, page)
    right = max(max(point.x for point in points), 1e-9)
    top = max(max(point.y for point in points), 1e-9)
    plot = frame.plot(
        AxisOf(-0.03 * right, right * 1.06, "Part of the heterogeneity"),
        AxisOf(-0.03 * top, top * 1.06, "Influence on the pooled effect"),
        height=page.tall,
    )
    ranks: list[float | None] = [max(point.x / right, point.y / top) for point in points]
    if look.names != "all":
        ranks = notable([rank or 0.0 for rank in ranks]) if look.names == "notable" else [None] * len(points)
    radius = page.size * (0.34 if len(points) <= 100 else 0.25)
    marks = [
        Mark(
            point.x,
            point.y,
            radius,
            f"{point.label}: heterogeneity {number(point.x)}, influence {number(point.y)}",
            label=point.label,
            rank=rank,
            href=point.href,
        )
        for point, rank in zip(points, ranks, strict=True)
    ]
    left_out = scatter(plot, marks, page=page, figure_id=figure_id)
    frame.close(plot)
    frame.notes([*notes, *want_of_room(left_out)])
    most = max(points, key=lambda point: point.x)
    moves = max(points, key=lambda point: point.y)
    return frame.figure(
        f"{len(points)} studies. {most.label} adds most to the heterogeneity ({number(most.x)}), {moves.label} "
        f"moves the pooled effect most ({number(moves.y)})."
    )
