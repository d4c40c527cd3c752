"""The between-study variance tau2: one function per estimator, one dictionary of names.

Every estimator takes effects yi (k,), sampling variances vi (k,) and a design X (k, p), and returns
(tau2, standard error), tau2 never below zero. With W = diag(1/vi), P as in `least_squares` and Q = y'Py:

    DL    (Q - (k - p)) / tr(P)                                         DerSimonian & Laird 1986
    HE    ordinary least squares: (RSS - tr(P V)) / (k - p)             Hedges & Olkin 1985
    HS    (Q - k) / sum w;  HSk  (k Q / (k - p) - k) / sum w            Hunter & Schmidt 2004; Brannick et al. 2019
    SJ    RSS(w = 1/(vi/t0 + 1)) / (k - p), t0 = sum (y - mean)^2/k    Sidik & Jonkman 2005
    ML    maximum of the likelihood;  REML  of the restricted one       Raudenbush 2009; Viechtbauer 2005
    PM    Q(tau2) = k - p;  EB is the same equation                     Paule & Mandel 1982; Morris 1983
    PMM   Q(tau2) = median of chi-squared(k - p)                        Viechtbauer 2021 (median-unbiased)

A review of all of them: Veroniki et al. 2016, doi 10.1002/jrsm.1164; Cochrane Handbook 10.10.4.4.
ML and REML may have several maxima. `search` climbs to one by Newton's method and proves that there is no other, or
finds all; the highest likelihood wins (0 included). metafor climbs from one starting value.

metafor: `rma(yi, vi, method=...)`."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from analysis.stats.distributions import chi2_quantile
from analysis.stats.errors import NotConverged, UnknownEstimator, ZeroVariance
from analysis.stats.least_squares import weighted_fit
from analysis.stats.moments import Moments, OfOne, moments_of
from analysis.stats.search import ARRIVED, ceiling, search_one

Estimate = tuple[float, float | None]
Estimator = Callable[[np.ndarray, np.ndarray, np.ndarray], Estimate]


def common_effect(yi: np.ndarray, vi: np.ndarray, design: np.ndarray) -> Estimate:
    """No between-study variance: the common-effect (fixed-effect, equal-effects) model."""
    return 0.0, None


def dersimonian_laird(yi: np.ndarray, vi: np.ndarray, design: np.ndarray) -> Estimate:
    """Method of moments with inverse-variance weights."""
    k, p = design.shape
    fit = weighted_fit(yi, design, 1.0 / vi)
    trace = float(fit.trace_p)
    tau2 = max(0.0, (float(fit.rss) - (k - p)) / trace)
    return tau2, _quadratic_se(yi, vi, design, 1.0 / vi, tau2, trace)


def hedges(yi: np.ndarray, vi: np.ndarray, design: np.ndarray) -> Estimate:
    """Method of moments with equal weights (also called Hedges-Olkin or variance component)."""
    k, p = design.shape
    ones = np.ones_like(vi)
    fit = weighted_fit(yi, design, ones)
    tau2 = max(0.0, float(fit.rss - np.sum(vi * fit.complement)) / (k - p))
    return tau2, _quadratic_se(yi, vi, design, ones, tau2, k - p)


def hunter_schmidt(yi: np.ndarray, vi: np.ndarray, design: np.ndarray) -> Estimate:
    """Hunter and Schmidt's estimator, biased downward."""
    weights = 1.0 / vi
    total = float(np.sum(weights))
    tau2 = max(0.0, (float(weighted_fit(yi, design, weights).rss) - len(yi)) / total)
    return tau2, _quadratic_se(yi, vi, design, weights, tau2, total)


def hunter_schmidt_k(yi: np.ndarray, vi: np.ndarray, design: np.ndarray) -> Estimate:
    """Hunter and Schmidt's estimator with the small-sample factor k / (k - p)."""
    k, p = design.shape
    weights = 1.0 / vi
    total = float(np.sum(weights))
    tau2 = max(0.0, (k / (k - p) * float(weighted_fit(yi, design, weights).rss) - k) / total)
    return tau2, _quadratic_se(yi, vi, design, weights, tau2, total * (k - p) / k)


def sidik_jonkman(yi: np.ndarray, vi: np.ndarray, design: np.ndarray) -> Estimate:
    """Sidik and Jonkman's two-step estimator; positive unless all effects are identical."""
    k, p = design.shape
    start = float(np.mean((yi - np.mean(yi)) ** 2))
    if start == 0.0:
        return 0.0, 0.0
    weights = start / (vi + start)
    tau2 = max(0.0, float(weighted_fit(yi, design, weights).rss) / (k - p))
    return tau2, _quadratic_se(yi, vi, design, weights, tau2, k - p)


def maximum_likelihood(yi: np.ndarray, vi: np.ndarray, design: np.ndarray) -> Estimate:
    """Global maximum of the likelihood."""
    moments = moments_of(yi, vi, design, restricted=False)
    tau2 = _maximise(moments, yi, vi, design, restricted=False)
    return tau2, math.sqrt(2.0 / moments.at(tau2).trace_fall)


