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
        self.a, self.n1, self.n2, self.m = a, n1, n2, m
        self.low, self.high = np.maximum(0.0, m - n2), np.minimum(n1, m)
        sizes = (self.high - self.low + 1).astype(int)
        self.starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        study = np.repeat(np.arange(len(a)), sizes)
        # The supports of all studies in line; log g(s) is counted from the observed a to keep its digits.
        s = np.arange(sizes.sum()) - self.starts[study] + self.low[study]
        ratio = np.ones(len(s))
        inner = np.ones(len(s), dtype=bool)
        inner[self.starts] = False
        j, t = study[inner], s[inner]
        ratio[inner] = (n1[j] - t + 1) * (m[j] - t + 1) / (t * (n2[j] - m[j] + t))
        weight = np.cumsum(np.log(ratio))
        at = self.starts + (a - self.low).astype(int)
        self.log_weight = weight - weight[at][study]
        self.constant = np.zeros(len(a))
        self.below, self.above = a == self.low, a == self.high

    def __call__(self, eta: np.ndarray) -> Derivatives:
        flat = eta[:, 0]
        found = [np.empty_like(flat) for _ in range(3)]
        centre, half = self._window(flat)
        width = min(2 * half + 1, int(np.max(self.high - self.low)) + 1)
        chunk = max(1, int(4e6 / (width * len(flat))))
        for first in range(0, flat.shape[1], chunk):
            part = slice(first, first + chunk)
            for whole, piece in zip(
                found, self._moments(flat[:, part], centre[:, part], half, width), strict=True
            ):
                whole[:, part] = piece
        return found[0][:, None], found[1][:, None], found[2][:, None]

    def _window(self, eta: np.ndarray) -> tuple[np.ndarray, int]:
        """The likeliest s for each eta (k, nodes), where g(s)/g(s - 1) e^eta = 1, and how far around it to add."""
        n1, n2, m = self.n1[:, None], self.n2[:, None], self.m[:, None]
        odds = np.exp(np.clip(eta, -300.0, 300.0))
        square, minus, rest = odds - 1.0, (n1 + m + 2.0) * odds + n2 - m, (n1 + 1.0) * (m + 1.0) * odds
        root = np.sqrt(np.maximum(minus**2 - 4.0 * square * rest, 0.0))
        with np.errstate(divide="ignore", invalid="ignore"):
            mode = np.where(minus > 0.0, 2.0 * rest / (minus + root), (root - minus) / (-2.0 * square))
        mode = np.clip(np.floor(mode), self.low[:, None], self.high[:, None])
        cells = [mode, n1 - mode, m - mode, n2 - m + mode]
        variance = 1.0 / sum(1.0 / (cell + 1.0) for cell in cells)
        return mode, int(np.ceil(12.0 * np.sqrt(np.max(variance)) + 30.0))

    def _moments(self, eta: np.ndarray, centre: np.ndarray, half: int, width: int) -> list[np.ndarray]:
        low, high = self.low[:, None], self.high[:, None]
        begin = np.clip(centre - half, low, np.maximum(high - width + 1.0, low))
        s = begin[..., None] + np.arange(width)
        inside = s <= high[..., None]
        at = self.starts[:, None, None] + (np.minimum(s, high[..., None]) - low[..., None]).astype(int)
        shift = s - self.a[:, None, None]
        terms = np.where(inside, self.log_weight[at] + shift * eta[..., None], -np.inf)
        top = np.max(terms, axis=-1, keepdims=True)
        weights = np.exp(terms - top)
        total = np.sum(weights, axis=-1)
        mean = np.sum(weights * shift, axis=-1) / total
        variance = np.sum(weights * (shift - mean[..., None]) ** 2, axis=-1) / total
        return [-(top[..., 0] + np.log(total)), -mean, -variance]

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
