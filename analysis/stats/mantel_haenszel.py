"""Mantel-Haenszel and Peto: common effects from the cells themselves, for sparse tables.

Empty cells need no addition here, because the cells are summed over studies before they are divided. What is added
by the zero-cell policy only enters the studies' own effects, and through them Q, I2 and H2.
Handbook 10.4.1-2; metafor: `rma.mh(...)`, `rma.peto(...)`."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from analysis.stats.columns import as_columns, as_labels, require, require_counts, require_positive
from analysis.stats.distributions import check_level, chi2_upper, critical_value, z_two_sided
from analysis.stats.effect_sizes import effect_sizes
from analysis.stats.errors import InvalidValue, MissingColumns, NoStudies, TooFewStudies, UnknownOption
from analysis.stats.measures import hypergeometric
from analysis.stats.results import Dropped, PooledTables, frozen_array
from analysis.stats.tables import CellPolicy, Tables, two_by_two

Estimate = tuple[float, float, np.ndarray]  # estimate, standard error, weights summing to one


def _odds_ratio(t: Tables) -> Estimate:
    """log(R/S), R = sum ad/N, S = sum bc/N; variance of Robins, Breslow & Greenland 1986."""
    r, s = t.a * t.d / t.total, t.b * t.c / t.total
    p, q = (t.a + t.d) / t.total, (t.b + t.c) / t.total
    total_r, total_s = np.sum(r), np.sum(s)
    _defined(total_r > 0 and total_s > 0, "odds ratio")
    variance = (
        np.sum(p * r) / total_r**2 + np.sum(p * s + q * r) / (total_r * total_s) + np.sum(q * s) / total_s**2
    ) / 2
    return math.log(total_r / total_s), math.sqrt(variance), s / total_s


def _risk_ratio(t: Tables) -> Estimate:
    """log(R/S), R = sum a n2/N, S = sum c n1/N; variance of Greenland & Robins 1985."""
    r, s = t.a * t.n2 / t.total, t.c * t.n1 / t.total
    total_r, total_s = np.sum(r), np.sum(s)
    _defined(total_r > 0 and total_s > 0, "risk ratio")
    spread = np.sum((t.n1 * t.n2 * (t.a + t.c) - t.a * t.c * t.total) / t.total**2)
    return math.log(total_r / total_s), math.sqrt(spread / (total_r * total_s)), s / total_s


def _risk_difference(t: Tables) -> Estimate:
    """sum (a n2 - c n1)/N over sum n1 n2/N; variance of Sato, Greenland & Robins 1989."""
    weight = t.n1 * t.n2 / t.total
    if not np.any(weight > 0):
        raise TooFewStudies("No study has people in both groups, so there is no risk difference to pool.")
    estimate = float(np.sum((t.a * t.n2 - t.c * t.n1) / t.total) / np.sum(weight))
    p = t.c * (t.n1 / t.total) ** 2 - t.a * (t.n2 / t.total) ** 2 + weight * (t.n2 - t.n1) / (2 * t.total)
    q = (t.a * (t.n2 - t.c) + t.c * (t.n1 - t.a)) / (2 * t.total)
    spread = estimate * float(np.sum(p)) + float(np.sum(q))
    if abs(spread) <= 1e-12 * float(np.sum(q)):  # all of one group and none of the other: nothing varies
        spread = 0.0
    if spread < 0.0:
        raise InvalidValue(
            "The variance of the Mantel-Haenszel risk difference comes out negative: these tables are too extreme. "
            "Use the inverse-variance method."
        )
    return estimate, math.sqrt(spread) / float(np.sum(weight)), weight / np.sum(weight)


def _rate_ratio(x1: np.ndarray, t1: np.ndarray, x2: np.ndarray, t2: np.ndarray) -> Estimate:
    """log(R/S), R = sum x1 t2/T, S = sum x2 t1/T; Greenland & Robins 1985."""
    total = t1 + t2
    r, s = x1 * t2 / total, x2 * t1 / total
    total_r, total_s = np.sum(r), np.sum(s)
    _defined(total_r > 0 and total_s > 0, "rate ratio")
    variance = np.sum(t1 * t2 * (x1 + x2) / total**2) / (total_r * total_s)
    return math.log(total_r / total_s), math.sqrt(variance), s / total_s


def _rate_difference(x1: np.ndarray, t1: np.ndarray, x2: np.ndarray, t2: np.ndarray) -> Estimate:
    """sum (x1 t2 - x2 t1)/T over sum t1 t2/T; Greenland & Robins 1985."""
    total = t1 + t2
    weight = t1 * t2 / total
    estimate = float(np.sum((x1 * t2 - x2 * t1) / total) / np.sum(weight))
    variance = np.sum(weight**2 * (x1 / t1**2 + x2 / t2**2)) / np.sum(weight) ** 2
    return estimate, math.sqrt(variance), weight / np.sum(weight)


TABLE_METHODS: dict[str, Callable[[Tables], Estimate]] = {
    "OR": _odds_ratio,
    "RR": _risk_ratio,
    "RD": _risk_difference,
}
RATE_METHODS: dict[str, Callable[..., Estimate]] = {"IRR": _rate_ratio, "IRD": _rate_difference}


NO_EVENTS = (
    "Within the groups nothing varies (no events, or nothing but events), so the standard error is 0; that is no "
    "precision."
)
UNTOUCHED = CellPolicy(0.0, "none")


def mantel_haenszel(
    measure: str,
    *,
    slab: Iterable[Any] | None = None,
    level: float = 0.95,
    add: float | tuple[float, float] = 0.5,
    to: str | tuple[str, str] = "only0",
    drop00: bool | tuple[bool, bool] = True,
    correct: bool = True,
    **columns: Any,
) -> PooledTables:
    """Mantel-Haenszel common effect: OR, RR, RD from 2x2 tables, IRR, IRD from person-time tables.

    `columns`: ai bi ci di or ai n1i ci n2i; x1i t1i x2i t2i for the rates. OR, RR and IRR are logarithms. Nothing
    is added to the cells that are summed; `add`, `to`, `drop00` apply to the studies' own effects behind Q (by
    default tables without events are left out there). A pair such as add=(0.5, 0.5), to=("only0", "only0")
    applies its second value to the cells that are summed ("corrected" Mantel-Haenszel, older software's way).
    `correct`: continuity correction of the Cochran-Mantel-Haenszel test.

    For OR the result has the Cochran-Mantel-Haenszel, Breslow-Day and Tarone tests. Errors: `UnknownOption`,
    `TooFewStudies` when the ratio is not defined because no study has events in one of the groups, and those of the
    columns. Source: Handbook 10.4.1. metafor: `rma.mh(measure=, add=c(1/2,0), to=c("only0","none"))`."""
    name, level = str(measure).upper(), check_level(level)
    cells, summed = _policies(add, to, drop00)
    if name in RATE_METHODS:
        return _pool_rates(name, columns, slab, level, cells, summed, correct)
    if name not in TABLE_METHODS:
        known = ", ".join((*TABLE_METHODS, *RATE_METHODS))
        raise UnknownOption(f"There is no Mantel-Haenszel method for {measure!r}; choose one of {known}.")
    tables, keep, labels, dropped = _read_tables(columns, slab, summed)
    estimate, se, weights = TABLE_METHODS[name](tables)
    tests: dict[str, Any] = {}
    if name == "OR":
        expected, variance = hypergeometric(tables)
        tests = _cochran(tables.a, expected, variance, correct=correct)
        tests |= _breslow_day(tables, math.exp(estimate))
        tests["k_pos"] = int(np.count_nonzero(variance))
    own = effect_sizes(name, add=cells.add, to=cells.to, drop00=cells.drop00, **columns)
    return _result(name, "MH", (estimate, se, weights), own.select(keep), labels, dropped, level, tests)


def peto(*, slab: Iterable[Any] | None = None, level: float = 0.95, **columns: Any) -> PooledTables:
    """Peto's one-step log odds ratio: sum (O - E)/sum V with variance 1/sum V, V hypergeometric.

    `columns`: ai bi ci di or ai n1i ci n2i; or `oei` (or `oi`, `ei`) and `voi`, the observed minus expected
    events and their variance as trials of survival report them (the result is then a log hazard ratio). Good for
    rare events, small effects and balanced groups; biased otherwise. Tables with no event, or nothing but events,
    have V = 0 and do not contribute. Errors: `TooFewStudies` when no table contributes, and those of the columns.
    Source: Yusuf et al. 1985; Handbook 10.4.2, 6.8.2. metafor: `rma.peto(...)`; RevMan: "O - E and Variance"."""
    check_level(level)
    if "voi" in columns:
        return _pool_observed_minus_expected(columns, slab, level)
    tables, keep, labels, dropped = _read_tables(columns, slab)
    expected, variance = hypergeometric(tables)
    total = float(np.sum(variance))
    if total <= 0.0:
        raise TooFewStudies(
            "Peto's method needs a study in which some people have the event and some do not; there is none."
        )
    estimate = float(np.sum(tables.a - expected)) / total
    own = effect_sizes("PETO", add=0.0, to="none", **columns).select(keep)
    fitted = (estimate, 1 / math.sqrt(total), variance / total)
    tests = {"k_pos": int(np.count_nonzero(variance))}
    return _result("PETO", "Peto", fitted, own, labels, dropped, level, tests)


def _pool_observed_minus_expected(columns: dict, slab: Iterable[Any] | None, level: float) -> PooledTables:
    given = as_columns({name: value for name, value in columns.items() if value is not None})
    if {"oi", "ei"} <= set(given) and "oei" not in given:
        given["oei"] = given["oi"] - given["ei"]
    if "oei" not in given:
        raise MissingColumns("Beside voi the column oei (observed minus expected), or oi and ei, is needed.")
    require(given, ("voi",), lambda v: v >= 0.0, "the variance of O - E, so it cannot be negative")
    oe, v = given["oei"], given["voi"]
    labels = as_labels(slab, len(oe))
    keep = np.isfinite(oe) & np.isfinite(v)
    if not np.any(keep):
        raise NoStudies("No complete row is left, so there is nothing to pool.")
    dropped = tuple(
        Dropped(row, labels[row], "The row is incomplete.") for row in np.flatnonzero(~keep).tolist()
    )
    oe, v = oe[keep], v[keep]
    total = float(np.sum(v))
    if total <= 0.0:
        raise TooFewStudies("Peto's method needs a study with a variance of O - E above 0; there is none.")
    inverse = 1.0 / np.where(v > 0.0, v, math.nan)
    own = effect_sizes("GEN", yi=oe * inverse, vi=inverse)
    fitted = (float(np.sum(oe)) / total, 1 / math.sqrt(total), v / total)
    kept = tuple(labels[row] for row in np.flatnonzero(keep).tolist())
    return _result("PETO", "Peto", fitted, own, kept, dropped, level, {"k_pos": int(np.count_nonzero(v))})


def _policies(add: Any, to: Any, drop00: Any) -> tuple[CellPolicy, CellPolicy]:
    """The policy for the studies' own effects, and that for the cells that are summed (by default: leave alone)."""
    first, second = [], []
    for value, untouched in ((add, 0.0), (to, "none"), (drop00, False)):
        pair = tuple(value) if isinstance(value, (tuple, list)) else (value, untouched)
        if len(pair) != 2:
            raise UnknownOption(f"Give one value or a pair (own effects, summed cells), not {value!r}.")
        first.append(pair[0])
        second.append(pair[1])
    return CellPolicy(*first), CellPolicy(*second)


def _read_tables(columns: dict, slab: Iterable[Any] | None, summed: CellPolicy = UNTOUCHED) -> tuple:
    given = as_columns({k: v for k, v in columns.items() if v is not None})
    cells = ("ai", "bi", "ci", "di") if {"bi", "di"} <= set(given) else ("ai", "n1i", "ci", "n2i")
    if not set(cells) <= set(given):
        have = ", ".join(given) or "none"
        raise MissingColumns(f"The columns ai bi ci di or ai n1i ci n2i are needed; given: {have}.")
    tables = two_by_two(given).prepared(summed)
    return _complete(tables, np.isfinite(tables.total), as_labels(slab, len(tables.a)))


def _complete(tables: Tables, keep: np.ndarray, labels: tuple[str, ...]) -> tuple:
    keep = keep & (tables.total > 1)
    dropped = tuple(
        Dropped(row, labels[row], "The table is incomplete.") for row in np.flatnonzero(~keep).tolist()
    )
    if not np.any(keep):
        raise NoStudies("No complete table is left, so there is nothing to pool.")
    kept = tuple(labels[row] for row in np.flatnonzero(keep).tolist())
    return tables.rows(keep), keep, kept, dropped


def _pool_rates(
    name: str,
    columns: dict,
    slab: Iterable[Any] | None,
    level: float,
    cells: CellPolicy,
    summed: CellPolicy,
    correct: bool,
) -> PooledTables:
    given = as_columns({k: v for k, v in columns.items() if v is not None})
    names = ("x1i", "t1i", "x2i", "t2i")
    if not set(names) <= set(given):
        have = ", ".join(given) or "none"
        raise MissingColumns(f"The columns {' '.join(names)} are needed; given: {have}.")
    require_counts(given, "x1i", "x2i")
    require_positive(given, "person-time", "t1i", "t2i")
    labels = as_labels(slab, len(given["x1i"]))
    keep = np.all([np.isfinite(given[n]) for n in names], axis=0)
    x1, t1, x2, t2 = (given[n] for n in names)
    amount = summed.amount((x1 == 0) | (x2 == 0))
    if summed.drop00:
        keep &= (x1 > 0) | (x2 > 0)
    if not np.any(keep):
        raise NoStudies("No complete row is left, so there is nothing to pool.")
    dropped = tuple(
        Dropped(row, labels[row], "The row is incomplete.") for row in np.flatnonzero(~keep).tolist()
    )
    x1, t1, x2, t2 = (
        (column + more)[keep] for column, more in zip((x1, t1, x2, t2), (amount, 0, amount, 0), strict=True)
    )
    fitted = RATE_METHODS[name](x1, t1, x2, t2)
    tests = {}
    if name == "IRR":
        expected, variance = t1 * (x1 + x2) / (t1 + t2), t1 * t2 * (x1 + x2) / (t1 + t2) ** 2
        tests = _cochran(x1, expected, variance, correct=correct)
    own = effect_sizes(name, add=cells.add, to=cells.to, drop00=cells.drop00, **columns)
    kept = tuple(labels[row] for row in np.flatnonzero(keep).tolist())
    return _result(name, "MH", fitted, own.select(keep), kept, dropped, level, tests)


def _cochran(
    observed: np.ndarray, expected: np.ndarray, variance: np.ndarray, *, correct: bool
) -> dict[str, Any]:
    """(|sum (O - E)| - 1/2)^2 / sum V on one degree of freedom (Mantel & Haenszel 1959)."""
    gap = abs(float(np.sum(observed - expected)))
    total = float(np.sum(variance))
    stat = (gap - (0.5 if correct else 0.0)) ** 2 / total
    return {"mh_stat": stat, "mh_pval": chi2_upper(stat, 1)}


def _breslow_day(tables: Tables, odds_ratio: float) -> dict[str, Any]:
    """Breslow & Day 1980: sum (a - E)^2/V, E the first cell expected under the common odds ratio; Tarone 1985
    subtracts (sum (a - E))^2/sum V."""
    t = tables.rows(~tables.one_sided & (tables.n1 > 0) & (tables.n2 > 0))
    df = len(t.a) - 1
    if df < 1:
        return {}
    events = t.a + t.c
    # E solves E (n2 - m + E) = OR (n1 - E)(m - E); this form of the root holds for OR = 1 too.
    square = 1.0 - odds_ratio
    linear = t.n2 - events + odds_ratio * (t.n1 + events)
    product = odds_ratio * t.n1 * events
    expected = 2.0 * product / (linear + np.sqrt(linear**2 + 4.0 * square * product))
    cells = (expected, t.n1 - expected, events - expected, t.n2 - events + expected)
    variance = 1.0 / sum(1.0 / cell for cell in cells)
    bd = float(np.sum((t.a - expected) ** 2 / variance))
    ta = bd - float(np.sum(t.a - expected)) ** 2 / float(np.sum(variance))
    return {
        "bd_stat": bd,
        "bd_df": df,
        "bd_pval": chi2_upper(bd, df),
        "ta_stat": ta,
        "ta_df": df,
        "ta_pval": chi2_upper(ta, df),
    }


def _result(
    measure: str,
    method: str,
    fitted: Estimate,
    own: Any,
    labels: tuple[str, ...],
    dropped: tuple[Dropped, ...],
    level: float,
    tests: dict[str, Any],
) -> PooledTables:
    estimate, se, weights = fitted
    keep = own.usable
    yi, vi = own.yi[keep], own.vi[keep]
    df = own.k - 1
    q = q_pval = i2 = h2 = None
    if own.k and np.all(vi > 0.0):
        q = float(np.sum((yi - estimate) ** 2 / vi)) if df else 0.0
        q_pval = chi2_upper(q, df)
        i2 = 100.0 * max(0.0, (q - df) / q) if q > 0.0 and df > 0 else 0.0
        h2 = q / df if df > 0 else 1.0
    margin = critical_value(level, None) * se
    stat = estimate / se if se > 0.0 else math.nan
    return PooledTables(
        estimate=float(estimate),
        se=float(se),
        ci_low=float(estimate - margin),
        ci_high=float(estimate + margin),
        stat=stat,
        pval=z_two_sided(stat) if se > 0.0 else math.nan,
        tau2=0.0,
        i2=i2,
        h2=h2,
        q=q,
        q_pval=q_pval,
        pi_low=None,
        pi_high=None,
        k=len(labels),
        measure=measure,
        tau2_method=method,
        test="z",
        level=level,
        q_df=max(df, 0),
        slab=labels,
        weights=frozen_array(weights),
        dropped=dropped,
        notes=() if se > 0.0 else (NO_EVENTS,),
        k_effects=own.k,
        **tests,
    )


def _defined(condition: bool, what: str) -> None:
    if not condition:
        raise TooFewStudies(
            f"The Mantel-Haenszel {what} is not defined: over all studies one of the groups has no event (or nothing "
            "but events). Use the risk or rate difference, or Peto's method."
        )
