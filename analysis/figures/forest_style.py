"""The look of a forest plot: the order of its columns, its colours, and how its sentences are spelled.

The three journal styles follow what their figures have in common in print: RevMan 5 puts weight and effect before
the plot, colours squares by the kind of data and says "Favours [one]"; JAMA has the effect before the plot, the
directions above it, no colour and no zero before the point of a P value; the BMJ puts weight and effect behind the
plot and draws in one purple.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from analysis.figures.axis import number
from reviews.figures.layout import FAINT, INK, SOFT_INK

#: Parts of a row, from left to right.
LABEL, EXTRA, DATA, PLOT, EFFECT, WEIGHT, RISK = "label", "extra", "data", "plot", "effect", "weight", "risk"
BLACK = "#000000"


@dataclass(frozen=True, kw_only=True)
class Style:
    """``interval`` has places for low and high; ``weight`` for the number; ``favours`` for the name of an arm.

    ``squares``: colour by kind of data, "" for the others. ``heading_over_plot`` repeats the heading of the effects;
    ``directions_above`` puts the labels of the two sides over the plot; ``pooled_line`` draws a dashed line through
    the diamond; without ``in_colour`` judgements are told by their signs alone; ``totals`` adds up the people in the
    rows of pooled effects.
    """

    key: str
    order: tuple[str, ...]
    study: str = "Study"
    interval: str = "[{low}, {high}]"
    level: str = "[{level:g}% CI]"
    weight_heading: str = "Weight"
    weight: str = "{weight}%"
    favours: str = "Favours {arm}"
    risk_heading: str = "Risk of bias"
    squares: tuple[tuple[str, str], ...] = (("", "#2f6296"),)
    whisker: str = INK
    diamond: str = INK
    subtotal: str = "#7b8794"
    prediction: str = "#b84d00"
    pooled_line: str = ""
    null_line: str = SOFT_INK
    rule: str = INK
    faint_rule: str = FAINT
    soft: str = SOFT_INK
    in_colour: bool = True
    heading_over_plot: bool = False
    directions_above: bool = False
    totals: bool = True
    total: str = "Total ({level:g}% CI)"
    subtotal_label: str = "Subtotal ({level:g}% CI)"
    p: Callable[[float], str] = lambda value: f"P {p_text(value)}"

    def square(self, kind: str) -> str:
        colours = dict(self.squares)
        return colours.get(kind, colours[""])


def p_text(p: float) -> str:
    """'= 0.04', '= 0.004', '< 0.001' or '> 0.99', to stand behind 'p '."""
    if p < 0.001 or p > 0.99:
        return "< 0.001" if p < 0.001 else "> 0.99"
    return f"= {p:.3f}" if p < 0.01 else f"= {p:.2f}"


def _revman_p(value: float) -> str:
    """Two digits that count, and nothing below 0.00001."""
    if value < 0.00001:
        return "P < 0.00001"
    digits = next((d for d in (2, 3, 4, 5) if value >= 10**-d), 5)
    return f"P = {value:.{digits}f}"


def _jama_p(value: float) -> str:
    """'P = .04', 'P < .001', 'P > .99': no zero before the point."""
    return f"P {p_text(value).replace('0.', '.')}"


OURS = Style(
    key="ours",
    order=(LABEL, EXTRA, DATA, PLOT, EFFECT, WEIGHT, RISK),
    pooled_line=SOFT_INK,
    totals=False,
    total="",
    subtotal_label="",
    p=lambda value: f"p {p_text(value)}",
)
REVMAN = Style(
    key="revman",
    order=(LABEL, EXTRA, DATA, WEIGHT, EFFECT, PLOT, RISK),
    study="Study or subgroup",
    level="{level:g}%\u00a0CI",
    favours="Favours [{arm}]",
    risk_heading="Risk of Bias",
    squares=(("", "#c00000"), ("means", "#00a000"), ("events", "#0000e0")),
    whisker=BLACK,
    diamond=BLACK,
    subtotal=BLACK,
    prediction="#c00000",
    null_line=BLACK,
    rule=BLACK,
    faint_rule=BLACK,
    soft=BLACK,
    heading_over_plot=True,
    p=_revman_p,
)
JAMA = Style(
    key="jama",
    order=(LABEL, EXTRA, DATA, EFFECT, PLOT, WEIGHT, RISK),
    study="Source",
    interval="({low} to {high})",
    level="({level:g}% CI)",
    weight_heading="Weight, %",
    weight="{weight}",
    favours="Favors {arm}",
    squares=(("", "#4a4a4a"),),
    whisker=BLACK,
    diamond="#9a9a9a",
    subtotal="#c4c4c4",
    prediction="#4a4a4a",
    pooled_line="#6a6a6a",
    null_line=BLACK,
    rule=BLACK,
    faint_rule="#9a9a9a",
    soft=BLACK,
    in_colour=False,
    directions_above=True,
    total="Total",
    subtotal_label="Subtotal",
    p=_jama_p,
)
BMJ = Style(
    key="bmj",
    order=(LABEL, EXTRA, DATA, PLOT, WEIGHT, EFFECT, RISK),
    interval="({low} to {high})",
    level="({level:g}% CI)",
    weight_heading="Weight (%)",
    weight="{weight}",
    squares=(("", "#6b58a6"),),
    whisker="#55555a",
    diamond="#6b58a6",
    subtotal="#6b58a6",
    prediction="#a7a9ac",
    null_line="#a7a9ac",
    rule="#a7a9ac",
    faint_rule="#d4d5d7",
    soft="#55555a",
    heading_over_plot=True,
    p=lambda value: f"P{p_text(value).replace(' ', '')}",
)
STYLES = {style.key: style for style in (OURS, REVMAN, JAMA, BMJ)}


def heterogeneity_line(
    *, q: float, df: int, p: float, i2: float, tau2: float | None, style: Style = OURS
) -> str:
    """'Heterogeneity: Q = 12.3, df = 10 (p = 0.27); I² = 19%; τ² = 0.021'. `i2` in percent; `tau2` None: left out."""
    told = number(tau2, 3 if style is OURS else 2) if tau2 is not None else ""
    if style is REVMAN:
        start = f"Tau² = {told}; " if told else ""
        return f"Heterogeneity: {start}Chi² = {number(q)}, df = {df} ({style.p(p)}); I² = {number(i2, 0)}%"
    if style is JAMA:
        start = f"τ² = {told}; " if told else ""
        return f"Heterogeneity: {start}χ²{_lowered(df)} = {number(q)} ({style.p(p)}); I² = {number(i2, 0)}%"
    if style is BMJ:
        start = f"τ²={told}, " if told else ""
        return f"Test for heterogeneity: {start}χ²={number(q)}, df={df}, {style.p(p)}, I²={number(i2, 0)}%"
    end = f"; τ² = {told}" if told else ""
    return f"Heterogeneity: Q = {number(q)}, df = {df} (p {p_text(p)}); I² = {number(i2, 0)}%{end}"


def overall_line(*, stat: float, df: int | None, p: float, style: Style) -> str:
    """'Test for overall effect: Z = 3.15 (P = 0.002)'; t with its degrees of freedom where there are any.

    RevMan says how far from no effect, whatever the side.
    """
    stat = abs(stat) if style is REVMAN else stat
    if style is BMJ:
        name = f"z={number(stat)}" if df is None else f"t={number(stat)}, df={df}"
        return f"Test for overall effect: {name}, {style.p(p)}"
    name = f"Z = {number(stat)}" if df is None else f"t = {number(stat)}, df = {df}"
    if style is JAMA:
        name = f"z = {number(stat)}" if df is None else f"t{_lowered(df)} = {number(stat)}"
    return f"Test for overall effect: {name} ({style.p(p)})"


def differences_line(*, by: str, q: float, df: int, p: float, style: Style = OURS) -> str:
    """The test of subgroup differences in the words of a style."""
    if style is REVMAN:
        i2 = max(0.0, 100 * (q - df) / q) if q > 0 else 0.0
        return f"Test for subgroup differences: Chi² = {number(q)}, df = {df} ({style.p(p)}), I² = {number(i2, 0)}%"
    if style is JAMA:
        return f"Test of subgroup differences by {by}: χ²{_lowered(df)} = {number(q)} ({style.p(p)})"
    if style is BMJ:
        return f"Test for subgroup differences by {by}: χ²={number(q)}, df={df}, {style.p(p)}"
    return f"Test of subgroup differences by {by}: Q = {number(q)}, df = {df} (p {p_text(p)})."


def _lowered(df: float) -> str:
    """Degrees of freedom as a subscript."""
    return f"{df:g}".translate(str.maketrans("0123456789.", "₀₁₂₃₄₅₆₇₈₉."))
