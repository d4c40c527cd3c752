"""Generalised least squares on a network for a given tau2, and the estimators of tau2."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from analysis.stats.errors import NotConverged
from analysis.stats.network_data import Block

GRID = 60


@dataclass(frozen=True, eq=False)
class Fit:
    """`d` (T,): effects against the mean of their part; `covariance` (T, T) = L+; `df`: contrasts less parameters."""

    d: np.ndarray
    covariance: np.ndarray
    q: float
    df: int
    tau2: float
    part: np.ndarray

    def differences(self) -> tuple[np.ndarray, np.ndarray]:
        """Estimates and variances of every row against every column; nan between parts."""
        estimate = self.d[:, None] - self.d[None, :]
        own = np.diagonal(self.covariance)
        variance = np.maximum(own[:, None] + own[None, :] - 2.0 * self.covariance, 0.0)
        np.fill_diagonal(variance, 0.0)
        apart = self.part[:, None] != self.part[None, :]
        return np.where(apart, math.nan, estimate), np.where(apart, math.nan, variance)


@dataclass(frozen=True, eq=False)
class System:
    """All contrasts against the first arm of their study in one vector, with block-diagonal S and M of full size."""

    y: np.ndarray
    s: np.ndarray
    m: np.ndarray
    x: np.ndarray
    free: np.ndarray

    @classmethod
    def of(
        cls, blocks: tuple[Block, ...], treatments: tuple[str, ...], parts: tuple[tuple[str, ...], ...]
    ) -> System:
        """`x`: (n, T). `free`: columns that are parameters, one treatment of each part being the zero."""
        place = {name: column for column, name in enumerate(treatments)}
        n = sum(len(block.y) for block in blocks)
        x, s, m = np.zeros((n, len(treatments))), np.zeros((n, n)), np.zeros((n, n))
        at = 0
        for block in blocks:
            rows = slice(at, at + len(block.y))
            x[rows, place[block.treatments[0]]] = -1.0
            x[np.arange(rows.start, rows.stop), [place[name] for name in block.treatments[1:]]] = 1.0
            s[rows, rows], m[rows, rows] = block.s, block.m
            at = rows.stop
        zeros = {part[0] for part in parts}
        free = np.array([place[name] for name in treatments if name not in zeros], dtype=int)
        return cls(np.concatenate([block.y for block in blocks]), s, m, x, free)

    @property
    def design(self) -> np.ndarray:
        return self.x[:, self.free]

    @property
    def df(self) -> int:
        return len(self.y) - len(self.free)


@dataclass(frozen=True, eq=False)
class Least:
    """Generalised least squares: coefficients, their covariance, Q, and P = V^-1 - V^-1 X (X'V^-1 X)^-1 X'V^-1."""

    coefficients: np.ndarray
    covariance: np.ndarray
    q: float
    p: np.ndarray
    log_det: float


def least_squares(y: np.ndarray, design: np.ndarray, v: np.ndarray) -> Least:
    """Fit y (n,) on a design (n, p) of full rank with covariance v (n, n)."""
    try:
        lower = np.linalg.cholesky(v)
        white = np.linalg.solve(lower, np.column_stack([design, y]))
        gram = white[:, :-1].T @ white[:, :-1]
        covariance = np.linalg.inv(gram)
    except np.linalg.LinAlgError as error:
        raise NotConverged(
            "The variances of this network do not allow a fit: check the standard errors."
        ) from error
    coefficients = covariance @ (white[:, :-1].T @ white[:, -1])
    residual = white[:, -1] - white[:, :-1] @ coefficients
    inverse = np.linalg.inv(lower)
    across = white[:, :-1].T @ inverse
    p = inverse.T @ inverse - across.T @ covariance @ across
    log_det = 2.0 * float(np.sum(np.log(np.diagonal(lower)))), float(np.linalg.slogdet(gram)[1])
    return Least(coefficients, covariance, float(residual @ residual), p, sum(log_det))


def fit_network(
    blocks: tuple[Block, ...], treatments: tuple[str, ...], parts: tuple[tuple[str, ...], ...], tau2: float
) -> Fit:
    """The network for a given tau2; `q` is the weighted residual sum of squares at that tau2."""
    system = System.of(blocks, treatments, parts)
    least = least_squares(system.y, system.design, system.s + tau2 * system.m)
    d = np.zeros(len(treatments))
    d[system.free] = least.coefficients
    covariance = np.zeros((len(treatments), len(treatments)))
    covariance[np.ix_(system.free, system.free)] = least.covariance
    part = np.array([next(n for n, names in enumerate(parts) if name in names) for name in treatments])
    return Fit(d, covariance, least.q, system.df, tau2, part)


def network_tau2(
    blocks: tuple[Block, ...], treatments: tuple[str, ...], parts: tuple[tuple[str, ...], ...], method: str
) -> float:
    """tau2 by the generalised method of moments (DL), REML, ML; 0 for CE or without degrees of freedom.

    DL  (Q - df)/tr(P M), P at tau2 = 0      Jackson et al. 2013; Ruecker & Schwarzer 2014
    REML, ML  the highest of the maxima of the (restricted) likelihood over tau2 >= 0
    """
    system = System.of(blocks, treatments, parts)
    return tau2_of(system.y, system.design, system.s, system.m, method)


def tau2_of(y: np.ndarray, design: np.ndarray, s: np.ndarray, m: np.ndarray, method: str) -> float:
    """As `network_tau2`, for contrasts y (n,), a design (n, p) of full rank, and S and M (n, n)."""
    df = len(y) - design.shape[1]
    if method == "CE" or df <= 0:
        return 0.0
    at_zero = least_squares(y, design, s)
    if method == "DL":
        return max(0.0, (at_zero.q - df) / float(np.sum(at_zero.p * m)))
    return _maximise(y, design, s, m, restricted=method == "REML", scale=at_zero.q)


def _maximise(
    y: np.ndarray, design: np.ndarray, s: np.ndarray, m: np.ndarray, *, restricted: bool, scale: float
) -> float:
    from scipy.optimize import brentq

    def score(tau2: float) -> float:
        least = least_squares(y, design, s + tau2 * m)
        spread = least.p @ y
        trace = least.p if restricted else np.linalg.inv(s + tau2 * m)
        return float(spread @ m @ spread - np.sum(trace * m))

    def likelihood(tau2: float) -> float:
        v = s + tau2 * m
        least = least_squares(y, design, v)
        return -0.5 * (least.q + (least.log_det if restricted else float(np.linalg.slogdet(v)[1])))

    typical = float(np.median(np.diagonal(s)))
    upper = max(typical, float(np.max(np.diagonal(s))), scale * typical)
    while score(upper) > 0.0:
        upper *= 10.0
        if not math.isfinite(upper) or upper > 1e30 * typical:
            raise NotConverged("The heterogeneity of this network grows without end; use tau2 DL.")
    grid = [0.0, *np.geomspace(1e-6 * typical, upper, GRID).tolist()]
    slopes = [score(value) for value in grid]
    candidates = [0.0] if slopes[0] <= 0.0 else []
    for low, high, before, behind in zip(grid, grid[1:], slopes, slopes[1:], strict=False):
        if before > 0.0 >= behind:
            candidates.append(float(brentq(score, low, high, xtol=1e-15 * high, rtol=1e-14)))
    return max(candidates, key=likelihood)
