"""The specification curve: all results in order of the effect, and below each the choices that made it. No Django.

Simonsohn, Simmons & Nelson 2020, doi 10.1038/s41562-020-0912-z.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from analysis.figures.axis import plot_range
from analysis.figures.plot_frame import ACCENT, DASHED, GRID, POINT, AxisOf, Frame, Page, Plot, Reading
from analysis.figures.plot_settings import PlotSettings
from reviews.figures.layout import FAINT, INK, SOFT_INK, Circle, Figure, LayoutError, Line, Rect, Text
from reviews.figures.metrics import Bounds, ellipsis, middle, text_width, wrap

#: As many specifications as have room side by side; of more, every so manyth is drawn.
DRAWN = 300
#: Factors with more levels than this are told of, not drawn.
LEVELS = 14
UNCLEAR = "#a3aeba"


@dataclass(frozen=True)
class Specification:
    """One result; ``levels``: the place of its level in each factor."""

    estimate: float
    ci_low: float
    ci_high: float
    levels: tuple[int, ...]
    planned: bool = False


@dataclass(frozen=True)
class Choice:
    """A factor and its levels in words."""

    label: str
    levels: tuple[str, ...]


def specification_curve(
    specifications: Sequence[Specification],
    choices: Sequence[Choice],
    *,
    title: str,
    label: str,
    desc: str,
    reading: Reading | None = None,
    null: float | None = None,
    notes: Sequence[str] = (),
    look: PlotSettings | None = None,
    figure_id: str = "multiverse",
) -> Figure:
    """Raises LayoutError when there is nothing to draw."""
    if not specifications:
        raise LayoutError("There are no specifications to draw.")
    page, reading = (look or PlotSettings()).page, reading or Reading()
    ordered = sorted(specifications, key=lambda one: (one.estimate, one.ci_low, one.levels))
    shown = thinned(ordered)
    frame = Frame(figure_id, title, page)
    drawn = [(i, one) for i, one in enumerate(choices) if 1 < len(one.levels) <= LEVELS]
    left = _left(drawn, page)
    plot = _curve(frame, shown, left, label, reading, null)
    for place, choice in drawn:
        _rows(frame, plot, shown, place, choice)
    many = [
        f"{one.label}: {len(one.levels)} levels, not drawn." for one in choices if len(one.levels) > LEVELS
    ]
    if len(shown) < len(ordered):
        many.append(f"{len(shown):,} of {len(ordered):,} specifications drawn, evenly spaced in their order.")
    frame.y += page.small * 0.3
    frame.notes([*notes, *many])
    return frame.figure(desc)


def thinned(ordered: Sequence[Specification], most: int = DRAWN) -> list[Specification]:
    """At most so many, evenly spaced, the ends and the planned one among them."""
    if len(ordered) <= most:
        return list(ordered)
    chosen = {round(i * (len(ordered) - 1) / (most - 2)) for i in range(most - 1)}
    chosen |= {i for i, one in enumerate(ordered) if one.planned}
    return [ordered[i] for i in sorted(chosen)]


def _left(drawn: Sequence[tuple[int, Choice]], page: Page) -> float:
    """Where the plot begins: right of the labels, which get 38% of the page at most."""
    words = [text_width(level, page.small) + page.size for _, one in drawn for level in one.levels]
    words += [text_width(one.label, page.small, "bold") for _, one in drawn]
    widest = max([*words, page.size * 6])
    return page.margin + min(widest, page.room * 0.38) + page.size * 0.8


def _curve(
    frame: Frame,
    shown: Sequence[Specification],
    left: float,
    label: str,
    reading: Reading,
    null: float | None,
) -> Plot:
    page = frame.page
    intervals = [(one.ci_low, one.ci_high) for one in shown]
    low, high = plot_range([one.estimate for one in shown], intervals, null, side=0.06)
    height = page.room * 0.36
    top = frame.y + page.size * 0.5
    box = Bounds(left, top, page.width - page.margin, top + height)
    plot = Plot(AxisOf(-0.8, len(shown) - 0.2), AxisOf(low, high, label, reading), box)
    _scale(frame, plot)
    if null is not None:
        plot.horizontal(null, stroke=INK, dash=DASHED)
    width = min(3.0, 0.7 * (box.right - box.left) / len(shown))
    for i, one in enumerate(shown):
        clear = null is not None and not one.ci_low <= null <= one.ci_high
        stroke = POINT if clear else UNCLEAR
        plot.curve([(i, one.ci_low), (i, one.ci_high)], stroke=stroke, width=width)
    for i, one in enumerate(shown):
        radius = 4.0 if one.planned else max(1.0, min(2.0, width))
        plot.items.append(
            Circle(x=plot.x(i), y=plot.y(one.estimate), radius=radius, fill=ACCENT if one.planned else INK)
        )
    frame.close(plot)
    frame.y = box.bottom + page.size * 0.6
    return plot


def _scale(frame: Frame, plot: Plot) -> None:
    """The ticks of the effect left of the curve, and what they are of."""
    page, box = frame.page, plot.box
    marks = plot.y_axis.ticks(6)
    widest = max((text_width(text, page.small) for _, text in marks), default=0.0)
    for value, text in marks:
        y = plot.y(value)
        plot.behind.append(Line(x1=box.left, y1=y, x2=box.right, y2=y, stroke=GRID))
        frame.items.append(Line(x1=box.left - 4, y1=y, x2=box.left, y2=y, stroke=SOFT_INK))
        frame.items.append(
            Text(x=box.left - 7, y=middle(y, page.small), text=text, size=page.small, anchor="end")
        )
    room = box.left - 7 - widest - page.margin - page.size * 0.6
    lines = wrap(plot.y_axis.label, page.size, room, max_lines=4) if room > page.size * 3 else []
    y = (box.top + box.bottom) / 2 - (len(lines) - 1) * page.line / 2
    for i, line in enumerate(lines):
        frame.items.append(
            Text(x=page.margin, y=middle(y + i * page.line, page.size), text=line, size=page.size)
        )


def _rows(frame: Frame, plot: Plot, shown: Sequence[Specification], place: int, choice: Choice) -> None:
    """A factor's heading, and for each of its levels the specifications that took it."""
    page, box = frame.page, plot.box
    row = page.small * 1.4
    room = box.left - page.margin - page.size * 0.8
    frame.y += page.small * 0.3
    heading = ellipsis(choice.label, page.small, room, "bold")
    frame.items.append(
        Text(
            x=page.margin,
            y=middle(frame.y + row / 2, page.small),
            text=heading,
            size=page.small,
            weight="bold",
            title=choice.label if heading != choice.label else "",
        )
    )
    frame.items.append(
        Line(x1=box.left, y1=frame.y + row / 2, x2=box.right, y2=frame.y + row / 2, stroke=FAINT)
    )
    frame.y += row
    for number, level in enumerate(choice.levels):
        words = ellipsis(level, page.small, room - page.size * 0.8)
        frame.items.append(
            Text(
                x=page.margin + page.size * 0.8,
                y=middle(frame.y + row / 2, page.small),
                text=words,
                size=page.small,
                title=level if words != level else "",
            )
        )
        for first, after in _runs([one.levels[place] == number for one in shown]):
            left, right = plot.x(first - 0.35), plot.x(after - 1 + 0.35)
            frame.items.append(
                Rect(
                    x=left,
                    y=frame.y + row * 0.25,
                    width=right - left,
                    height=row * 0.5,
                    fill=ACCENT if after - first == 1 and shown[first].planned else SOFT_INK,
                )
            )
        frame.y += row


def _runs(held: Sequence[bool]) -> list[tuple[int, int]]:
    """Stretches that hold, as (first, after the last)."""
    runs, place = [], 0
    for holds, group in groupby(held):
        length = len(list(group))
        if holds:
            runs.append((place, place + length))
        place += length
    return runs
