"""The GOSH plot: each subset of the studies a point, effect across and I² upwards, with how many there are on top.

No Django. Olkin, Dahabreh & Trikalinos 2012, doi 10.1002/jrsm.1053.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.figures.plot_frame import (
    ACCENT,
    DASHED,
    POINT,
    SHADE,
    AxisOf,
    Entry,
    Frame,
    Plot,
    Reading,
    spread,
)
from analysis.figures.plot_settings import PlotSettings, option
from reviews.figures.layout import INK, SOFT_INK, Circle, Figure, Item, LayoutError, Polygon

#: Where the histogram stands: above 100% of I², in the units of that axis.
BASE, TOP = 108.0, 138.0
OTHER = "#9aa7b5"
RADIUS = 1.5


@dataclass(frozen=True, kw_only=True)
class GoshSettings(PlotSettings):
    study: str = option("", "Set apart", help_text="Colours the subsets that hold this study.")


@dataclass(frozen=True)
class Cloud:
    """Subsets as points: effect and I² in percent; ``inside`` says which hold the chosen study (empty: none chosen).

    ``bins`` and ``inside_bins`` count all subsets in equal steps from ``low`` to ``high``.
    """

    estimates: Sequence[float]
    i2: Sequence[float]
    low: float
    high: float
    bins: Sequence[int]
    inside: Sequence[bool] = ()
    inside_bins: Sequence[int] = ()


def gosh(
    cloud: Cloud,
    *,
    title: str,
    label: str,
    desc: str,
    chosen: str = "",
    reading: Reading | None = None,
    null: float | None = None,
    notes: Sequence[str] = (),
    look: PlotSettings | None = None,
    figure_id: str = "gosh",
) -> Figure:
    """``chosen`` names the study that sets points apart. Raises LayoutError when there is nothing to draw."""
    if not cloud.estimates or not any(cloud.bins):
        raise LayoutError("There are no subsets to draw.")
    page = (look or GoshSettings()).page
    frame = Frame(figure_id, title, page)
    low, high = spread([cloud.low, cloud.high])
    across = AxisOf(low, high, label, reading or Reading())
    upwards = AxisOf(-4.0, TOP + 4.0, "I²", marks=[(mark, f"{mark}%") for mark in (0, 25, 50, 75, 100)])
    plot = frame.plot(across, upwards, height=page.room * 0.62)
    if null is not None and low <= null <= high:
        plot.vertical(null, stroke=INK, dash=DASHED)
    _histogram(plot, cloud, cloud.bins, SHADE, SOFT_INK)
    if any(cloud.inside_bins):
        _histogram(plot, cloud, cloud.inside_bins, "none", ACCENT)
    plot.items += _points(plot, cloud)
    frame.close(plot)
    if chosen:
        frame.legend(
            [Entry(_dot(ACCENT), f"Subsets with {chosen}"), Entry(_dot(OTHER), f"Subsets without {chosen}")]
        )
    frame.notes(notes)
    return frame.figure(desc)


def _points(plot: Plot, cloud: Cloud) -> list[Item]:
    """Those without the chosen study first, so that the others lie over them."""
    inside = cloud.inside or [False] * len(cloud.estimates)
    colours = {True: ACCENT, False: OTHER if cloud.inside else POINT}
    order = sorted(range(len(cloud.estimates)), key=lambda i: (inside[i], i))
    return [
        Circle(
            x=plot.x(cloud.estimates[i]), y=plot.y(cloud.i2[i]), radius=RADIUS, fill=colours[bool(inside[i])]
        )
        for i in order
    ]


def _histogram(plot: Plot, cloud: Cloud, bins: Sequence[int], fill: str, stroke: str) -> None:
    """Steps over the region of I², all drawn to the scale of the histogram of all subsets."""
    tallest = max(cloud.bins)
    width = (cloud.high - cloud.low) / len(bins)
    points = [(plot.x(cloud.low), plot.y(BASE))]
    for i, count in enumerate(bins):
        y = plot.y(BASE + (TOP - BASE) * count / tallest)
        points += [(plot.x(cloud.low + i * width), y), (plot.x(cloud.low + (i + 1) * width), y)]
    points.append((plot.x(cloud.high), plot.y(BASE)))
    plot.behind.append(Polygon(points=tuple(points), fill=fill, stroke=stroke))


def _dot(fill: str):
    return lambda x, y: [Circle(x=x, y=y, radius=3, fill=fill)]
