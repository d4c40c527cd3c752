"""Log-likelihoods of counts as functions of the linear predictor, with first and second derivatives.

A family is called with eta of shape (k, J, nodes) for k studies with J counts each and gives (log-likelihood,
slope, curvature), all of that shape; curvature <= 0, for all are concave in eta. Terms without eta are in
`constant`, shape (k,), so that log-likelihoods can be compared between models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

Derivatives = tuple[np.ndarray, np.ndarray, np.ndarray]


class Family(Protocol):
    """What the likelihood asks of a distribution of counts."""

    @property
    def constant(self) -> np.ndarray: ...

    def __call__(self, eta: np.ndarray) -> Derivatives: ...

    def saturated(self) -> np.ndarray: ...


@dataclass(frozen=True)
class Binomial:
    """y of n with logit(p) = eta: y eta - n log(1 + e^eta); arrays of shape (k, J)."""

    y: np.ndarray
    n: np.ndarray

    @property
    def constant(self) -> np.ndarray:
        return np.sum(log_choose(self.n, self.y), axis=-1)

    def __call__(self, eta: np.ndarray) -> Derivatives:
        y, n = self.y[..., None], self.n[..., None]
        small = np.exp(-np.abs(eta))
        p = np.where(eta > 0.0, 1.0, small) / (1.0 + small)
        return y * eta - n * np.logaddexp(0.0, eta), y - n * p, -n * small / (1.0 + small) ** 2

    def saturated(self) -> np.ndarray:
        """Log-likelihood (k,) with p = y/n, constant included."""
        from scipy.special import xlogy

        rest = self.n - self.y
        fitted = xlogy(self.y, self.y / self.n) + xlogy(rest, rest / self.n)
        return np.sum(fitted, axis=-1) + self.constant


@dataclass(frozen=True)
class Poisson:
    """y events with mean e^eta: y eta - e^eta; the log of the person-time is part of eta. Shape (k, J)."""

    y: np.ndarray

    @property
    def constant(self) -> np.ndarray:
        from scipy.special import gammaln

        return -np.sum(gammaln(self.y + 1.0), axis=-1)

    def __call__(self, eta: np.ndarray) -> Derivatives:
        y = self.y[..., None]
        mean = np.exp(np.minimum(eta, 500.0))
        return y * eta - mean, y - mean, -mean

    def saturated(self) -> np.ndarray:
        """Log-likelihood (k,) with mean y, constant included."""
        from scipy.special import xlogy

        return np.sum(xlogy(self.y, self.y) - self.y, axis=-1) + self.constant


class Hypergeometric:
    """Events of group 1 given all margins, with log odds ratio eta: Fisher's noncentral hypergeometric.

        P(a) = g(a) e^(a eta) / sum_s g(s) e^(s eta),   g(s) = C(n1, s) C(n2, m - s)

    over max(0, m - n2) <= s <= min(n1, m). Slope a - E(s), curvature -var(s). `a`, `n1`, `n2`, `m` (k,), whole."""

    def __init__(self, a: np.ndarray, n1: np.ndarray, n2: np.ndarray, m: np.ndarray):
        low, high = np.maximum(0.0, m - n2), np.minimum(n1, m)
        sizes = (high - low + 1).astype(int)
        self.starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        self.study = np.repeat(np.arange(len(a)), sizes)
        # The supports of all studies in line; s and log g(s) are counted from the observed a to keep their digits.
        s = np.arange(sizes.sum()) - np.repeat(self.starts, sizes) + low[self.study]
        ratio = np.ones(len(s))
        inner = np.ones(len(s), dtype=bool)
        inner[self.starts] = False
        j, t = self.study[inner], s[inner]
        ratio[inner] = (n1[j] - t + 1) * (m[j] - t + 1) / (t * (n2[j] - m[j] + t))
        weight = np.cumsum(np.log(ratio))
        at = self.starts + (a - low).astype(int)
        self.shift = s - a[self.study]
        self.log_weight = weight - weight[at][self.study]
        self.constant = np.zeros(len(a))
        self.below, self.above = a == low, a == high

    def __call__(self, eta: np.ndarray) -> Derivatives:
        terms = self.log_weight[:, None] + self.shift[:, None] * eta[self.study, 0]
        top = np.maximum.reduceat(terms, self.starts, axis=0)
        weights = np.exp(terms - top[self.study])
        total = np.add.reduceat(weights, self.starts, axis=0)
        mean = np.add.reduceat(weights * self.shift[:, None], self.starts, axis=0) / total
        spread = (self.shift[:, None] - mean[self.study]) ** 2
        variance = np.add.reduceat(weights * spread, self.starts, axis=0) / total
        return -(top + np.log(total))[:, None], -mean[:, None], -variance[:, None]

    def own_effects(self) -> tuple[np.ndarray, np.ndarray]:
        """Each study's conditional log odds ratio and its variance, infinite at an end of the range."""
        finite = ~(self.below | self.above)
        eta, variance = np.zeros(len(finite)), np.full(len(finite), np.inf)
        low, high = np.full(len(finite), -1.0), np.full(len(finite), 1.0)
        for _ in range(12):  # widen until the slope changes sign
            low = np.where(finite & (self(low[:, None, None])[1][:, 0, 0] < 0.0), 2.0 * low, low)
            high = np.where(finite & (self(high[:, None, None])[1][:, 0, 0] > 0.0), 2.0 * high, high)
        for _ in range(200):
            _, slope, curvature = (x[:, 0, 0] for x in self(eta[:, None, None]))
            low, high = np.where(slope > 0.0, eta, low), np.where(slope > 0.0, high, eta)
            step = eta - slope / np.where(curvature < 0.0, curvature, -1.0)
            step = np.where((step <= low) | (step >= high), (low + high) / 2.0, step)
            moved = np.where(finite, np.abs(step - eta), 0.0)
            eta = np.where(finite, step, 0.0)
            if np.max(moved, initial=0.0) < 1e-13:
                break
        curvature = self(eta[:, None, None])[2][:, 0, 0]
        variance[finite] = -1.0 / curvature[finite]
        return np.where(finite, eta, np.where(self.below, -np.inf, np.inf)), variance

    def saturated(self) -> np.ndarray:
        """Log-likelihood (k,) with each study's own odds ratio; 0 where that is infinite."""
        eta, _ = self.own_effects()
        inside = np.isfinite(eta)
        return np.where(inside, self(np.where(inside, eta, 0.0)[:, None, None])[0][:, 0, 0], 0.0)


def log_choose(n: np.ndarray, y: np.ndarray) -> np.ndarray:
    """log C(n, y)."""
    from scipy.special import gammaln

    return gammaln(n + 1.0) - gammaln(y + 1.0) - gammaln(n - y + 1.0)
