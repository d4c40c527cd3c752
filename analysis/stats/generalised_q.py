"""The generalised Q statistic: Q = y'P y = sum a (y - Xb)^2 with weights a that need not be inverse variances.

    P = A - AX (X'AX)^-1 X'A,   E Q = tr(PV) + tau2 tr(P),   V = diag(vi)

Cochran's Q has a = 1/vi. Under normality Q is a weighted sum of chi-squared variables, whose distribution gives
exact confidence intervals of tau2 (Biggerstaff & Jackson 2008; Jackson 2013)."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from analysis.stats.errors import NotConverged, TooFewStudies
from analysis.stats.least_squares import rank_of, weighted_fit

Estimator = Callable[[np.ndarray, np.ndarray, np.ndarray], tuple[float, float | None]]
POINTS = 32  # on the contour; the error falls like 3.9^-points until rounding takes over near 1e-13
FEW = 20  # degrees of freedom up to which that holds


def generalised_q(weights: np.ndarray, *, median: bool = False) -> Estimator:
    """Estimator of tau2 by the method of moments with given weights (k,), named GENQ.

    tau2 = max(0, (Q - tr(PV))/tr(P)), standard error sqrt(2 tr(P S P S))/tr(P) with S = diag(vi + tau2). With
    `median` (GENQM) tau2 puts Q at the median of its distribution, so that it is too low as often as too high.
    Source: DerSimonian & Kacker 2007, doi 10.1016/j.cct.2006.04.004; Jackson, Turner, Rhodes & Viechtbauer 2014.
    metafor: `rma(yi, vi, weights=, method="GENQ")`."""

    def estimate(yi: np.ndarray, vi: np.ndarray, design: np.ndarray) -> tuple[float, float]:
        used = weights > 0.0
        y, v, x, a = yi[used], vi[used], design[used], weights[used]
        if len(y) <= x.shape[1] or rank_of(x) < x.shape[1]:
            raise TooFewStudies(
                "Too few studies have a weight above 0 to estimate the between-study variance."
            )
        fit = weighted_fit(y, x, a)
        trace = float(fit.trace_p)
        tau2 = max(0.0, (float(fit.rss) - float(np.sum(a * v * fit.complement))) / trace)
        if median:
            tau2 = solve_tail(y, v, x, a, 0.5)
        variance = 2.0 * float(fit.trace_squared(a * (v + tau2)))
        return tau2, math.sqrt(max(0.0, variance)) / trace

    estimate.__name__ = "GENQM" if median else "GENQ"
    return estimate


def upper_tail(q: float, design: np.ndarray, weights: np.ndarray, variances: np.ndarray) -> float:
    """P(Q >= q) when y has the given variances, for a design (k, p), weights and variances (k,).

    The transform E exp(-zQ) = |I + 2z SP|^-1/2 is inverted numerically, to about 1e-11 whatever the weights: with few
    degrees of freedom along Talbot's contour around the singularities, with many along the line through the saddle
    point, where the integrand is close to a normal curve. The determinant needs no k x k matrix: with
    D = diag(weights variances) and an orthonormal basis Z of sqrt(A)X it is |I + 2zD| |Z'(I + 2zD)^-1 Z|.
    Source: Trefethen, Weideman & Schmelzer 2006, doi 10.1007/s10543-006-0077-9; Rice 1980 (saddle point)."""
    if q <= 0.0:
        return 1.0
    spread = weights * variances
    scale = float(np.max(spread))
    basis = weighted_fit(np.zeros(len(weights)), design, weights).basis
    k, p = design.shape
    invert = _along_contour if k - p <= FEW else _through_saddle
    return min(1.0, max(0.0, invert(q / scale, spread / scale, basis)))


def _log_transform(z: np.ndarray, spread: np.ndarray, basis: np.ndarray) -> np.ndarray:
    """log E exp(-zQ) at complex z (n,), off the negative real axis."""
    factors = 1.0 + 2.0 * z[:, None] * spread
    inner = np.swapaxes(basis, -1, -2) @ (basis / factors[..., None])
    # Each eigenvalue lies in the half plane of 1/factors, so the sum of principal logarithms has the right branch.
    small = inner[..., 0] if inner.shape[-1] == 1 else np.linalg.eigvals(inner)
    return -0.5 * (np.sum(np.log(factors), axis=-1) + np.sum(np.log(small), axis=-1))


def _along_contour(q: float, spread: np.ndarray, basis: np.ndarray) -> float:
    angle = (2.0 * np.arange(POINTS // 2, POINTS) + 1.0 - POINTS) * math.pi / POINTS
    turn = 0.6407 * angle
    point = POINTS * (0.5017 * angle / np.tan(turn) - 0.6122 + 0.2645j * angle)
    slope = POINTS * (0.5017 / np.tan(turn) - 0.5017 * turn / np.sin(turn) ** 2 + 0.2645j)
    terms = np.exp(point + _log_transform(point / q, spread, basis)) / point * slope
    return 1.0 - 2.0 / POINTS * float(np.imag(np.sum(terms)))


def _through_saddle(q: float, spread: np.ndarray, basis: np.ndarray) -> float:
    from scipy.optimize import minimize_scalar

    def height(z: float) -> float:
        """The real part of the exponent on the real axis, the pole at 0 included."""
        return float(np.real(_log_transform(np.array([z + 0j]), spread, basis)[0])) + z * q - math.log(abs(z))

    mean = float(np.sum(spread * (1.0 - np.sum(basis**2, axis=-1))))
    # Left of 0 the line gives the upper tail (Q has no transform beyond -1/2 in these units), right of 0 the
    # lower one.
    ends = (-0.5 + 1e-9, -1e-9) if q > mean else (1e-9, max(1.0, len(spread) / q))
    saddle = float(minimize_scalar(height, bounds=ends, method="bounded", options={"xatol": 1e-6}).x)
    move = 1e-3 * abs(saddle)
    bend = (height(saddle + move) - 2.0 * height(saddle) + height(saddle - move)) / move**2
    step = 0.2 / math.sqrt(bend)
    total, start = 0.0, 0
    while start < 100_000:
        z = saddle + 1j * step * np.arange(start, start + POINTS)
        terms = np.real(np.exp(_log_transform(z, spread, basis) + z * q) / z)
        total += float(np.sum(terms)) - (0.5 * float(terms[0]) if start == 0 else 0.0)
        start += POINTS
        if np.max(np.abs(terms)) <= 1e-17 * abs(total):
            break
    tail = total * step / math.pi
    return 1.0 - tail if saddle > 0.0 else -tail


def solve_tail(
    yi: np.ndarray, vi: np.ndarray, design: np.ndarray, weights: np.ndarray, target: float
) -> float:
    """The tau2 at which P(Q >= the Q observed) is `target`; 0 when it is higher already without heterogeneity."""
    from scipy.optimize import brentq

    q = float(weighted_fit(yi, design, weights).rss)

    def excess(tau2: float) -> float:
        return upper_tail(q, design, weights, vi + tau2) - target

    if excess(0.0) >= 0.0:
        return 0.0
    high = max(float(np.max(vi)), q / float(np.sum(weights)))
    for _ in range(200):
        if excess(high) > 0.0:
            return float(brentq(excess, 0.0, high, xtol=1e-14 * high, rtol=1e-13, maxiter=500))
        high *= 4.0
    raise NotConverged("The limit of tau2 by the distribution of Q could not be found.")
