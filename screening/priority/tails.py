"""Upper tails of the hypergeometric distribution for whole arrays at once.

scipy's `hypergeom.sf` takes about 0.1 ms a number; a curve of the stopping test needs a million of them.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

_FULL = 1e-17


def log_factorials(largest: int) -> NDArray[np.float64]:
    """log(0!), log(1!), ... log(largest!)."""
    return np.asarray(gammaln(np.arange(largest + 1, dtype=float) + 1))


def upper_tail(
    at_least: NDArray[np.int64],
    population: NDArray[np.int64],
    marked: NDArray[np.int64],
    drawn: NDArray[np.int64],
    logs: NDArray[np.float64],
) -> NDArray[np.float64]:
    """P(Y >= at_least) when `drawn` of `population` are taken of which `marked` are marked (R:
    `phyper(at_least - 1, marked, population - marked, drawn, lower.tail = FALSE)`).

    More marked than there are in the population cannot be: such a row is 0. `logs` are the log factorials up
    to the largest population. The sum starts at its largest term and follows the ratio of neighbours,

        P(y + 1) / P(y) = (marked - y) (drawn - y) / ((y + 1) (population - marked - drawn + y + 1)),

    upwards when `at_least` is above the mean, else downwards from at_least - 1 and from 1. Relative error
    about 1e-10 (that of the log factorials), seen against exact fractions in the tests.
    """
    need, size, good, taken = (np.asarray(a, dtype=np.float64) for a in (at_least, population, marked, drawn))
    result = np.zeros(need.shape)
    lowest, highest = np.maximum(0.0, taken + good - size), np.minimum(good, taken)
    result[need <= lowest] = 1.0
    result[good > size] = 0.0
    inner = (need > lowest) & (need <= highest) & (good <= size)
    above = need * size > good * taken
    for rows, step in ((inner & above, 1), (inner & ~above, -1)):
        if rows.any():
            start = need[rows] if step > 0 else need[rows] - 1
            chance = _sum(start, size[rows], good[rows], taken[rows], logs, step=step)
            result[rows] = chance if step > 0 else 1.0 - chance
    return np.clip(result, 0.0, 1.0)


def _sum(
    start: NDArray[np.float64],
    size: NDArray[np.float64],
    good: NDArray[np.float64],
    taken: NDArray[np.float64],
    logs: NDArray[np.float64],
    *,
    step: int,
) -> NDArray[np.float64]:
    """The sum of the probabilities from `start` on, away from the mean (step 1: upwards, -1: downwards)."""
    first = np.exp(_log_probability(start, size, good, taken, logs))
    rest = size - good - taken
    total, term, y = np.ones_like(first), np.ones_like(first), start.copy()
    live = np.arange(first.size)
    while live.size:
        if step > 0:
            term = term * (good - y) * (taken - y) / ((y + 1) * (rest + y + 1))
        else:
            term = term * y * (rest + y) / ((good - y + 1) * (taken - y + 1))
        y = y + step
        total[live] += term
        going = term > _FULL * total[live]
        if not going.all():
            live, term, y = live[going], term[going], y[going]
            good, taken, rest = good[going], taken[going], rest[going]
    return np.asarray(first * total)


def _log_probability(
    y: NDArray[np.float64],
    size: NDArray[np.float64],
    good: NDArray[np.float64],
    taken: NDArray[np.float64],
    logs: NDArray[np.float64],
) -> NDArray[np.float64]:
    k, n, m, u = (a.astype(np.int64) for a in (y, size, good, taken))
    return np.asarray(
        logs[m] - logs[k] - logs[m - k]
        + logs[n - m] - logs[u - k] - logs[n - m - u + k]
        - logs[n] + logs[u] + logs[n - u]
    )  # fmt: skip
