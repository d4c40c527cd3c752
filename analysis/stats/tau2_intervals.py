"""Confidence intervals of the between-study variance tau2: one function per method, one dictionary of names.

    QP    Q-profile: Q(tau2) between two quantiles of chi-squared       Viechtbauer 2007; Handbook 10.10.4.5
    PL    profile likelihood: 2 (l_max - l(tau2)) <= quantile           Hardy & Thompson 1996
    BJ    distribution of Cochran's Q, weights 1/vi                     Biggerstaff & Jackson 2008
    J     distribution of Q with other weights, 1/sqrt(vi) by default   Jackson 2013

QP, BJ and J are exact when the effects are normal; PL relies on many studies. J is often the shortest of the exact
ones unless heterogeneity is large. All limits are solved for, wherever they lie."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from analysis.stats.distributions import check_level, chi2_quantile
from analysis.stats.errors import NoStudies, NotConverged, TooFewStudies, UnknownOption, ZeroVariance
from analysis.stats.generalised_q import solve_tail, upper_tail
from analysis.stats.heterogeneity import heterogeneity
from analysis.stats.least_squares import rank_of, weighted_fit
from analysis.stats.pooling import named_estimator, own_weights
from analysis.stats.results import Effects, ModelData, Pooled, Regression, Tau2Interval
from analysis.stats.tau2 import COMMON_EFFECT, Estimator, estimate_tau2, log_likelihood, solve_q

ISLANDS = (
    "The likelihood has several maxima, and the values of tau2 compatible with it do not hang together: the interval "
    "runs from the lowest to the highest of them."
)


class Limits(NamedTuple):
    low: float
    high: float
    empty: bool = False
    notes: tuple[str, ...] = ()


def q_profile(data: ModelData, alpha: float, method: str, value: float) -> Limits:
    """Q(tau2) = sum (y - Xb)^2/(vi + tau2) equals the chi-squared quantiles 1 - alpha/2 (low) and alpha/2 (high)."""
    k, p = data.design.shape
    high_target = chi2_quantile(alpha / 2.0, k - p)
    if float(weighted_fit(data.yi, data.design, 1.0 / data.vi).rss) < high_target:
        return Limits(0.0, 0.0, empty=True)
    targets = (chi2_quantile(1.0 - alpha / 2.0, k - p), high_target)
    low, high = (solve_q(data.yi, data.vi, data.design, target) for target in targets)
    return Limits(low, high)


def generalised(data: ModelData, alpha: float, method: str, value: float) -> Limits:
    """P(Q >= observed; tau2) = alpha/2 (low) and 1 - alpha/2 (high), Q with the weights of `data`."""
    weights = 1.0 / np.sqrt(data.vi) if data.weights is None else data.weights
    used = weights > 0.0
    y, v, x, a = data.yi[used], data.vi[used], data.design[used], weights[used]
    if len(y) <= x.shape[1] or rank_of(x) < x.shape[1]:
        raise TooFewStudies("Too few studies have a weight above 0 for an interval of tau2.")
    observed = float(weighted_fit(y, x, a).rss)
    if upper_tail(observed, x, a, v) > 1.0 - alpha / 2.0:
        return Limits(0.0, 0.0, empty=True)
    low, high = (solve_tail(y, v, x, a, target) for target in (alpha / 2.0, 1.0 - alpha / 2.0))
    return Limits(low, high)


def biggerstaff_jackson(data: ModelData, alpha: float, method: str, value: float) -> Limits:
    """`generalised` with the weights 1/vi of Cochran's Q."""
    return generalised(ModelData(data.yi, data.vi, data.design, 1.0 / data.vi), alpha, method, value)


def profile_likelihood(data: ModelData, alpha: float, method: str, value: float) -> Limits:
    """The tau2 at which the (restricted) log-likelihood lies half a chi-squared quantile below its maximum.

    `method` must be ML or REML, whose maximum `value` is."""
    if method not in ("ML", "REML"):
        raise UnknownOption(
            f"A profile-likelihood interval belongs to ML or REML, not to {method}; choose one of them, or QP."
        )
    restricted = method == "REML"

    def log_lik(tau2: float) -> float:
        return log_likelihood(data.yi, data.vi, data.design, tau2, restricted=restricted)

    floor = log_lik(value) - 0.5 * chi2_quantile(1.0 - alpha, 1)
    top = max(float(np.max(data.vi)), value)
    while log_lik(top) >= floor:
        if top > 1e100:
            raise NotConverged("The upper limit of the profile likelihood could not be found.")
        top *= 4.0
    points = np.concatenate(([0.0], np.geomspace(1e-4 * float(np.min(data.vi)), top, 200), [value]))
    points = np.unique(points)
    inside = _profile(data, points, restricted=restricted) >= floor
    inside[points == value] = True
    edges = np.flatnonzero(inside[1:] != inside[:-1])
    if not len(edges):  # the two ways of adding up differ by a rounding error at the very edge
        raise NotConverged("The limits of the profile likelihood could not be found.")
    limits = [_crossing(log_lik, floor, points[i], points[i + 1]) for i in edges.tolist()]
    low = 0.0 if inside[0] else limits[0]
    islands = len(limits) > (1 if inside[0] else 2)
    return Limits(low, limits[-1], notes=(ISLANDS,) if islands else ())


