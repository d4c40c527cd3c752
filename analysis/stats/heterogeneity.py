"""Q, I2 and H2.

I2 and H2 follow metafor: from tau2 and the typical sampling variance s2 = (k - p)/tr(P) (P with weights 1/vi),

    I2 = 100 tau2/(tau2 + s2),   H2 = (tau2 + s2)/s2                    Higgins & Thompson 2002, eq. 9

so they change with the estimator of tau2. With DL and with a common effect they are the familiar
100 (Q - df)/Q and Q/df, which Cochrane's RevMan and R's meta use throughout: `i2_interval` gives those. Intervals
of tau2 are in `tau2_intervals`."""

from __future__ import annotations

import math

import numpy as np

from analysis.stats.distributions import check_level, chi2_upper, critical_value
from analysis.stats.errors import TooFewStudies, ZeroVariance
from analysis.stats.moments import OfOne, moments_of
from analysis.stats.results import Heterogeneity, Pooled, QBased


def heterogeneity(
    yi: np.ndarray,
    vi: np.ndarray,
    design: np.ndarray,
    tau2: float,
    *,
    common_effect: bool,
    moments: OfOne | None = None,
) -> Heterogeneity:
    """Q = sum (y - Xb)^2/vi with its test, and I2 and H2 for a given tau2.

    Arrays of shape (k,), (k,) and (k, p). With a variance of zero Q is not defined and everything is None.
    metafor: `QE`, `QEp`, `I2`, `H2` of an `rma` fit. Source: Handbook 10.10.2; Higgins & Thompson 2002."""
    k, p = design.shape
    df = k - p
    if vi.min() == 0.0:
        return Heterogeneity(None, df, None, None, None, None)
    if df == 0:
        return Heterogeneity(0.0, 0, 1.0, 0.0, 1.0, None)
    begin = (moments_of(yi, vi, design) if moments is None else moments).begin
    q, typical = begin.rss, df / begin.trace
    if common_effect:
        i2 = 100.0 * max(0.0, (q - df) / q) if q > 0.0 else 0.0
        return Heterogeneity(q, df, chi2_upper(q, df), i2, q / df, typical)
    i2, h2 = 100.0 * tau2 / (tau2 + typical), (tau2 + typical) / typical
    return Heterogeneity(q, df, chi2_upper(q, df), i2, h2, typical)


def i2_interval(pooled: Pooled, *, level: float | None = None) -> QBased:
    """I2 and H2 computed from Q, with Higgins and Thompson's test-based interval: what RevMan and R's meta show.

    H = sqrt(max(1, Q/df)), I2 = 100 (1 - 1/H^2), df = k - 1. The interval is exp(log H -/+ z se) with

        se = (log Q - log df) / (2 (sqrt(2 Q) - sqrt(2 k - 3)))                     when Q > k
        se = sqrt((1 - 1/(3 (k - 2)^2)) / (2 (k - 2)))                              otherwise

    and H held at 1 or more. With two studies and Q <= 2 it is not defined, and None stands there. `level` is that
    of `pooled` unless given. Errors: `TooFewStudies` for k < 2, `ZeroVariance` where there is no Q.

    Source: Higgins & Thompson 2002, doi 10.1002/sim.1186. R: `meta::metagen()$I2`, `$lower.I2`, `$upper.I2`."""
    level = check_level(pooled.level if level is None else level)
    df, q, k = pooled.q_df, pooled.q, pooled.q_df + 1
    if df < 1:
        raise TooFewStudies("I2 with an interval needs at least two studies.")
    if q is None:
        raise ZeroVariance("A sampling variance is zero, so neither Q nor I2 is defined.", column="vi")
    log_h = 0.5 * math.log(max(1.0, q / df))
    se = None
    if q > k:
        se = 0.5 * (math.log(q) - math.log(df)) / (math.sqrt(2.0 * q) - math.sqrt(2.0 * k - 3.0))
    elif k > 2:
        se = math.sqrt((1.0 - 1.0 / (3.0 * (k - 2) ** 2)) / (2.0 * (k - 2)))
    limits: list[float | None] = [None, None]
    if se is not None:
        margin = critical_value(level, None) * se
        limits = [math.exp(2.0 * max(0.0, log_h + side * margin)) for side in (-1.0, 1.0)]
    h2 = math.exp(2.0 * log_h)
    return QBased(
        i2=100.0 * (1.0 - 1.0 / h2),
        i2_low=None if limits[0] is None else 100.0 * (1.0 - 1.0 / limits[0]),
        i2_high=None if limits[1] is None else 100.0 * (1.0 - 1.0 / limits[1]),
        h2=h2,
        h2_low=limits[0],
        h2_high=limits[1],
        level=level,
    )
