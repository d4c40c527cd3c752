"""The L'Abbé plot: the risk in one group against the risk in the other (10.7326/0003-4819-107-2-224)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.figures.axis import number
from analysis.figures.plot_frame import DASHED, AxisOf, Entry, Frame, Reading, line_sign
from analysis.figures.plot_settings import LabbeSettings
from analysis.figures.scatter import Mark, areas, notable, scatter, want_of_room
from analysis.figures.symbols import BUBBLE
from reviews.figures.layout import INK, SOFT_INK, Figure, LayoutError, Point

AS_AT_FIRST = LabbeSettings()
PERCENT = Reading(natural=lambda share: 100 * share, digits=1)


@dataclass(frozen=True, kw_only=True)
class LabbePoint:
    """A study: the share with the event in the comparator (x) and in the experimental group (y), from 0 to 1."""

    label: str
    x: float
    y: float
    size: float
    weight: float | None = None
    href: str = ""


def labbe(
    points: Sequence[LabbePoint],
    line: Sequence[Point],
    *,
    groups: tuple[str, str] = ("Intervention", "Control"),
    look: LabbeSettings = AS_AT_FIRST,
    notes: Sequence[str] = (),
    title: str = "L'Abbé plot",
    figure_id: str = "labbe",
) -> Figure:
    """`line`: what the pooled effect makes of each share in the comparator; `groups`: experimental, comparator.

    Raises `LayoutError` without a point, or where a share is not from 0 to 1.
    """
    if not points:
        raise LayoutError("There is no study to draw.")
    for point in points:
        if not (0 <= point.x <= 1 and 0 <= point.y <= 1):
            raise LayoutError(f"The shares of '{point.label}' are not from 0 to 1.")
    page = look.page
    frame = Frame(figure_id, title, page)
    low, high = _stretch(points, whole=look.whole)
    experimental, comparator = groups
    plot = frame.square(
        AxisOf(low, high, f"Events, {comparator} (%)", PERCENT),
        AxisOf(low, high, f"Events, {experimental} (%)", PERCENT),
    )
    plot.curve([(low, low), (high, high)], stroke=SOFT_INK, dash=DASHED)
    left_out = scatter(plot, _marks(points, look, page.size), page=page, figure_id=figure_id)
    plot.curve(line, stroke=INK, width=1.5, behind=False)  # over the circles, which may be many
    frame.close(plot)
    frame.legend(
        [
            Entry(line_sign(SOFT_INK, dash=DASHED, size=page.small), "No difference"),
            Entry(line_sign(INK, width=1.5, size=page.small), "Pooled effect"),
        ]
    )
    frame.notes([*_of_areas(look), *notes, *want_of_room(left_out)])
    above = sum(point.y > point.x for point in points)
    below = sum(point.y < point.x for point in points)
    return frame.figure(
        f"{len(points)} studies: more events with {experimental} in {above}, fewer in {below}, as many in "
        f"{len(points) - above - below}."
    )


def _stretch(points: Sequence[LabbePoint], *, whole: bool) -> tuple[float, float]:
    """The same for both axes, so that the line of no difference is a diagonal."""
    if whole:
        return -0.03, 1.03
    shares = [share for point in points for share in (point.x, point.y)]
    low, high = min(shares), max(shares)
    pad = max((high - low) * 0.1, 0.02)
    return max(low - pad, -0.03), min(high + pad, 1.03)


def _marks(points: Sequence[LabbePoint], look: LabbeSettings, size: float) -> list[Mark]:
    sizes = [point.weight if look.sized == "weight" else point.size for point in points]
    radii = [size * 0.45] * len(points) if look.sized == "same" else areas(sizes, size)
    ranks: list[float | None] = [abs(point.y - point.x) for point in points]
    if look.names != "all":
        ranks = notable([rank or 0.0 for rank in ranks]) if look.names == "notable" else [None] * len(points)
    return [
        Mark(
            point.x,
            point.y,
            radius,
            f"{point.label}: {number(100 * point.y, 1)}% against {number(100 * point.x, 1)}%, "
            f"{point.size:g} participants",
            label=point.label,
            rank=rank,
            style=BUBBLE,
            href=point.href,
        )
        for point, radius, rank in zip(points, radii, ranks, strict=True)
    ]


def _of_areas(look: LabbeSettings) -> list[str]:
    words = {"size": "the number of participants", "weight": "the weight in the analysis"}
    return [f"The area of a circle stands for {words[look.sized]}."] if look.sized in words else []