def restricted_likelihood(
    yi: np.ndarray, vi: np.ndarray, design: np.ndarray, moments: OfOne | None = None
) -> Estimate:
    """Global maximum of the restricted likelihood; the default, as Cochrane and metafor have it."""
    moments = moments_of(yi, vi, design) if moments is None else moments
    tau2 = _maximise(moments, yi, vi, design, restricted=True)
    return tau2, math.sqrt(2.0 / moments.recall(tau2).trace_fall)


def paule_mandel(yi: np.ndarray, vi: np.ndarray, design: np.ndarray) -> Estimate:
    """Q(tau2) equals its expectation k - p; the same equation as empirical Bayes."""
    k, p = design.shape
    return _with_q(yi, vi, design, k - p)


def paule_mandel_median(yi: np.ndarray, vi: np.ndarray, design: np.ndarray) -> Estimate:
    """Q(tau2) equals its median, so tau2 is too low as often as too high."""
    k, p = design.shape
    return _with_q(yi, vi, design, chi2_quantile(0.5, k - p))


def _with_q(yi: np.ndarray, vi: np.ndarray, design: np.ndarray, target: float) -> Estimate:
    """tau2 by Q(tau2) = target; standard error sqrt(2 k^2/(k - p)) / sum w."""
    k, p = design.shape
    tau2 = solve_q(yi, vi, design, target)
    return tau2, math.sqrt(2.0 * k**2 / (k - p)) / float(np.sum(1.0 / (vi + tau2)))


ESTIMATORS: dict[str, Estimator] = {
    "CE": common_effect,
    "FE": common_effect,
    "EE": common_effect,
    "DL": dersimonian_laird,
    "HE": hedges,
    "HS": hunter_schmidt,
    "HSk": hunter_schmidt_k,
    "SJ": sidik_jonkman,
    "ML": maximum_likelihood,
    "REML": restricted_likelihood,
    "EB": paule_mandel,
    "PM": paule_mandel,
    "PMM": paule_mandel_median,
}
COMMON_EFFECT = frozenset({"CE", "FE", "EE"})
TAKES_ZERO_VARIANCE = frozenset({"HE", "SJ"})


def estimator_name(method: str) -> str:
    """The dictionary's spelling of a method name, whatever its case."""
    if isinstance(method, str) and method in ESTIMATORS:
        return method
    for name in ESTIMATORS:
        if name.lower() == str(method).lower():
            return name
    known = ", ".join(ESTIMATORS)
    raise UnknownEstimator(f"There is no between-study variance estimator {method!r}; choose one of {known}.")


def estimate_tau2(
    method: str | Estimator,
    yi: np.ndarray,
    vi: np.ndarray,
    design: np.ndarray,
    moments: OfOne | None = None,
) -> Estimate:
    """tau2 and its standard error by a named method or by a function of (yi, vi, design).

    `moments`: those of these data, where they are at hand and no variance is 0.

    With no degrees of freedom (k = p, one study in particular) tau2 is 0, as in metafor. A sampling variance of
    zero raises `ZeroVariance` except with HE and SJ, and with those too when tau2 comes out as 0.
    """
    name = method if callable(method) else estimator_name(method)
    zero = int(vi.argmin()) if moments is None and vi.min() == 0.0 else None
    k, p = design.shape
    if zero is not None and (name not in TAKES_ZERO_VARIANCE or k <= p):
        raise ZeroVariance(_zero_sentence(name), column="vi", row=zero)
    if k <= p:
        return 0.0, None
    if name == "REML":
        tau2, se = restricted_likelihood(yi, vi, design, moments)
    else:
        estimator = method if callable(method) else ESTIMATORS[estimator_name(method)]
        tau2, se = estimator(yi, vi, design)
    if not math.isfinite(tau2) or tau2 < 0.0:
        raise NotConverged(f"The between-study variance came out as {tau2}; the estimate cannot be used.")
    if zero is not None and tau2 == 0.0:
        raise ZeroVariance(_zero_sentence(name), column="vi", row=zero)
    return float(tau2), None if se is None else float(se)


def solve_q(yi: np.ndarray, vi: np.ndarray, design: np.ndarray, target: float) -> float:
    """The tau2 at which Q(tau2) = sum (y - Xb)^2/(vi + tau2) falls to `target`; 0 when Q(0) is below it.

    Q decreases in tau2 and is at most RSS/tau2 (RSS of ordinary least squares), which gives the upper bracket.
    """
    moments = moments_of(yi, vi, design)
    begin = moments.begin
    if begin.rss <= target:
        return 0.0
    found = _climb_to_q(moments, begin, target, float(np.min(vi)))
    if found is not None:
        return found
    upper = float(weighted_fit(yi, design, np.ones_like(vi)).rss) / target
    return _root(lambda tau2: moments.at(tau2).rss - target, 0.0, upper * (1.0 + 1e-9))


