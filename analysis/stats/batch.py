"""Thousands of meta-analyses in one call: simulations, subsets, permutations, refits without a study.

    batch = fit_many(yi, vi, tau2="REML", test="knha")    # yi, vi of shape (batch, k)
    batch.estimate, batch.ci_low, batch.ci_high, batch.tau2

The numbers are those of `pool` (relative 1e-10), maximum for maximum: every tau2 is proved to be the highest point
of its likelihood, and the few that resist the proof are searched one by one as `pool` would. The arithmetic runs
over columns (studies down, meta-analyses across) in chunks that fit the processor's cache: memory stays bounded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.stats.distributions import check_level, critical_value, special, z_two_sided_each
from analysis.stats.errors import LengthMismatch, NegativeVariance, NonFiniteInput, NoStudies
from analysis.stats.least_squares import weighted_fit
from analysis.stats.pooling import _check_range, fit_model, test_name
from analysis.stats.results import Result
from analysis.stats.stacks import Stack, by_value, estimate_many
from analysis.stats.tau2 import COMMON_EFFECT, Estimator, estimator_name

#: Numbers per chunk of columns: three arrays of this size stay in a processor's second-level cache.
CHUNK = 40_000


@dataclass(frozen=True, eq=False)
class Batch(Result):
    """Many pooled effects: arrays of shape (batch,), named as in `Pooled`; nan where a value is not defined.

    `factor`: what the test multiplied the variance 1/sum w by (1 but for Knapp-Hartung and adhoc)."""

    estimate: np.ndarray
    se: np.ndarray
    ci_low: np.ndarray
    ci_high: np.ndarray
    stat: np.ndarray
    pval: np.ndarray
    tau2: np.ndarray
    i2: np.ndarray
    h2: np.ndarray
    q: np.ndarray
    k: np.ndarray
    factor: np.ndarray
    tau2_method: str
    test: str
    level: float

    ARRAYS = ("estimate", "se", "ci_low", "ci_high", "stat", "pval", "tau2", "i2", "h2", "q", "k", "factor")

    def __len__(self) -> int:
        return len(self.estimate)


def fit_many(
    yi: Any,
    vi: Any,
    *,
    tau2: str | Estimator = "REML",
    test: str = "z",
    level: float = 0.95,
    mask: Any = None,
) -> Batch:
    """Pool each row of yi and vi: estimate, interval, test, tau2, I2, H2 and Q of a random- or common-effect model.

    `yi`, `vi`: effects and sampling variances of shape (batch, k); one of them may be (k,), shared by all rows.
    `mask`: (batch, k) or (k,), the studies used in each row; missing (nan) effects and variances are left out too.
    `tau2`, `test`, `level`: as in `pool`. Formulas and sources: `pooling`, `tau2`. A row with one study gives that
    study's effect with tau2 = 0 and test z, as `pool` does.

    Errors: `LengthMismatch`, `NonFiniteInput`, `NegativeVariance`, `ZeroVariance`, `NoStudies` for a row without
    studies, `NotConverged`. metafor: `rma(yi, vi, method=, test=)` for each row."""
    test, level = test_name(test), check_level(level)
    name = getattr(tau2, "__name__", "function") if callable(tau2) else estimator_name(tau2)
    y, v, used = _inputs(yi, vi, mask)
    rows, k = y.shape
    found = {key: np.empty(rows) for key in Batch.ARRAYS}
    size = max(16, CHUNK // k)
    for begin in range(0, rows, size):
        part = slice(begin, begin + size)
        own = None if used is None else used[part] & ~(np.isnan(y[part]) | np.isnan(v[part]))
        if own is not None and not own.any(axis=1).all():
            raise NoStudies("A row has no study with an effect and a variance, so there is nothing to pool.")
        stack = Stack(y[part].T, v[part].T, None if own is None else own.T)
        for key, values in _fit(stack, tau2, name, test, level).items():
            found[key][part] = values
    found["k"] = found["k"].astype(int)
    for values in found.values():
        values.setflags(write=False)
    return Batch(**found, tau2_method=name, test=test, level=level)  # type: ignore[arg-type]


def _fit(s: Stack, tau2: str | Estimator, name: str, test: str, level: float) -> dict[str, np.ndarray]:
    with np.errstate(all="ignore"):
        value = estimate_many(tau2 if callable(tau2) else name, s)
        found = _tested(s, value, test, level) | _heterogeneity(s, value, name in COMMON_EFFECT)
        for column in np.flatnonzero(s.least == 0.0).tolist():  # refused there, or HE and SJ
            for key, number in _one_fit(s, column, tau2, test, level).items():
                found[key][column] = number
    return found


def _tested(s: Stack, tau2: np.ndarray, test: str, level: float) -> dict[str, np.ndarray]:
    """Estimate, standard error, interval and test, as `fit_model` makes them."""
    mean, total, rss = s.many.fit(tau2)
    factor = np.ones_like(total)
    if test in ("knha", "adhoc"):
        ratio = np.where(_is_rounding(s, tau2, total, rss), 0.0, rss / s.df)
        ratio = np.maximum(ratio, 1.0) if test == "adhoc" else ratio
        factor = np.where(s.df > 0.0, ratio, 1.0)
    se = np.sqrt(factor / total)
    stat = mean / se
    normal = (s.df == 0.0) | (test == "z")
    critical = by_value(np.where(normal, 0.0, s.df), lambda df: critical_value(level, df if df > 0 else None))
    return {
        "estimate": mean,
        "se": se,
        "ci_low": mean - critical * se,
        "ci_high": mean + critical * se,
        "stat": stat,
        "pval": _two_sided(stat, s.df, normal),
        "tau2": tau2,
        "k": s.k,
        "factor": factor,
    }


def _is_rounding(s: Stack, tau2: np.ndarray, total: np.ndarray, rss: np.ndarray) -> np.ndarray:
    """Where the residuals are rounding error: RSS <= 1e-29 sum w y^2, the rule of `WeightedFit.dispersion`."""
    largest = max(float(s.y.max()), -float(s.y.min()))
    rounding = rss <= 1e-29 * largest * largest * total
    for column in np.flatnonzero(rounding).tolist():
        yi, vi, design = s.one(column)
        fit = weighted_fit(yi, design, 1.0 / (vi + tau2[column]))
        rounding[column] = fit.dispersion(yi) == 0.0
    return rounding


def _heterogeneity(s: Stack, tau2: np.ndarray, common: bool) -> dict[str, np.ndarray]:
    alone = s.df == 0.0
    q = np.where(alone, 0.0, s.begin.rss)
    typical = s.df / s.begin.trace
    if common:
        h2 = q / s.df
        i2 = np.where(q > 0.0, 100.0 * np.maximum(0.0, (q - s.df) / q), 0.0)
    else:
        h2 = (tau2 + typical) / typical
        i2 = 100.0 * tau2 / (tau2 + typical)
    return {"q": q, "h2": np.where(alone, 1.0, h2), "i2": np.where(alone, 0.0, i2)}


def _one_fit(s: Stack, column: int, tau2: str | Estimator, test: str, level: float) -> dict[str, float]:
    yi, vi, design = s.one(column)
    fit = fit_model(yi, vi, design, tau2=tau2, test=test, level=level)
    names = {"estimate": fit.coefficients, "se": fit.se, "ci_low": fit.ci_low, "ci_high": fit.ci_high}
    values = {key: float(value[0]) for key, value in (names | {"stat": fit.stat, "pval": fit.pval}).items()}
    h = fit.heterogeneity
    others = {"q": h.q, "i2": h.i2, "h2": h.h2, "tau2": fit.tau2, "factor": fit.factor}
    return values | {key: np.nan if value is None else value for key, value in others.items()}


def _two_sided(stat: np.ndarray, df: np.ndarray, normal: np.ndarray) -> np.ndarray:
    if normal.all():
        return z_two_sided_each(stat)
    t = special().betainc(df / 2.0, 0.5, df / (df + stat * stat))
    return np.where(normal, z_two_sided_each(stat), t) if normal.any() else np.asarray(t)


def _inputs(yi: Any, vi: Any, mask: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """yi, vi and mask as checked views of shape (batch, k); the mask is None when every study is used."""
    y, v = (np.atleast_2d(np.asarray(values, dtype=float)) for values in (yi, vi))
    use = np.atleast_2d(np.asarray(True if mask is None else mask, dtype=bool))
    try:
        shape = np.broadcast_shapes(y.shape, v.shape, use.shape)
    except ValueError as error:
        raise LengthMismatch(f"Effects, variances and mask do not have matching shapes: {error}.") from error
    if len(shape) != 2:
        raise LengthMismatch(f"Effects and variances have shape (batch, k) or (k,), not {shape}.")
    if not shape[1]:
        raise NoStudies("There are no studies to pool.")
    every = mask is None and not (np.isnan(y.min()) or np.isnan(v.min()))
    low, high = (np.fmin.reduce, np.fmax.reduce) if not every else (np.min, np.max)
    ends = np.array([low(y, axis=None), high(y, axis=None), low(v, axis=None), high(v, axis=None)])
    if np.isinf(ends).any():
        raise NonFiniteInput("An effect or a variance is infinite; leave it out, or correct it.")
    if ends[2] < 0.0:
        row = int(np.argwhere(v < 0.0)[0, 0])
        raise NegativeVariance(f"Row {row + 1}: a sampling variance is negative.", column="vi", row=row)
    if not np.isnan(ends).any():  # with nothing but missing values `fit_many` says so
        _check_range(ends[:2], ends[2:])
    y, v = np.broadcast_to(y, shape), np.broadcast_to(v, shape)
    return y, v, None if every else np.broadcast_to(use, shape)
