"""What the likelihood of tau2 is made of, at one value of tau2 or for thousands of meta-analyses at once.

With w = 1/(v + tau2), P as in `least_squares`, z = Py = w(y - mean) and T the trace of P (REML) or of W (ML):

    slope   A = y'PPy     twice the derivative of -RSS/2             -A' = 2 y'PPPy
    trace   B = T         twice the derivative of the log-determinant  -B' = tr(PP), or tr(WW)

so that A - B is twice the score. A is a sum of c/(l + tau2)^2 and B of 1/(l + tau2) with c >= 0 and l between
the smallest and the largest v (the eigenvalues of V outside the space of the design); `search` rests on that.

The study with the smallest variance is held apart (`origin`): effects are measured from it, and sums run over the
others, so that nothing is subtracted from a weight that dwarfs the rest."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from analysis.stats.least_squares import weighted_fit


class Moments(NamedTuple):
    """A, B, their negated derivatives, RSS = y'Py, and the mean; floats, or arrays with one value per column."""

    slope: Any
    trace: Any
    slope_fall: Any
    trace_fall: Any
    rss: Any
    mean: Any


class MeanOfOne:
    """The moments of one meta-analysis without moderators; y and v of shape (k,), k >= 2."""

    def __init__(self, yi: np.ndarray, vi: np.ndarray, *, restricted: bool = True):
        first = int(vi.argmin())
        self.origin = float(yi[first])
        self.first = float(vi[first])
        self.rest = np.concatenate((vi[:first], vi[first + 1 :]))
        self.effects = np.concatenate((yi[:first], yi[first + 1 :])) - self.origin
        self.ones = np.ones_like(self.rest)
        self.restricted = restricted

    def at(self, tau2: float) -> Moments:
        w = 1.0 / (self.rest + tau2)
        w0 = 1.0 / (self.first + tau2)
        mean = float(w @ self.effects)
        s = float(w @ self.ones)
        mean /= w0 + s
        z = (self.effects - mean) * w
        wz, ww = w * z, w * w
        sums = (s, float(w @ w), float(ww @ w), float(w @ z), float(z @ z), float(wz @ z))
        return _assemble(w0, mean, *sums, float(self.effects @ z), self.origin, self.restricted)


class DesignOfOne:
    """The moments of one meta-regression; y and v of shape (k,), design (k, p). `mean` holds the coefficients."""

    def __init__(self, yi: np.ndarray, vi: np.ndarray, design: np.ndarray, *, restricted: bool = True):
        self.yi, self.vi, self.design, self.restricted = yi, vi, design, restricted

    def at(self, tau2: float) -> Moments:
        fit = weighted_fit(self.yi, self.design, 1.0 / (self.vi + tau2))
        w = fit.weights
        z = w * fit.residuals
        u = np.sqrt(w) * z
        u -= fit.basis @ (u @ fit.basis)
        trace, fall = (fit.trace_p, fit.trace_pp) if self.restricted else (np.sum(w), w @ w)
        return Moments(
            float(z @ z), float(trace), 2.0 * float(u @ u), float(fall), float(fit.rss), fit.coefficients
        )


class MeanOfMany:
    """The moments of many meta-analyses without moderators, one a column: y and v of shape (k, n).

    A study with v = inf has no part in its column (its y must be finite). `spread` is the largest v in use."""

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
    return Moments(slope, trace, slope_fall, trace_fall, rss, origin + mean)
