"""The effect measures: one function per formula, one dictionary of names (`MEASURES`).

Every function takes the columns it needs (float arrays of shape (rows,), nan where missing) and `Options`, and
returns (yi, vi). The first line of its docstring is the effect, then its sampling variance and the source."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from analysis.stats import columns as check
from analysis.stats.columns import Columns
from analysis.stats.errors import UnknownMeasure
from analysis.stats.tables import CellPolicy, Tables, two_by_two

Pair = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Options:
    """How an effect is computed where there is a choice: the zero-cell policy, the variance type, bias correction."""

    cells: CellPolicy
    vtype: str
    correct: bool


@dataclass(frozen=True)
class Measure:
    """An effect measure: its `name`, a `label` to print, the sets of `columns` it can be computed from, its
    variance types.

    `compute(columns, options)` gives (yi, vi); nan or infinite where the row has no effect. `size` gives the
    total sample size, or None where the measure has none. `add`: what the zero-cell policy adds unless told; 0
    for the arcsine and square-root measures, which are defined at 0."""

    name: str
    label: str
    columns: tuple[tuple[str, ...], ...]
    compute: Callable[[Columns, Options], Pair]
    size: Callable[[Columns], np.ndarray] | None = None
    vtypes: tuple[str, ...] = ("LS",)
    add: float = 0.5


# ---------------------------------------------------------------- two groups, events


def _log_odds_ratio(columns: Columns, options: Options) -> Pair:
    """log(ad/bc);  1/a + 1/b + 1/c + 1/d (Woolf 1955)."""
    t = two_by_two(columns).prepared(options.cells)
    return np.log(t.a * t.d / (t.b * t.c)), 1 / t.a + 1 / t.b + 1 / t.c + 1 / t.d


def _log_risk_ratio(columns: Columns, options: Options) -> Pair:
    """log((a/n1)/(c/n2));  1/a - 1/n1 + 1/c - 1/n2 (Katz et al. 1978)."""
    t = two_by_two(columns).prepared(options.cells)
    return np.log(t.a / t.n1) - np.log(t.c / t.n2), 1 / t.a - 1 / t.n1 + 1 / t.c - 1 / t.n2


def _risk_difference(columns: Columns, options: Options) -> Pair:
    """p1 - p2;  LS p1 q1/n1 + p2 q2/n2, UB the same over n - 1, AV with proportions averaged over studies."""
    t = two_by_two(columns).prepared(options.cells)
    p1, p2 = t.a / t.n1, t.c / t.n2
    v1, v2 = (_binomial_variance(p, n, options.vtype) for p, n in ((p1, t.n1), (p2, t.n2)))
    return p1 - p2, v1 + v2


def _arcsine_difference(columns: Columns, options: Options) -> Pair:
    """asin sqrt p1 - asin sqrt p2;  1/(4 n1) + 1/(4 n2) (Ruecker et al. 2009)."""
    t = two_by_two(columns).prepared(options.cells)
    return np.arcsin(np.sqrt(t.a / t.n1)) - np.arcsin(np.sqrt(t.c / t.n2)), 1 / (4 * t.n1) + 1 / (4 * t.n2)


def _peto(columns: Columns, options: Options) -> Pair:
    """(O - E)/V;  1/V, hypergeometric V (Yusuf et al. 1985)."""
    t = two_by_two(columns).prepared(options.cells)
    expected, variance = hypergeometric(t)
    return (t.a - expected) / variance, 1 / variance


def hypergeometric(t: Tables) -> Pair:
    """Mean and variance of ai given the margins: n1 m/N and n1 n2 m (N - m)/(N^2 (N - 1)), m = a + c."""
    events = t.a + t.c
    return t.n1 * events / t.total, (t.n1 * t.n2 * events * (t.b + t.d)) / (t.total**2 * (t.total - 1))


# ---------------------------------------------------------------- two groups, means


def _means(columns: Columns) -> list[np.ndarray]:
    check.require_sds(columns, "sd1i", "sd2i")
    check.require_sizes(columns, "n1i", "n2i")
    return [columns[name] for name in ("m1i", "sd1i", "n1i", "m2i", "sd2i", "n2i")]


def _pooled_variance(s1: np.ndarray, n1: np.ndarray, s2: np.ndarray, n2: np.ndarray) -> np.ndarray:
    return ((n1 - 1) * s1**2 + (n2 - 1) * s2**2) / (n1 + n2 - 2)


def correction_factor(m: np.ndarray) -> np.ndarray:
    """Hedges' exact J(m) = Gamma(m/2)/(sqrt(m/2) Gamma((m-1)/2)); nan for m < 2 (Hedges 1981, eq. 6e)."""
    from scipy.special import gammaln

    m = np.asarray(m, dtype=float)
    safe = np.where(m >= 2, m, np.nan)
    return np.exp(gammaln(safe / 2) - 0.5 * np.log(safe / 2) - gammaln((safe - 1) / 2))


