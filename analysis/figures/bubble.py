"""The bubble plot of a meta-regression: effects against a moderator, with what the regression predicts."""

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
    spread,
)
from analysis.figures.plot_settings import BubbleSettings
from analysis.figures.scatter import Mark, areas, notable, scatter, want_of_room
from analysis.figures.symbols import BUBBLE
from reviews.figures.layout import INK, SOFT_INK, Figure, LayoutError, Point

AS_AT_FIRST = BubbleSettings()
#: How far the bubbles of one category are spread, as a part of the distance between categories.
JITTER = 0.5


@dataclass(frozen=True, kw_only=True)
class Bubble:
    """A study at a moderator's value (a number, or a category by its name)."""

    label: str
    x: float | str
    y: float
    weight: float | None = None
    href: str = ""


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """What the regression predicts at a value, with its intervals."""

    x: float | str
    estimate: float
    ci_low: float
    ci_high: float
    pi_low: float | None = None
    pi_high: float | None = None


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One moderator: its bubbles, and its line (numbers, by rising x) or its categories in order."""

    name: str
    bubbles: Sequence[Bubble]
    line: Sequence[Prediction]
    is_number: bool = True
    notes: Sequence[str] = ()


def bubble_plot(
    panels: Sequence[Panel],
    *,
    measure_label: str,
    null: float | None = 0.0,
    level: float = 95,
    reading: Reading = PLAIN,
    look: BubbleSettings = AS_AT_FIRST,
    title: str = "Meta-regression",
    figure_id: str = "bubble",
) -> Figure:
    """A panel for each moderator, one below the other. Raises `LayoutError` where there is nothing to draw."""
    if not panels or not any(panel.bubbles for panel in panels):
        raise LayoutError("There is no study with a value of this moderator.")
    page = look.page
    frame = Frame(figure_id, title, page)
    left_out = 0
    for i, panel in enumerate(panel for panel in panels if panel.bubbles):
        name = figure_id if i == 0 else f"{figure_id}-{i + 1}"
        y = AxisOf(*_reach(panel, null, look), measure_label, reading)
        x, numbered = _across(panel, page)
        frame.y += page.size if i else 0.0
        plot = frame.plot(x, y, height=page.tall * (1 if len(panels) == 1 else 0.75))
        if null is not None:
            plot.horizontal(null, stroke=SOFT_INK, width=0.8)
        lines = _numbers(plot, panel, look) if panel.is_number else _categories(plot, panel, look)
        left_out += scatter(plot, _marks(panel, look, reading, page.size), page=page, figure_id=name)
        for line in lines:  # over the circles, which may be many
            plot.curve(line, stroke=INK, width=1.6, behind=False)
        frame.close(plot)
        frame.notes([*numbered, *panel.notes])
    frame.legend(_legend(look, level, panels, page))
    weighted = any(bubble.weight is not None for panel in panels for bubble in panel.bubbles)
    areas_of = ["The area of a circle stands for the weight in the regression."] if weighted else []
    frame.notes([*areas_of, *want_of_room(left_out)])
    return frame.figure(" ".join(_told(panel, measure_label, reading) for panel in panels if panel.bubbles))


def _reach(panel: Panel, null: float | None, look: BubbleSettings) -> tuple[float, float]:
    """All effects and lines; intervals only as far as they lie within the width of that beyond it."""
    values = [bubble.y for bubble in panel.bubbles] + [one.estimate for one in panel.line]
    if null is not None:
        values.append(null)
    low, high = spread(values, part=0.0)
    room = (high - low) * 0.75
    ends = [end for one in panel.line for end in _ends(one, look)]
    low = max(min([low, *ends]), low - room)
    high = min(max([high, *ends]), high + room)
    return spread([low, high], part=0.05)


def _ends(one: Prediction, look: BubbleSettings) -> list[float]:
    ends = [one.ci_low, one.ci_high] if look.interval else []
    return ends + [end for end in (one.pi_low, one.pi_high) if look.prediction and end is not None]


def _across(panel: Panel, page: Page) -> tuple[AxisOf, list[str]]:
    """The axis of a moderator, and notes: where categories are too many to be named below it, they get numbers."""
    if panel.is_number:
        values = [float(one.x) for one in panel.bubbles] + [float(one.x) for one in panel.line]
        return AxisOf(*spread(values, part=0.05), panel.name), []
    places = _places(panel)
    narrow = page.room * 0.85 / len(places) < 5 * page.small
    marks = [(place, f"{place + 1:g}" if narrow else name) for name, place in places.items()]
    told = "; ".join(f"{place + 1:g}: {name}" for name, place in places.items())
    axis = AxisOf(-0.6, len(places) - 0.4, panel.name, marks=marks, categories=True)
    return axis, [f"{told}."] if narrow else []


def _places(panel: Panel) -> dict[str, float]:
    names = dict.fromkeys([str(one.x) for one in panel.line] + [str(one.x) for one in panel.bubbles])
    return {name: float(i) for i, name in enumerate(names)}


def _numbers(plot: Plot, panel: Panel, look: BubbleSettings) -> list[list[Point]]:
    """The intervals of the regression; returns its line."""
    line = [(float(one.x), one) for one in panel.line]
    if look.interval and line:
        low = [(x, one.ci_low) for x, one in line]
        plot.area(low, [(x, one.ci_high) for x, one in line], SHADE)
    if look.prediction:
        for ends in ("pi_low", "pi_high"):
            curve = [(x, getattr(one, ends)) for x, one in line if getattr(one, ends) is not None]
            plot.curve(curve, stroke=SOFT_INK, dash=DASHED)
    return [[(x, one.estimate) for x, one in line]]


def _categories(plot: Plot, panel: Panel, look: BubbleSettings) -> list[list[Point]]:
    """The intervals of what is predicted for each category; returns a line for each."""
    places, lines = _places(panel), []
    for one in panel.line:
        x = places[str(one.x)]
        left, right = x - 0.32, x + 0.32
        if look.interval:
            plot.area(
                [(left, one.ci_low), (right, one.ci_low)], [(left, one.ci_high), (right, one.ci_high)], SHADE
            )
        if look.prediction and one.pi_low is not None and one.pi_high is not None:
            for end in (one.pi_low, one.pi_high):
                plot.curve([(left, end), (right, end)], stroke=SOFT_INK, dash=DASHED)
        lines.append([(left, one.estimate), (right, one.estimate)])
    return lines


def _marks(panel: Panel, look: BubbleSettings, reading: Reading, size: float) -> list[Mark]:
    radii = areas([bubble.weight for bubble in panel.bubbles], size)
    ranks = _ranks(panel, look)
    xs = [float(one.x) for one in panel.bubbles] if panel.is_number else _side_by_side(panel)
    return [
        Mark(
            x,
            bubble.y,
            radius,
            f"{bubble.label}: {reading.text(bubble.y)} at {f'{bubble.x:g}' if panel.is_number else bubble.x}",
            label=bubble.label,
            rank=rank,
            style=BUBBLE,
            href=bubble.href,
        )
        for bubble, x, radius, rank in zip(panel.bubbles, xs, radii, ranks, strict=True)
    ]


def _side_by_side(panel: Panel) -> list[float]:
    """The bubbles of a category beside one another in the order of the studies, so that none hides another."""
    places = _places(panel)
    counts = {name: sum(str(one.x) == name for one in panel.bubbles) for name in places}
    seen = dict.fromkeys(places, 0)
    found = []
    for bubble in panel.bubbles:
        name = str(bubble.x)
        part = (seen[name] + 0.5) / counts[name] - 0.5
        found.append(places[name] + JITTER * part)
        seen[name] += 1
    return found


def _ranks(panel: Panel, look: BubbleSettings) -> list[float | None]:
    """The names of the heaviest studies go first."""
    ranks = [bubble.weight or 0.0 for bubble in panel.bubbles]
    if look.names == "all":
        return list(ranks)
    return notable(ranks) if look.names == "notable" else [None] * len(ranks)


def _legend(look: BubbleSettings, level: float, panels: Sequence[Panel], page: Page) -> list[Entry]:
    entries = [Entry(line_sign(INK, width=1.6, size=page.small), "Regression")]
    if look.interval:
        entries.append(Entry(area_sign(SHADE, size=page.small), f"{level:g}% confidence interval"))
    if look.prediction and any(one.pi_low is not None for panel in panels for one in panel.line):
        sign = line_sign(SOFT_INK, dash=DASHED, size=page.small)
        entries.append(Entry(sign, f"{level:g}% prediction interval"))
    return entries


def _told(panel: Panel, measure_label: str, reading: Reading) -> str:
    start = f"{measure_label} against {panel.name}, {len(panel.bubbles)} studies."
    if not panel.line:
        return start
    if panel.is_number:
        first, last = panel.line[0], panel.line[-1]
        return (
            f"{start} The regression goes from {reading.text(first.estimate)} at {_short(first.x)} to "
            f"{reading.text(last.estimate)} at {_short(last.x)}."
        )
    found = "; ".join(f"{one.x}: {reading.text(one.estimate)}" for one in panel.line)
    return f"{start} {found}."


def _short(value: float | str) -> str:
    return value if isinstance(value, str) else number(value, 0 if math.isclose(value, round(value)) else 2)
