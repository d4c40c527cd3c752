"""What a pooled value means in other words: a standardised mean difference as overlap, as a probability, as a
correlation; a log odds ratio at a given control risk; the mean, rather than the median, of effects pooled on another
scale. metafor: the `transf.*` functions named below. Handbook chapters 10.6 and 15.5."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from analysis.stats.errors import InvalidValue
from analysis.stats.transformations import logistic, logit


def cohens_u1(d: Any) -> np.ndarray:
    """The share of the two normal distributions that does not overlap: 2 - 1/Phi(|d|/2) (Cohen 1988). metafor:
    `transf.dtou1`."""
    return 2.0 - 1.0 / _phi(np.abs(np.asarray(d, dtype=float)) / 2.0)


def cohens_u2(d: Any) -> np.ndarray:
    """The share of one group that exceeds the same share of the other: Phi(d/2) (Cohen 1988). metafor:
    `transf.dtou2`."""
    return _phi(np.asarray(d, dtype=float) / 2.0)


def cohens_u3(d: Any) -> np.ndarray:
    """The share of the first group above the mean of the second: Phi(d) (Cohen 1988). metafor: `transf.dtou3`."""
    return _phi(np.asarray(d, dtype=float))


def superiority(d: Any) -> np.ndarray:
    """The probability that one of the first group exceeds one of the second: Phi(d/sqrt 2) (McGraw & Wong 1992).
    metafor: `transf.dtocles`."""
    return _phi(np.asarray(d, dtype=float) / np.sqrt(2.0))


def point_biserial(d: Any, n1i: Any = None, n2i: Any = None) -> np.ndarray:
    """d/sqrt(d^2 + h), h = m/n1 + m/n2, m = n1 + n2 - 2; h = 4 (equal, large groups) without sizes. metafor:
    `transf.dtorpb`."""
    d = np.asarray(d, dtype=float)
    if n1i is None or n2i is None:
        return d / np.sqrt(d**2 + 4.0)
    n1, n2 = np.asarray(n1i, dtype=float), np.asarray(n2i, dtype=float)
    m = n1 + n2 - 2.0
    return d / np.sqrt(d**2 + m / n1 + m / n2)


def success_rate(d: Any) -> np.ndarray:
    """The share of the first group above the common median, 1/2 + r/2 with r of `point_biserial` for equal groups
    (Rosenthal & Rubin 1982). metafor: `transf.dtobesd`."""
    return 0.5 + point_biserial(d) / 2.0


def mean_difference(d: Any, sd: float) -> np.ndarray:
    """d times a standard deviation of the scale that readers know. metafor: `transf.dtomd`."""
    if not (np.isfinite(sd) and sd > 0):
        raise InvalidValue(f"The standard deviation is {sd}, but it must be above 0.", column="sd")
    return np.asarray(d, dtype=float) * sd


def risk_with(log_odds_ratio: Any, control_risk: float) -> np.ndarray:
    """The risk that an odds ratio gives where the control risk is p: logistic(logit p + log OR), p in (0, 1)."""
    if not 0.0 < control_risk < 1.0:
        raise InvalidValue(
            f"The control risk is {control_risk}, but it must be between 0 and 1.", column="control_risk"
        )
    return logistic(logit(control_risk) + np.asarray(log_odds_ratio, dtype=float))


def risk_difference(log_odds_ratio: Any, control_risk: float) -> np.ndarray:
    """`risk_with` less the control risk. metafor: `transf.logortord`."""
    return risk_with(log_odds_ratio, control_risk) - control_risk


def risk_ratio(log_odds_ratio: Any, control_risk: float) -> np.ndarray:
    """`risk_with` over the control risk. metafor: `transf.logortorr`."""
    return risk_with(log_odds_ratio, control_risk) / control_risk


def mean_of(function: Callable[[np.ndarray], np.ndarray], estimate: Any, tau2: float) -> np.ndarray:
    """The mean of `function` over effects that are normal around `estimate` with variance `tau2`.

    Turning back a pooled logit or logarithm gives the median of the true effects; this is their mean: the integral of
    h(x) over the normal density, from -10 to 10 standard deviations. `function` takes and gives arrays. metafor:
    `transf.exp.int`, `transf.ilogit.int`, `transf.ztor.int`."""
    if not (np.isfinite(tau2) and tau2 >= 0):
        raise InvalidValue(f"tau2 is {tau2}, but it must be 0 or more.", column="tau2")
    estimate = np.asarray(estimate, dtype=float)
    if tau2 == 0:
        return np.asarray(function(estimate))
    nodes, weights = np.polynomial.legendre.leggauss(200)
    z = 10.0 * nodes
    shares = 10.0 * weights * np.exp(-(z**2) / 2.0) / np.sqrt(2.0 * np.pi)
    points = estimate[..., None] + np.sqrt(tau2) * z
    return np.asarray(np.sum(shares * function(points), axis=-1))


def _phi(x: np.ndarray) -> np.ndarray:
    from scipy.special import ndtr

    return np.asarray(ndtr(x))
