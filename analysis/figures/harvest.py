"""The harvest plot: a bar for each study in the column of its direction, higher where more people were.

After Ogilvie et al. 2008 (doi 10.1186/1471-2288-8-8). Bars carry the number of their study in the list below.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, sqrt

from analysis.figures.plot_frame import Frame, Page
from appraisal.figures import Level
from reviews.figures.layout import (
    FAINT,
    INK,
    PAPER,
    SOFT_INK,
    Figure,
    Group,
    Item,
    LayoutError,
    Line,
    Rect,
    Text,
)
from reviews.figures.metrics import text_width, wrap

BAR = "#2f6296"
TALLEST, LOWEST = 62.0, 10.0
WIDE = 15.0


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A study: `direction` 1, 0 or -1; `people` None where not known; `risk`: key of a level, "" when not judged."""

    label: str
    direction: int
    people: int | None
    group: str = ""
    risk: str = ""


def harvest(
    bars: Sequence[Bar],
    *,
    sides: tuple[str, str],
    title: str = "Harvest plot",
    risk_levels: Mapping[str, Level] | None = None,
    notes: Sequence[str] = (),
    page: Page | None = None,
    figure_id: str = "harvest",
) -> Figure:
    """Columns: favours `sides[1]`, neither, favours `sides[0]`; a band for each group. With `risk_levels` bars have
    the colour of their judgement. Raises `LayoutError` without bars."""
    if not bars:
        raise LayoutError("A harvest plot needs a study with a direction.")
    page = page or Page()
    frame = Frame(figure_id, title, page)
    scale = page.size / 12
    column = page.room / 3
    numbers = {id(bar): number for number, bar in enumerate(bars, 1)}
    headings = [f"favours {sides[1]}", "neither", f"favours {sides[0]}"]
    _headings(frame, headings, column, page)
    most = max((bar.people or 0 for bar in bars), default=0) or 1
    for group in dict.fromkeys(bar.group for bar in bars):
        if group:
            frame.words(group, weight="bold")
        own = [bar for bar in bars if bar.group == group]
        _band(frame, own, numbers, column, most, scale, page, risk_levels, figure_id)
    listed = "; ".join(f"{numbers[id(bar)]} {bar.label}" for bar in bars)
    colours = _colours(bars, risk_levels)
    frame.notes(
        [
            f"Height by the root of the number of people, at most {most:,}; pale: not known.",
            *colours,
            *notes,
            f"Studies: {listed}.",
        ]
    )
    return frame.figure(_desc(bars, sides))


def _headings(frame: Frame, headings: Sequence[str], column: float, page: Page) -> None:
    wrapped = [wrap(text, page.size, column - page.size, "bold", max_lines=3) for text in headings]
    deepest = max(len(lines) for lines in wrapped)
    for i, lines in enumerate(wrapped):
        x = page.margin + (i + 0.5) * column
        for k, line in enumerate(lines):
            y = frame.y + page.line * (k + 1 + deepest - len(lines))
            frame.items.append(Text(x=x, y=y, text=line, size=page.size, weight="bold", anchor="middle"))
    frame.y += page.line * deepest + page.size * 0.6


def _band(
    frame: Frame,
    bars: Sequence[Bar],
    numbers: Mapping[int, int],
    column: float,
    most: int,
    scale: float,
    page: Page,
    levels: Mapping[str, Level] | None,
    figure_id: str,
) -> None:
    """The bars of one group: as many lines of bars as the fullest column needs."""
    widest = text_width(str(max(numbers.values())), page.small * 0.85)
    step = max(WIDE * scale, widest + 3)
    each = max(1, int((column - page.size) // step))
    line_height = TALLEST * scale + page.small * 1.5
    columns = [[bar for bar in bars if bar.direction == way] for way in (-1, 0, 1)]
    lines = max(1, *(ceil(len(own) / each) for own in columns))
    top = frame.y
    for i, own in enumerate(columns):
        for k, bar in enumerate(own):
            row, place = divmod(k, each)
            base = top + (row + 1) * line_height - page.small * 1.2
            count = min(each, len(own) - row * each)
            x = page.margin + (i + 0.5) * column + (place - (count - 1) / 2) * step
            frame.items.append(
                _bar(bar, numbers[id(bar)], x, base, step, most, scale, page, levels, figure_id)
            )
    frame.y = top + lines * line_height
    for i in range(4):
        x = page.margin + i * column
        frame.items.append(Line(x1=x, y1=top, x2=x, y2=frame.y, stroke=FAINT))
    right = page.margin + 3 * column
    frame.items.append(Line(x1=page.margin, y1=frame.y, x2=right, y2=frame.y, stroke=SOFT_INK))
    frame.y += page.size * 0.4


def _bar(
    bar: Bar,
    number: int,
    x: float,
    base: float,
    step: float,
    most: int,
    scale: float,
    page: Page,
    levels: Mapping[str, Level] | None,
    figure_id: str,
) -> Item:
    height = max(LOWEST, TALLEST * sqrt((bar.people or 0) / most)) * scale
    fill = levels[bar.risk].fill if levels and bar.risk in levels else BAR if bar.people else FAINT
    width = step - 3
    people = "people not known" if bar.people is None else f"{bar.people:,} people"
    shape = Rect(
        x=x - width / 2,
        y=base - height,
        width=width,
        height=height,
        fill=fill if fill != PAPER else FAINT,
        stroke=SOFT_INK,
        stroke_width=0.5,
        title=f"{bar.label}: {people}",
    )
    small = page.small * 0.85
    label = Text(x=x, y=base + small, text=str(number), size=small, anchor="middle", fill=INK)
    return Group(items=(shape, label), id=f"{figure_id}-bar-{number}")


def _colours(bars: Sequence[Bar], levels: Mapping[str, Level] | None) -> list[str]:
    """Which bars have which judgement, in words, since a colour never stands alone."""
    if not levels:
        return []
    told = []
    for key, level in levels.items():
        own = [str(i) for i, bar in enumerate(bars, 1) if bar.risk == key]
        if own:
            told.append(f"{level.label}: {', '.join(own)}")
    return [f"Colour by risk of bias. {'; '.join(told)}."] if told else []


def _desc(bars: Sequence[Bar], sides: tuple[str, str]) -> str:
    words = {1: f"favour {sides[0]}", -1: f"favour {sides[1]}", 0: "neither"}
    told = "; ".join(
        f"{words[way]}: {', '.join(own) or 'none'}"
        for way in (1, 0, -1)
        for own in [[bar.label for bar in bars if bar.direction == way]]
    )
    return f"{len(bars)} studies by direction of effect. {told}."
