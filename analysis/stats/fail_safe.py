"""Fail-safe N: how many unseen studies would undo a result.

Widely reported and widely criticised: it assumes that what is missing averages nothing and says little about what
is likely to be missing (Becker 2005; the Handbook advises against relying on it, 13.3.5.6)."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from analysis.stats.distributions import z_quantile, z_two_sided
from analysis.stats.errors import InvalidValue, StatsError, UnknownOption
from analysis.stats.excess_significance import check_alpha
from analysis.stats.pooling import need_studies
from analysis.stats.results import Effects, Result
from analysis.stats.small_study import studies_with_variance
from analysis.stats.tau2 import Estimator, estimate_tau2


@dataclass(frozen=True)
class FailSafe(Result):
    """`n` studies would be needed. `estimate`: the mean they are added to (None: Rosenthal), `pval`: of the observed
    result (None: Orwin), `target`: the mean aimed at (None: significance), `tau2`: General only."""

    method: str
    n: int
    exact_n: float
    k: int
    alpha: float
    pval: float | None = None
    estimate: float | None = None
    target: float | None = None
    tau2: float | None = None


def fail_safe_n(
    effects: Effects,
    *,
    method: str = "Rosenthal",
    alpha: float = 0.05,
    target: float | None = None,
    weighted: bool = False,
    tau2: str | Estimator = "REML",
) -> FailSafe:
    """Number of studies without effect that would make the result lose its significance (or its size).

    Rosenthal  Stouffer's z = sum z_i/sqrt(k), one-sided:       N = k (z/z_(1-alpha))^2 - k
    Orwin      mean m falls to the target (by default m/2):      N = k (m - t)/t
    Rosenberg  common-effect estimate, two-sided, w = 1/v:       N = ((sum wy / z_(1-alpha/2))^2 - sum w) / mean w
    General    random-effects estimate, w = 1/(v + tau2):        as Rosenberg, or down to `target`:
                                                                 N = (sum wy / t - sum w) / u

    rounded up and never negative. General holds tau2 where it was estimated and gives the added studies the harmonic
    mean h of the variances, u = 1/(h + tau2), so that with a common effect it is Rosenberg's. `weighted`: Orwin
    with the inverse-variance mean. `target` applies to Orwin and General.

    Errors: `NoStudies`, `InvalidValue` for a target of 0 or on the other side of it, `ZeroVariance`, `UnknownOption`.
    Source: Rosenthal 1979, doi 10.1037/0033-2909.86.3.638; Orwin 1983; Rosenberg 2005, doi
    10.1111/j.0014-3820.2005.tb01004.x. metafor: `fsn(yi, vi, type=, alpha=, target=, weighted=)`; General as its
    later versions have it by default."""
    method = str(method).capitalize()
    if method not in METHODS:
        raise UnknownOption(f"There is no fail-safe N called {method!r}; choose one of {', '.join(METHODS)}.")
    if target is not None and method not in ("Orwin", "General"):
        raise UnknownOption(
            f"A target effect belongs to Orwin's or the general method, not to {method}'s; leave it out."
        )
    check_alpha(alpha)
    need = need_studies if method == "Orwin" and not weighted else studies_with_variance
    yi, vi = need(effects, 1, "A fail-safe N needs")
    number, rest = METHODS[method](
        yi, vi, {"alpha": alpha, "target": target, "weighted": weighted, "tau2": tau2}
    )
    if not math.isfinite(number):
        raise StatsError("The fail-safe N is beyond all numbers: the target lies too close to no effect.")
    number = max(0.0, number)
    # A whole number stays one when rounding error puts it a last digit above.
    return FailSafe(
        method, math.ceil(number - min(1e-6, 1e-12 * max(1.0, number))), number, len(yi), float(alpha), **rest
    )


Rest = dict[str, float | None]


def rosenthal(yi: np.ndarray, vi: np.ndarray, options: dict) -> tuple[float, Rest]:
    """From the sum of z values."""
    from scipy.special import ndtr

    z = abs(float(np.sum(yi / np.sqrt(vi)))) / math.sqrt(len(yi))
    number = len(yi) * (z / z_quantile(1.0 - options["alpha"])) ** 2 - len(yi)
    return number, {"pval": float(ndtr(-z))}


def orwin(yi: np.ndarray, vi: np.ndarray, options: dict) -> tuple[float, Rest]:
    """Down to a target mean."""
    weights = 1.0 / vi if options["weighted"] else np.ones_like(yi)
    mean = float(np.sum(weights * yi) / np.sum(weights))
    target = _target(mean, options["target"])
    return len(yi) * (mean - target) / target, {"estimate": mean, "target": target}


def rosenberg(yi: np.ndarray, vi: np.ndarray, options: dict) -> tuple[float, Rest]:
    """From the common-effect estimate."""
    number, rest = general(yi, vi, options | {"tau2": "CE", "target": None})
    return number, rest | {"tau2": None}


def general(yi: np.ndarray, vi: np.ndarray, options: dict) -> tuple[float, Rest]:
    """From the random-effects estimate, tau2 held."""
    tau2 = estimate_tau2(options["tau2"], yi, vi, np.ones((len(yi), 1)))[0]
    weights = 1.0 / (vi + tau2)
    total, sum_wy = float(np.sum(weights)), float(np.sum(weights * yi))
    added = 1.0 / (1.0 / float(np.mean(1.0 / vi)) + tau2)
    rest: Rest = {
        "estimate": sum_wy / total,
        "pval": z_two_sided(sum_wy / math.sqrt(total)),
        "tau2": tau2,
    }
    if options["target"] is not None:
        target = _target(sum_wy / total, options["target"])
        return (sum_wy / target - total) / added, rest | {"target": target}
    critical = z_quantile(1.0 - options["alpha"] / 2.0)
    return ((sum_wy / critical) ** 2 - total) / added, rest


def _target(mean: float, target: float | None) -> float:
    """The target, half the mean by default; on the same side of 0 as the mean."""
    value = mean / 2.0 if target is None else float(target)
    if value == 0.0 or value * mean <= 0.0 or not math.isfinite(value):
        raise InvalidValue(
            f"The target {value:g} must lie between 0 and the mean {mean:g}, without 0: studies averaging no effect "
            "move the mean towards 0 and never reach or cross it."
        )
    return value


METHODS: dict[str, Callable[[np.ndarray, np.ndarray, dict], tuple[float, Rest]]] = {
    "Rosenthal": rosenthal,
    "Orwin": orwin,
    "Rosenberg": rosenberg,
    "General": general,
}
