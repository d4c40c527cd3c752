"""The drapery plot: the p value of every value the effect might have (Rücker & Schwarzer 2021, 10.1002/jrsm.1410).

A curve stands where a two-sided test of that value would give that p value: the pooled curve at p = 0.05 is as wide
as the 95% confidence interval.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import NormalDist

from analysis.figures.axis import number, plot_range
from analysis.figures.plot_frame import (
    DOTTED,
    PLAIN,
    SHADE,
    AxisOf,
    Entry,
    Frame,
    Plot,
    Reading,
    area_sign,
    line_sign,
    spaced,
)
from analysis.figures.plot_settings import DraperySettings
from reviews.figures.layout import INK, SOFT_INK, Figure, Group, LayoutError, Text
from reviews.figures.metrics import DESCENT, ellipsis, text_width

AS_AT_FIRST = DraperySettings()
STUDY = "#8fa3b8"
MANY = "#bccad8"
#: p values that get a tick, and a line where the interval of that level can be read off.
TICKS = (1.0, 0.5, 0.3, 0.2, 0.1, 0.05, 0.01, 0.001, 0.0001)
LINES = (0.1, 0.05, 0.01, 0.001)


@dataclass(frozen=True, kw_only=True)
class Curve:
    """The two ends at each p value of the figure; both are the middle at p = 1."""

    label: str
    low: Sequence[float]
    high: Sequence[float]
    href: str = ""


def drapery(
    p: Sequence[float],
    pooled: Curve,
    studies: Sequence[Curve],
    *,
    measure_label: str,
    prediction: Curve | None = None,
    null: float | None = 0.0,
    reading: Reading = PLAIN,
    look: DraperySettings = AS_AT_FIRST,
    notes: Sequence[str] = (),
    title: str = "Drapery plot",
    figure_id: str = "drapery",
) -> Figure:
    """`p` falls from 1; curves are given at each. Raises `LayoutError` where a curve has another length."""
    drawn = [pooled, *studies, *([prediction] if prediction else [])]
    for curve in drawn:
        if not (len(curve.low) == len(curve.high) == len(p) >= 2):
            raise LayoutError(f"The curve of '{curve.label}' does not have a place for each p value.")
    page = look.page
    frame = Frame(figure_id, title, page)
    place = _scales()[look.scale]
    marks = sorted((place(one), _short(one)) for one in TICKS if one >= min(p) * 0.999)
    levels = [place(one) for one in p]
    y_axis = AxisOf(*_reach(levels, look), "P value", marks=marks)
    shown = spaced(y_axis, page.tall, lambda text: page.small * 1.4)
    beside = max(text_width(_level(float(text)), page.small) for _, text in shown)
    plot = frame.plot(
        AxisOf(*_stretch(pooled, studies, prediction, p, null, look), measure_label, reading),
        y_axis,
        height=page.tall,
        right=beside + page.small * 1.2 + page.line,
        grid=False,
    )
    if prediction and look.prediction:
        plot.area(_points(prediction.low, levels), _points(prediction.high, levels), SHADE)
    for one in LINES:
        plot.horizontal(place(one), stroke=SOFT_INK, width=0.6, dash=DOTTED)
    if null is not None:
        plot.vertical(null, stroke=SOFT_INK, width=1)
    if look.studies:
        colour, thin = (STUDY, 0.9) if len(studies) <= 60 else (MANY, 0.5)
        for i, study in enumerate(studies, 1):
            begin = len(plot.behind)
            for side in (study.low, study.high):
                plot.curve(_points(side, levels), stroke=colour, width=thin)
            curves, plot.behind[begin:] = tuple(plot.behind[begin:]), []
            group = Group(items=curves, id=f"{figure_id}-curve-{i}", href=study.href, label=study.label)
            plot.behind.append(group)
    for side in (pooled.low, pooled.high):
        plot.curve(_points(side, levels), stroke=INK, width=2.4)
    frame.close(plot)
    _levels(frame, plot, [(plot.y(value), float(text)) for value, text in shown])
    frame.legend(_legend(look, prediction is not None, page.small))
    frame.notes(notes)
    return frame.figure(_told(p, pooled, studies, measure_label, reading))


def _scales() -> dict[str, Callable[[float], float]]:
    """Where a p value stands: on the z scale its normal quantile, so that curves of studies are straight."""
    normal = NormalDist()
    return {"z": lambda p: normal.inv_cdf(p / 2), "p": lambda p: p}


def _reach(levels: Sequence[float], look: DraperySettings) -> tuple[float, float]:
    return (min(levels), max(levels)) if look.scale == "z" else (0.0, 1.03)


def _stretch(
    pooled: Curve,
    studies: Sequence[Curve],
    prediction: Curve | None,
    p: Sequence[float],
    null: float | None,
    look: DraperySettings,
) -> tuple[float, float]:
    """As a forest plot shows them: middles, and the ends at p = 0.05 as far as one typical width beyond."""
    at = min(range(len(p)), key=lambda i: abs(math.log(p[i] / 0.05)))
    shown = [*studies, pooled] if look.studies else [pooled]
    middles = [curve.low[0] for curve in shown]
    also = [(prediction.low[at], prediction.high[at])] if prediction and look.prediction else []
    ends = [(curve.low[at], curve.high[at]) for curve in shown]
    if not all(math.isfinite(value) for pair in (*ends, *also) for value in pair):
        raise LayoutError("A curve of the drapery plot has a value that is not a number.")
    return plot_range(middles, ends, null, also=also, side=0.05)


def _points(side: Sequence[float], levels: Sequence[float]) -> list[tuple[float, float]]:
    return list(zip(side, levels, strict=True))


def _levels(frame: Frame, plot: Plot, marks: Sequence[tuple[float, float]]) -> None:
    """The same places as levels of confidence, on the right."""
    page, box = frame.page, plot.box
    size, x = page.small, box.right + page.small * 0.6
    for y, p in marks:
        if p < 1:
            frame.items.append(Text(x=x, y=y + size * 0.344, text=_level(p), size=size, fill=SOFT_INK))
    label = ellipsis("Confidence level", page.size, box.bottom - box.top)
    at, middle = page.width - page.margin - page.size * DESCENT, (box.top + box.bottom) / 2
    words = Text(x=at, y=middle, text=label, size=page.size, anchor="middle", rotate=270, fill=SOFT_INK)
    frame.items.append(words)


def _level(p: float) -> str:
    return f"{100 * (1 - p):.4g}%"


def _short(p: float) -> str:
    return f"{p:g}" if p >= 0.001 else f"{p:.4f}"


def _legend(look: DraperySettings, predicted: bool, size: float) -> list[Entry]:
    entries = [Entry(line_sign(INK, width=2.4, size=size), "Pooled effect")]
    if look.studies:
        entries.append(Entry(line_sign(STUDY, size=size), "Single study"))
    if predicted and look.prediction:
        entries.append(Entry(area_sign(SHADE, size=size), "Prediction interval"))
    return entries


def _told(
    p: Sequence[float], pooled: Curve, studies: Sequence[Curve], measure_label: str, reading: Reading
) -> str:
    found = []
    for one in (0.1, 0.05, 0.01):
        i = min(range(len(p)), key=lambda i: abs(math.log(p[i] / one)))
        found.append(f"p = {number(p[i], 3)}: {reading.interval(pooled.low[i], pooled.high[i])}")
    return (
        f"{measure_label}: p value curves of {len(studies)} studies and of the pooled effect "
        f"{reading.text(pooled.low[0])}. Where the pooled curve stands: {'; '.join(found)}."
    )
