"""Q, I2, H2 and the Q-profile interval of tau2.

I2 and H2 follow metafor: from tau2 and the typical sampling variance s2 = (k - p)/tr(P) (P with weights 1/vi),

    I2 = 100 tau2/(tau2 + s2),   H2 = (tau2 + s2)/s2                    Higgins & Thompson 2002, eq. 9

so they change with the estimator of tau2. With DL and with a common effect they are the familiar
100 (Q - df)/Q and Q/df, which Cochrane's RevMan and R's meta use throughout."""

from __future__ import annotations

import numpy as np

from analysis.stats.distributions import check_level, chi2_quantile, chi2_upper
from analysis.stats.errors import NoStudies, TooFewStudies, UnknownOption, ZeroVariance
from analysis.stats.least_squares import weighted_fit
from analysis.stats.results import Effects, Heterogeneity, Tau2Interval
from analysis.stats.tau2 import COMMON_EFFECT, estimate_tau2, solve_q


def heterogeneity(
    yi: np.ndarray, vi: np.ndarray, design: np.ndarray, tau2: float, *, common_effect: bool
) -> Heterogeneity:
    """Q = sum (y - Xb)^2/vi with its test, and I2 and H2 for a given tau2.

    Arrays of shape (k,), (k,) and (k, p). With a variance of zero Q is not defined and everything is None.
    metafor: `QE`, `QEp`, `I2`, `H2` of an `rma` fit. Source: Handbook 10.10.2; Higgins & Thompson 2002."""
    k, p = design.shape
    df = k - p
    if np.any(vi == 0.0):
        return Heterogeneity(None, df, None, None, None, None)
    if df == 0:
        return Heterogeneity(0.0, 0, 1.0, 0.0, 1.0, None)
    fit = weighted_fit(yi, design, 1.0 / vi)
    q = float(fit.rss)
    typical = df / float(fit.trace_p)
    if common_effect:
        i2 = 100.0 * max(0.0, (q - df) / q) if q > 0.0 else 0.0
        return Heterogeneity(q, df, chi2_upper(q, df), i2, q / df, typical)
    i2, h2 = 100.0 * tau2 / (tau2 + typical), (tau2 + typical) / typical
    return Heterogeneity(q, df, chi2_upper(q, df), i2, h2, typical)


def confidence_tau2(
    effects: Effects,
    *,
    tau2: str = "REML",
    level: float = 0.95,
    method: str = "QP",
    design: np.ndarray | None = None,
) -> Tau2Interval:
    """Confidence interval of tau2 by the Q-profile method, with those of I2 and H2 that follow from it.

    The limits solve Q(tau2) = chi-squared quantiles (1 - a/2 and a/2) on k - p degrees of freedom, Q(tau2) being the
    weighted residual sum of squares with weights 1/(vi + tau2). They are exact when effects are normal. The point
    estimate beside them is that of the estimator named; it may lie outside. `design`: (usable rows, p), default the
    intercept. Errors: `TooFewStudies` for k <= p, `ZeroVariance`.

    Source: Viechtbauer 2007, doi 10.1002/sim.2514; Handbook 10.10.4.5. metafor: `confint(rma(...))`."""
    if method != "QP":
        raise UnknownOption(f"There is no tau2 interval {method!r}; choose 'QP' (Q-profile).")
    keep = effects.usable
    yi, vi = effects.yi[keep], effects.vi[keep]
    if not len(yi):
        raise NoStudies("No study is left, so there is no between-study variance to give an interval for.")
    design = np.ones((len(yi), 1)) if design is None else design
    k, p = design.shape
    if k <= p:
        raise TooFewStudies(f"An interval for tau2 needs at least {p + 1} studies; there is {k}.")
    if np.any(vi == 0.0):
        raise ZeroVariance(
            "A sampling variance is zero, so the Q-profile interval is not defined.", column="vi"
        )
    value, _ = estimate_tau2(tau2, yi, vi, design)
    alpha = 1.0 - check_level(level)
    low_target = chi2_quantile(1.0 - alpha / 2.0, k - p)
    high_target = chi2_quantile(alpha / 2.0, k - p)
    empty = float(weighted_fit(yi, design, 1.0 / vi).rss) < high_target
    low, high = (0.0, 0.0) if empty else (solve_q(yi, vi, design, t) for t in (low_target, high_target))
    common = str(tau2).upper() in COMMON_EFFECT
    own = heterogeneity(yi, vi, design, value, common_effect=common)
    at_low, at_high = (heterogeneity(yi, vi, design, limit, common_effect=False) for limit in (low, high))
    return Tau2Interval(
        tau2=value,
        tau2_low=low,
        tau2_high=high,
        i2=own.i2,
        i2_low=at_low.i2,
        i2_high=at_high.i2,
        h2=own.h2,
        h2_low=at_low.h2,
        h2_high=at_high.h2,
        level=level,
        method="Q-profile",
        empty=empty,
    )