def _profile(data: ModelData, tau2: np.ndarray, *, restricted: bool) -> np.ndarray:
    """`log_likelihood` at many values of tau2 (n,)."""
    k, p = data.design.shape
    sigma = data.vi + tau2[:, None]
    fit = weighted_fit(data.yi, data.design, 1.0 / sigma)
    value = np.sum(np.log(sigma), axis=-1) + fit.rss
    if not restricted:
        return -0.5 * (value + k * math.log(2.0 * math.pi))
    own = weighted_fit(data.yi, data.design, np.ones(k)).log_det
    return -0.5 * (value + (k - p) * math.log(2.0 * math.pi) + fit.log_det - own)


def _crossing(log_lik: Callable[[float], float], floor: float, left: float, right: float) -> float:
    from scipy.optimize import brentq

    return float(
        brentq(lambda t: log_lik(t) - floor, left, right, xtol=1e-15 * right, rtol=1e-14, maxiter=500)
    )


INTERVALS: dict[str, Callable[[ModelData, float, str, float], Limits]] = {
    "QP": q_profile,
    "PL": profile_likelihood,
    "BJ": biggerstaff_jackson,
    "J": generalised,
}
NAMES = {
    "QP": "Q-profile",
    "PL": "profile likelihood",
    "BJ": "generalised Q (Biggerstaff-Jackson)",
    "J": "generalised Q (Jackson)",
}
OTHER_NAMES = {"Q-PROFILE": "QP", "PROFILE": "PL", "BIGGERSTAFF-JACKSON": "BJ", "JACKSON": "J"}


def confidence_tau2(
    effects: Effects | Pooled | Regression,
    *,
    tau2: str | Estimator | None = None,
    level: float | None = None,
    method: str = "QP",
    design: np.ndarray | None = None,
    weights: object = None,
) -> Tau2Interval:
    """Confidence interval of tau2 by a method named in `INTERVALS`, with those of I2 and H2 that follow from it.

    `effects`, or a result of `pool` or `regress`, whose model is then taken. `method`: QP (Q-profile), PL (profile
    likelihood, for ML and REML), BJ (Biggerstaff & Jackson) or J (Jackson, with `weights` one per row of effects,
    1/sqrt(vi) unless given). The point estimate beside the limits is that of the estimator `tau2` (REML unless
    given, or that of the result); it may lie outside. `design`: (usable rows, p), default the intercept. When no
    tau2 >= 0 is compatible with the data by QP, BJ or J, both limits are 0 and `empty` is true. `level`: that of the
    result unless given, 0.95 for effects.

    Errors: `TooFewStudies` for k <= p, `ZeroVariance`, `UnknownOption`, `NotConverged`.
    Source: see the head of this module. metafor: `confint(rma(...), type="QP" | "PL")`; BJ and J as
    `confint(rma(..., method="GENQ", weights=))`."""
    name = OTHER_NAMES.get(str(method).upper(), str(method).upper())
    if name not in INTERVALS:
        known = ", ".join(f"{key} ({words})" for key, words in NAMES.items())
        raise UnknownOption(f"There is no tau2 interval {method!r}; choose one of {known}.")
    data, own = _model(effects, design, weights)
    if level is None:
        level = 0.95 if isinstance(effects, Effects) else effects.level
    k, p = data.design.shape
    if k <= p:
        raise TooFewStudies(f"An interval for tau2 needs at least {p + 1} studies; there is {k}.")
    if np.any(data.vi == 0.0):
        raise ZeroVariance(
            f"A sampling variance is zero, so the {NAMES[name]} interval is not defined.", column="vi"
        )
    estimator = named_estimator(own if tau2 is None else tau2, data.weights)
    value, _ = estimate_tau2(estimator, data.yi, data.vi, data.design)
    spelled = getattr(estimator, "__name__", "function") if callable(estimator) else str(estimator).upper()
    limits = INTERVALS[name](data, 1.0 - check_level(level), spelled, value)
    common = spelled in COMMON_EFFECT
    own_h = heterogeneity(data.yi, data.vi, data.design, value, common_effect=common)
    at_low, at_high = (
        heterogeneity(data.yi, data.vi, data.design, limit, common_effect=False) for limit in limits[:2]
    )
    return Tau2Interval(
        tau2=value,
        tau2_low=limits.low,
        tau2_high=limits.high,
        i2=own_h.i2,
        i2_low=at_low.i2,
        i2_high=at_high.i2,
        h2=own_h.h2,
        h2_low=at_low.h2,
        h2_high=at_high.h2,
        level=level,
        method=NAMES[name],
        empty=limits.empty,
        notes=limits.notes,
    )


def _model(
    effects: Effects | Pooled | Regression, design: np.ndarray | None, weights: object
) -> tuple[ModelData, str]:
    """The rows to use, and the estimator that goes with them unless another is named."""
    if isinstance(effects, (Pooled, Regression)):
        if effects.data is None:
            raise UnknownOption("This result does not carry its data; give the effects themselves.")
        own = own_weights(weights, np.ones(effects.k, dtype=bool))
        data = effects.data
        return (data if own is None else ModelData(data.yi, data.vi, data.design, own)), effects.tau2_method
    keep = effects.usable
    if not np.any(keep):
        raise NoStudies("No study is left, so there is no between-study variance to give an interval for.")
    design = np.ones((effects.k, 1)) if design is None else design
    return ModelData(effects.yi[keep], effects.vi[keep], design, own_weights(weights, keep)), "REML"
