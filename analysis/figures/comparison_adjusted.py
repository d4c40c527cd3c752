"""The comparison-adjusted funnel plot of a network.

Each comparison of a study less what its studies say directly on average, against its standard error (Chaimani and
Salanti 2012, doi 10.1002/jrsm.57); the pseudo confidence limits are ± z·se around 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

from analysis.figures.plot_frame import DASHED, AxisOf, Entry, Frame, Page, line_sign, spread
from analysis.figures.scatter import Mark, scatter
from analysis.figures.symbols import SINGLE, sign, style
from reviews.figures.layout import PAPER, SOFT_INK, Figure, LayoutError

#: With more comparisons than this signs could not be told apart: then all points look alike.
MOST_SIGNS = 16


@dataclass(frozen=True, kw_only=True)
class AdjustedPoint:
    """A comparison of a study: `centred` effect and its standard error."""

    study: str
    comparison: str
    centred: float
    se: float


def comparison_adjusted(
    points: Sequence[AdjustedPoint],
    *,
    axis_label: str,
    level: float = 95,
    title: str = "Comparison-adjusted funnel plot",
    notes: Sequence[str] = (),
    page: Page | None = None,
    figure_id: str = "comparison-adjusted",
) -> Figure:
    """`level` of the pseudo confidence limits in percent. Raises `LayoutError` without points."""
    if not points:
        raise LayoutError("There is no comparison to draw.")
    page = page or Page()
    frame = Frame(figure_id, title, page)
    z = NormalDist().inv_cdf(0.5 + level / 200)
    largest = max(point.se for point in points) * 1.05
    low, high = spread([point.centred for point in points] + [-z * largest, z * largest])
    reach = max(-low, high)
    plot = frame.plot(
        AxisOf(-reach, reach, axis_label),
        AxisOf(0.0, largest, "Standard error"),
        height=min(page.width * 0.62, 420 * page.size / 12),
        down=True,
    )
    plot.vertical(0.0, stroke=SOFT_INK)
    for side in (-1, 1):
        plot.curve([(0.0, 0.0), (side * z * largest, largest)], stroke=SOFT_INK, dash=DASHED)
    names = list(dict.fromkeys(point.comparison for point in points))
    plain = len(names) > MOST_SIGNS
    looks = {name: (*SINGLE, PAPER) if plain else style(i) for i, name in enumerate(names)}
    marks = [
        Mark(
            point.centred,
            point.se,
            page.size * 0.36,
            f"{point.study}, {point.comparison}",
            style=looks[point.comparison],
        )
        for point in points
    ]
    scatter(plot, marks, page=page, figure_id=figure_id)
    frame.close(plot)
    signs = [] if plain else [Entry(sign(*looks[name], page.size), name) for name in names]
    limits = Entry(line_sign(SOFT_INK, dash=DASHED), f"{level:g}% limits without heterogeneity")
    frame.legend([*signs, limits])
    frame.notes(notes)
    return frame.figure(
        f"{len(points)} comparisons of {len(names)} kinds. {axis_label} against the standard error."
    )
