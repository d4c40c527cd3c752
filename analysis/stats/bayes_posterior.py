"""Posterior distributions by quadrature over tau: no sampling, hence no noise.

With u = log tau the integrand is smooth and dies away on both sides, so the trapezoidal rule on a grid of step h
converges faster than any power of h (Trefethen & Weideman 2014, doi 10.1137/130932132); h is halved until the
integral stays. Given tau everything else is normal, so its posterior is a mixture of normals over the grid
(Roever 2020, doi 10.18637/jss.v093.i06)."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from analysis.stats.errors import NotConverged
from analysis.stats.results import Result

LogFunction = Callable[[np.ndarray], np.ndarray]
DEPTH = 80.0  # log of what is negligible beside the highest value of the integrand, heavy tails of moments included
NOTHING = 1e-19  # a probability without effect on others


@dataclass(frozen=True)
class Summary(Result):
    """A posterior in figures. `mean` and `sd` are None where the tail is too heavy for them to exist.

    `low`, `high`: equal tails; `shortest_low`, `shortest_high`: the shortest interval of the same content."""

    mean: float | None
    sd: float | None
    median: float
    mode: float
    low: float
    high: float
    shortest_low: float
    shortest_high: float


class TauGrid:
    """The integral over tau of exp(log_density(tau)), and the distribution that it normalises.

    `tau`, `weight` (n,): nodes and probabilities; `log_total`: log of the integral."""

    def __init__(self, log_density: LogFunction, size: float):
        self.log_density = log_density
        self.step, self.u, height = _grid(log_density, math.log(size))
        top = float(np.max(height))
        mass = np.exp(height - top)
        self.log_total = top + math.log(self.step * float(np.sum(mass)))
        self.weight = mass / np.sum(mass)
        self.tau = np.exp(self.u)

    @cached_property
    def bulk(self) -> tuple[np.ndarray, np.ndarray]:
        """Nodes u and probabilities that are not negligible."""
        kept = self.weight > NOTHING
        return self.u[kept], self.weight[kept]

    def density(self, tau: float) -> float:
        """Posterior density of tau, exact but for the constant."""
        return math.exp(float(self.log_density(np.array([tau]))[0]) - self.log_total)

    def cdf(self, tau: float) -> float:
        """P(tau < value): the integral of the sinc interpolant of the grid (Stenger 1993), as accurate as the sum."""
        from scipy.special import sici

        if tau <= 0.0:
            return 0.0
        u, weight = self.bulk
        area = 0.5 + sici(math.pi * (math.log(tau) - u) / self.step)[0] / math.pi
        return float(np.clip(np.sum(weight * area), 0.0, 1.0))

    def quantile(self, probability: float) -> float:
        from scipy.optimize import brentq

        if probability <= 0.0:
            return 0.0
        below = np.cumsum(self.weight)
        at = int(np.searchsorted(below, probability))
        low, high = self.u[max(at - 3, 0)], self.u[min(at + 3, len(self.u) - 1)]
        while self.cdf(math.exp(low)) > probability and low > self.u[0] - 50.0:
            low -= 1.0
        while self.cdf(math.exp(high)) < probability and high < self.u[-1] + 50.0:
            high += 1.0
        return math.exp(
            brentq(lambda u: self.cdf(math.exp(u)) - probability, low, high, xtol=1e-14, rtol=1e-14)
        )

    def mode(self) -> float:
        """Where the density is highest; 0 when it only falls."""
        from scipy.optimize import brentq

        height = self.log_density(self.tau)
        at = int(np.argmax(height))
        edge = float(self.log_density(np.array([0.0]))[0])
        if at == 0 or edge >= height[at] - 1e-12 * (1.0 + abs(height[at])):
            return 0.0
        low, high = float(self.tau[at - 1]), float(self.tau[min(at + 1, len(self.tau) - 1)])

        def slope(tau: float) -> float:
            h = 1e-3 * tau
            f = self.log_density(tau + h * np.array([-2.0, -1.0, 1.0, 2.0]))
            return float(f[0] - 8.0 * f[1] + 8.0 * f[2] - f[3])

        if slope(low) <= 0.0 or slope(high) >= 0.0:
            return float(self.tau[at])
        return float(brentq(slope, low, high, xtol=1e-13 * high, rtol=1e-13))

    def moment(self, power: int, tail: float) -> float | None:
        """E(tau^power), None where the density falls like tau^-tail and the integral diverges."""
        return float(np.sum(self.weight * self.tau**power)) if tail - power > 1.0 else None


def _grid(log_density: LogFunction, centre: float) -> tuple[float, np.ndarray, np.ndarray]:
    """Step, nodes u and log(integrand) over the range that matters."""
    step = 0.125
    u = centre + step * np.arange(-1000, 1001)
    height = _height(log_density, u)
    top = float(np.max(height))
    if not math.isfinite(top):
        raise NotConverged("The prior and the data leave no value of tau with a positive density.")
    inside = np.flatnonzero(height > top - DEPTH)
    if inside[0] == 0 or inside[-1] == len(u) - 1:
        raise NotConverged("The posterior of tau cannot be normalised: its density does not die away.")
    first, last = u[inside[0]] - step, u[inside[-1]] + step
    before = math.inf
    for _ in range(12):
        u = np.arange(first, last, step)
        height = _height(log_density, u)
        top = float(np.max(height))
        total = top + math.log(step * float(np.sum(np.exp(height - top))))
        if abs(total - before) < 1e-13 + 1e-15 * abs(total):
            return step, u, height
        before, step = total, step / 2.0
    raise NotConverged("The integral over tau did not settle; the prior density may not be smooth.")


def _height(log_density: LogFunction, u: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore", invalid="ignore"):
        value = np.asarray(log_density(np.exp(u)), dtype=float) + u
    return np.where(np.isnan(value), -np.inf, value)


@dataclass(frozen=True)
class Mixture:
    """A mixture of normals: weights, means and standard deviations, each (n,)."""

    weight: np.ndarray
    means: np.ndarray
    sds: np.ndarray

    @cached_property
    def bulk(self) -> Mixture:
        """The part that probabilities can see; moments need all of it."""
        kept = self.weight > NOTHING
        return Mixture(self.weight[kept], self.means[kept], self.sds[kept])

    def cdf(self, x: float) -> float:
        from scipy.special import ndtr

        at = self.bulk
        return float(np.sum(at.weight * ndtr((x - at.means) / at.sds)))

    def density(self, x: float) -> float:
        at = self.bulk
        z = (x - at.means) / at.sds
        return float(np.sum(at.weight * np.exp(-0.5 * z * z) / at.sds)) / math.sqrt(2.0 * math.pi)

    def slope(self, x: float) -> float:
        """Derivative of the density."""
        at = self.bulk
        z = (x - at.means) / at.sds
        return -float(np.sum(at.weight * z * np.exp(-0.5 * z * z) / at.sds**2)) / math.sqrt(2.0 * math.pi)

    def quantile(self, probability: float) -> float:
        from scipy.optimize import brentq

        centre = float(np.sum(self.weight * self.means))
        width = float(np.sum(self.weight * np.minimum(self.sds, 1e6 * np.min(self.sds))))
        low, high = centre - width, centre + width
        while self.cdf(low) > probability:
            low -= 2.0 * (high - low)
        while self.cdf(high) < probability:
            high += 2.0 * (high - low)
        return float(brentq(lambda x: self.cdf(x) - probability, low, high, xtol=1e-14 * width, rtol=1e-14))

    def mode(self) -> float:
        from scipy.optimize import brentq

        grid = np.linspace(self.quantile(0.02), self.quantile(0.98), 101)
        at = int(np.argmax([self.density(x) for x in grid]))
        low, high = grid[max(at - 1, 0)], grid[min(at + 1, len(grid) - 1)]
        if self.slope(low) * self.slope(high) >= 0.0:
            return float(grid[at])
        return float(brentq(self.slope, low, high, xtol=1e-13 * (high - low), rtol=1e-13))

    def mean(self) -> float:
        return float(np.sum(self.weight * self.means))

    def sd(self) -> float:
        centre = self.mean()
        return math.sqrt(float(np.sum(self.weight * (self.sds**2 + (self.means - centre) ** 2))))


def shortest(
    quantile: Callable[[float], float], density: Callable[[float], float], level: float
) -> tuple[float, float]:
    """The shortest interval with probability `level`: equal densities at both ends, or from the lower limit on.

    Where the density has several peaks the interval with the smallest length on a grid is refined."""
    from scipy.optimize import brentq

    def excess(p: float) -> float:
        return density(quantile(p)) - density(quantile(p + level))

    spare = 1.0 - level
    shares = [spare * s for s in (1e-9, 0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98, 1.0 - 1e-9)]
    values = [excess(p) for p in shares]
    if values[0] >= 0.0:
        return quantile(0.0), quantile(level)
    best: tuple[float, float] | None = None
    for low, high, left, right in zip(shares, shares[1:], values, values[1:], strict=False):
        if left < 0.0 <= right:
            p = brentq(excess, low, high, xtol=1e-13, rtol=1e-13)
            limits = quantile(p), quantile(p + level)
            if best is None or limits[1] - limits[0] < best[1] - best[0]:
                best = limits
    return best if best is not None else (quantile(spare / 2.0), quantile(1.0 - spare / 2.0))


def summarise_mixture(mixture: Mixture, level: float, tail: float) -> Summary:
    """`tail`: exponent of the density's tail; mean and sd are left out where they do not exist."""
    half = (1.0 - level) / 2.0
    low, high = shortest(mixture.quantile, mixture.density, level)
    return Summary(
        mean=mixture.mean() if tail > 2.0 else None,
        sd=mixture.sd() if tail > 3.0 else None,
        median=mixture.quantile(0.5),
        mode=mixture.mode(),
        low=mixture.quantile(half),
        high=mixture.quantile(1.0 - half),
        shortest_low=low,
        shortest_high=high,
    )


def summarise_tau(grid: TauGrid, level: float, tail: float) -> Summary:
    """The same for tau; its mode may be 0, and the shortest interval then begins there."""
    half = (1.0 - level) / 2.0
    low, high = shortest(grid.quantile, grid.density, level)
    mean, square = grid.moment(1, tail), grid.moment(2, tail)
    return Summary(
        mean=mean,
        sd=math.sqrt(max(square - mean**2, 0.0)) if mean is not None and square is not None else None,
        median=grid.quantile(0.5),
        mode=grid.mode(),
        low=grid.quantile(half),
        high=grid.quantile(1.0 - half),
        shortest_low=low,
        shortest_high=high,
    )
