"""One group: proportions, rates, means, and the Hardy-Weinberg excess; two rates; and effects from O - E and V."""

from __future__ import annotations

import numpy as np

from analysis.stats import columns as check
from analysis.stats.columns import Columns
from analysis.stats.measures.base import (
    GENERIC_COLUMNS,
    PROPORTION,
    RATE,
    RATES,
    Measure,
    Options,
    Pair,
    average,
    binomial_variance,
    correction_factor,
    first_of,
    generic,
    sum_of,
)

# ---------------------------------------------------------------- proportions


def _proportion_cells(columns: Columns, options: Options) -> Pair:
    """Events and total after the zero-cell policy (xi or its complement 0)."""
    check.require_counts(columns, *(name for name in ("xi", "ni", "mi") if name in columns))
    x = columns["xi"]
    if "ni" in columns:
        check.require_at_most(columns, "xi", "ni", "there cannot be more events than people")
    rest = first_of(columns.get("mi"), columns["ni"] - x if "ni" in columns else None)
    amount = options.cells.amount((x == 0) | (rest == 0))
    return x + amount, x + rest + 2 * amount


def _proportion(columns: Columns, options: Options) -> Pair:
    """p;  LS p q/n, UB p q/(n - 1), AV p q/n with p averaged over studies."""
    x, n = _proportion_cells(columns, options)
    return x / n, binomial_variance(x / n, n, options.vtype)


def _log_proportion(columns: Columns, options: Options) -> Pair:
    """log p;  LS 1/x - 1/n, AV (1 - p)/(n p) with p averaged over studies."""
    x, n = _proportion_cells(columns, options)
    p = average(x / n, n) if options.vtype == "AV" else x / n
    return np.log(x / n), 1 / (n * p) - 1 / n


def _logit_proportion(columns: Columns, options: Options) -> Pair:
    """log(x/(n - x));  LS 1/x + 1/(n - x), AV 1/(n p q) with p averaged over studies."""
    x, n = _proportion_cells(columns, options)
    p = average(x / n, n) if options.vtype == "AV" else x / n
    return np.log(x / (n - x)), 1 / (n * p) + 1 / (n * (1 - p))


def _arcsine_proportion(columns: Columns, options: Options) -> Pair:
    """asin sqrt p;  1/(4n)."""
    x, n = _proportion_cells(columns, options)
    return np.arcsin(np.sqrt(x / n)), 1 / (4 * n)


def _freeman_tukey_proportion(columns: Columns, options: Options) -> Pair:
    """(asin sqrt(x/(n+1)) + asin sqrt((x+1)/(n+1)))/2;  1/(4n + 2) (Freeman & Tukey 1950)."""
    x, n = _proportion_cells(columns, options)
    return (np.arcsin(np.sqrt(x / (n + 1))) + np.arcsin(np.sqrt((x + 1) / (n + 1)))) / 2, 1 / (4 * n + 2)


# ---------------------------------------------------------------- rates


def _rate_cells(columns: Columns, options: Options) -> Pair:
    check.require_counts(columns, "xi")
    check.require_positive(columns, "person-time", "ti")
    return columns["xi"] + options.cells.amount(columns["xi"] == 0), columns["ti"]


def _rate(columns: Columns, options: Options) -> Pair:
    """x/t;  x/t^2."""
    x, t = _rate_cells(columns, options)
    return x / t, x / t**2


def _log_rate(columns: Columns, options: Options) -> Pair:
    """log(x/t);  1/x."""
    x, t = _rate_cells(columns, options)
    return np.log(x / t), 1 / x


def _root_rate(columns: Columns, options: Options) -> Pair:
    """sqrt(x/t);  1/(4t)."""
    x, t = _rate_cells(columns, options)
    return np.sqrt(x / t), 1 / (4 * t)


def _freeman_tukey_rate(columns: Columns, options: Options) -> Pair:
    """(sqrt(x/t) + sqrt((x + 1)/t))/2;  1/(4t) (Freeman & Tukey 1950)."""
    x, t = _rate_cells(columns, options)
    return (np.sqrt(x / t) + np.sqrt((x + 1) / t)) / 2, 1 / (4 * t)


def _two_rates(columns: Columns, options: Options) -> list[np.ndarray]:
    check.require_counts(columns, "x1i", "x2i")
    check.require_positive(columns, "person-time", "t1i", "t2i")
    x1, t1, x2, t2 = (columns[name] for name in ("x1i", "t1i", "x2i", "t2i"))
    amount = options.cells.amount((x1 == 0) | (x2 == 0))
    if options.cells.drop00:
        amount = np.where((x1 == 0) & (x2 == 0), np.nan, amount)
    return [x1 + amount, t1, x2 + amount, t2]


def _log_rate_ratio(columns: Columns, options: Options) -> Pair:
    """log((x1/t1)/(x2/t2));  1/x1 + 1/x2."""
    x1, t1, x2, t2 = _two_rates(columns, options)
    return np.log(x1 / t1) - np.log(x2 / t2), 1 / x1 + 1 / x2


def _rate_difference(columns: Columns, options: Options) -> Pair:
    """x1/t1 - x2/t2;  x1/t1^2 + x2/t2^2."""
    x1, t1, x2, t2 = _two_rates(columns, options)
    return x1 / t1 - x2 / t2, x1 / t1**2 + x2 / t2**2


def _root_rate_difference(columns: Columns, options: Options) -> Pair:
    """sqrt(x1/t1) - sqrt(x2/t2);  1/(4 t1) + 1/(4 t2) (Bagos & Nikolopoulos 2009)."""
    x1, t1, x2, t2 = _two_rates(columns, options)
    return np.sqrt(x1 / t1) - np.sqrt(x2 / t2), 1 / (4 * t1) + 1 / (4 * t2)


