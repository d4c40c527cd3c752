"""The Galbraith (radial) plot: standardised effects against precision (10.1002/sim.4780070807).

A study's effect is the slope of the line from the origin through its point; an arc on the right says which slope is
which effect. The pooled effect is a line, and 95% of the points should lie within two standard errors of it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from analysis.figures.axis import number
from analysis.figures.plot_frame import (
    DASHED,
    PLAIN,
    SHADE,
    AxisOf,
    Entry,
    Frame,
    Page,
    Plot,
    Reading,
    area_sign,
    line_sign,
)
from analysis.figures.plot_settings import GalbraithSettings
from analysis.figures.scatter import Mark, scatter, want_of_room
from reviews.figures.layout import INK, SOFT_INK, Figure, LayoutError, Line, Point, Polyline, Text
from reviews.figures.metrics import Bounds, bounds, text_width

AS_AT_FIRST = GalbraithSettings()


@dataclass(frozen=True, kw_only=True)
class RadialPoint:
    """A study: x = 1/sqrt(v + tau²), y = effect/sqrt(v + tau²)."""

    label: str
    x: float
    y: float
    href: str = ""


@dataclass(frozen=True, kw_only=True)
class Slope:
    """The pooled effect with its interval; `margin`: the quantile that makes the band around the line."""

    estimate: float
    ci_low: float
    ci_high: float
    margin: float
    level: float = 95


def galbraith(
    points: Sequence[RadialPoint],
    slope: Slope,
    *,
    measure_label: str,
    with_tau2: bool = False,
    reading: Reading = PLAIN,
    look: GalbraithSettings = AS_AT_FIRST,
    notes: Sequence[str] = (),
    title: str = "Galbraith plot",
    figure_id: str = "galbraith",
) -> Figure:
    """`with_tau2`: whether the variance between studies is part of each precision, which the axes then say.

    Raises `LayoutError` without a point, or where one is not a number.
    """
    if not points:
        raise LayoutError("There is no study to draw.")
    for point in points:
        if not (math.isfinite(point.x) and math.isfinite(point.y) and point.x > 0):
            raise LayoutError(
                f"'{point.label}' has no place in a Galbraith plot: its precision is not a number."
            )
    page = look.page
    frame = Frame(figure_id, title, page)
    right = _arc_room(reading, slope, points, page) if look.arc else 0.0
    height = page.tall
    width = page.room - right - page.size * 4.2  # what the words of the y axis take is about this
    low, high = _heights(points, slope)
    across = _end(points) * 1.03
    if look.arc:
        low, high, across = _with_arc(points, slope, (low, high), width, height)
    spread = "√(variance + τ²)" if with_tau2 else "standard error"
    effect = f"log {measure_label.lower()}" if reading.log else measure_label
    plot = frame.plot(
        AxisOf(0.0, across, f"Precision (1 / {spread})"),
        AxisOf(low, high, f"{effect} / {spread}"),
        height=height,
        right=right,
        grid=not look.arc,
    )
    _line(plot, slope, _end(points) if look.arc else across)
    taken = _arc(frame, plot, points, slope, reading, page) if look.arc else []
    radius = page.size * (0.34 if len(points) <= 100 else 0.25)
    away = [abs(point.y - slope.estimate * point.x) for point in points]
    chosen = {"all": 0.0, "notable": slope.margin, "none": math.inf}[look.names]
    marks = [
        Mark(
            point.x,
            point.y,
            radius,
            f"{point.label}: {reading.text(point.y / point.x)}, {number(far)} standard errors from the pooled effect",
            label=point.label,
            rank=far if far >= chosen else None,
            href=point.href,
        )
        for point, far in zip(points, away, strict=True)
    ]
    left_out = scatter(plot, marks, page=page, figure_id=figure_id, taken=taken)
    frame.close(plot, border=not look.arc)
    if look.arc:
        _left_side(frame, plot)
    frame.legend(
        [
            Entry(line_sign(INK, width=1.5, size=page.small), "Pooled effect"),
            Entry(area_sign(SHADE, size=page.small), f"Within {number(slope.margin)} standard errors of it"),
        ]
    )
    frame.notes([*notes, *want_of_room(left_out)])
    outside = [point.label for point, far in zip(points, away, strict=True) if far > slope.margin]
    named = f": {', '.join(outside[:10])}" if outside else ""
    return frame.figure(
        f"{len(points)} studies around {measure_label} {reading.text(slope.estimate)}. {len(outside)} further from "
        f"it than {number(slope.margin)} standard errors{named}."
    )


def _heights(points: Sequence[RadialPoint], slope: Slope) -> tuple[float, float]:
    """The stretch of the y axis: the points, the band at the origin and the line at its end."""
    values = [point.y for point in points] + [-slope.margin, slope.margin]
    end = slope.estimate * _end(points)
    values += [end - slope.margin, end + slope.margin]
    low, high = min(values), max(values)
    return low - 0.05 * (high - low), high + 0.05 * (high - low)


def _end(points: Sequence[RadialPoint]) -> float:
    """Where the line of the pooled effect and its band end: just right of the most precise study."""
    return max(point.x for point in points) * 1.03


def _across(points: Sequence[RadialPoint], slope: Slope, per_pixel: float, width: float) -> float:
    """How far the x axis goes, so that points and band lie within the arc around the origin at its end."""
    inner, end = width / 1.04, _end(points)
    corners = [(end, slope.estimate * end + side * slope.margin) for side in (-1, 1)]
    scales = []
    for x, y in [(point.x, point.y) for point in points] + corners:
        up = y / per_pixel
        scales.append(math.sqrt(max(inner**2 - up**2, (0.3 * inner) ** 2)) / x)
    return width / min(scales)


def _with_arc(
    points: Sequence[RadialPoint],
    slope: Slope,
    heights: tuple[float, float],
    width: float,
    height: float,
) -> tuple[float, float, float]:
    """(low, high, end of the x axis): the y axis is pressed together until the arc shows every study's effect, but
    not below four tenths, where points would crowd."""
    low, high = heights
    smallest, largest = _effects(points, slope)
    for part in (1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4):
        per_unit = part * height / (high - low)  # pixels
        across = _across(points, slope, 1 / per_unit, width)
        turn = per_unit / (width / across)
        up, down = (width * math.sin(math.atan(turn * effect)) + 8 for effect in (largest, -smallest))
        more_up, more_down = max(up - high * per_unit, 0.0), max(down + low * per_unit, 0.0)
        spare = height - (high - low) * per_unit
        if more_up + more_down <= spare:
            break
    wanted = more_up + more_down
    share = min(1.0, spare / wanted) if wanted else 0.0
    rest = (spare - share * wanted) / 2
    return (
        low - (share * more_down + rest) / per_unit,
        high + (share * more_up + rest) / per_unit,
        across,
    )


def _line(plot: Plot, slope: Slope, across: float) -> None:
    low, high = (
        [(0.0, side * slope.margin), (across, slope.estimate * across + side * slope.margin)]
        for side in (-1, 1)
    )
    steps = [i / 40 for i in range(41)]
    band = [[(x * across, one[0][1] + (one[1][1] - one[0][1]) * x) for x in steps] for one in (low, high)]
    plot.area(band[0], band[1], SHADE)
    plot.curve([(0.0, 0.0), (across, slope.estimate * across)], stroke=INK, width=1.5)
    for one in (low, high):
        plot.curve(one, stroke=SOFT_INK, width=0.8, dash=DASHED)


def _arc_room(reading: Reading, slope: Slope, points: Sequence[RadialPoint], page: Page) -> float:
    low, high = _effects(points, slope)
    widest = max(text_width(text, page.small) for _, text in reading.marks(low, high, 7) or [(0, "")])
    return widest + page.small * 1.6


def _effects(points: Sequence[RadialPoint], slope: Slope) -> tuple[float, float]:
    """The effects that the arc shows: those of the studies and the interval of the pooled one."""
    values = [point.y / point.x for point in points] + [slope.ci_low, slope.ci_high]
    low, high = min(values), max(values)
    return (low, high) if low < high else (low - 1, high + 1)


def _arc(
    frame: Frame, plot: Plot, points: Sequence[RadialPoint], slope: Slope, reading: Reading, page: Page
) -> list[Bounds]:
    """The scale of the effects on a circle around the origin, with the interval of the pooled effect drawn bold.

    Returns where names may not stand.
    """
    box, size = plot.box, page.small
    radius = box.right - box.left
    low, high = _effects(points, slope)

    def at(effect: float, reach: float = radius) -> Point:
        up = effect * (plot.y(0.0) - plot.y(1.0)) / (plot.x(1.0) - plot.x(0.0))
        angle = math.atan(up)
        return box.left + reach * math.cos(angle), plot.y(0.0) - reach * math.sin(angle)

    within = [e for i in range(121) if box.top <= at(e := low + (high - low) * i / 120)[1] <= box.bottom]
    if len(within) < 2:
        return []
    plot.items.append(Polyline(points=tuple(at(e) for e in within), stroke=SOFT_INK))
    sure = [slope.ci_low + (slope.ci_high - slope.ci_low) * i / 40 for i in range(41)]
    bold = tuple(at(e) for e in sure if box.top <= at(e)[1] <= box.bottom)
    if len(bold) > 1:
        plot.items.append(Polyline(points=bold, stroke=INK, width=3.2))
    placed: list[Bounds] = []
    for effect, text in reading.marks(within[0], within[-1], 9):
        (x1, y1), (x2, y2) = at(effect), at(effect, radius + size * 0.4)
        words = Text(x=x2 + size * 0.3, y=y2 + size * 0.344, text=text, size=size)
        area = bounds(words)
        if area.left < box.left + 3 * size:  # an effect so large that the arc ends at the y axis
            continue
        if any(area.overlaps(other, -1.0) for other in placed) or not area.inside(page.width, box.bottom):
            continue
        placed.append(area)
        frame.items += [Line(x1=x1, y1=y1, x2=x2, y2=y2, stroke=SOFT_INK), words]
    return placed + [Bounds(x - 2, y - 2, x + 2, y + 2) for x, y in map(at, within)]


def _left_side(frame: Frame, plot: Plot) -> None:
    """The axes as lines; there is no border where an arc stands."""
    box = plot.box
    frame.items += [
        Line(x1=box.left, y1=box.top, x2=box.left, y2=box.bottom, stroke=SOFT_INK),
        Line(x1=box.left, y1=box.bottom, x2=box.right, y2=box.bottom, stroke=SOFT_INK),
    ]