def _mean_difference(columns: Columns, options: Options) -> Pair:
    """m1 - m2;  LS s1^2/n1 + s2^2/n2, HO the pooled variance times 1/n1 + 1/n2."""
    m1, s1, n1, m2, s2, n2 = _means(columns)
    if options.vtype == "HO":
        return m1 - m2, _pooled_variance(s1, n1, s2, n2) * (1 / n1 + 1 / n2)
    return m1 - m2, s1**2 / n1 + s2**2 / n2


def _standardised_mean_difference(columns: Columns, options: Options) -> Pair:
    """g = J(m)(m1 - m2)/sp, m = n1 + n2 - 2 (Hedges 1981). Variances, with u = 1/n1 + 1/n2 and N = n1 + n2:
    LS u + g^2/(2N);  LS2 J^2 (u + d^2/(2N));  UB u + (1 - (m-2)/(m J^2)) g^2;  AV as LS with g averaged by N."""
    m1, s1, n1, m2, s2, n2 = _means(columns)
    m = n1 + n2 - 2
    j = correction_factor(m)
    d = (m1 - m2) / np.sqrt(_pooled_variance(s1, n1, s2, n2))
    g = j * d
    base = 1 / n1 + 1 / n2
    if options.vtype == "LS2":
        return g, j**2 * (base + d**2 / (2 * (n1 + n2)))
    if options.vtype == "UB":
        return g, base + (1 - (m - 2) / (m * j**2)) * g**2
    if options.vtype == "AV":
        return g, base + _average(g, n1 + n2) ** 2 / (2 * (n1 + n2))
    return g, base + g**2 / (2 * (n1 + n2))


def _smd_heteroscedastic(columns: Columns, options: Options) -> Pair:
    """g = J(m)(m1 - m2)/s, s^2 = (s1^2 + s2^2)/2, for unequal variances (Bonett 2008, 2009);
    J^2 (g^2 (s1^4/(n1-1) + s2^4/(n2-1))/(8 s^4) + (s1^2/(n1-1) + s2^2/(n2-1))/s^2)."""
    m1, s1, n1, m2, s2, n2 = _means(columns)
    s = np.sqrt((s1**2 + s2**2) / 2)
    j = correction_factor(n1 + n2 - 2)
    g = j * (m1 - m2) / s
    spread = g**2 * (s1**4 / (n1 - 1) + s2**4 / (n2 - 1)) / (8 * s**4)
    return g, j**2 * (spread + (s1**2 / (n1 - 1) + s2**2 / (n2 - 1)) / s**2)


def _log_ratio_of_means(columns: Columns, options: Options) -> Pair:
    """log(m1/m2);  LS s1^2/(n1 m1^2) + s2^2/(n2 m2^2) (Hedges et al. 1999); HO pooled SD;
    AV with each group's coefficient of variation averaged over studies, AVHO with one average for both groups.
    `correct` adds (s1^2/(n1 m1^2) - s2^2/(n2 m2^2))/2 (Lajeunesse 2015)."""
    m1, s1, n1, m2, s2, n2 = _means(columns)
    yi = np.log(m1 / m2)
    if options.correct:
        yi = yi + (s1**2 / (n1 * m1**2) - s2**2 / (n2 * m2**2)) / 2
    if options.vtype == "HO":
        s1 = s2 = np.sqrt(_pooled_variance(s1, n1, s2, n2))
    cv1, cv2 = s1 / m1, s2 / m2
    if options.vtype == "AV":
        cv1, cv2 = _average(cv1, n1), _average(cv2, n2)
    if options.vtype == "AVHO":
        both = _average(np.concatenate((cv1, cv2)), np.concatenate((n1, n2)))
        cv1 = cv2 = both[: len(cv1)]
    return yi, cv1**2 / n1 + cv2**2 / n2


# ---------------------------------------------------------------- one group measured twice


def _paired(columns: Columns) -> list[np.ndarray]:
    check.require_sds(columns, "sd1i", "sd2i")
    check.require_sizes(columns, "ni")
    check.require_correlations(columns, "ri")
    return [columns[name] for name in ("m1i", "m2i", "sd1i", "sd2i", "ni", "ri")]


def _mean_change(columns: Columns, options: Options) -> Pair:
    """m1 - m2;  (s1^2 + s2^2 - 2 r s1 s2)/n."""
    m1, m2, s1, s2, n, r = _paired(columns)
    return m1 - m2, (s1**2 + s2**2 - 2 * r * s1 * s2) / n


