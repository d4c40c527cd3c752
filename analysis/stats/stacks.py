"""tau2 of many meta-analyses at once: the estimators of `tau2` over columns (studies down, meta-analyses across).

Formulas and sources are those of `tau2`; a test holds the two dictionaries to the same names and numbers. ML and REML
climb together in `search.search_many`; the few columns for which a single peak cannot be proved are searched one
by one, as for a single meta-analysis."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np

from analysis.stats.distributions import chi2_quantile
from analysis.stats.least_squares import weighted_fit
from analysis.stats.moments import DesignOfMany, MeanOfMany, Moments
from analysis.stats.search import ARRIVED, ceiling, search_many
from analysis.stats.tau2 import ESTIMATORS, Estimator, estimate_tau2


class Stack:
    """Meta-analyses side by side, one a column: y and v (k, n), `used` (k, n) or None for all, each with a study."""

    def __init__(self, y: np.ndarray, v: np.ndarray, used: np.ndarray | None):
        self.y, self.v, self.used = np.array(y, order="C"), np.array(v, order="C"), None
        if used is not None:
            self.used = np.array(used, dtype=float, order="C")
            out = self.used == 0.0
            self.y[out], self.v[out] = 0.0, np.inf
        self.k = np.full(y.shape[1], y.shape[0]) if used is None else used.sum(axis=0)
        self.df = self.k - 1.0

    @cached_property
    def many(self) -> MeanOfMany | DesignOfMany:
        return MeanOfMany(self.y, self.v)

    @cached_property
    def begin(self) -> Moments:
        """The moments at tau2 = 0."""
        return self.many.at(np.zeros(len(self.k)))

    @cached_property
    def least(self) -> np.ndarray:
        return np.min(self.v, axis=0)

    @property
    def mean_eigenvalue(self) -> np.ndarray:
        """sum v (1 - leverage)/(k - p) with equal weights: the mean of the variances outside the design."""
        return self.mean_variance

    @cached_property
    def mean_variance(self) -> np.ndarray:
        total = np.sum(self.v, axis=0) if self.used is None else np.sum(self.v, axis=0, where=self.used > 0.0)
        return total / self.k

    @property
    def rss(self) -> np.ndarray:
        """Residual sum of squares with equal weights."""
        return self.squares

    @cached_property
    def squares(self) -> np.ndarray:
        """sum (y - mean)^2."""
        away = self.y - np.sum(self.y, axis=0) / self.k
        if self.used is not None:
            away *= self.used
        return np.einsum("ij,ij->j", away, away)

    def one(self, column: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """yi, vi and the design of one meta-analysis."""
        keep = slice(None) if self.used is None else self.used[:, column] > 0.0
        yi, vi = self.y[keep, column], self.v[keep, column]
        return yi, vi, np.ones((len(yi), 1))


class DesignStack(Stack):
    """Meta-regressions side by side, all with the same design (k, p): the studies move, the moderators stay."""

    def __init__(self, y: np.ndarray, v: np.ndarray, design: np.ndarray):
        super().__init__(y, v, None)
        self.design = design
        self.df = self.df + 1.0 - design.shape[1]
        self._equal = weighted_fit(np.zeros(len(design)), design, np.ones(len(design)))

    @cached_property
    def many(self) -> DesignOfMany:
        return DesignOfMany(self.y, self.v, self.design)

    @cached_property
    def mean_eigenvalue(self) -> np.ndarray:
        return (self._equal.complement @ self.v) / self.df

    @cached_property
    def rss(self) -> np.ndarray:
        away = self.y - self._equal.basis @ (self._equal.basis.T @ self.y)
        return np.einsum("ij,ij->j", away, away)

    def one(self, column: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return self.y[:, column], self.v[:, column], self.design


def estimate_many(method: str | Estimator, s: Stack) -> np.ndarray:
    """tau2 of every column by a named method or by a function of (yi, vi, design).

    Columns with a variance of 0 are left nan or wrong: they are for `fit_model` to judge."""
    columns = np.arange(len(s.k))
    if callable(method):
        return _one_by_one(s, np.zeros(len(s.k)), columns, method)
    tau2 = np.where(s.df > 0.0, np.maximum(MANY[method](s), 0.0), 0.0)
    return _one_by_one(s, tau2, columns[~np.isfinite(tau2) & (s.least > 0.0)], method)


def _dersimonian_laird(s: Stack) -> np.ndarray:
    return (s.begin.rss - s.df) / s.begin.trace


def _hedges(s: Stack) -> np.ndarray:
    return s.rss / s.df - s.mean_eigenvalue


def _hunter_schmidt(s: Stack) -> np.ndarray:
    return (s.begin.rss - s.k) / s.begin.total


def _hunter_schmidt_k(s: Stack) -> np.ndarray:
    return (s.k / s.df * s.begin.rss - s.k) / s.begin.total


def _sidik_jonkman(s: Stack) -> np.ndarray:
    start = s.squares / s.k
    return np.where(start == 0.0, 0.0, start * s.many.at(start).rss / s.df)


def _restricted_likelihood(s: Stack) -> np.ndarray:
    upper = ceiling(s.least, s.mean_eigenvalue, s.rss / s.df, np.sqrt)
    return _highest(s, s.many, s.begin, upper, "REML")


def _maximum_likelihood(s: Stack) -> np.ndarray:
    many = s.many.unrestricted()
    upper = ceiling(s.least, s.mean_variance, s.rss / s.k, np.sqrt)
    return _highest(s, many, many.at(np.zeros(len(s.k))), upper, "ML")


def _paule_mandel(s: Stack) -> np.ndarray:
    return _where_q_is(s, s.df)


def _paule_mandel_median(s: Stack) -> np.ndarray:
    return _where_q_is(s, by_value(s.df, lambda df: chi2_quantile(0.5, df) if df > 0 else 1.0))


MANY: dict[str, Callable[[Stack], np.ndarray]] = {
    "CE": lambda s: np.zeros(len(s.k)),
    "FE": lambda s: np.zeros(len(s.k)),
    "EE": lambda s: np.zeros(len(s.k)),
    "DL": _dersimonian_laird,
    "HE": _hedges,
    "HS": _hunter_schmidt,
    "HSk": _hunter_schmidt_k,
    "SJ": _sidik_jonkman,
    "ML": _maximum_likelihood,
    "REML": _restricted_likelihood,
    "EB": _paule_mandel,
    "PM": _paule_mandel,
    "PMM": _paule_mandel_median,
}


def _highest(
    s: Stack, many: MeanOfMany | DesignOfMany, begin: Moments, upper: np.ndarray, name: str
) -> np.ndarray:
    upper[s.df == 0.0] = 0.0
    tau2, unproved = search_many(many, begin, s.least, upper)
    return _one_by_one(s, tau2, np.flatnonzero(unproved), name)


def _where_q_is(s: Stack, target: np.ndarray) -> np.ndarray:
    """Q(tau2) = target for every column by Newton's method for 1/Q, which never passes the root."""
    tau2 = np.zeros(len(s.k))
    rows = np.flatnonzero((s.begin.rss > target) & (s.df > 0.0))
    many, least, target = s.many.take(rows), s.least[rows], target[rows]
    m = Moments(*(values[..., rows] for values in s.begin))
    value = np.zeros(len(rows))
    for _ in range(100):
        if not rows.size:
            break
        step = (m.rss / target - 1.0) * m.rss / m.slope
        value = value + step
        tau2[rows] = value
        left = np.flatnonzero(~(np.abs(step) <= ARRIVED * (value + least)))
        if left.size < rows.size:
            rows, value, least, target = rows[left], value[left], least[left], target[left]
            many = many.take(left)
        if rows.size:
            m = many.at(value)
    return _one_by_one(s, tau2, rows, "PMM" if np.any(target != s.df[rows]) else "PM")


def _one_by_one(s: Stack, tau2: np.ndarray, columns: np.ndarray, method: str | Estimator) -> np.ndarray:
    for column in columns.tolist():
        tau2[column] = estimate_tau2(method, *s.one(column))[0]
    return tau2


def by_value(values: np.ndarray, function: Callable[[float], float]) -> np.ndarray:
    """The function of each value, computed once for each that occurs."""
    if values.size and (values == values[0]).all():
        return np.full(len(values), function(float(values[0])))
    different, which = np.unique(values, return_inverse=True)
    return np.array([function(value) for value in different.tolist()])[which]


assert set(MANY) == set(ESTIMATORS)
