"""What the likelihood of tau2 is made of, at one value of tau2 or for thousands of meta-analyses at once.

With w = 1/(v + tau2), P as in `least_squares`, z = Py = w(y - mean) and T the trace of P (REML) or of W (ML):

    slope   A = y'PPy     twice the derivative of -RSS/2             -A' = 2 y'PPPy
    trace   B = T         twice the derivative of the log-determinant  -B' = tr(PP), or tr(WW)

so that A - B is twice the score. A is a sum of c/(l + tau2)^2 and B of 1/(l + tau2) with c >= 0 and l between
the smallest and the largest v (the eigenvalues of V outside the space of the design); `search` rests on that.

The study with the smallest variance is held apart (`origin`): effects are measured from it, and sums run over the
others, so that nothing is subtracted from a weight that dwarfs the rest."""

from __future__ import annotations

import math
from copy import copy
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from analysis.stats.least_squares import is_mean, weighted_fit

#: From this many studies on nine scalar products are quicker than one product of matrices.
LONG = 500
#: Variances within this ratio of one another are even enough for normal equations: they cost its digits, three.
EVEN = 1e3


class Moments(NamedTuple):
    """A, B, their negated derivatives, RSS = y'Py, the mean and sum w; floats, or arrays with a value per column."""

    slope: Any
    trace: Any
    slope_fall: Any
    trace_fall: Any
    rss: Any
    mean: Any
    total: Any


class MeanOfOne:
    """The moments of one meta-analysis without moderators; y and v of shape (k,), k >= 2."""

    def __init__(self, yi: np.ndarray, vi: np.ndarray, *, restricted: bool = True):
        first = int(vi.argmin())
        self.origin = float(yi[first])
        self.first = float(vi[first])
        self.rest = np.concatenate((vi[:first], vi[first + 1 :]))
        self.effects = np.concatenate((yi[:first], yi[first + 1 :])) - self.origin
        self.restricted = restricted
        self._last: tuple[float, Moments] | None = None
        self._powers = np.empty((3, len(self.rest)))  # w, w^2, w^3
        self._factors = np.ones((3, len(self.rest)))  # 1, y, y^2
        self._factors[1] = self.effects
        np.multiply(self.effects, self.effects, out=self._factors[2])

    @cached_property
    def begin(self) -> Moments:
        """The moments at tau2 = 0."""
        return self.at(0.0)

    def with_equal_weights(self) -> tuple[float, float]:
        """The residual sum of squares, and the mean of the variances."""
        k, ones = len(self.rest) + 1, self._factors[0]
        mean = float(self.effects @ ones) / k
        away = self.effects - mean
        return float(away @ away) + mean * mean, (self.first + float(self.rest @ ones)) / k

    def recall(self, tau2: float) -> Moments:
        """The moments at a tau2 that is asked for again and again: the one that was found."""
        if self._last is None or self._last[0] != tau2:
            self._last = (tau2, self.at(tau2))
        return self._last[1]

    def at(self, tau2: float) -> Moments:
        powers, factors = self._powers, self._factors
        w, ww, www = powers
        np.add(self.rest, tau2, out=w)
        np.divide(1.0, w, out=w)
        np.multiply(w, w, out=ww)
        np.multiply(ww, w, out=www)
        if len(w) < LONG:
            sums = (powers @ factors.T).tolist()
        else:
            sums = [[float(power @ factor) for factor in factors] for power in powers]
        (s, sy, syy), (s2, s2y, s2yy), (s3, s3y, s3yy) = sums
        w0 = 1.0 / (self.first + tau2)
        # The squares of y - mean by expansion: the origin is the weightiest study, so no digits cancel.
        mean = sy / (w0 + s)
        cross = s2y - mean * s2
        squares = s2yy - (2.0 * s2y - mean * s2) * mean
        weighted = s3yy - (2.0 * s3y - mean * s3) * mean
        rss = syy - mean * sy
        return _assemble(w0, mean, s, s2, s3, cross, squares, weighted, rss, self.origin, self.restricted)


