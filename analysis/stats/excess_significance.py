"""The test of excess significance: are there more significant studies than the pooled effect lets expect?"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from analysis.stats.distributions import z_quantile
from analysis.stats.errors import InvalidValue, UnknownOption
from analysis.stats.results import Effects, Result, frozen_array
from analysis.stats.small_study import studies_with_variance
from analysis.stats.tau2 import Estimator, estimate_tau2


@dataclass(frozen=True, eq=False)
class ExcessSignificance(Result):
    """`observed` significant studies of `k`, `expected` from the `power` of each at `theta`; `ratio` of the two.

    `stat`: chi-squared (test chi2 only). `pval`: one-sided, more than expected. `theta_limit`: the effect at
    which the p value is `limit_alpha`: a smaller one (nearer 0) would make the significant studies too many; None
    where no effect does."""

    observed: int
    expected: float
    ratio: float | None
    stat: float | None
    pval: float
    test: str
    k: int
    theta: float
    tau2: float
    theta_limit: float | None
    alpha: float
    limit_alpha: float
    power: np.ndarray
    notes: tuple[str, ...] = ()


def check_alpha(alpha: float) -> float:
    """A significance level strictly between 0 and 1."""
    if not isinstance(alpha, (int, float)) or not 0.0 < alpha < 1.0:
        raise UnknownOption(f"The significance level is {alpha!r}; give a fraction such as 0.05.")
    return float(alpha)


def powers(
    theta: float, tau2: float, vi: np.ndarray, alpha: float, alternative: str = "two-sided"
) -> np.ndarray:
    """Chance of each study to be significant when true effects are N(theta, tau2); vi has shape (k,)."""
    from scipy.special import ndtr

    sei, spread = np.sqrt(vi), np.sqrt(vi + tau2)
    critical = z_quantile(1.0 - (alpha / 2.0 if alternative == "two-sided" else alpha)) * sei
    above, below = ndtr((theta - critical) / spread), ndtr((-critical - theta) / spread)
    return {"two-sided": above + below, "greater": above, "less": below}[alternative]


def chi_squared(observed: int, power: np.ndarray) -> tuple[float | None, float]:
    """Z^2 = (O - E)^2 / (E (1 - E/k)), one-sided through its root."""
    k, expected = len(power), float(np.sum(power))
    variance = expected * (1.0 - expected / k)
    if variance <= 0.0:
        return None, 1.0
    z = (observed - expected) / math.sqrt(variance)
    return z * z, 0.5 * math.erfc(z / math.sqrt(2.0))


def binomial(observed: int, power: np.ndarray) -> tuple[float | None, float]:
    """P(X >= O), X binomial with k studies and the mean power."""
    from scipy.special import bdtrc

    if observed == 0:
        return None, 1.0
    return None, float(bdtrc(observed - 1, len(power), min(1.0, float(np.mean(power)))))


def poisson_binomial(observed: int, power: np.ndarray) -> tuple[float | None, float]:
    """P(X >= O) exactly, X the sum of k independent draws with unequal chances."""
    chances = np.array([1.0])
    for p in np.minimum(power, 1.0).tolist():
        chances = np.convolve(chances, [1.0 - p, p])
    return None, float(min(1.0, np.sum(chances[observed:])))


#: Test -> function of the observed number and the powers, giving (chi-squared or None, p).
EXCESS_TESTS: dict[str, Callable[[int, np.ndarray], tuple[float | None, float]]] = {
    "chi2": chi_squared,
    "binom": binomial,
    "exact": poisson_binomial,
}


def excess_significance(
    effects: Effects,
    *,
    test: str = "chi2",
    alternative: str = "two-sided",
    alpha: float = 0.05,
    limit_alpha: float = 0.1,
    tau2: str | Estimator = "CE",
    theta: float | None = None,
) -> ExcessSignificance:
    """Ioannidis and Trikalinos' test of excess significance.

    O studies have |y|/se beyond the critical value (`alternative` greater or less: on that side, at `alpha`), and
    E = sum of the powers at theta, the pooled effect (or the `theta` given). With random effects the power is
    averaged over N(theta, tau2), for which there is a closed form: y ~ N(theta, v + tau2). `test`: chi2 (normal
    approximation), binom (mean power) or exact (the sum of unequal chances), all one-sided for O > E.

    Errors: `NoStudies`, `ZeroVariance`, `UnknownOption`, those of the estimator. With powers that are all 1 metafor
    stops; here E = k, and the test says that nothing is in excess.
    Source: Ioannidis & Trikalinos 2007, doi 10.1177/1740774507079441; Francis 2013 for exact.
    metafor: `tes(rma(yi, vi, method="FE"), test=)`."""
    if test not in EXCESS_TESTS:
        raise UnknownOption(f"There is no test {test!r}; choose one of {', '.join(EXCESS_TESTS)}.")
    if alternative not in ("two-sided", "greater", "less"):
        raise UnknownOption(
            f"There is no alternative {alternative!r}; choose two-sided, greater or less (the direction in which "
            "studies were tested)."
        )
    check_alpha(alpha)
    check_alpha(limit_alpha)
    yi, vi = studies_with_variance(effects, 1, "A test of excess significance needs")
    ones = np.ones((len(yi), 1))
    between = estimate_tau2(tau2, yi, vi, ones)[0]
    weights = 1.0 / (vi + between)
    centre = float(np.sum(weights * yi) / np.sum(weights)) if theta is None else float(theta)
    if not math.isfinite(centre):
        raise InvalidValue(f"theta is {centre}; give a finite effect.")
    half = alpha / 2.0 if alternative == "two-sided" else alpha
    z = yi / np.sqrt(vi)
    directed = {"two-sided": np.abs(z), "greater": z, "less": -z}[alternative]
    observed = int(np.count_nonzero(directed >= z_quantile(1.0 - half)))

    def pval(value: float) -> float:
        return EXCESS_TESTS[test](observed, powers(value, between, vi, alpha, alternative))[1]

    power = powers(centre, between, vi, alpha, alternative)
    expected = float(np.sum(power))
    stat, p = EXCESS_TESTS[test](observed, power)
    notes = (
        () if len(yi) >= 10 else (f"With {len(yi)} studies this test says little; ten is a usual minimum.",)
    )
    return ExcessSignificance(
        observed=observed,
        expected=expected,
        ratio=observed / expected if expected > 0.0 else None,
        stat=stat,
        pval=p,
        test=test,
        k=len(yi),
        theta=centre,
        tau2=between,
        theta_limit=_limit(pval, limit_alpha, centre, alternative, float(np.max(np.sqrt(vi + between)))),
        alpha=alpha,
        limit_alpha=limit_alpha,
        power=frozen_array(power),
        notes=notes,
    )


def _limit(
    pval: Callable[[float], float], alpha: float, centre: float, alternative: str, spread: float
) -> float | None:
    """The theta on the effect's side of 0 where p = alpha; p rises with the distance from 0."""
    from scipy.optimize import brentq

    side = {"greater": 1.0, "less": -1.0}.get(alternative, math.copysign(1.0, centre))
    if pval(0.0) >= alpha:
        return None  # no effect at all is enough to expect this many
    far = max(spread, abs(centre))
    while pval(side * far) < alpha:
        far *= 2.0
        if far > 1e6 * spread:
            return None
    return float(brentq(lambda t: pval(side * t) - alpha, 0.0, far, xtol=1e-14 * far, rtol=1e-14)) * side
