"""Prior distributions of the between-study standard deviation tau, by name.

A prior is a log density on tau > 0 (not on tau2), a tail exponent (density ~ tau^-tail as tau grows; infinite when
it falls faster than any power) and whether it integrates to one."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.stats.errors import InvalidValue, UnknownOption

LogDensity = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class TauPrior:
    """`log_density` of tau, `size` for the search of its bulk, `tail` exponent, `proper`."""

    name: str
    log_density: LogDensity
    size: float
    tail: float = math.inf
    proper: bool = True


def half_normal(scale: float) -> TauPrior:
    """2 N(tau; 0, scale^2): two in three below the scale, 95 % below twice it."""
    constant = 0.5 * math.log(2.0 / math.pi) - math.log(scale)
    return TauPrior("half-normal", lambda tau: constant - 0.5 * (tau / scale) ** 2, scale)


def half_cauchy(scale: float) -> TauPrior:
    """2/(pi scale (1 + (tau/scale)^2)): half below the scale, a heavy tail above (Polson & Scott 2012)."""
    constant = math.log(2.0 / math.pi) - math.log(scale)
    return TauPrior("half-cauchy", lambda tau: constant - np.log1p((tau / scale) ** 2), scale, tail=2.0)


def exponential(scale: float) -> TauPrior:
    """exp(-tau/scale)/scale, mean `scale`."""
    return TauPrior("exponential", lambda tau: -math.log(scale) - tau / scale, scale)


def uniform(scale: float | None) -> TauPrior:
    """Flat on tau >= 0, improper (Gelman 2006); needs three studies, or two with a prior on the mean."""
    return TauPrior("uniform", np.zeros_like, 1.0 if scale is None else scale, tail=0.0, proper=False)


def log_normal(scale: tuple[float, float]) -> TauPrior:
    """log(tau2) ~ N(mean, sd^2), as the predictive distributions of Turner et al. 2012 and Rhodes et al. 2015."""
    mean, sd = scale[0] / 2.0, scale[1] / 2.0
    constant = -0.5 * math.log(2.0 * math.pi) - math.log(sd)

    def log_density(tau: np.ndarray) -> np.ndarray:
        with np.errstate(divide="ignore"):
            u = np.log(tau)
        finite = np.where(np.isfinite(u), u, 0.0)
        return np.where(tau > 0.0, constant - finite - 0.5 * ((finite - mean) / sd) ** 2, -np.inf)

    return TauPrior("log-normal", log_density, math.exp(mean))


#: Name -> prior of a scale. log-normal takes (mean, sd) of log tau2, uniform none.
PRIORS: dict[str, Callable[[Any], TauPrior]] = {
    "half-normal": half_normal,
    "half-cauchy": half_cauchy,
    "exponential": exponential,
    "log-normal": log_normal,
    "uniform": uniform,
}
#: Measures on the log scale of a ratio, for which 0.5 is a common scale (Roever et al. 2021, doi 10.1002/jrsm.1475).
LOG_RATIOS = {"OR", "RR", "IRR", "PETO", "ROM", "MPOR", "MPRR", "HR"}


def tau_prior(prior: str | TauPrior | LogDensity, scale: Any, measure: str) -> TauPrior:
    """The prior by name, as it is, or from a function tau -> log density (improper, its constant being unknown)."""
    if isinstance(prior, TauPrior):
        return prior
    if callable(prior):
        return TauPrior("function", prior, 1.0, tail=0.0, proper=False)
    name = str(prior).lower()
    if name not in PRIORS:
        raise UnknownOption(f"There is no prior {prior!r} for tau; choose one of {', '.join(PRIORS)}.")
    if name == "log-normal":
        if scale is None or np.shape(scale) != (2,) or not np.all(np.isfinite(scale)) or scale[1] <= 0.0:
            raise InvalidValue("The log-normal prior needs scale=(mean, sd) of log tau2, with an sd above 0.")
        return log_normal((float(scale[0]), float(scale[1])))
    if scale is None and name != "uniform":
        if measure not in LOG_RATIOS:
            raise InvalidValue(
                f"Give the scale of the {name} prior in units of the effect; only for log ratios is 0.5 assumed, and "
                f"this is {measure}."
            )
        scale = 0.5
    if scale is not None and not (np.ndim(scale) == 0 and np.isfinite(scale) and scale > 0.0):
        raise InvalidValue(f"The scale of the prior is {scale!r}, but it must be a number above 0.")
    return PRIORS[name](None if scale is None else float(scale))