class DesignOfOne:
    """The moments of one meta-regression; y and v of shape (k,), design (k, p). The coefficients are left out.

    While no variance is more than EVEN times another, sums of products with powers of w are all that is needed, and
    one product of matrices makes them (`_quick`); beyond, every tau2 gets a factorisation of its own (`_careful`)."""

    def __init__(self, yi: np.ndarray, vi: np.ndarray, design: np.ndarray, *, restricted: bool = True):
        self.yi, self.vi, self.design, self.restricted = yi, vi, design, restricted
        self.first = float(vi.min())
        self.at = self._quick if vi.max() <= EVEN * self.first else self._careful
        if self.at == self._quick:
            k, p = design.shape
            basis = np.linalg.qr(design)[0]
            away = yi - basis @ (yi @ basis)
            pairs = (basis[:, :, None] * basis[:, None, :]).reshape(k, p * p)
            self._factors = np.column_stack((np.ones(k), away * away, basis * away[:, None], pairs))
            self._powers = np.empty((3, k))

    @cached_property
    def begin(self) -> Moments:
        """The moments at tau2 = 0."""
        return self.at(0.0)

    def with_equal_weights(self) -> tuple[float, float]:
        """The residual sum of squares, and the mean of the variances outside the space of the design."""
        fit = weighted_fit(self.yi, self.design, np.ones_like(self.vi))
        k, p = self.design.shape
        return float(fit.rss), float(self.vi @ fit.complement) / (k - p)

    def recall(self, tau2: float) -> Moments:
        """The moments at the tau2 that was found."""
        return self.at(tau2)

    def _quick(self, tau2: float) -> Moments:
        w, ww, www = self._powers
        np.add(self.vi, tau2, out=w)
        np.divide(1.0, w, out=w)
        np.multiply(w, w, out=ww)
        np.multiply(ww, w, out=www)
        sums = self._powers @ self._factors
        p = self.design.shape[1]
        (s, yy), (s2, yy2), (_, yy3) = sums[:, :2].tolist()
        xy, xy2, xy3 = sums[:, 2 : p + 2]
        xx, xx2, xx3 = sums[:, p + 2 :].reshape(3, p, p)
        inverse = np.linalg.inv(xx)
        b, hat = inverse @ xy, inverse @ xx2
        cross = xy2 - xx2 @ b
        slope = yy2 - float((xy2 + cross) @ b)
        weighted = yy3 - float((2.0 * xy3 - xx3 @ b) @ b)
        slope_fall = 2.0 * (weighted - float(cross @ inverse @ cross))
        trace, trace_fall = s, s2
        if self.restricted:
            trace -= float(hat.trace())
            trace_fall += float((hat * hat.T).sum() - 2.0 * (inverse * xx3).sum())
        return Moments(slope, trace, slope_fall, trace_fall, yy - float(b @ xy), math.nan, s)

    def _careful(self, tau2: float) -> Moments:
        fit = weighted_fit(self.yi, self.design, 1.0 / (self.vi + tau2))
        w = fit.weights
        z = w * fit.residuals
        u = np.sqrt(w) * z
        u -= fit.basis @ (u @ fit.basis)
        total = float(np.sum(w))
        trace, fall = (fit.trace_p, fit.trace_pp) if self.restricted else (total, w @ w)
        slope, slope_fall = float(z @ z), 2.0 * float(u @ u)
        return Moments(slope, float(trace), slope_fall, float(fall), float(fit.rss), math.nan, total)


OfOne = MeanOfOne | DesignOfOne


def moments_of(yi: np.ndarray, vi: np.ndarray, design: np.ndarray, *, restricted: bool = True) -> OfOne:
    """The moments of one model, by the short way when its design is a column of ones."""
    if is_mean(design):
        return MeanOfOne(yi, vi, restricted=restricted)
    return DesignOfOne(yi, vi, design, restricted=restricted)


