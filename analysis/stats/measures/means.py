"""Two groups with means: differences, standardised differences, ratios of means and of spread, and correlations with
the group."""

from __future__ import annotations

import numpy as np

from analysis.stats import columns as check
from analysis.stats.columns import Columns
from analysis.stats.measures.base import (
    MEANS,
    STANDARDISED,
    Measure,
    Options,
    Pair,
    average,
    correction_factor,
    first_of,
    fisher,
    sum_of,
)
from analysis.stats.measures.events import LOGISTIC_SD, PROBIT_TO_LOGIT


def _means(columns: Columns) -> list[np.ndarray]:
    check.require_sds(columns, "sd1i", "sd2i")
    check.require_sizes(columns, "n1i", "n2i")
    return [columns[name] for name in ("m1i", "sd1i", "n1i", "m2i", "sd2i", "n2i")]


def _pooled_variance(s1: np.ndarray, n1: np.ndarray, s2: np.ndarray, n2: np.ndarray) -> np.ndarray:
    return ((n1 - 1) * s1**2 + (n2 - 1) * s2**2) / (n1 + n2 - 2)


def _cohens_d(columns: Columns) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """d, n1, n2: row by row from means and SDs, d itself (di), or Student's t (ti): t sqrt(1/n1 + 1/n2)."""
    check.require_sizes(columns, "n1i", "n2i")
    n1, n2 = columns["n1i"], columns["n2i"]
    means = None
    if all(name in columns for name in MEANS[0]):
        m1, s1, _, m2, s2, _ = _means(columns)
        means = (m1 - m2) / np.sqrt(_pooled_variance(s1, n1, s2, n2))
    by_t = columns["ti"] * np.sqrt(1 / n1 + 1 / n2) if "ti" in columns else None
    return first_of(means, columns.get("di"), by_t), n1, n2


# ---------------------------------------------------------------- differences


def _mean_difference(columns: Columns, options: Options) -> Pair:
    """m1 - m2;  LS s1^2/n1 + s2^2/n2, HO the pooled variance times 1/n1 + 1/n2."""
    m1, s1, n1, m2, s2, n2 = _means(columns)
    if options.vtype == "HO":
        return m1 - m2, _pooled_variance(s1, n1, s2, n2) * (1 / n1 + 1 / n2)
    return m1 - m2, s1**2 / n1 + s2**2 / n2


def _standardised_mean_difference(columns: Columns, options: Options) -> Pair:
    """g = J(m)(m1 - m2)/sp, m = n1 + n2 - 2 (Hedges 1981). Variances, with u = 1/n1 + 1/n2 and N = n1 + n2:
    LS u + g^2/(2N);  LS2 J^2 (u + d^2/(2N));  UB u + (1 - (m-2)/(m J^2)) g^2;  AV as LS with g averaged by N."""
    d, n1, n2 = _cohens_d(columns)
    return _hedges(d, n1 + n2 - 2, 1 / n1 + 1 / n2, n1 + n2, n1 + n2, options.vtype)


def _smd_by_second_sd(columns: Columns, options: Options) -> Pair:
    """g = J(n2 - 1)(m1 - m2)/s2 (Glass 1976; Hedges 1981): the variances of SMD with m = n2 - 1, and 2 n2 in
    the place of 2N."""
    check.require_sds(columns, "sd2i")
    check.require_sizes(columns, "n1i", "n2i")
    n1, n2 = columns["n1i"], columns["n2i"]
    d = (columns["m1i"] - columns["m2i"]) / columns["sd2i"]
    return _hedges(d, n2 - 1, 1 / n1 + 1 / n2, n2, n1 + n2, options.vtype)


def _hedges(
    d: np.ndarray, m: np.ndarray, base: np.ndarray, n: np.ndarray, total: np.ndarray, vtype: str
) -> Pair:
    """Hedges' g for m degrees of freedom, and its variance: `base` plus a share of g^2, 1/(2n) at large samples."""
    j = correction_factor(m)
    g = j * d
    if vtype == "LS2":
        return g, j**2 * (base + d**2 / (2 * n))
    if vtype == "UB":
        return g, base + (1 - (m - 2) / (m * j**2)) * g**2
    used = average(g, total) if vtype == "AV" else g
    return g, base + used**2 / (2 * n)


def _smd_heteroscedastic(columns: Columns, options: Options) -> Pair:
    """g = J(m)(m1 - m2)/s, s^2 = (s1^2 + s2^2)/2, for unequal variances (Bonett 2008, 2009);
    g^2 (s1^4/(n1-1) + s2^4/(n2-1))/(8 s^4) + (s1^2/(n1-1) + s2^2/(n2-1))/s^2; edition 3.8: times J^2."""
    m1, s1, n1, m2, s2, n2 = _means(columns)
    s = np.sqrt((s1**2 + s2**2) / 2)
    j = correction_factor(n1 + n2 - 2)
    g = j * (m1 - m2) / s
    v = g**2 * (s1**4 / (n1 - 1) + s2**4 / (n2 - 1)) / (8 * s**4)
    v = v + (s1**2 / (n1 - 1) + s2**2 / (n2 - 1)) / s**2
    return g, j**2 * v if options.early else v


