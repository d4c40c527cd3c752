"""The test of Kenward and Roger for the pooled effect: a variance that allows for the estimation of tau2, and its df.

With w = 1/(v + tau2), Phi = 1/sum w, and W the variance of the REML estimate of tau2,

    variance  Phi + 2 Phi^2 W (sum w^3 - (sum w^2)^2/sum w)
    df        2/(W (sum w^2/sum w)^2)

W is 1 over the expected information tr(PP)/2 or the observed one, y'PPPy - tr(PP)/2, P = W - W X(X'WX)^-1 X'W.
These are the general formulae with one variance and one contrast, in which the scaling of F is 1.
Kenward & Roger 1997, doi 10.2307/2533558; for meta-analysis Partlett & Riley 2017, doi 10.1002/sim.7140. metafor has
none."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from analysis.stats.distributions import check_level, critical_value, two_sided
from analysis.stats.errors import NotConverged, UnknownOption, ZeroVariance
from analysis.stats.least_squares import weighted_fit
from analysis.stats.pooling import need_studies
from analysis.stats.results import Dropped, Effects, Result
from analysis.stats.tau2 import estimate_tau2


@dataclass(frozen=True)
class KenwardRoger(Result):
    """A REML pooled effect with the Kenward-Roger standard error and t with `df`, which is no whole number.

    `se_unadjusted`: the usual standard error sqrt(1/sum w). `pi_low`, `pi_high`: prediction interval from t with
    df - 1 (Partlett & Riley 2017), None where that is not above 0."""

    estimate: float
    se: float
    ci_low: float
    ci_high: float
    stat: float
    pval: float
    df: float
    se_unadjusted: float
    tau2: float
    pi_low: float | None
    pi_high: float | None
    pi_method: str | None
    information: str
    k: int
    measure: str
    level: float
    test: str = "kr"
    tau2_method: str = "REML"
    dropped: tuple[Dropped, ...] = ()
    notes: tuple[str, ...] = ()


def _expected(w: np.ndarray, residuals: np.ndarray, trace: float) -> float:
    return trace / 2.0


def _observed(w: np.ndarray, residuals: np.ndarray, trace: float) -> float:
    """y'PPPy with Py = w r, so that PPy = w (wr - its weighted mean)."""
    py = w * residuals
    return float(np.sum(w * py * (py - np.sum(w * py) / np.sum(w)))) - trace / 2.0


#: What the variance of tau2 is one over, from weights, residuals and tr(PP).
INFORMATION: dict[str, Callable[[np.ndarray, np.ndarray, float], float]] = {
    "expected": _expected,
    "observed": _observed,
}


def kenward_roger(effects: Effects, *, information: str = "expected", level: float = 0.95) -> KenwardRoger:
    """Pool effects by REML with the Kenward-Roger variance and degrees of freedom.

    `information`: expected (Kenward & Roger's) or observed. With equal variances both terms fall back on t with
    k - 1 and the usual standard error. A note says when tau2 is 0: the approximation is then at its weakest.

    Errors: `NoStudies`, `TooFewStudies` (two at least), `UnknownOption`, `ZeroVariance`, `NotConverged` (observed
    information not above 0)."""
    level = check_level(level)
    if information not in INFORMATION:
        raise UnknownOption(
            f"There is no information {information!r}; choose one of {', '.join(INFORMATION)}."
        )
    yi, vi = need_studies(effects, 2, "The test of Kenward and Roger needs")
    if np.any(vi <= 0.0):
        raise ZeroVariance(
            "A sampling variance is 0; the test of Kenward and Roger needs every variance above 0."
        )
    design = np.ones((len(yi), 1))
    tau2 = float(estimate_tau2("REML", yi, vi, design)[0])
    fit = weighted_fit(yi, design, 1.0 / (vi + tau2))
    w = fit.weights
    total, square = float(np.sum(w)), float(np.sum(w**2))
    known = INFORMATION[information](w, fit.residuals, float(fit.trace_pp))
    if not known > 0.0:
        raise NotConverged(
            "The observed information on tau2 is not above 0, so its variance is not defined; use information "
            "'expected'."
        )
    centre = square / total
    surplus = float(np.sum(w * (w - centre) ** 2))  # sum w^3 - (sum w^2)^2/sum w without cancellation
    variance = 1.0 / total + 2.0 * surplus / (known * total**2)
    df = 2.0 * known / centre**2
    estimate, se = float(fit.coefficients[0]), math.sqrt(variance)
    margin = critical_value(level, df) * se
    ahead = critical_value(level, df - 1.0) * math.sqrt(variance + tau2) if df > 1.0 else None
    notes = () if tau2 > 0.0 else ("tau2 is 0, where the approximation of Kenward and Roger is weakest.",)
    return KenwardRoger(
        estimate=estimate,
        se=se,
        ci_low=estimate - margin,
        ci_high=estimate + margin,
        stat=estimate / se,
        pval=two_sided(estimate / se, df),
        df=df,
        se_unadjusted=1.0 / math.sqrt(total),
        tau2=tau2,
        pi_low=None if ahead is None else estimate - ahead,
        pi_high=None if ahead is None else estimate + ahead,
        pi_method=None if ahead is None else f"t with {df - 1.0:.4g} degrees of freedom",
        information=information,
        k=len(yi),
        measure=effects.measure,
        level=level,
        dropped=effects.dropped,
        notes=notes,
    )