class MeanOfMany:
    """The moments of many meta-analyses without moderators, one a column: y and v of shape (k, n).

    A study with v = inf has no part in its column (its y must be finite)."""

    def __init__(self, yi: np.ndarray, vi: np.ndarray, *, restricted: bool = True):
        columns = np.arange(vi.shape[1])
        first = vi.argmin(axis=0)
        self.origin = yi[first, columns]
        self.first = vi[first, columns]
        self.rest = vi[1:].copy()
        self.effects = yi[1:] - self.origin
        moved = np.flatnonzero(first)
        self.rest[first[moved] - 1, moved] = vi[0, moved]
        self.effects[first[moved] - 1, moved] = yi[0, moved] - self.origin[moved]
        self.restricted = restricted

    def unrestricted(self) -> MeanOfMany:
        """The same for maximum likelihood."""
        other = copy(self)
        other.restricted = False
        return other

    def take(self, columns: np.ndarray) -> MeanOfMany:
        """The same for some of the columns."""
        part = object.__new__(MeanOfMany)
        part.origin, part.first = self.origin[columns], self.first[columns]
        part.rest, part.effects = self.rest[:, columns], self.effects[:, columns]
        part.restricted = self.restricted
        return part

    def at(self, tau2: np.ndarray) -> Moments:
        w = self.rest + tau2
        np.divide(1.0, w, out=w)
        w0 = 1.0 / (self.first + tau2)
        s = w.sum(axis=0)
        mean = _dot(w, self.effects) / (w0 + s)
        z = self.effects - mean
        z *= w
        rss, cross, squares, sum2 = _dot(self.effects, z), _dot(w, z), _dot(z, z), _dot(w, w)
        z *= z
        weighted = _dot(w, z)
        np.multiply(w, w, out=z)
        return _assemble(
            w0, mean, s, sum2, _dot(w, z), cross, squares, weighted, rss, self.origin, self.restricted
        )

    def fit(self, tau2: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The mean, sum w and RSS (n,): what remains to be known once tau2 is found."""
        w = self.rest + tau2
        np.divide(1.0, w, out=w)
        w0 = 1.0 / (self.first + tau2)
        total = w.sum(axis=0) + w0
        mean = _dot(w, self.effects) / total
        away = self.effects - mean
        away *= away
        return self.origin + mean, total, _dot(w, away) + w0 * mean * mean


class DesignOfMany:
    """The moments of many meta-regressions with one design (k, p), one a column: y and v of shape (k, n).

    Sums of products of the design with powers of w are matrix products; the design is made orthonormal first, so
    its units cost no digits. `mean` holds the coefficients, (p, n)."""

    def __init__(self, yi: np.ndarray, vi: np.ndarray, design: np.ndarray, *, restricted: bool = True):
        self.yi, self.vi, self.restricted = yi, vi, restricted
        k, p = design.shape
        self.basis, triangle = np.linalg.qr(design)
        self.back = np.linalg.inv(triangle)  # from the coefficients of the basis to those of the design
        self.pairs = (self.basis[:, :, None] * self.basis[:, None, :]).reshape(k, p * p).T.copy()

    def unrestricted(self) -> DesignOfMany:
        """The same for maximum likelihood."""
        other = copy(self)
        other.restricted = False
        return other

    def take(self, columns: np.ndarray) -> DesignOfMany:
        """The same for some of the columns."""
        part = copy(self)
        part.yi, part.vi = self.yi[:, columns], self.vi[:, columns]
        return part

    def at(self, tau2: np.ndarray) -> Moments:
        w = 1.0 / (self.vi + tau2)
        inverse = _inverse(self._products(w))
        mean, z, rss = self._fit(w, inverse)
        total = w.sum(axis=0)
        wz, ww = w * z, w * w
        cross = self.basis.T @ wz
        slope_fall = 2.0 * (_dot(wz, z) - np.einsum("an,abn,bn->n", cross, inverse, cross))
        if self.restricted:
            hat = np.einsum("abn,bcn->acn", inverse, self._products(ww))
            trace = total - np.einsum("aan->n", hat)
            cubes = np.einsum("abn,abn->n", inverse, self._products(ww * w))
            trace_fall = ww.sum(axis=0) - 2.0 * cubes + np.einsum("abn,ban->n", hat, hat)
        else:
            trace, trace_fall = total, ww.sum(axis=0)
        return Moments(_dot(z, z), trace, slope_fall, trace_fall, rss, self.back @ mean, total)

    def fit(self, tau2: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Coefficients (p, n), their covariance (X'WX)^-1 as (p, p, n), and RSS (n,)."""
        w = 1.0 / (self.vi + tau2)
        inverse = _inverse(self._products(w))
        mean, _, rss = self._fit(w, inverse)
        return self.back @ mean, np.einsum("ab,bcn,dc->adn", self.back, inverse, self.back), rss

    def _products(self, w: np.ndarray) -> np.ndarray:
        p = self.basis.shape[1]
        return (self.pairs @ w).reshape(p, p, -1)

    def _fit(self, w: np.ndarray, inverse: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        mean = np.einsum("abn,bn->an", inverse, self.basis.T @ (w * self.yi))
        residuals = self.yi - self.basis @ mean
        z = w * residuals
        return mean, z, _dot(residuals, z)


def _inverse(matrices: np.ndarray) -> np.ndarray:
    """Inverses of positive definite matrices (p, p, n), by Gauss and Jordan; these need no pivots."""
    a = matrices.copy()
    for i in range(len(a)):
        pivot = 1.0 / a[i, i]
        column = a[:, i].copy()
        a[:, i] = 0.0
        a[i, i] = 1.0
        a[i] *= pivot
        for j in range(len(a)):
            if j != i:
                a[j] -= column[j] * a[i]
    return a


def _dot(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.einsum("ij,ij->j", a, b)


def _assemble(
    w0: Any,
    mean: Any,
    s: Any,
    s2: Any,
    s3: Any,
    cross: Any,
    squares: Any,
    weighted: Any,
    rss: Any,
    origin: Any,
    restricted: bool,
) -> Moments:
    """From the weight w0 of the study held apart and sums over the others: w, w^2, w^3, wz, z^2, wz^2, yz."""
    total = w0 + s
    z0 = -w0 * mean
    slope = squares + z0 * z0
    slope_fall = 2.0 * (weighted + (w0 * z0 * z0 * s - (2.0 * w0 * z0 + cross) * cross) / total)
    if restricted:
        trace = ((2.0 * w0 + s) * s - s2) / total
        share, first, others = w0 / total, s / total, s2 / total
        trace_fall = (w0 * first) ** 2 + s2 - 2.0 * s3 / total + (2.0 * w0 * share + others) * others
    else:
        trace, trace_fall = total, w0 * w0 + s2
    return Moments(slope, trace, slope_fall, trace_fall, rss, origin + mean, total)
