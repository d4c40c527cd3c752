"""How many relevant records are left, and what is the recall by now? An expected number with an interval.

The finds so far are taken for a Poisson process along the order of reading, whose rate falls as the likely
records are used up (Cormack and Grossman 2016, doi:10.1145/2911451.2911510; Stevenson and Bin-Hezam 2023,
doi:10.1145/3631990, who compare shapes of the rate). With x = records read / total the rate is A * shape(x),
and the shape one of

    floor + (1 - floor) / (1 + exp((x - middle) / width))    level, then falling, then a tail
    floor + (1 - floor) * (1 + x / scale) ** -power          falling at once, ever more slowly
    1                                                        no order at all

The shape is averaged over a grid with the weight the finds give to each (families have equal weight
beforehand). For each shape A has a Gamma(1/2, 0) prior, so that the number left is negative binomial, as in
SWIFT-ActiveScreener (Howard et al. 2020, doi:10.1016/j.envint.2020.105623); no more than are unread. The
floor keeps a tail of relevant records that the order does not recognise.

A model is a guess about records nobody read. The lower bound of recall of the stopping test
(`stopping.lower_recall`) needs none; the two stand beside each other. `benchmarks/stopping.md` says how
often the interval held.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit
from scipy.stats import nbinom

FLOORS = (0.0001, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3)
"""The tail's rate as a share of the first rate."""
MIDDLES = (-0.1, 0.0, *np.geomspace(0.01, 1.0, 21))
WIDTHS = (0.005, 0.01, 0.02, 0.04, 0.08, 0.15, 0.3)
FLAT = 0.1
"""The weight of "no order at all" beforehand, against 1 for each family."""
NEGLIGIBLE = 1e-6
"""Shapes with less than this part of the best one's weight are left out of the quantiles."""
METHOD = "falling Poisson rate, averaged over shapes"


@dataclass(frozen=True)
class Estimate:
    """Expected number left with its interval, and the recall that goes with each."""

    expected: float
    low: int
    high: int
    recall: float
    recall_low: float
    recall_high: float
    method: str


def remaining(labels: ArrayLike, total: int, *, confidence: float = 0.95) -> Estimate | None:
    """The number of relevant records among the unread, after all of `labels` were read.

    None before the first find. The interval is from the (1 - confidence) / 2 to the (1 + confidence) / 2 quantile.
    """
    values = np.asarray(labels)
    read, unread = values.size, total - values.size
    if unread < 0:
        raise ValueError(f"{read} records were read, more than the {total} there are.")
    finds = np.flatnonzero(values)
    found = finds.size
    if not found:
        return None
    if not unread:
        return Estimate(0.0, 0, 0, 1.0, 1.0, 1.0, "every record was read")
    weights, ratio = _posterior((finds + 0.5) / total, read / total)
    size, chance = found + 0.5, 1 / (1 + ratio)
    expected = float((weights * np.minimum(size * ratio, unread)).sum())
    heavy = weights > weights.max() * NEGLIGIBLE
    weights, chance = weights[heavy] / weights[heavy].sum(), chance[heavy]
    tail = (1 - confidence) / 2
    low = _quantile(tail, weights, size, chance, unread)
    high = _quantile(1 - tail, weights, size, chance, unread)
    return Estimate(
        expected, low, high, found / (found + expected), found / (found + high), found / (found + low), METHOD
    )


def _posterior(places: NDArray[np.float64], read: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The weight of each shape, and what is expected on the unread stretch in finds per find so far."""
    rates, so_far, everything, prior = [], [], [], []
    for family in (_Falling, _Slowing):
        shape = family.grid()
        rates.append(shape.rate(places[:, None]))
        so_far.append(shape.integral(read))
        everything.append(shape.integral(1.0))
        prior.append(np.full(shape.floor.size, 1 / shape.floor.size))
    rates.append(np.ones((places.size, 1)))
    so_far.append(np.array([read]))
    everything.append(np.array([1.0]))
    prior.append(np.array([FLAT]))
    begun, ended = np.concatenate(so_far), np.concatenate(everything)
    log_weight = np.log(np.concatenate(prior) * begun / ended) + np.log(np.concatenate(rates, axis=1)).sum(
        axis=0
    )
    log_weight -= (places.size + 0.5) * np.log(begun)
    weights = np.exp(log_weight - log_weight.max())
    return weights / weights.sum(), np.maximum(ended - begun, 0.0) / begun


@dataclass(frozen=True)
class _Falling:
    """floor + (1 - floor) / (1 + exp((x - middle) / width)), for arrays of the three."""

    middle: NDArray[np.float64]
    width: NDArray[np.float64]
    floor: NDArray[np.float64]

    @classmethod
    @cache
    def grid(cls) -> "_Falling":
        return cls(*_combinations(MIDDLES, WIDTHS, FLOORS))

    def rate(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(self.floor + (1 - self.floor) * expit((self.middle - x) / self.width))

    def integral(self, x: float) -> NDArray[np.float64]:
        """From 0 to x: x less width times the difference of softplus."""
        above = self.width * (
            np.logaddexp(0, (x - self.middle) / self.width) - np.logaddexp(0, -self.middle / self.width)
        )
        return np.asarray(self.floor * x + (1 - self.floor) * (x - above))


@dataclass(frozen=True)
class _Slowing:
    """floor + (1 - floor) * (1 + x / scale) ** -power, for arrays of the three; no power is 1."""

    power: NDArray[np.float64]
    scale: NDArray[np.float64]
    floor: NDArray[np.float64]

    @classmethod
    @cache
    def grid(cls) -> "_Slowing":
        return cls(*_combinations((0.75, 1.5, 2.5, 4.0, 8.0), (0.01, 0.03, 0.1, 0.3, 1.0), FLOORS))

    def rate(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(self.floor + (1 - self.floor) * (1 + x / self.scale) ** -self.power)

    def integral(self, x: float) -> NDArray[np.float64]:
        rest = 1 - self.power
        area = self.scale / rest * ((1 + x / self.scale) ** rest - 1)
        return np.asarray(self.floor * x + (1 - self.floor) * area)


def _combinations(*axes: ArrayLike) -> list[NDArray[np.float64]]:
    return [
        axis.ravel() for axis in np.meshgrid(*(np.asarray(axis, dtype=float) for axis in axes), indexing="ij")
    ]


def _quantile(
    share: float, weights: NDArray[np.float64], size: float, chance: NDArray[np.float64], unread: int
) -> int:
    """The smallest number left whose cumulative chance, averaged over the shapes, reaches `share`."""
    low, high = 0, unread
    while low < high:
        middle = (low + high) // 2
        if float((weights * nbinom.cdf(middle, size, chance)).sum()) >= share:
            high = middle
        else:
            low = middle + 1
    return low