# ---------------------------------------------------------------- means


def _single(columns: Columns) -> list[np.ndarray]:
    check.require_sds(columns, "sdi")
    check.require_sizes(columns, "ni")
    return [columns.get(name, np.array(np.nan)) for name in ("mi", "sdi", "ni")]


def _mean(columns: Columns, options: Options) -> Pair:
    """m;  s^2/n."""
    m, s, n = _single(columns)
    return m, s**2 / n


def _standardised_mean(columns: Columns, options: Options) -> Pair:
    """g = J(n - 1) m/s;  1/n + g^2/(2n) (Hedges 1981)."""
    m, s, n = _single(columns)
    g = correction_factor(n - 1) * m / s
    return g, 1 / n + g**2 / (2 * n)


def _log_mean(columns: Columns, options: Options) -> Pair:
    """log m;  s^2/(n m^2). `correct` adds s^2/(2 n m^2)."""
    m, s, n = _single(columns)
    v = s**2 / (n * m**2)
    return np.log(m) + (v / 2 if options.correct else 0.0), v


def _log_sd(columns: Columns, options: Options) -> Pair:
    """log s + 1/(2(n - 1));  1/(2(n - 1)) (Raudenbush & Bryk 1987)."""
    _, s, n = _single(columns)
    h = 1 / (2 * (n - 1))
    return np.log(s) + h, h


def _log_cv(columns: Columns, options: Options) -> Pair:
    """log(s/m) + 1/(2(n - 1));  1/(2(n - 1)) + s^2/(n m^2) (Nakagawa et al. 2015). `correct` subtracts
    s^2/(2 n m^2)."""
    spread, v = _log_sd(columns, options)
    mean, v_mean = _log_mean(columns, options)
    return spread - mean, v + v_mean


# ---------------------------------------------------------------- other


def _excess_heterozygosity(columns: Columns, options: Options) -> Pair:
    """log(b/(2 sqrt(ac)));  1/(4a) + 1/b + 1/(4c), of genotype counts a (dominant), b (mixed), c (recessive)
    (Ziegler et al. 2011). Nothing is added to zeros."""
    check.require_counts(columns, "ai", "bi", "ci")
    a, b, c = columns["ai"], columns["bi"], columns["ci"]
    return np.log(b) - np.log(4 * a * c) / 2, 1 / (4 * a) + 1 / b + 1 / (4 * c)


def _observed_minus_expected(columns: Columns, options: Options) -> Pair:
    """(O - E)/V;  1/V: the log hazard ratio from a log-rank test (Peto; Yusuf et al. 1985; Handbook 6.8.2)."""
    check.require(columns, ("voi",), lambda v: v >= 0.0, "the variance of O - E, so it cannot be negative")
    v = np.where(columns["voi"] > 0, columns["voi"], np.nan)
    both = "oi" in columns and "ei" in columns
    difference = first_of(columns.get("oei"), columns["oi"] - columns["ei"] if both else None)
    return difference / v, 1 / v


def _proportion_size(columns: Columns) -> np.ndarray:
    return first_of(columns.get("ni"), columns["xi"] + columns["mi"] if "mi" in columns else None)


_NI = sum_of("ni")
_MEAN = (("mi", "sdi", "ni"),)
_AV = ("LS", "AV")

GROUPS = (
    Measure("PR", "Proportion", PROPORTION, _proportion, _proportion_size, ("LS", "UB", "AV")),
    Measure("PLN", "Log proportion", PROPORTION, _log_proportion, _proportion_size, _AV),
    Measure("PLO", "Logit proportion", PROPORTION, _logit_proportion, _proportion_size, _AV),
    Measure("PAS", "Arcsine proportion", PROPORTION, _arcsine_proportion, _proportion_size, add=0.0),
    Measure(
        "PFT", "Double arcsine proportion", PROPORTION, _freeman_tukey_proportion, _proportion_size, add=0.0
    ),
    Measure("IR", "Incidence rate", RATE, _rate),
    Measure("IRLN", "Log incidence rate", RATE, _log_rate),
    Measure("IRS", "Square root incidence rate", RATE, _root_rate, add=0.0),
    Measure("IRFT", "Freeman-Tukey incidence rate", RATE, _freeman_tukey_rate, add=0.0),
    Measure("IRR", "Log incidence rate ratio", RATES, _log_rate_ratio),
    Measure("IRD", "Incidence rate difference", RATES, _rate_difference),
    Measure("IRSD", "Difference of square root incidence rates", RATES, _root_rate_difference, add=0.0),
    Measure("MN", "Mean", _MEAN, _mean, _NI),
    Measure("SMN", "Standardised mean", _MEAN, _standardised_mean, _NI),
    Measure("MNLN", "Log mean", _MEAN, _log_mean, _NI, corrected=False),
    Measure("SDLN", "Log standard deviation", (("sdi", "ni"),), _log_sd, _NI),
    Measure("CVLN", "Log coefficient of variation", _MEAN, _log_cv, _NI, corrected=False),
    Measure(
        "REH",
        "Log relative excess heterozygosity",
        (("ai", "bi", "ci"),),
        _excess_heterozygosity,
        sum_of("ai", "bi", "ci"),
    ),
    Measure(
        "OE",
        "Log hazard ratio (O - E and V)",
        (("oei", "voi"), ("oi", "ei", "voi")),
        _observed_minus_expected,
    ),
    Measure("GEN", "Effect as given", GENERIC_COLUMNS, generic),
)