def _change_by_change_sd(columns: Columns, options: Options) -> Pair:
    """J(n-1)(m1 - m2)/sd of the change;  1/n + g^2/(2n) (Gibbons et al. 1993; Becker 1988)."""
    m1, m2, s1, s2, n, r = _paired(columns)
    g = correction_factor(n - 1) * (m1 - m2) / np.sqrt(s1**2 + s2**2 - 2 * r * s1 * s2)
    return g, 1 / n + g**2 / (2 * n)


def _change_by_raw_sd(columns: Columns, options: Options) -> Pair:
    """J(n-1)(m1 - m2)/sd1;  2(1 - r)/n + g^2/(2n) (Becker 1988)."""
    m1, m2, s1, _, n, r = _paired(columns)
    g = correction_factor(n - 1) * (m1 - m2) / s1
    return g, 2 * (1 - r) / n + g**2 / (2 * n)


# ---------------------------------------------------------------- correlations


def _correlations(columns: Columns) -> list[np.ndarray]:
    check.require_correlations(columns, "ri")
    check.require_sizes(columns, "ni")
    return [columns["ri"], columns["ni"]]


def _correlation(columns: Columns, options: Options) -> Pair:
    """r;  LS (1 - r^2)^2/(n - 1), AV the same with r averaged by n."""
    r, n = _correlations(columns)
    used = _average(r, n) if options.vtype == "AV" else r
    return r, (1 - used**2) ** 2 / (n - 1)


def _fisher_z(columns: Columns, options: Options) -> Pair:
    """atanh r;  1/(n - 3); needs n of 4 or more (Fisher 1921)."""
    r, n = _correlations(columns)
    return np.arctanh(r), np.where(n > 3, 1 / (n - 3), np.nan)


# ---------------------------------------------------------------- one group: proportions and rates


def _proportion_cells(columns: Columns, options: Options) -> Pair:
    """Events and total after the zero-cell policy (xi or its complement 0)."""
    check.require_counts(columns, *(name for name in ("xi", "ni", "mi") if name in columns))
    x = columns["xi"]
    if "ni" in columns:
        check.require_at_most(columns, "xi", "ni", "there cannot be more events than people")
    rest = columns["mi"] if "mi" in columns else columns["ni"] - x
    amount = options.cells.amount((x == 0) | (rest == 0))
    return x + amount, x + rest + 2 * amount


def _proportion(columns: Columns, options: Options) -> Pair:
    """p;  LS p q/n, UB p q/(n - 1), AV p q/n with p averaged over studies."""
    x, n = _proportion_cells(columns, options)
    return x / n, _binomial_variance(x / n, n, options.vtype)


def _log_proportion(columns: Columns, options: Options) -> Pair:
    """log p;  1/x - 1/n."""
    x, n = _proportion_cells(columns, options)
    return np.log(x / n), 1 / x - 1 / n


def _logit_proportion(columns: Columns, options: Options) -> Pair:
    """log(x/(n - x));  1/x + 1/(n - x)."""
    x, n = _proportion_cells(columns, options)
    return np.log(x / (n - x)), 1 / x + 1 / (n - x)


def _arcsine_proportion(columns: Columns, options: Options) -> Pair:
    """asin sqrt p;  1/(4n)."""
    x, n = _proportion_cells(columns, options)
    return np.arcsin(np.sqrt(x / n)), 1 / (4 * n)


def _freeman_tukey_proportion(columns: Columns, options: Options) -> Pair:
    """(asin sqrt(x/(n+1)) + asin sqrt((x+1)/(n+1)))/2;  1/(4n + 2) (Freeman & Tukey 1950)."""
    x, n = _proportion_cells(columns, options)
    return (np.arcsin(np.sqrt(x / (n + 1))) + np.arcsin(np.sqrt((x + 1) / (n + 1)))) / 2, 1 / (4 * n + 2)


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


# ---------------------------------------------------------------- effects given as such


def generic(columns: Columns, options: Options | None) -> Pair:
    """yi as given; vi, or sei squared."""
    name = "vi" if "vi" in columns else "sei"
    check.require_variances(columns, name)
    return columns["yi"], columns["vi"] if name == "vi" else columns["sei"] ** 2


# ---------------------------------------------------------------- shared arithmetic


def _binomial_variance(p: np.ndarray, n: np.ndarray, vtype: str) -> np.ndarray:
    if vtype == "UB":
        return p * (1 - p) / (n - 1)
    if vtype == "AV":
        p = _average(p, n)
    return p * (1 - p) / n


