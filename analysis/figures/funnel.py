"""The funnel plot: effects against how precise they are.

Effects are on the scale of the analysis. The pseudo confidence limits are centre ± z·se; the contours of a
contour-enhanced plot (Peters et al. 2008, doi 10.1016/j.jclinepi.2007.11.010) are null ± z·se, the borders between
levels of significance.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import NormalDist

from analysis.figures.plot_frame import (
    ACCENT,
    DASHED,
    DOTTED,
    PLAIN,
    AxisOf,
    Entry,
    Frame,
    Page,
    Plot,
    Reading,
    area_sign,
    line_sign,
    spread,
)
from analysis.figures.plot_settings import FunnelSettings
from analysis.figures.scatter import Mark, scatter, want_of_room
from analysis.figures.symbols import SINGLE, sign, style
from reviews.figures.layout import INK, PAPER, SOFT_INK, Figure, LayoutError, Rect


@dataclass(frozen=True, kw_only=True)
class FunnelPoint:
    """A study: its effect and standard error, participants where they are known."""

    label: str
    effect: float
    se: float
    n: float | None = None
    group: str = ""
    href: str = ""


@dataclass(frozen=True)
class Precision:
    """What the y axis shows: its words, its value at a standard error, and the way back (None: there is none)."""

    label: str
    value: Callable[[FunnelPoint], float | None]
    se: Callable[[float], float] | None
    down: bool


PRECISIONS = {
    "se": Precision("Standard error", lambda p: p.se, lambda y: y, True),
    "precision": Precision("Precision (1 / standard error)", lambda p: 1 / p.se, lambda y: 1 / y, False),
    "variance": Precision("Sampling variance", lambda p: p.se**2, lambda y: math.sqrt(max(y, 0.0)), True),
    "n": Precision("Participants", lambda p: p.n, None, False),
}
AS_AT_FIRST = FunnelSettings()
#: Shades between the levels of significance, from the outside inwards.
SHADES = ("#eef1f4", "#d3dae2", "#b0bac6", PAPER)
STEPS = 60


def funnel(
    points: Sequence[FunnelPoint],
    *,
    measure_label: str,
    centre: float,
    level: float = 95,
    null: float | None = 0.0,
    filled: Sequence[FunnelPoint] = (),
    adjusted: float | None = None,
    contours: Sequence[float] = (90, 95, 99),
    groups: Sequence[str] = (),
    reading: Reading = PLAIN,
    look: FunnelSettings = AS_AT_FIRST,
    notes: Sequence[str] = (),
    title: str = "Funnel plot",
    figure_id: str = "funnel",
) -> Figure:
    """`filled`: points that trim and fill added, drawn hollow, with `adjusted`, the pooled effect with them.

    `contours`: levels in percent, rising, at most three. `groups`: names in order, each with a sign of its own.
    Studies whose place on the y axis is not known are not drawn, and a note says how many. Raises `LayoutError`
    without any study that can be drawn.
    """
    scale, page = PRECISIONS[look.y], look.page
    shown = _placed(points, scale)
    added = _placed(filled, scale)
    if not shown:
        raise LayoutError(
            f"No study has what the axis '{scale.label}' shows." if points else "There is no study to draw."
        )
    frame = Frame(figure_id, title, page)
    z = NormalDist().inv_cdf(0.5 + level / 200)
    null = null if look.contours else None
    x_axis = _effects([*shown, *added], centre, z, null, measure_label, reading, look)
    y_axis = _precisions([y for _, y in (*shown, *added)], scale)
    contoured = bool(contours and scale.se and null is not None)
    plot = frame.plot(x_axis, y_axis, height=page.tall, down=scale.down, grid=not contoured)
    legend: list[Entry] = []
    if contoured and null is not None:
        legend += _contours(plot, scale, null, contours, page)
    legend = _lines(plot, scale, centre, z, adjusted, level, look, page) + legend
    points_legend, crowded = _points(plot, shown, added, groups, z, centre, look, figure_id, page, reading)
    frame.close(plot)
    frame.legend([*points_legend, *legend])
    lost = len(points) - len(shown)
    told = [*notes]
    if lost:
        told.append(f"Not drawn, because their number of participants is not known: {lost} of {len(points)}.")
    frame.notes([*told, *want_of_room(crowded)])
    return frame.figure(_desc(shown, added, measure_label, scale, centre, level, reading))


def _height(page: Page) -> float:
    return min(page.width * 0.62, 420.0 * page.size / 12)


def _placed(points: Sequence[FunnelPoint], scale: Precision) -> list[tuple[FunnelPoint, float]]:
    for point in points:
        if not (math.isfinite(point.effect) and math.isfinite(point.se) and point.se > 0):
            raise LayoutError(f"'{point.label}' needs an effect and a standard error above 0.")
    values = ((point, scale.value(point)) for point in points)
    return [(point, value) for point, value in values if value is not None]


def _effects(
    placed: Sequence[tuple[FunnelPoint, float]],
    centre: float,
    z: float,
    null: float | None,
    label: str,
    reading: Reading,
    look: FunnelSettings,
) -> AxisOf:
    values = [point.effect for point, _ in placed] + [centre]
    if look.limits and PRECISIONS[look.y].se:
        widest = z * max(point.se for point, _ in placed)
        values += [centre - widest, centre + widest]
    if null is not None:
        values.append(null)
    low, high = spread(values)
    return AxisOf(low, high, label, reading)


def _precisions(values: Sequence[float], scale: Precision) -> AxisOf:
    highest = max(values)
    low = 0.0 if scale.down or scale.se is None else max(0.0, min(values) * 0.9)
    if scale.down or low == 0.0:
        return AxisOf(0.0, highest * 1.05, scale.label)
    return AxisOf(low, highest + (highest - low) * 0.05, scale.label)


def _ladder(plot: Plot, scale: Precision, at: Sequence[float]) -> list[tuple[float, float]]:
    """(value on the y axis, standard error) from end to end, and exactly `at` some standard errors."""
    assert scale.se is not None, "only axes that tell a standard error have limits"
    axis = plot.y_axis
    smallest = (axis.high - axis.low) * 1e-6
    ys = [max(axis.low + (axis.high - axis.low) * i / STEPS, smallest) for i in range(STEPS + 1)]
    # Evenly by standard error too: a variance rises steeply at its beginning.
    largest = scale.se(axis.high if scale.down else max(axis.low, smallest))
    even = [largest * i / STEPS for i in range(1, STEPS)]
    probe = (FunnelPoint(label="", effect=0.0, se=se) for se in (*at, *even) if se > 0)
    ys += [y for p in probe if (y := scale.value(p)) is not None and axis.low < y < axis.high]
    return [(y, scale.se(y)) for y in sorted(ys)]


def _contours(plot: Plot, scale: Precision, null: float, levels: Sequence[float], page: Page) -> list[Entry]:
    """Shades between the borders of significance, the darkest where p is just not below the smallest border."""
    box, axis = plot.box, plot.x_axis
    shades = SHADES[len(SHADES) - 1 - len(levels) :]
    plot.behind.append(
        Rect(x=box.left, y=box.top, width=box.right - box.left, height=box.bottom - box.top, fill=shades[0])
    )
    for level, shade in zip(reversed(levels), shades[1:], strict=True):
        z = NormalDist().inv_cdf(0.5 + level / 200)
        ladder = _ladder(plot, scale, [(null - axis.low) / z, (axis.high - null) / z])
        plot.area([(null - z * se, y) for y, se in ladder], [(null + z * se, y) for y, se in ladder], shade)
    borders = [f"{1 - level / 100:.3g}" for level in levels]
    told = [f"p < {borders[-1]}"]
    told += [f"{small} < p < {large}" for small, large in zip(borders[:0:-1], borders[-2::-1], strict=True)]
    told += [f"p > {borders[0]}"]
    return [Entry(area_sign(shade, size=page.small), text) for shade, text in zip(shades, told, strict=True)]


def _lines(
    plot: Plot,
    scale: Precision,
    centre: float,
    z: float,
    adjusted: float | None,
    level: float,
    look: FunnelSettings,
    page: Page,
) -> list[Entry]:
    plot.vertical(centre, stroke=INK, width=1.1)
    legend = [Entry(line_sign(INK, width=1.1, size=page.small), "Pooled effect")]
    if look.limits and scale.se:
        for side in (-1, 1):
            ladder = _ladder(plot, scale, [])
            plot.curve([(centre + side * z * se, y) for y, se in ladder], stroke=SOFT_INK, dash=DASHED)
        words = f"Pseudo {level:g}% confidence limits"
        legend.append(Entry(line_sign(SOFT_INK, dash=DASHED, size=page.small), words))
    if adjusted is not None:
        plot.vertical(adjusted, stroke=ACCENT, width=1.6, dash=DOTTED)
        words = "Pooled effect with the filled studies"
        legend.append(Entry(line_sign(ACCENT, dash=DOTTED, width=1.6, size=page.small), words))
    return legend


def _points(
    plot: Plot,
    shown: Sequence[tuple[FunnelPoint, float]],
    added: Sequence[tuple[FunnelPoint, float]],
    groups: Sequence[str],
    z: float,
    centre: float,
    look: FunnelSettings,
    figure_id: str,
    page: Page,
    reading: Reading,
) -> tuple[list[Entry], int]:
    radius = page.size * (0.34 if len(shown) + len(added) <= 100 else 0.25)
    styles = {name: style(i) for i, name in enumerate(groups)}
    hollow = ("circle", PAPER, ACCENT)
    filled = [
        Mark(point.effect, y, radius, f"Filled by trim and fill: {reading.text(point.effect)}", style=hollow)
        for point, y in added
    ]
    marks = [
        Mark(
            point.effect,
            y,
            radius,
            f"{point.label}: {reading.text(point.effect)}, standard error {point.se:.3g}",
            label=point.label,
            rank=_rank(point, centre, z, look),
            style=styles.get(point.group, (*SINGLE, PAPER)),
            href=point.href,
        )
        for point, y in shown
    ]
    left_out = scatter(plot, marks, page=page, figure_id=figure_id, under=filled)
    legend = [Entry(sign(*drawn, page.small), name or "no group") for name, drawn in styles.items()]
    if not legend:
        legend = [Entry(sign(*SINGLE, PAPER, page.small), "Study")]
    if added:
        legend.append(Entry(sign(*hollow, page.small), f"Filled by trim and fill ({len(added)})"))
    return legend, left_out


def _rank(point: FunnelPoint, centre: float, z: float, look: FunnelSettings) -> float | None:
    """Which names are placed first: those furthest from the middle; None: no name."""
    away = abs(point.effect - centre) / point.se
    return away if look.names == "all" or (look.names == "notable" and away > z) else None


def _desc(
    shown: Sequence[tuple[FunnelPoint, float]],
    added: Sequence[tuple[FunnelPoint, float]],
    measure_label: str,
    scale: Precision,
    centre: float,
    level: float,
    reading: Reading,
) -> str:
    outside = ""
    if scale.se:
        z = NormalDist().inv_cdf(0.5 + level / 200)
        count = sum(abs(point.effect - centre) > z * point.se for point, _ in shown)
        outside = f" {count} outside the pseudo {level:g}% confidence limits."
    filled = f" Trim and fill adds {len(added)}." if added else ""
    return (
        f"{measure_label} against {scale.label[:1].lower()}{scale.label[1:]}, {len(shown)} studies around "
        f"{reading.text(centre)}.{outside}{filled}"
    )
