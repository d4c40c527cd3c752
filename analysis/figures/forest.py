"""The forest plot: one row per study, diamonds for pooled effects, an axis below.

Values are on the analysis scale: the logarithm of a ratio, with `log=True`; everything else as it is. Squares
have areas proportional to weight, diamonds their tips at the interval, whiskers beyond the axis end in arrows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

from analysis.figures.axis import Axis, number, plot_range, ticks
from analysis.figures.forest_rows import Column, ForestRow, ForestSummary, Subgroup, measure
from analysis.figures.forest_sheet import DIAMOND, MARGIN, SMALL, SUBTOTAL, Sheet
from appraisal.figures import LEVELS, Domain, Level
from reviews.figures.layout import FAINT, Figure, LayoutError
from reviews.figures.metrics import text_width

__all__ = [
    "Column",
    "ForestRow",
    "ForestSummary",
    "Subgroup",
    "arm_columns",
    "forest",
    "heterogeneity_line",
    "p_text",
]


def heterogeneity_line(*, q: float, df: int, p: float, i2: float, tau2: float) -> str:
    """'Heterogeneity: Q = 12.3, df = 10 (p = 0.27); I² = 19%; τ² = 0.021'. `i2` in percent."""
    return f"Heterogeneity: Q = {number(q)}, df = {df} (p {p_text(p)}); I² = {number(i2, 0)}%; τ² = {number(tau2, 3)}"


def p_text(p: float) -> str:
    """'= 0.04', '= 0.004', '< 0.001' or '> 0.99', to stand behind 'p '."""
    if p < 0.001 or p > 0.99:
        return "< 0.001" if p < 0.001 else "> 0.99"
    return f"= {p:.3f}" if p < 0.01 else f"= {p:.2f}"


def arm_columns(first: str, second: str) -> tuple[Column, ...]:
    """n, mean and SD of two arms: the columns of a continuous outcome."""
    return tuple(
        Column(heading=heading, group=arm) for arm in (first, second) for heading in ("n", "Mean", "SD")
    )


def forest(
    rows: Sequence[ForestRow],
    summaries: Sequence[ForestSummary],
    *,
    measure_label: str,
    null: float | None = 0.0,
    favours: tuple[str, str] = ("Favours therapy", "Favours control"),
    columns: Sequence[Column] = (),
    title: str = "Forest plot",
    subgroups: Sequence[Subgroup] = (),
    log: bool = False,
    level: float = 95,
    notes: Sequence[str] = (),
    marked_note: str = "Not from arm data: effect and standard error as reported.",
    noun: tuple[str, str] = ("trial", "trials"),
    risk_domains: Sequence[Domain] = (),
    risk_levels: Mapping[str, Level] = LEVELS,
    limits: tuple[float, float] | None = None,
    figure_id: str = "forest",
) -> Figure:
    """Lay out the rows in the order given (within their subgroup), then the summaries, axis and notes.

    `measure_label` heads the effect column, as 'Hedges g'; `null` is the value of no effect on the analysis
    scale (None: no line, no direction labels); `limits` fixes the axis. Row k has the id `<figure_id>-row-k`
    and links to its `href`. Raises `LayoutError` on numbers that cannot be drawn and on rows that do not fit
    the columns, domains or subgroups.
    """
    _check(rows, summaries, columns, subgroups, risk_domains)
    if limits and not limits[0] < limits[1]:
        raise LayoutError(f"The axis cannot run from {limits[0]} to {limits[1]}.")
    told = [*summaries, *(s for s in _subtotals(rows, subgroups) if s)]
    shown: Callable[[float], float] = math.exp if log else float
    grid = measure(rows, told, columns, [s.name for s in subgroups], measure_label,
                   risk_domains, limits or _range(rows, told, null), shown)  # fmt: skip
    sheet = Sheet(grid, figure_id, domains=risk_domains, levels=risk_levels, level=level,
                  heaviest=max(row.weight or 0.0 for row in rows))  # fmt: skip

    sheet.heading(title, columns)
    top = sheet.y
    for subgroup in subgroups:
        _lay_subgroup(sheet, subgroup, [r for r in rows if r.subgroup == subgroup.name], noun)
    for row in rows if not subgroups else ():
        sheet.row(row)
    if summaries:
        sheet.rule(FAINT)
    for summary in summaries:
        sheet.summary(summary, DIAMOND)
    sheet.axis(top, null, summaries[0].effect if summaries else None, _fitting_ticks(grid.axis, log), favours)
    marked = any(row.marked for row in rows)
    sheet.footnotes([*notes, *([f"† {marked_note}"] if marked else [])])
    if risk_domains:
        sheet.risk_legend([row.risk for row in rows])
    return Figure(id=figure_id, width=grid.width, height=sheet.y + MARGIN, title=title,
                  desc=_desc(rows, summaries, measure_label, level, shown), items=sheet.items)  # fmt: skip


def _lay_subgroup(sheet: Sheet, subgroup: Subgroup, rows: Sequence[ForestRow], noun: tuple[str, str]) -> None:
    sheet.line(subgroup.name, bold=True)
    for row in rows:
        sheet.row(row, indent=10)
    if subgroup.summary and len(rows) > 1:
        sheet.summary(subgroup.summary, SUBTOTAL, indent=10)
    else:
        count = f"{len(rows)} {noun[len(rows) != 1]}" if rows else f"No {noun[1]}"
        sheet.line(f"{count}: not pooled" if rows else count, indent=10)
    sheet.y += 6


def _check(
    rows: Sequence[ForestRow],
    summaries: Sequence[ForestSummary],
    columns: Sequence[Column],
    subgroups: Sequence[Subgroup],
    risk_domains: Sequence[Domain],
) -> None:
    if not rows:
        raise LayoutError("A forest plot needs at least one study.")
    names = [subgroup.name for subgroup in subgroups]
    items: list[ForestRow | ForestSummary] = [*rows, *summaries, *(s.summary for s in subgroups if s.summary)]
    for item in items:
        if not all(map(math.isfinite, (item.effect, item.ci_low, item.ci_high))):
            raise LayoutError(f"'{item.label}' has an effect or interval that is not a number.")
        if not item.ci_low <= item.effect <= item.ci_high:
            raise LayoutError(f"The interval of '{item.label}' does not hold its effect.")
    for row in rows:
        if row.weight is not None and not 0 <= row.weight < math.inf:
            raise LayoutError(f"The weight of '{row.label}' must be a number from 0.")
        if columns and row.cells and len(row.cells) != len(columns):
            raise LayoutError(f"'{row.label}' has {len(row.cells)} cells for {len(columns)} columns.")
        if risk_domains and len(row.risk) != len(risk_domains):
            raise LayoutError(
                f"'{row.label}' has {len(row.risk)} judgements for {len(risk_domains)} domains."
            )
        if subgroups and row.subgroup not in names:
            raise LayoutError(f"'{row.label}' is in the subgroup '{row.subgroup}', which is not listed.")


def _subtotals(rows: Sequence[ForestRow], subgroups: Sequence[Subgroup]) -> list[ForestSummary | None]:
    sizes = [sum(row.subgroup == subgroup.name for row in rows) for subgroup in subgroups]
    return [s.summary if size > 1 else None for s, size in zip(subgroups, sizes, strict=True)]


def _range(
    rows: Sequence[ForestRow], summaries: Sequence[ForestSummary], null: float | None
) -> tuple[float, float]:
    items: list[ForestRow | ForestSummary] = [*rows, *summaries]
    points = [item.effect for item in items]
    pooled = [(summary.ci_low, summary.ci_high) for summary in summaries]
    pooled += [summary.prediction for summary in summaries if summary.prediction]
    return plot_range(points, [(row.ci_low, row.ci_high) for row in rows], null, also=pooled)


def _fitting_ticks(axis: Axis, log: bool) -> list[tuple[float, str]]:
    """As many ticks as can be labelled without the labels touching."""
    for most in range(7, 1, -1):
        marks = ticks(axis.low, axis.high, log=log, most=most)
        pairs = pairwise(marks)
        if all(
            axis.x(right) - axis.x(left) > (text_width(one, SMALL) + text_width(two, SMALL)) / 2 + 6
            for (left, one), (right, two) in pairs
        ):
            return marks
    return marks[:1]


def _desc(
    rows: Sequence[ForestRow],
    summaries: Sequence[ForestSummary],
    measure_label: str,
    level: float,
    shown: Callable[[float], float],
) -> str:
    def told(item: ForestRow | ForestSummary) -> str:
        low, effect, high = (number(shown(v)) for v in (item.ci_low, item.effect, item.ci_high))
        return f"{item.label}: {effect} ({low} to {high})."

    count = "1 study" if len(rows) == 1 else f"{len(rows)} studies"
    opening = f"{measure_label} with {level:g}% confidence interval, {count}."
    return " ".join([opening, *map(told, rows), *map(told, summaries)])