def _smd_by_second_sd_heteroscedastic(columns: Columns, options: Options) -> Pair:
    """g = J(n2 - 1)(m1 - m2)/s2, for unequal variances;  s1^2/(s2^2 (n1-1)) + 1/(n2-1) + g^2/(2(n2-1)) (Bonett
    2008); edition 3.8: n instead of n - 1."""
    m1, s1, n1, m2, s2, n2 = _means(columns)
    g = correction_factor(n2 - 1) * (m1 - m2) / s2
    less = 0 if options.early else 1
    return g, s1**2 / (s2**2 * (n1 - less)) + 1 / (n2 - less) + g**2 / (2 * (n2 - less))


# ---------------------------------------------------------------- ratios


def _log_ratio_of_means(columns: Columns, options: Options) -> Pair:
    """log(m1/m2);  LS s1^2/(n1 m1^2) + s2^2/(n2 m2^2) (Hedges et al. 1999); HO pooled SD;
    AV with each group's coefficient of variation averaged over studies, AVHO with one average for both groups.
    Averages stand in for SDs that are missing (Nakagawa et al. 2023).
    `correct` adds (s1^2/(n1 m1^2) - s2^2/(n2 m2^2))/2 (Lajeunesse 2015)."""
    m1, s1, n1, m2, s2, n2 = _means(columns)
    used1, used2 = own1, own2 = s1 / m1, s2 / m2
    if options.vtype == "HO":
        pooled = np.sqrt(_pooled_variance(s1, n1, s2, n2))
        used1, used2 = pooled / m1, pooled / m2
    if options.vtype == "AV":
        used1, used2 = average(own1, n1), average(own2, n2)
    if options.vtype == "AVHO":
        used1 = used2 = average((n1 * own1 + n2 * own2) / (n1 + n2), n1 + n2)  # of the rows that have both
    yi = np.log(m1 / m2)
    if options.correct:
        cv1, cv2 = (np.where(np.isnan(o), u, o) for o, u in ((own1, used1), (own2, used2)))
        yi = yi + (cv1**2 / n1 - cv2**2 / n2) / 2
    return yi, used1**2 / n1 + used2**2 / n2


def _log_variability_ratio(columns: Columns, options: Options) -> Pair:
    """log(s1/s2) + 1/(2(n1-1)) - 1/(2(n2-1));  1/(2(n1-1)) + 1/(2(n2-1)) (Nakagawa et al. 2015)."""
    check.require_sds(columns, "sd1i", "sd2i")
    check.require_sizes(columns, "n1i", "n2i")
    h1, h2 = (1 / (2 * (columns[name] - 1)) for name in ("n1i", "n2i"))
    return np.log(columns["sd1i"] / columns["sd2i"]) + h1 - h2, h1 + h2


def _log_cv_ratio(columns: Columns, options: Options) -> Pair:
    """log((s1/m1)/(s2/m2)) + 1/(2(n1-1)) - 1/(2(n2-1));  1/(2(n1-1)) + 1/(2(n2-1)) + s1^2/(n1 m1^2) +
    s2^2/(n2 m2^2) (Nakagawa et al. 2015). `correct` subtracts (s1^2/(n1 m1^2) - s2^2/(n2 m2^2))/2 (Senior et al.
    2020)."""
    m1, s1, n1, m2, s2, n2 = _means(columns)
    spread, v = _log_variability_ratio(columns, options)
    e1, e2 = s1**2 / (n1 * m1**2), s2**2 / (n2 * m2**2)
    yi = spread - np.log(m1 / m2)
    return yi - (e1 - e2) / 2 if options.correct else yi, v + e1 + e2


# ---------------------------------------------------------------- correlation with the group; log odds ratio


def _point_biserial(columns: Columns, options: Options) -> Pair:
    """r = d/sqrt(d^2 + h), h = m/n1 + m/n2, m = n1 + n2 - 2.  LS and ST (n1 and n2 fixed): h^2/(h + d^2)^3
    (1/n1 + 1/n2 + d^2/(2N)); CS (only N fixed): (1 - r^2)^2 (1 - 3r^2/2 + r^2/(4 p q))/N, p = n1/N (Tate 1954)."""
    d, n1, n2 = _cohens_d(columns)
    n = n1 + n2
    h = (n - 2) / n1 + (n - 2) / n2
    r = d / np.sqrt(d**2 + h)
    if options.vtype == "CS":
        return r, (1 - r**2) ** 2 * (1 - 1.5 * r**2 + r**2 * n**2 / (4 * n1 * n2)) / n
    return r, h**2 / (h + d**2) ** 3 * (1 / n1 + 1 / n2 + d**2 / (2 * n))


