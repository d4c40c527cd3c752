"""Weight functions of selection models: how likely a study is to be seen, given its p value.

A weight function gives w(p), up to a factor. Observed effects then have density w(p(y)) f(y)/A with

    A = integral of w(p(y)) N(y; mu, v + tau2) dy

Everything is done in z = y/sqrt(v), so that p depends on z alone: z ~ N(m, s2), m = mu/sqrt(v), s2 = 1 + tau2/v.
Steps have A in closed form. In the smooth functions p is held at least `smallest` away from 0 and 1, where some of
them have no finite value; beyond these p they are constant and A has closed tails, and between them, where nothing is
narrower than 1, Gauss-Legendre on 80 fixed nodes a panel is exact to rounding."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Protocol

import numpy as np

from analysis.stats.distributions import z_two_sided_each

SMALLEST = 1e-5  # metafor's pval.min
NODES = 80  # per panel


class Normaliser(NamedTuple):
    """A (k,) and its derivatives by m (k,), s2 (k,) and delta (k, q)."""

    value: np.ndarray
    by_mean: np.ndarray
    by_variance: np.ndarray
    by_delta: np.ndarray


class Tail(NamedTuple):
    """P(Z > c) for Z ~ N(m, s2), and its derivatives by m and s2; shapes of m and c broadcast."""

    value: np.ndarray
    by_mean: np.ndarray
    by_variance: np.ndarray


def upper_tail(cut: np.ndarray, mean: np.ndarray, variance: np.ndarray) -> Tail:
    """P(Z > cut) with derivatives; finite cuts."""
    from scipy.special import ndtr

    spread = np.sqrt(variance)
    u = (mean - cut) / spread
    density = np.exp(-0.5 * u**2) / np.sqrt(2.0 * np.pi)
    return Tail(ndtr(u), density / spread, -0.5 * u * density / variance)


class Weighting(Protocol):
    """What the likelihood needs of a weight function with parameters delta (q,)."""

    def log_weight(self, pval: np.ndarray, delta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """log w (k,) and its derivatives by delta (k, q)."""

    def normaliser(self, mean: np.ndarray, variance: np.ndarray, delta: np.ndarray) -> Normaliser:
        """A and its derivatives."""


@dataclass(frozen=True)
class Steps:
    """w = delta_j for p in (step_(j-1), step_j]; delta has one value per interval. `steps` end with 1."""

    steps: tuple[float, ...]
    two_sided: bool

    def interval(self, pval: np.ndarray) -> np.ndarray:
        return np.searchsorted(np.array(self.steps[:-1]), pval, side="left")

    def log_weight(self, pval: np.ndarray, delta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        where = self.interval(pval)
        slopes = np.zeros((len(pval), len(delta)))
        slopes[np.arange(len(pval)), where] = 1.0 / delta[where]
        return np.log(delta[where]), slopes

    @cached_property
    def cuts(self) -> np.ndarray:
        from scipy.special import ndtri

        steps = np.array(self.steps[:-1])
        return -ndtri(steps / 2.0 if self.two_sided else steps)

    def normaliser(self, mean: np.ndarray, variance: np.ndarray, delta: np.ndarray) -> Normaliser:
        tails = upper_tail(self.cuts, mean[:, None], variance[:, None])
        if self.two_sided:
            lower = upper_tail(self.cuts, -mean[:, None], variance[:, None])
            tails = Tail(
                tails.value + lower.value,
                tails.by_mean - lower.by_mean,
                tails.by_variance + lower.by_variance,
            )
        ends = (1.0, 0.0, 0.0)
        value, by_mean, by_variance = (
            np.diff(np.column_stack([np.zeros(len(mean)), part, np.full(len(mean), end)]), axis=1)
            for part, end in zip(tails, ends, strict=True)
        )
        return Normaliser(value @ delta, by_mean @ delta, by_variance @ delta, value)


#: (p, delta) -> w and its derivatives by delta, each of the shape of p.
Curve = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, tuple[np.ndarray, ...]]]


def beta_density(p: np.ndarray, delta: np.ndarray) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
    """p^(d1 - 1) (1 - p)^(d2 - 1) (Citkowicz & Vevea 2017); no selection at d1 = d2 = 1."""
    low, high = np.log(p), np.log1p(-p)
    w = np.exp((delta[0] - 1.0) * low + (delta[1] - 1.0) * high)
    return w, (w * low, w * high)


def half_normal(p: np.ndarray, delta: np.ndarray) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
    """exp(-d p^2) (Preston et al. 2004); no selection at d = 0, as for the next three."""
    w = np.exp(-delta[0] * p**2)
    return w, (-(p**2) * w,)


def negative_exponential(p: np.ndarray, delta: np.ndarray) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
    """exp(-d p)."""
    w = np.exp(-delta[0] * p)
    return w, (-p * w,)


def logistic(p: np.ndarray, delta: np.ndarray) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
    """2 exp(-d p)/(1 + exp(-d p))."""
    e = np.exp(-delta[0] * p)
    return 2.0 * e / (1.0 + e), (-2.0 * p * e / (1.0 + e) ** 2,)


def power(p: np.ndarray, delta: np.ndarray) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
    """(1 - p)^d."""
    log = np.log1p(-p)
    w = np.exp(delta[0] * log)
    return w, (w * log,)


def exponential_power(p: np.ndarray, delta: np.ndarray) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
    """exp(-d1 p^(1/d2)) (Begg & Mazumdar 1994)."""
    root = p ** (1.0 / delta[1])
    w = np.exp(-delta[0] * root)
    return w, (-root * w, delta[0] * root * np.log(p) / delta[1] ** 2 * w)


@dataclass(frozen=True)
class Smooth:
    """A smooth weight function of p; with a `plateau`, 1 up to that p and falling from there on."""

    curve: Curve
    two_sided: bool
    smallest: float = SMALLEST
    plateau: float | None = None

    def weight(self, pval: np.ndarray, delta: np.ndarray) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
        """w and its derivatives by delta, for p values that are held."""
        w, slopes = self.curve(pval, delta)
        if self.plateau is None:
            return w, slopes
        top, top_slopes = self.curve(np.array([self.plateau]), delta)
        falls = pval > self.plateau
        with np.errstate(all="ignore"):  # weights beyond all numbers make a likelihood that is not one
            share = w / top
            moved = [(slope - share * rise) / top for slope, rise in zip(slopes, top_slopes, strict=True)]
        return np.where(falls, share, 1.0), tuple(np.where(falls, slope, 0.0) for slope in moved)

    def log_weight(self, pval: np.ndarray, delta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        w, slopes = self.weight(self.held(pval), delta)
        return np.log(w), np.column_stack([slope / w for slope in slopes])

    @cached_property
    def grid(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """z, p(z) and quadrature weights of the nodes, and the ends (lower, upper); p is 1 - Phi(z)."""
        from scipy.special import ndtri

        share = 0.5 if self.two_sided else 1.0
        end = -float(ndtri(self.smallest * share))
        bends = [] if self.plateau is None else [-float(ndtri(self.plateau * share))]
        lower = [0.0] if self.two_sided else [-end, 0.0]
        breaks = sorted({*lower, *bends, end})
        # A two-sided p is 1 at z = 0, where powers of 1 - p have a kink: nodes crowd there.
        panels = [
            _panel(a, b, crowding=4 if self.two_sided and a == 0.0 else 1)
            for a, b in itertools.pairwise(breaks)
        ]
        z, w = (np.concatenate(parts) for parts in zip(*panels, strict=True))
        if self.two_sided:
            z, w = np.concatenate([-z[::-1], z]), np.concatenate([w[::-1], w])
        return z, self.pvalues(z), w, np.array([-end, end])

    def pvalues(self, z: np.ndarray) -> np.ndarray:
        from scipy.special import ndtr

        return self.held(z_two_sided_each(z) if self.two_sided else ndtr(-z))

    def held(self, pval: np.ndarray) -> np.ndarray:
        """p values at least `smallest` away from 0 and 1."""
        return np.clip(pval, self.smallest, 1.0 - self.smallest)

    def normaliser(self, mean: np.ndarray, variance: np.ndarray, delta: np.ndarray) -> Normaliser:
        z, p, quadrature, ends = self.grid
        w, slopes = self.weight(p, delta)
        w_ends, slopes_ends = self.weight(self.pvalues(ends), delta)
        far = (z - mean[:, None]) / np.sqrt(variance)[:, None]
        density = np.exp(-0.5 * far**2) / np.sqrt(2.0 * np.pi * variance[:, None]) * quadrature
        weighted = density * w
        above = upper_tail(ends[1], mean, variance)
        below = upper_tail(-ends[0], -mean, variance)
        return Normaliser(
            np.sum(weighted, axis=1) + above.value * w_ends[1] + below.value * w_ends[0],
            np.sum(weighted * far, axis=1) / np.sqrt(variance)
            + above.by_mean * w_ends[1]
            - below.by_mean * w_ends[0],
            np.sum(weighted * (far**2 - 1.0), axis=1) / (2.0 * variance)
            + above.by_variance * w_ends[1]
            + below.by_variance * w_ends[0],
            np.column_stack(
                [
                    density @ slope + above.value * end[1] + below.value * end[0]
                    for slope, end in zip(slopes, slopes_ends, strict=True)
                ]
            ),
        )


def _panel(low: float, high: float, *, crowding: int) -> tuple[np.ndarray, np.ndarray]:
    """Gauss-Legendre nodes and weights from low to high, crowding towards low."""
    x, w = np.polynomial.legendre.leggauss(NODES)
    u, width = 0.5 * (x + 1.0), high - low
    return low + width * u**crowding, 0.5 * width * w * crowding * u ** (crowding - 1)


class Family(NamedTuple):
    """A smooth weight function: the curve and the value of each parameter at which there is no selection."""

    curve: Curve
    neutral: tuple[float, ...]
    starts: tuple[tuple[float, ...], ...]


#: Name (metafor's) -> weight function.
CURVES: dict[str, Family] = {
    "beta": Family(beta_density, (1.0, 1.0), ((1.0, 1.0), (0.8, 1.5), (1.5, 1.5), (1.0, 4.0))),
    "halfnorm": Family(half_normal, (0.0,), ((0.01,), (0.5,), (3.0,), (30.0,))),
    "negexp": Family(negative_exponential, (0.0,), ((0.01,), (0.5,), (3.0,), (20.0,))),
    "logistic": Family(logistic, (0.0,), ((0.01,), (0.5,), (3.0,), (20.0,))),
    "power": Family(power, (0.0,), ((0.01,), (0.5,), (3.0,), (20.0,))),
    "negexppow": Family(exponential_power, (0.0, 1.0), ((0.5, 1.0), (3.0, 1.0), (5.0, 3.0))),
}
