"""Weighted least squares with known variances: the one calculation under pooling, regression and every tau2.

With weights W = diag(w) and design X (k rows, p columns)

    b = (X'WX)^-1 X'W y,   r = y - X b,   P = W - W X (X'WX)^-1 X' W,   RSS = y'Py = sum w r^2

It is done by QR of sqrt(W) X, so badly scaled moderators (years, say) cost no digits, and over a whole stack of
weights at once: `weights` may have shape (k,) or (n, k)."""

from __future__ import annotations

from functools import cached_property

import numpy as np

Factors = tuple[np.ndarray, np.ndarray]  # Z and R of sqrt(W) X = Z R


class WeightedFit:
    """Coefficients (..., p), unscaled covariance (X'WX)^-1, residuals (..., k) and what the estimators need."""

    def __init__(
        self, weights: np.ndarray, coefficients: np.ndarray, residuals: np.ndarray, factors: Factors | None
    ):
        self.weights = weights
        self.coefficients = coefficients
        self.residuals = residuals
        self._factors = factors

    @cached_property
    def _total(self) -> np.ndarray:
        return np.add.reduce(self.weights, axis=-1, keepdims=True)

    @cached_property
    def basis(self) -> np.ndarray:
        """Z of sqrt(W) X = Z R, shape (..., k, p)."""
        return np.sqrt(self.weights / self._total)[..., None] if self._factors is None else self._factors[0]

    @cached_property
    def triangle(self) -> np.ndarray:
        """R, shape (..., p, p)."""
        return np.sqrt(self._total)[..., None] if self._factors is None else self._factors[1]

    @cached_property
    def complement(self) -> np.ndarray:
        """1 - leverage, shape (..., k)."""
        if self._factors is None:
            return sums_of_others(self.weights) / self._total
        return np.maximum(1.0 - self.leverage, 0.0)

    @property
    def covariance(self) -> np.ndarray:
        if self._factors is None:
            return 1.0 / self._total[..., None]
        inverse = np.linalg.inv(self.triangle)
        return inverse @ np.swapaxes(inverse, -1, -2)

    @property
    def leverage(self) -> np.ndarray:
        """Diagonal of the hat matrix X (X'WX)^-1 X'W."""
        return np.sum(self.basis**2, axis=-1)

    @property
    def rss(self) -> np.ndarray:
        if self.weights.ndim == 1:
            return self.weights @ (self.residuals * self.residuals)
        return np.sum(self.weights * self.residuals**2, axis=-1)

    def dispersion(self, yi: np.ndarray) -> float:
        """`dispersion` of a single fit."""
        return dispersion(yi, self.weights, float(self.rss), len(self.weights) - len(self.coefficients))

    @property
    def trace_p(self) -> np.ndarray:
        return np.sum(self.weights * self.complement, axis=-1)

    @property
    def trace_pp(self) -> np.ndarray:
        return self.trace_squared(self.weights)

    def trace_squared(self, diagonal: np.ndarray) -> np.ndarray:
        """tr((I - H) D (I - H) D) for D = diag(diagonal) and the hat matrix H = ZZ', without a k x k matrix.

        With D = WS this is tr(PSPS)."""
        own = np.sum((diagonal * self.complement) ** 2, axis=-1)
        shared = self.leverage * diagonal
        if self.basis.shape[-1] == 1:
            return own + np.sum(shared * sums_of_others(shared), axis=-1)
        inner = np.swapaxes(self.basis, -1, -2) @ (diagonal[..., None] * self.basis)
        return own + np.maximum(np.sum(inner**2, axis=(-1, -2)) - np.sum(shared**2, axis=-1), 0.0)

    @property
    def y_pp_y(self) -> np.ndarray:
        """y'PPy = sum (w r)^2, because Py = W r."""
        return np.sum((self.weights * self.residuals) ** 2, axis=-1)

    @property
    def log_det(self) -> np.ndarray:
        """log |X'WX|."""
        return 2.0 * np.sum(np.log(np.abs(np.diagonal(self.triangle, axis1=-2, axis2=-1))), axis=-1)


def dispersion(yi: np.ndarray, weights: np.ndarray, rss: float, df: int) -> float:
    """RSS/(k - p); 1 without degrees of freedom, and 0 where the residuals are rounding error."""
    if df == 0:
        return 1.0
    return 0.0 if rss <= 1e-29 * float(weights @ (yi * yi)) else rss / df


def weighted_fit(yi: np.ndarray, design: np.ndarray, weights: np.ndarray) -> WeightedFit:
    """Fit y = X b with the given weights.

    `yi` has shape (k,), `design` (k, p) and of full column rank, `weights` (k,) or (n, k), positive and finite.
    """
    if is_mean(design):  # no factorisation needed
        # Measured from the study with the largest weight, so that its residual keeps its digits when it dominates.
        if weights.ndim == 1:
            origin = yi[weights.argmax()]
            away = yi - origin
            shift = (weights @ away) / np.add.reduce(weights)
            return WeightedFit(weights, np.array([origin + shift]), away - shift, None)
        origin = yi[np.argmax(weights, axis=-1)][..., None]
        away = yi - origin
        shift = np.sum(weights * away, axis=-1, keepdims=True) / np.sum(weights, axis=-1, keepdims=True)
        return WeightedFit(weights, origin + shift, away - shift, None)
    root = np.sqrt(weights)
    basis, triangle = np.linalg.qr(root[..., None] * design)
    projected = np.sum(basis * (root * yi)[..., None], axis=-2)
    coefficients = np.linalg.solve(triangle, projected[..., None])[..., 0]
    residuals = yi - np.sum(design * coefficients[..., None, :], axis=-1)
    return WeightedFit(weights, coefficients, residuals, (basis, triangle))


def is_mean(design: np.ndarray) -> bool:
    """Whether the design is a column of ones, so that the one coefficient is a mean."""
    return design.shape[1] == 1 and bool((design == 1.0).all())


def sums_of_others(values: np.ndarray) -> np.ndarray:
    """For every element the sum of all others along the last axis, added up rather than subtracted from the total."""
    before = np.zeros_like(values)
    after = np.zeros_like(values)
    before[..., 1:] = np.cumsum(values[..., :-1], axis=-1)
    after[..., :-1] = np.cumsum(values[..., :0:-1], axis=-1)[..., ::-1]
    return before + after


def rank_of(design: np.ndarray) -> int:
    """Rank of the design after each column is scaled to length one, so that units do not matter."""
    norms = np.linalg.norm(design, axis=0)
    if np.any(norms == 0.0):
        return int(np.linalg.matrix_rank(design[:, norms > 0.0] / norms[norms > 0.0])) if np.any(norms) else 0
    return int(np.linalg.matrix_rank(design / norms, tol=1e-10))
