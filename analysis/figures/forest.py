"""The forest plot: one row per study, diamonds for pooled effects, an axis below.

Values are on the analysis scale: the logarithm of a ratio, with `log=True`; everything else as it is. Squares
have areas proportional to weight, diamonds their tips at the interval, whiskers beyond the axis end in arrows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from analysis.figures.axis import Axis, number, plot_range, ticks
from analysis.figures.forest_grid import PIXELS_PER_MM, Grid, Wanted, fitted_grid, usual_grid
from analysis.figures.forest_grid import told as told_number
from analysis.figures.forest_rows import Column, Content, ForestRow, ForestSummary, Subgroup
from analysis.figures.forest_sheet import Scales, Sheet
from analysis.figures.forest_style import OURS, Style, heterogeneity_line, p_text
from appraisal.figures import LEVELS, Domain, Level
from reviews.figures.layout import INK, PAPER, Figure, LayoutError
from reviews.figures.metrics import text_width

__all__ = [
    "Column",
    "ForestRow",
    "ForestSummary",
    "Subgroup",
    "arm_columns",
    "forest",
    "forest_pages",
    "heterogeneity_line",
    "p_text",
]
#: Height over width of a page: A4 within its margins; a slide.
PAGE, SLIDE = 1.45, 9 / 16
FAVOURS, NOWHERE = ("Favours therapy", "Favours control"), ("", "")
#: How much of the axis is kept for either side of no effect, so that it can be labelled.
SIDE, SIDE_ABOVE = 0.18, 0.3


def arm_columns(first: str, second: str) -> tuple[Column, ...]:
    """n, mean and SD of two arms: the columns of a continuous outcome."""
    return tuple(
        Column(heading=heading, group=arm) for arm in (first, second) for heading in ("n", "Mean", "SD")
    )


def forest(rows: Sequence[ForestRow], summaries: Sequence[ForestSummary], **choices: Any) -> Figure:
    """Lay out the rows in the order given (within their subgroup), then the summaries, axis and notes, on one page.

    The choices are those of `forest_pages`. Row k has the id `<figure_id>-row-k` and links to its `href`. Raises
    `LayoutError` on numbers that cannot be drawn and on rows that do not fit the columns, domains or subgroups.
    """
    (figure,) = forest_pages(rows, summaries, **choices, page_shape=None)
    return figure


def forest_pages(
    rows: Sequence[ForestRow],
    summaries: Sequence[ForestSummary],
    *,
    measure_label: str,
    beside: str = "",
    null: float | None = 0.0,
    favours: tuple[str, str] | None = None,
    columns: Sequence[Column] = (),
    extras: Sequence[Column] = (),
    title: str = "Forest plot",
    subgroups: Sequence[Subgroup] = (),
    log: bool = False,
    level: float = 95,
    notes: Sequence[str] = (),
    marked_note: str = "Not from arm data: effect and standard error as reported.",
    noun: tuple[str, str] = ("trial", "trials"),
    risk_domains: Sequence[Domain] = (),
    risk_levels: Mapping[str, Level] = LEVELS,
    limits: tuple[float | None, float | None] | None = None,
    marks: Sequence[float] = (),
    digits: int = 2,
    style: Style = OURS,
    kind: str = "",
    weights: bool = True,
    mm: float | None = None,
    points: float | None = None,
    page_shape: float | None = PAGE,
    figure_id: str = "forest",
) -> list[Figure]:
    """The forest plot over as many pages as it needs; every page has the headings and the axis.

    `measure_label` heads the effect column, as 'Hedges g', with `beside` behind it (else what the style has);
    `null` is the value of no effect on the analysis scale (None: no line), `favours` what stands on either side of
    it. `limits` fixes the axis or one end of it, `marks` its ticks. `kind` of data colours squares in some styles.
    `mm` is the width in print (else as wide as it needs to be), `points` the size of the letters, `page_shape` the
    height of a page over its width (None: one page).
    """
    content = Content(rows=rows, summaries=summaries, subgroups=subgroups, columns=columns, extras=extras,
                      domains=risk_domains, levels=_levels(risk_levels, style), weights=weights)  # fmt: skip
    content.check()
    shown: Callable[[float], float] = _ratio if log else float
    heading = (measure_label, beside or style.level.format(level=level))
    side = SIDE_ABOVE if style.directions_above else SIDE
    wanted = Wanted(style=style, effect_heading=heading, limits=_limits(content, null, limits, side),
                    shown=shown, digits=digits)  # fmt: skip
    if mm is None:
        grid = usual_grid(content, wanted, points)
    else:
        grid, content = fitted_grid(content, wanted, mm * PIXELS_PER_MM, points)
    scales = _scales(
        grid, content, null, favours or (FAVOURS if null is not None else NOWHERE), level, log, marks
    )
    sheet = Sheet(grid, content, scales, title=title, figure_id=figure_id, kind=kind,
                  page_height=page_shape and grid.width * page_shape)  # fmt: skip
    _lay(sheet, content, noun, _all_notes(content, notes, marked_note))
    desc = _desc(content, measure_label, level, shown, digits)
    return _figures(sheet, figure_id, title, desc)


def _scales(
    grid: Grid,
    content: Content,
    null: float | None,
    directions: tuple[str, str],
    level: float,
    log: bool,
    marks: Sequence[float],
) -> Scales:
    """The axis; the directions are over the plot where the style wants them there and every word has room."""
    axis, size = grid.axis, grid.letters.small
    pooled = content.summaries[0].effect if content.summaries else None
    found = _marks(axis, log, marks, size)
    scales = Scales(null=null, pooled=pooled, marks=found, directions=directions, level=level)
    if not grid.style.directions_above or (null is not None and not axis.holds(null)):
        return scales
    rooms = grid.rooms_above(scales.middle(axis))
    fits = all(
        text_width(word, size) <= room
        for words, room in zip(directions, rooms, strict=True)
        for word in words.split()
    )
    return replace(scales, above=fits)


def _ratio(value: float) -> float:
    """The ratio of a logarithm; one too large for a float is as large as they get."""
    return math.exp(min(value, 700.0))


def _levels(levels: Mapping[str, Level], style: Style) -> Mapping[str, Level]:
    if style.in_colour:
        return levels
    return {key: replace(level, fill=PAPER, ink=INK) for key, level in levels.items()}


def _lay(sheet: Sheet, content: Content, noun: tuple[str, str], notes: Sequence[str]) -> None:
    for subgroup in content.subgroups:
        _lay_subgroup(sheet, subgroup, [r for r in content.rows if r.subgroup == subgroup.name], noun)
    for row in content.rows if not content.subgroups else ():
        sheet.row(row)
    if content.summaries:
        sheet.rule()
    for summary in content.summaries:
        sheet.summary(summary)
    sheet.axis()
    sheet.footnotes(notes)
    if content.domains:
        sheet.risk_legend()
    sheet.close()


def _lay_subgroup(sheet: Sheet, subgroup: Subgroup, rows: Sequence[ForestRow], noun: tuple[str, str]) -> None:
    unit = sheet.unit
    sheet.line(subgroup.name, bold=True)
    for row in rows:
        sheet.row(row, indent=10 * unit)
    if subgroup.summary and len(rows) > 1:
        sheet.summary(subgroup.summary, subtotal=True, of=subgroup.name)
    else:
        count = f"{len(rows)} {noun[len(rows) != 1]}" if rows else f"No {noun[1]}"
        sheet.line(f"{count}: not pooled" if rows else count, indent=10 * unit)
    sheet.y += 6 * unit


def _all_notes(content: Content, notes: Sequence[str], marked_note: str) -> list[str]:
    marked = [f"† {marked_note}"] if any(row.marked for row in content.rows) else []
    gone = ", ".join(content.left_out)
    return [*notes, *marked, *([f"For want of room this figure leaves out: {gone}."] if gone else [])]


def _limits(
    content: Content,
    null: float | None,
    fixed: tuple[float | None, float | None] | None,
    side: float,
) -> tuple[float, float]:
    points = [item.effect for item in content.drawn]
    pooled = [(one.ci_low, one.ci_high) for one in content.pooled]
    pooled += [one.prediction for one in content.pooled if one.prediction]
    intervals = [(row.ci_low, row.ci_high) for row in content.rows]
    usual = plot_range(points, intervals, null, also=pooled, side=side)
    low, high = (
        given if given is not None else own for given, own in zip(fixed or (None, None), usual, strict=True)
    )
    if not low < high:
        raise LayoutError(f"The axis cannot run from {low:g} to {high:g}.")
    return low, high


def _marks(axis: Axis, log: bool, chosen: Sequence[float], size: float) -> list[tuple[float, str]]:
    """The ticks chosen as far as the axis reaches, else as many as can be labelled without the labels touching."""
    if chosen:
        values = [value for value in chosen if axis.holds(value)]
        return _apart([(value, _mark(math.exp(value) if log else value)) for value in values], axis, size)
    for most in range(7, 1, -1):
        marks = ticks(axis.low, axis.high, log=log, most=most)
        if len(_apart(marks, axis, size)) == len(marks):
            return marks
    return marks[:1]


def _mark(value: float) -> str:
    return number(value, max(0, len(f"{abs(value):.6g}".partition(".")[2])))


def _apart(marks: Sequence[tuple[float, str]], axis: Axis, size: float) -> list[tuple[float, str]]:
    """Ticks without those whose label would touch the one before."""
    kept: list[tuple[float, str]] = []
    for value, text in marks:
        needed = (text_width(kept[-1][1], size) + text_width(text, size)) / 2 + size / 2 if kept else 0.0
        if not kept or axis.x(value) - axis.x(kept[-1][0]) > needed:
            kept.append((value, text))
    return kept


def _figures(sheet: Sheet, figure_id: str, title: str, desc: str) -> list[Figure]:
    count = len(sheet.pages)
    figures = []
    for number_, (items, height) in enumerate(sheet.pages, 1):
        figures.append(
            Figure(
                id=figure_id if number_ == 1 else f"{figure_id}-page-{number_}",
                width=sheet.grid.width,
                height=height,
                title=title if count == 1 else f"{title}, page {number_} of {count}",
                desc=desc if number_ == 1 else f"The plot begins on page 1 of {count}.",
                items=items,
            )
        )
    return figures


def _desc(
    content: Content, measure_label: str, level: float, shown: Callable[[float], float], digits: int
) -> str:
    def told(item: ForestRow | ForestSummary) -> str:
        low, effect, high = (told_number(shown(v), digits) for v in (item.ci_low, item.effect, item.ci_high))
        return f"{item.label}: {effect} ({low} to {high})."

    rows = content.rows
    count = "1 study" if len(rows) == 1 else f"{len(rows)} studies"
    opening = f"{measure_label} with {level:g}% confidence interval, {count}."
    return " ".join([opening, *map(told, rows), *map(told, content.summaries)])