def _average(values: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Mean over the usable rows, weighted by sample size, repeated for every row."""
    usable = np.isfinite(values) & np.isfinite(sizes)
    total = np.sum(sizes[usable])
    return np.full_like(values, np.sum(values[usable] * sizes[usable]) / total if total > 0 else np.nan)


GENERIC_COLUMNS = (("yi", "vi"), ("yi", "sei"))


def _sum_of(*names: str) -> Callable[[Columns], np.ndarray]:
    return lambda columns: np.sum([columns[name] for name in names], axis=0)


def _table_total(columns: Columns) -> np.ndarray:
    return two_by_two(columns).total


_TABLES = (("ai", "bi", "ci", "di"), ("ai", "n1i", "ci", "n2i"))
_MEANS = (("m1i", "sd1i", "n1i", "m2i", "sd2i", "n2i"),)
_CHANGE = (("m1i", "m2i", "sd1i", "sd2i", "ni", "ri"),)
_PROPORTION = (("xi", "ni"), ("xi", "mi"))
_GROUPS = _sum_of("n1i", "n2i")
_NI = _sum_of("ni")


def _proportion_size(columns: Columns) -> np.ndarray:
    return columns["ni"] if "ni" in columns else columns["xi"] + columns["mi"]


_BINOMIAL = ("LS", "UB", "AV")

MEASURES: dict[str, Measure] = {
    m.name: m
    for m in (
        Measure("OR", "Log odds ratio", _TABLES, _log_odds_ratio, _table_total),
        Measure("RR", "Log risk ratio", _TABLES, _log_risk_ratio, _table_total),
        Measure("RD", "Risk difference", _TABLES, _risk_difference, _table_total, _BINOMIAL),
        Measure("AS", "Arcsine risk difference", _TABLES, _arcsine_difference, _table_total, add=0.0),
        Measure("PETO", "Log odds ratio (Peto)", _TABLES, _peto, _table_total),
        Measure("MD", "Mean difference", _MEANS, _mean_difference, _GROUPS, ("LS", "HO")),
        Measure(
            "SMD",
            "Standardised mean difference (Hedges g)",
            _MEANS,
            _standardised_mean_difference,
            _GROUPS,
            ("LS", "LS2", "UB", "AV"),
        ),
        Measure(
            "SMDH",
            "Standardised mean difference (unequal variances)",
            _MEANS,
            _smd_heteroscedastic,
            _GROUPS,
        ),
        Measure(
            "ROM", "Log ratio of means", _MEANS, _log_ratio_of_means, _GROUPS, ("LS", "HO", "AV", "AVHO")
        ),
        Measure("MC", "Mean change", _CHANGE, _mean_change, _NI),
        Measure("SMCC", "Standardised mean change (change SD)", _CHANGE, _change_by_change_sd, _NI),
        Measure("SMCR", "Standardised mean change (raw SD)", _CHANGE, _change_by_raw_sd, _NI),
        Measure("COR", "Correlation", (("ri", "ni"),), _correlation, _NI, ("LS", "AV")),
        Measure("ZCOR", "Fisher's z of a correlation", (("ri", "ni"),), _fisher_z, _NI),
        Measure("PR", "Proportion", _PROPORTION, _proportion, _proportion_size, _BINOMIAL),
        Measure("PLN", "Log proportion", _PROPORTION, _log_proportion, _proportion_size),
        Measure("PLO", "Logit proportion", _PROPORTION, _logit_proportion, _proportion_size),
        Measure("PAS", "Arcsine proportion", _PROPORTION, _arcsine_proportion, _proportion_size, add=0.0),
        Measure(
            "PFT",
            "Double arcsine proportion",
            _PROPORTION,
            _freeman_tukey_proportion,
            _proportion_size,
            add=0.0,
        ),
        Measure("IR", "Incidence rate", (("xi", "ti"),), _rate),
        Measure("IRLN", "Log incidence rate", (("xi", "ti"),), _log_rate),
        Measure("IRS", "Square root incidence rate", (("xi", "ti"),), _root_rate, add=0.0),
        Measure("IRR", "Log incidence rate ratio", (("x1i", "t1i", "x2i", "t2i"),), _log_rate_ratio),
        Measure("IRD", "Incidence rate difference", (("x1i", "t1i", "x2i", "t2i"),), _rate_difference),
        Measure("GEN", "Effect as given", GENERIC_COLUMNS, generic),
    )
}


def measure_named(name: str) -> Measure:
    """The measure of that name, whatever its case."""
    try:
        return MEASURES[str(name).upper()]
    except KeyError:
        known = ", ".join(MEASURES)
        raise UnknownMeasure(f"There is no effect measure {name!r}; choose one of {known}.") from None
