"""One group measured twice, or matched pairs, with means: m1 and m2 on the same n, correlated by r."""

from __future__ import annotations

import numpy as np

from analysis.stats import columns as check
from analysis.stats.columns import Columns
from analysis.stats.measures.base import CHANGE, Measure, Options, Pair, correction_factor, sum_of


def _paired(columns: Columns) -> list[np.ndarray]:
    check.require_sds(columns, *(name for name in ("sd1i", "sd2i") if name in columns))
    check.require_sizes(columns, "ni")
    check.require_correlations(columns, "ri")
    return [columns.get(name, np.array(np.nan)) for name in ("m1i", "m2i", "sd1i", "sd2i", "ni", "ri")]


def _standardised(d: np.ndarray, base: np.ndarray, n: np.ndarray, vtype: str) -> Pair:
    """g = J(n - 1) d;  LS base + g^2/(2n), LS2 J^2 (base + d^2/(2n))."""
    j = correction_factor(n - 1)
    g = j * d
    if vtype == "LS2":
        return g, j**2 * (base + d**2 / (2 * n))
    return g, base + g**2 / (2 * n)


def _mean_change(columns: Columns, options: Options) -> Pair:
    """m1 - m2;  (s1^2 + s2^2 - 2 r s1 s2)/n."""
    m1, m2, s1, s2, n, r = _paired(columns)
    return m1 - m2, (s1**2 + s2**2 - 2 * r * s1 * s2) / n


def _change_by_change_sd(columns: Columns, options: Options) -> Pair:
    """g = J(n-1)(m1 - m2)/sd of the change;  LS 1/n + g^2/(2n), LS2 J^2 (1/n + d^2/(2n)) (Gibbons et al. 1993)."""
    m1, m2, s1, s2, n, r = _paired(columns)
    d = (m1 - m2) / np.sqrt(s1**2 + s2**2 - 2 * r * s1 * s2)
    return _standardised(d, 1 / n, n, options.vtype)


def _change_by_raw_sd(columns: Columns, options: Options) -> Pair:
    """g = J(n-1)(m1 - m2)/s1;  LS 2(1 - r)/n + g^2/(2n), LS2 J^2 (2(1 - r)/n + d^2/(2n)) (Becker 1988)."""
    m1, m2, s1, _, n, r = _paired(columns)
    return _standardised((m1 - m2) / s1, 2 * (1 - r) / n, n, options.vtype)


def _change_by_raw_sd_heteroscedastic(columns: Columns, options: Options) -> Pair:
    """g = J(n-1)(m1 - m2)/s1;  (s1^2 + s2^2 - 2 r s1 s2)/(s1^2 (n-1)) + g^2/(2(n-1)) (Bonett 2008); edition 3.8:
    times J^2."""
    m1, m2, s1, s2, n, r = _paired(columns)
    j = correction_factor(n - 1)
    g = j * (m1 - m2) / s1
    v = (s1**2 + s2**2 - 2 * r * s1 * s2) / (s1**2 * (n - 1)) + g**2 / (2 * (n - 1))
    return g, j**2 * v if options.early else v


def _log_ratio_of_means(columns: Columns, options: Options) -> Pair:
    """log(m1/m2);  s1^2/(n m1^2) + s2^2/(n m2^2) - 2 r s1 s2/(n m1 m2) (Lajeunesse 2011). `correct` adds
    (s1^2/(n m1^2) - s2^2/(n m2^2))/2 (Lajeunesse 2015)."""
    m1, m2, s1, s2, n, r = _paired(columns)
    cv1, cv2 = s1 / m1, s2 / m2
    yi = np.log(m1 / m2)
    if options.correct:
        yi = yi + (cv1**2 - cv2**2) / (2 * n)
    return yi, (cv1**2 + cv2**2 - 2 * r * cv1 * cv2) / n


def _log_variability_ratio(columns: Columns, options: Options) -> Pair:
    """log(s1/s2);  (1 - r^2)/(n - 1) (Nakagawa et al. 2015, with the correlation)."""
    _, _, s1, s2, n, r = _paired(columns)
    return np.log(s1 / s2), (1 - r**2) / (n - 1)


def _log_cv_ratio(columns: Columns, options: Options) -> Pair:
    """log((s1/m1)/(s2/m2));  (1 - r^2)/(n - 1) plus the variance of ROMC (Nakagawa et al. 2015, with the
    correlation). `correct` subtracts (s1^2/(n m1^2) - s2^2/(n m2^2))/2."""
    spread, v = _log_variability_ratio(columns, options)
    ratio, v_ratio = _log_ratio_of_means(columns, options)
    return spread - ratio, v + v_ratio


_NI = sum_of("ni")
_BOTH = ("LS", "LS2")
_FIRST_SD = (("m1i", "m2i", "sd1i", "ni", "ri"),)
_SPREADS = (("sd1i", "sd2i", "ni", "ri"),)

CHANGES = (
    Measure("MC", "Mean change", CHANGE, _mean_change, _NI),
    Measure("SMCC", "Standardised mean change (change SD)", CHANGE, _change_by_change_sd, _NI, _BOTH),
    Measure("SMCR", "Standardised mean change (raw SD)", _FIRST_SD, _change_by_raw_sd, _NI, _BOTH),
    Measure(
        "SMCRH",
        "Standardised mean change (raw SD, unequal variances)",
        CHANGE,
        _change_by_raw_sd_heteroscedastic,
        _NI,
    ),
    Measure("ROMC", "Log ratio of means (change)", CHANGE, _log_ratio_of_means, _NI, corrected=True),
    Measure(
        "CVRC", "Log ratio of coefficients of variation (change)", CHANGE, _log_cv_ratio, _NI, corrected=False
    ),
    Measure("VRC", "Log ratio of standard deviations (change)", _SPREADS, _log_variability_ratio, _NI),
)
