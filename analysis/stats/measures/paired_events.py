"""Events in matched pairs, or in one group seen twice: the table crosses the two occasions.

                second: event   second: none
first: event         a               b          the first has the event in a + b of N pairs
first: none          c               d          the second in a + c
"""

from __future__ import annotations

import numpy as np

from analysis.stats import columns as check
from analysis.stats.columns import Columns
from analysis.stats.measures.base import TABLES, Measure, Options, Pair
from analysis.stats.measures.events import read_tables
from analysis.stats.tables import Tables

_PAIRED = (("ai", "bi", "ci", "di"),)


def _cells(columns: Columns, options: Options) -> Tables:
    return read_tables(columns).prepared(options.cells)


def _total(columns: Columns) -> np.ndarray:
    return read_tables(columns).total


def _marginal_log_risk_ratio(columns: Columns, options: Options) -> Pair:
    """log((a+b)/(a+c));  (b + c)/((a+b)(a+c)) (Zou 2007)."""
    t = _cells(columns, options)
    first, second = t.a + t.b, t.a + t.c
    return np.log(first / second), (t.b + t.c) / (first * second)


def _marginal_log_odds_ratio(columns: Columns, options: Options) -> Pair:
    """log((a+b)(b+d)/((a+c)(c+d)));  1/(a+b) + 1/(c+d) + 1/(a+c) + 1/(b+d) - 2 N (ad-bc)/((a+b)(c+d)(a+c)(b+d))
    (Becker & Balagtas 1993)."""
    t = _cells(columns, options)
    r1, r2, c1, c2 = t.a + t.b, t.c + t.d, t.a + t.c, t.b + t.d
    covariance = t.total * (t.a * t.d - t.b * t.c) / (r1 * r2 * c1 * c2)
    return np.log(r1 / r2) - np.log(c1 / c2), 1 / r1 + 1 / r2 + 1 / c1 + 1 / c2 - 2 * covariance


def _marginal_risk_difference(columns: Columns, options: Options) -> Pair:
    """(b - c)/N;  (b + c)/N^2 - (b - c)^2/N^3 (May & Johnson 1997)."""
    t = _cells(columns, options)
    return (t.b - t.c) / t.total, (t.b + t.c) / t.total**2 - (t.b - t.c) ** 2 / t.total**3


def _conditional_log_odds_ratio(columns: Columns, options: Options) -> Pair:
    """log(b/c);  1/b + 1/c (Curtin et al. 2002)."""
    t = _cells(columns, options)
    return np.log(t.b / t.c), 1 / t.b + 1 / t.c


def _conditional_peto(columns: Columns, options: Options) -> Pair:
    """(b - (b+c)/2)/V;  1/V, V = (b + c)/4 (Curtin et al. 2002)."""
    t = _cells(columns, options)
    return 2 * (t.b - t.c) / (t.b + t.c), 4 / (t.b + t.c)


def _log_odds_ratio_of_margins(columns: Columns, options: Options) -> Pair:
    """log(ad/bc) of the two margins;  1/a + 1/b + 1/c + 1/d - 2 r N/sqrt(abcd), with r the phi coefficient of the
    paired table, N the number of pairs (the mean of the two totals, a whole number) (Becker & Balagtas 1993)."""
    check.require_correlations(columns, "ri")
    t = _cells(columns, options)
    spread = 1 / t.a + 1 / t.b + 1 / t.c + 1 / t.d
    pairs = np.round(t.total / 2)
    v = spread - 2 * columns["ri"] * pairs / np.sqrt(t.a * t.b * t.c * t.d)
    return np.log(t.a * t.d / (t.b * t.c)), np.where(v >= 0, v, np.nan)


def _pairs(columns: Columns) -> np.ndarray:
    return read_tables(columns).total / 2


PAIRED_EVENTS = (
    Measure("MPRR", "Log risk ratio (matched pairs)", _PAIRED, _marginal_log_risk_ratio, _total),
    Measure("MPOR", "Log odds ratio (matched pairs)", _PAIRED, _marginal_log_odds_ratio, _total),
    Measure("MPRD", "Risk difference (matched pairs)", _PAIRED, _marginal_risk_difference, _total),
    Measure(
        "MPORC",
        "Conditional log odds ratio (matched pairs)",
        _PAIRED,
        _conditional_log_odds_ratio,
        _total,
        idle=("ai", "di"),
    ),
    Measure(
        "MPPETO",
        "Conditional log odds ratio (Peto, matched pairs)",
        _PAIRED,
        _conditional_peto,
        _total,
        idle=("ai", "di"),
    ),
    Measure(
        "MPORM",
        "Log odds ratio (matched pairs, from the margins)",
        tuple((*names, "ri") for names in TABLES),
        _log_odds_ratio_of_margins,
        _pairs,
    ),
)