def _climb_to_q(moments: OfOne, m: Moments, target: float, least: float) -> float | None:
    """Newton's method for 1/Q(tau2) = 1/target: 1/Q is concave and increasing, so no step passes the root."""
    tau2 = 0.0
    for _ in range(100):
        step = (m.rss / target - 1.0) * m.rss / m.slope
        tau2 += step
        if abs(step) <= ARRIVED * (tau2 + least):
            return tau2 if tau2 >= 0.0 else 0.0
        m = moments.at(tau2)
    return None


def log_likelihood(
    yi: np.ndarray, vi: np.ndarray, design: np.ndarray, tau2: float, *, restricted: bool
) -> float:
    """(Restricted) log-likelihood profiled over the coefficients, as metafor's `logLik` reports it."""
    k, p = design.shape
    fit = weighted_fit(yi, design, 1.0 / (vi + tau2))
    value = -0.5 * (np.sum(np.log(vi + tau2)) + fit.rss)
    if not restricted:
        return float(value - 0.5 * k * math.log(2.0 * math.pi))
    own = weighted_fit(yi, design, np.ones_like(vi)).log_det
    return float(value - 0.5 * ((k - p) * math.log(2.0 * math.pi) + fit.log_det - own))


def _maximise(
    moments: OfOne, yi: np.ndarray, vi: np.ndarray, design: np.ndarray, *, restricted: bool
) -> float:
    least, m, (rss, eigenvalue) = moments.first, len(yi), moments.with_equal_weights()
    if restricted:
        m -= design.shape[1]
    else:
        eigenvalue = float(np.add.reduce(vi)) / m
    found = search_one(moments, least, ceiling(least, eigenvalue, rss / m))
    if found is None:
        found = _peaks_on_grid(yi, vi, design, rss, restricted=restricted)
    if len(found) == 1:
        return found[0]
    return max(found, key=lambda t: log_likelihood(yi, vi, design, t, restricted=restricted))


def _peaks_on_grid(
    yi: np.ndarray, vi: np.ndarray, design: np.ndarray, rss: float, *, restricted: bool
) -> list[float]:
    """All maxima, from the score on a grid over the whole range where it may be positive."""

    def score(tau2: np.ndarray) -> np.ndarray:
        """Twice the derivative of the (restricted) log-likelihood."""
        weights = 1.0 / (vi + np.asarray(tau2)[..., None])
        fit = weighted_fit(yi, design, weights)
        return fit.y_pp_y - (fit.trace_p if restricted else np.sum(weights, axis=-1))

    k, p = design.shape
    # Beyond this point the score is negative: y'PPy <= RSS/tau2^2 and tr(P) >= (k - p)/(max vi + tau2).
    upper = 1.001 * max(float(np.max(vi)), 2.0 * rss / (k - p))
    lower = 1e-4 * float(np.min(vi))
    points = 20 + int(16.0 * math.log10(upper / lower))
    grid = np.concatenate(([0.0], np.geomspace(lower, upper, points)))
    slopes = score(grid)
    if not np.all(np.isfinite(slopes)):
        raise NotConverged(
            "The likelihood cannot be evaluated for these effects and variances; they span too many orders of "
            "magnitude. Check the units, or use another estimator such as DL."
        )
    candidates = [0.0] if slopes[0] <= 0.0 else []
    for left in np.flatnonzero((slopes[:-1] > 0.0) & (slopes[1:] <= 0.0)):
        candidates.append(_root(lambda t: float(score(np.asarray(t))), grid[left], grid[left + 1]))
    if not candidates:
        raise NotConverged("The likelihood has no maximum in the range searched; use another estimator.")
    return candidates


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    """Root in [low, high] to the last digits (relative 1e-15)."""
    from scipy.optimize import brentq

    try:
        return float(brentq(function, low, high, xtol=1e-16 * (high or 1.0), rtol=1e-15, maxiter=500))
    except (RuntimeError, ValueError) as error:
        raise NotConverged(
            f"The between-study variance could not be solved for between {low:g} and {high:g}: {error}."
        ) from error


def _quadratic_se(
    yi: np.ndarray, vi: np.ndarray, design: np.ndarray, weights: np.ndarray, tau2: float, divisor: float
) -> float:
    """Standard error of y'Py/divisor: sqrt(2 tr(P S P S)) / divisor with S = diag(vi + tau2)."""
    trace = weighted_fit(yi, design, weights).trace_squared(weights * (vi + tau2))
    return math.sqrt(max(0.0, 2.0 * float(trace))) / float(divisor)


def _zero_sentence(name: object) -> str:
    return (
        f"A sampling variance is zero, and the {name} estimator divides by it. A zero variance usually means a "
        "standard deviation or a standard error of 0 in the data: check that row, or leave the study out."
    )