def _biserial(columns: Columns, options: Options) -> Pair:
    """r = sqrt(pq)/f r_pb, p = n1/N, z its normal quantile, f the density there;
    (pq/f^2 - (3/2 + (1 - p z/f)(1 + q z/f)) r^2 + r^4)/(N - 1) (Soper 1914; Jacobs & Viechtbauer 2017), with r held
    within [-1, 1] there: the estimate itself may lie beyond."""
    from scipy.special import ndtri

    r_pb, _ = _point_biserial(columns, options)
    n1, n2 = columns["n1i"], columns["n2i"]
    p, q = n1 / (n1 + n2), n2 / (n1 + n2)
    z = ndtri(q)
    f = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    r = np.sqrt(p * q) / f * r_pb
    held = np.clip(r, -1.0, 1.0)
    v = p * q / f**2 - (1.5 + (1 - p * z / f) * (1 + q * z / f)) * held**2 + held**4
    return r, v / (n1 + n2 - 1)


def _fisher_point_biserial(columns: Columns, options: Options) -> Pair:
    """atanh of the point-biserial correlation;  v/(1 - r^2)^2."""
    return fisher(_point_biserial(columns, options))


def _fisher_biserial(columns: Columns, options: Options) -> Pair:
    """atanh of the biserial correlation;  v/(1 - r^2)^2."""
    return fisher(_biserial(columns, options))


def _log_odds_from_d(columns: Columns, factor: float) -> Pair:
    d, n1, n2 = _cohens_d(columns)
    return factor * d, factor**2 * (1 / n1 + 1 / n2 + d**2 / (2 * (n1 + n2)))


def _log_odds_ratio_logistic(columns: Columns, options: Options) -> Pair:
    """d pi/sqrt 3;  (pi^2/3)(1/n1 + 1/n2 + d^2/(2N)) (Hasselblad & Hedges 1995)."""
    return _log_odds_from_d(columns, float(LOGISTIC_SD))


def _log_odds_ratio_normal(columns: Columns, options: Options) -> Pair:
    """1.65 d;  1.65^2 (1/n1 + 1/n2 + d^2/(2N)) (Cox & Snell 1989)."""
    return _log_odds_from_d(columns, PROBIT_TO_LOGIT)


_GROUPS = sum_of("n1i", "n2i")
_D = MEANS + STANDARDISED
_SECOND_SD = (("m1i", "n1i", "m2i", "sd2i", "n2i"),)
_SPREADS = (("sd1i", "n1i", "sd2i", "n2i"),)
_HEDGES = ("LS", "LS2", "UB", "AV")
_SAMPLING = ("LS", "ST", "CS")

TWO_MEANS = (
    Measure("MD", "Mean difference", MEANS, _mean_difference, _GROUPS, ("LS", "HO")),
    Measure(
        "SMD", "Standardised mean difference (Hedges g)", _D, _standardised_mean_difference, _GROUPS, _HEDGES
    ),
    Measure("SMDH", "Standardised mean difference (unequal variances)", MEANS, _smd_heteroscedastic, _GROUPS),
    Measure(
        "SMD1",
        "Standardised mean difference (SD of the second group)",
        _SECOND_SD,
        _smd_by_second_sd,
        _GROUPS,
        _HEDGES,
    ),
    Measure(
        "SMD1H",
        "Standardised mean difference (SD of the second group, unequal variances)",
        MEANS,
        _smd_by_second_sd_heteroscedastic,
        _GROUPS,
    ),
    Measure(
        "ROM",
        "Log ratio of means",
        MEANS,
        _log_ratio_of_means,
        _GROUPS,
        ("LS", "HO", "AV", "AVHO"),
        corrected=True,
        spared=("sd1i", "sd2i"),
    ),
    Measure("CVR", "Log ratio of coefficients of variation", MEANS, _log_cv_ratio, _GROUPS, corrected=True),
    Measure("VR", "Log ratio of standard deviations", _SPREADS, _log_variability_ratio, _GROUPS),
    Measure("RPB", "Point-biserial correlation", _D, _point_biserial, _GROUPS, _SAMPLING),
    Measure(
        "ZPB", "Fisher's z of a point-biserial correlation", _D, _fisher_point_biserial, _GROUPS, _SAMPLING
    ),
    Measure("RBIS", "Biserial correlation", _D, _biserial, _GROUPS),
    Measure("ZBIS", "Fisher's z of a biserial correlation", _D, _fisher_biserial, _GROUPS),
    Measure(
        "D2ORL",
        "Log odds ratio (from a standardised mean difference, logistic)",
        _D,
        _log_odds_ratio_logistic,
        _GROUPS,
    ),
    Measure(
        "D2ORN",
        "Log odds ratio (from a standardised mean difference, normal)",
        _D,
        _log_odds_ratio_normal,
        _GROUPS,
    ),
)
