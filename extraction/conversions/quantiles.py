"""Mean and SD from a median with quartiles or range. No Django here.

Every one of them guesses the shape of the distribution; for a skewed outcome consider an analysis of medians.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import exp, log, sqrt
from typing import Any

from extraction.values import MOST_PEOPLE

from .base import Group, Input, Values, require, show

conversion = Group()

MIN = Input("smallest value")
Q1 = Input("first quartile")
MEDIAN = Input("median")
Q3 = Input("third quartile")
MAX = Input("largest value")
N = Input("people in the group", "sample")
RANGE = {"min": MIN, "median": MEDIAN, "max": MAX, "n": N}
QUARTILES = {"q1": Q1, "median": MEDIAN, "q3": Q3, "n": N}
FIVE = {"min": MIN, "q1": Q1, "median": MEDIAN, "q3": Q3, "max": MAX, "n": N}
BOTH = {"mean": "estimated mean", "sd": "estimated standard deviation"}

WAN = "Wan et al. 2014, BMC Med Res Methodol 14:135"
LUO = "Luo et al. 2018, Stat Methods Med Res 27:1785"
SHI = "Shi et al. 2020, Res Synth Methods 11:641"
HOZO = "Hozo et al. 2005, BMC Med Res Methodol 5:13"
BLAND = "Bland 2015, Int J Stat Med Res 4:57"
MCGRATH = "McGrath et al. 2020, Stat Methods Med Res 29:2520"

SD_RANGE = "sd = (max - min) / (2 * Phi^-1((n - 0.375) / (n + 0.25)))"
SD_QUARTILES = "sd = (q3 - q1) / (2 * Phi^-1((0.75*n - 0.125) / (n + 0.25)))"
SD_FIVE = (
    "sd = (max - min) / (4 * Phi^-1((n - 0.375) / (n + 0.25))) "
    "+ (q3 - q1) / (4 * Phi^-1((0.75*n - 0.125) / (n + 0.25)))"
)
SKEWED = "Made for roughly normal outcomes."


def _ordered(*values: float) -> None:
    inside = (
        "min <= q1 <= median <= q3 <= max" if len(values) == 5 else "lower value <= median <= upper value"
    )
    require(
        all(a <= b for a, b in pairwise(values)) and values[0] < values[-1],
        f"the values {', '.join(map(show, values))} must rise: {inside}, and not all be equal. "
        "Check whether two were exchanged.",
        "median",
    )


def _phi_inverse(p: float) -> float:
    from scipy.special import ndtri

    return float(ndtri(p))


def _z_range(n: int) -> float:
    """Expected distance of the extreme value of n from the mean, in SD (Wan 2014, eq. 9)."""
    return _phi_inverse((n - 0.375) / (n + 0.25))


def _z_quartile(n: int) -> float:
    """Expected distance of a quartile of n from the mean, in SD (Wan 2014, eq. 16)."""
    return _phi_inverse((0.75 * n - 0.125) / (n + 0.25))


def _sd_five(a: float, q1: float, q3: float, b: float, n: int) -> float:
    return (b - a) / (4 * _z_range(n)) + (q3 - q1) / (4 * _z_quartile(n))


@conversion(
    "quantile.luo_s1",
    inputs=RANGE,
    outputs=BOTH,
    formula="w = 4 / (4 + n^0.75); mean = w * (min + max)/2 + (1 - w) * median; " + SD_RANGE,
    source=LUO + ", eq. 7; SD: " + WAN,
)
def luo_s1(min: float, median: float, max: float, n: int) -> Values:
    """Mean (Luo) and SD (Wan) from median and range."""
    _ordered(min, median, max)
    w = 4 / (4 + n**0.75)
    return {"mean": w * (min + max) / 2 + (1 - w) * median, "sd": (max - min) / (2 * _z_range(n))}


@conversion(
    "quantile.luo_s2",
    inputs=FIVE,
    outputs=BOTH,
    formula="w1 = 2.2 / (2.2 + n^0.75); w2 = 0.7 - 0.72 / n^0.55; "
    "mean = w1 * (min + max)/2 + w2 * (q1 + q3)/2 + (1 - w1 - w2) * median; " + SD_FIVE,
    source=LUO + ", eq. 15; SD: " + WAN,
)
def luo_s2(min: float, q1: float, median: float, q3: float, max: float, n: int) -> Values:
    """Mean (Luo) and SD (Wan) from median, quartiles and range."""
    _ordered(min, q1, median, q3, max)
    w1, w2 = 2.2 / (2.2 + n**0.75), 0.7 - 0.72 / n**0.55
    mean = w1 * (min + max) / 2 + w2 * (q1 + q3) / 2 + (1 - w1 - w2) * median
    return {"mean": mean, "sd": _sd_five(min, q1, q3, max, n)}


@conversion(
    "quantile.luo_s3",
    inputs=QUARTILES,
    outputs=BOTH,
    formula="w = 0.7 + 0.39 / n; mean = w * (q1 + q3)/2 + (1 - w) * median; " + SD_QUARTILES,
    source=LUO + ", eq. 11; SD: " + WAN,
)
def luo_s3(q1: float, median: float, q3: float, n: int) -> Values:
    """Mean (Luo) and SD (Wan) from median and quartiles."""
    _ordered(q1, median, q3)
    w = 0.7 + 0.39 / n
    return {"mean": w * (q1 + q3) / 2 + (1 - w) * median, "sd": (q3 - q1) / (2 * _z_quartile(n))}


@conversion(
    "quantile.shi_s2_sd",
    inputs=FIVE,
    outputs={"sd": BOTH["sd"]},
    formula="theta1 = (2 + 0.14*n^0.6) * Phi^-1((n - 0.375) / (n + 0.25)); "
    "theta2 = (2 + 2/(0.07*n^0.6)) * Phi^-1((0.75*n - 0.125) / (n + 0.25)); "
    "sd = (max - min)/theta1 + (q3 - q1)/theta2",
    source=SHI + ", eq. 10 and 11",
)
def shi_s2_sd(min: float, q1: float, median: float, q3: float, max: float, n: int) -> Values:
    """SD (Shi) from median, quartiles and range."""
    _ordered(min, q1, median, q3, max)
    theta1 = (2 + 0.14 * n**0.6) * _z_range(n)
    theta2 = (2 + 2 / (0.07 * n**0.6)) * _z_quartile(n)
    return {"sd": (max - min) / theta1 + (q3 - q1) / theta2}


@conversion(
    "quantile.wan_s1",
    inputs=RANGE,
    outputs=BOTH,
    formula="mean = (min + 2*median + max) / 4; " + SD_RANGE,
    source=WAN + ", eq. 2 and 9",
    caution=SKEWED + " The mean of Luo is better.",
)
def wan_s1(min: float, median: float, max: float, n: int) -> Values:
    """Mean and SD (Wan) from median and range."""
    _ordered(min, median, max)
    return {"mean": (min + 2 * median + max) / 4, "sd": (max - min) / (2 * _z_range(n))}


@conversion(
    "quantile.wan_s2",
    inputs=FIVE,
    outputs=BOTH,
    formula="mean = (min + 2*q1 + 2*median + 2*q3 + max) / 8; " + SD_FIVE,
    source=WAN + ", eq. 10 and 13",
    caution=SKEWED + " The mean of Luo is better.",
)
def wan_s2(min: float, q1: float, median: float, q3: float, max: float, n: int) -> Values:
    """Mean and SD (Wan) from median, quartiles and range."""
    _ordered(min, q1, median, q3, max)
    mean = (min + 2 * q1 + 2 * median + 2 * q3 + max) / 8
    return {"mean": mean, "sd": _sd_five(min, q1, q3, max, n)}


@conversion(
    "quantile.wan_s3",
    inputs=QUARTILES,
    outputs=BOTH,
    formula="mean = (q1 + median + q3) / 3; " + SD_QUARTILES,
    source=WAN + ", eq. 14 and 16",
    caution=SKEWED + " The mean of Luo is better.",
)
def wan_s3(q1: float, median: float, q3: float, n: int) -> Values:
    """Mean and SD (Wan) from median and quartiles."""
    _ordered(q1, median, q3)
    return {"mean": (q1 + median + q3) / 3, "sd": (q3 - q1) / (2 * _z_quartile(n))}


@conversion(
    "quantile.hozo",
    inputs=RANGE,
    outputs=BOTH,
    formula="mean = (min + 2*median + max) / 4 up to 25 people, else the median; SD up to 15 people "
    "sqrt(((min - 2*median + max)^2 / 4 + (max - min)^2) / 12), up to 70 (max - min) / 4, else (max - min) / 6",
    source=HOZO,
    caution="An older method with steps at 15, 25 and 70 people; Luo and Wan are better.",
)
def hozo(min: float, median: float, max: float, n: int) -> Values:
    """Mean and SD (Hozo) from median and range."""
    _ordered(min, median, max)
    mean = (min + 2 * median + max) / 4 if n <= 25 else median
    if n <= 15:
        return {"mean": mean, "sd": sqrt(((min - 2 * median + max) ** 2 / 4 + (max - min) ** 2) / 12)}
    return {"mean": mean, "sd": (max - min) / (4 if n <= 70 else 6)}


@conversion(
    "quantile.bland_s2",
    inputs=FIVE,
    outputs=BOTH,
    formula="mean = (min + 2*q1 + 2*median + 2*q3 + max) / 8; "
    "sd = sqrt((min^2 + 2*q1^2 + 2*median^2 + 2*q3^2 + max^2)/16 "
    "+ (min*q1 + q1*median + median*q3 + q3*max)/8 - (min + 2*q1 + 2*median + 2*q3 + max)^2/64)",
    source=BLAND,
    caution="The SD ignores the size of the sample and comes out too large for large ones; Shi or Wan is better.",
)
def bland_s2(min: float, q1: float, median: float, q3: float, max: float, n: int) -> Values:
    """Mean and SD (Bland) from median, quartiles and range."""
    _ordered(min, q1, median, q3, max)
    mean = (min + 2 * q1 + 2 * median + 2 * q3 + max) / 8
    # the same variance from distances to the mean, so that a large offset does not cancel digits
    a, b, m, c, d = (value - mean for value in (min, q1, median, q3, max))
    squares = (a * a + 2 * b * b + 2 * m * m + 2 * c * c + d * d) / 16
    return {"mean": mean, "sd": sqrt(squares + (a * b + b * m + m * c + c * d) / 8)}


QE_OUT = {
    **BOTH,
    "distribution": "the distribution that fits best",
    "sse": "squared distance of the quantiles, by distribution",
}
QE_FORMULA = (
    "fit normal, log-normal, gamma and Weibull by least squares to the quantiles reported (min at p = 1/n, "
    "q1 at 0.25, median at 0.5, q3 at 0.75, max at p = 1 - 1/n); take the moments of the best; "
    "only normal when a value is 0 or less"
)


@conversion(
    "quantile.mcgrath_qe_s1",
    inputs=RANGE,
    outputs=QE_OUT,
    formula=QE_FORMULA,
    source=MCGRATH + " (QE, scenario S1)",
)
def mcgrath_qe_s1(min: float, median: float, max: float, n: int) -> Values:
    """Mean and SD by quantile estimation (McGrath) from median and range."""
    _ordered(min, median, max)
    _enough(n)
    return _fit((1 / n, 0.5, 1 - 1 / n), (min, median, max))


@conversion(
    "quantile.mcgrath_qe_s2",
    inputs=QUARTILES,
    outputs=QE_OUT,
    formula=QE_FORMULA,
    source=MCGRATH + " (QE, scenario S2)",
)
def mcgrath_qe_s2(q1: float, median: float, q3: float, n: int) -> Values:
    """Mean and SD by quantile estimation (McGrath) from median and quartiles."""
    _ordered(q1, median, q3)
    return _fit((0.25, 0.5, 0.75), (q1, median, q3))


@conversion(
    "quantile.mcgrath_qe_s3",
    inputs=FIVE,
    outputs=QE_OUT,
    formula=QE_FORMULA,
    source=MCGRATH + " (QE, scenario S3)",
)
def mcgrath_qe_s3(min: float, q1: float, median: float, q3: float, max: float, n: int) -> Values:
    """Mean and SD by quantile estimation (McGrath) from median, quartiles and range."""
    _ordered(min, q1, median, q3, max)
    _enough(n)
    return _fit((1 / n, 0.25, 0.5, 0.75, 1 - 1 / n), (min, q1, median, q3, max))


def _enough(n: int) -> None:
    """The extremes are quantiles beyond the quartiles, and 1 - 1/n can be told from 1."""
    require(n <= MOST_PEOPLE, f"n is {n}: no group is so large. Check n.", "n")
    require(
        n > 4, "with 4 people or fewer the extremes are no quantiles beyond the quartiles. Use luo_s1.", "n"
    )


def _fit(p: Sequence[float], values: Sequence[float]) -> Values:
    """The best of the candidate distributions by squared distance of its quantiles.

    The normal is linear least squares. The others are a scale times a shape, so the best scale for a shape is linear
    too, and what is left is a search over the logarithm of one shape: a grid, then Brent's method between neighbours.
    """
    found = {"normal": _fit_normal(p, values)}
    if values[0] > 0:
        for name, (shaped, low, high, moments) in _shapes(p).items():
            distance, shape, scale = _fit_shape(values, shaped, low, high)
            mean, sd = moments(shape)
            found[name] = distance, scale * mean, scale * sd
    best = min(found, key=lambda name: found[name][0])
    sse = {name: fitted[0] for name, fitted in found.items()}
    return {"mean": found[best][1], "sd": found[best][2], "distribution": best, "sse": sse}


def _fit_normal(p: Sequence[float], values: Sequence[float]) -> tuple[float, float, float]:
    z = [_phi_inverse(part) for part in p]
    centre, middle = sum(values) / len(values), sum(z) / len(z)
    slope = sum((a - middle) * (v - centre) for a, v in zip(z, values, strict=True))
    sd = slope / sum((a - middle) ** 2 for a in z)
    mean = centre - sd * middle
    return sum((v - mean - sd * a) ** 2 for a, v in zip(z, values, strict=True)), mean, sd


def _shapes(
    p: Sequence[float],
) -> dict[str, tuple[Callable[[float], Any], float, float, Callable[[float], Any]]]:
    """Per distribution: quantiles at scale 1, range of the shape's logarithm, and mean and SD at scale 1."""
    import numpy as np
    from scipy.special import gammaincinv, gammaln, ndtri

    levels = np.asarray(p)
    z, hazard = ndtri(levels), -np.log1p(-levels)

    def log_normal(sigma: float) -> tuple[float, float]:
        return exp(sigma**2 / 2), exp(sigma**2 / 2) * sqrt(np.expm1(sigma**2))

    def weibull(k: float) -> tuple[float, float]:
        first, second = float(gammaln(1 + 1 / k)), float(gammaln(1 + 2 / k))
        return exp(first), exp(first) * sqrt(np.expm1(second - 2 * first))

    return {
        "log-normal": (lambda sigma: np.exp(sigma * z), log(1e-4), log(8), log_normal),
        "gamma": (lambda k: gammaincinv(k, levels), log(0.02), log(1e7), lambda k: (k, sqrt(k))),
        "weibull": (lambda k: hazard ** (1 / k), log(0.05), log(2000), weibull),
    }


def _fit_shape(
    values: Sequence[float], shaped: Callable[[float], Any], low: float, high: float
) -> tuple[float, float, float]:
    """Squared distance, shape and scale of the best fit with the shape's logarithm between ``low`` and ``high``."""
    import numpy as np
    from scipy.optimize import minimize_scalar

    observed = np.asarray(values)

    def scale_of(quantiles: Any) -> float:
        return float(quantiles @ observed / (quantiles @ quantiles))

    def distance(log_shape: float) -> float:
        quantiles = shaped(exp(log_shape))
        return float(np.sum((observed - scale_of(quantiles) * quantiles) ** 2))

    grid = [float(part) for part in np.linspace(low, high, 121)]
    best = min(range(len(grid)), key=lambda i: distance(grid[i]))
    around = (grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)])
    found = minimize_scalar(distance, bounds=around, method="bounded", options={"xatol": 1e-10})
    shape = exp(float(found.x))
    return float(found.fun), shape, scale_of(shaped(shape))
