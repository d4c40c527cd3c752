"""How many relevant records are left, and what is the recall by now? An expected number with an interval.

The finds so far are taken for a Poisson process along the order of reading, whose rate falls as the likely
records are used up (Cormack and Grossman 2016; Stevenson and Bin-Hezam 2023, doi:10.1145/3631990, who compare
shapes of the rate). With x = records read / total,

    rate(x) = A * ( floor + (1 - floor) * (1 + x / c) ** -b ),

and the finds on a stretch are Poisson with the integral of the rate as their mean. The shape (b, c, floor)
is averaged over a grid with the weight the finds give to each; for each shape A has a Gamma(1/2, 0) prior,
so that the number left is negative binomial, as in SWIFT-ActiveScreener (Howard et al. 2020,
doi:10.1016/j.envint.2020.105623). The floor keeps a tail of relevant records that the order does not recognise.

A model is a guess about the records not read. The lower bound of recall of the stopping test
(`stopping.lower_recall`) needs none; the two stand beside each other. `benchmarks/stopping.md` says how
often the interval held what it should.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import nbinom

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
    """The number of relevant records among the unread, after all of `labels` were read; None before the
    first find."""
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
    expected = float(min(unread, (weights * size * ratio).sum()))
    tail = (1 - confidence) / 2
    low = _quantile(tail, weights, size, chance, unread)
    high = _quantile(1 - tail, weights, size, chance, unread)
    return Estimate(
        expected, low, high, found / (found + expected), found / (found + high), found / (found + low), METHOD
    )


def _posterior(places: NDArray[np.float64], read: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The weight of each shape, and what is expected on the unread stretch in finds per find so far."""
    power, scale, floor = _shapes()
    rates = floor + (1 - floor) * (1 + places[:, None] / scale) ** -power
    so_far, all_of_it = (_integral(x, power, scale, floor) for x in (read, 1.0))
    log_weight = np.log(rates).sum(axis=0) - (places.size + 0.5) * np.log(so_far)
    weights = np.exp(log_weight - log_weight.max())
    return weights / weights.sum(), (all_of_it - so_far) / so_far


def _integral(
    x: float, power: NDArray[np.float64], scale: NDArray[np.float64], floor: NDArray[np.float64]
) -> NDArray[np.float64]:
    return np.asarray(floor * x + (1 - floor) * scale / (1 - power) * ((1 + x / scale) ** (1 - power) - 1))


@cache
def _shapes() -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """The grid: steepness, place and tail of the fall, all combinations and the flat rate."""
    power = np.array([0.75, 1.5, 2.5, 4.0, 6.0, 10.0, 20.0])
    scale = np.array([0.01, 0.03, 0.1, 0.3, 1.0])
    floor = np.array([0.0, 0.003, 0.01, 0.03, 0.1, 0.3])
    grid = np.meshgrid(power, scale, floor, indexing="ij")
    columns = [np.append(axis.ravel(), flat) for axis, flat in zip(grid, (0.75, 1.0, 1.0), strict=True)]
    return columns[0], columns[1], columns[2]


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
