"""Correlations, partial and semi-partial correlations, coefficients of determination, and Cronbach's alpha."""

from __future__ import annotations

import numpy as np

from analysis.stats import columns as check
from analysis.stats.columns import Columns
from analysis.stats.measures.base import Measure, Options, Pair, average, first_of, fisher, sum_of

SERIES_FROM = 10.0  # from this c on, 400 terms leave less than one in 1e17


def _correlations(columns: Columns) -> Pair:
    """r and n; row by row r as given, or from t by t/sqrt(t^2 + n - 2)."""
    check.require_sizes(columns, "ni")
    n = columns["ni"]
    if "ri" in columns:
        check.require_correlations(columns, "ri")
    return first_of(columns.get("ri"), _from_t(columns["ti"], n - 2) if "ti" in columns else None), n


def _from_t(t: np.ndarray, df: np.ndarray) -> np.ndarray:
    return np.where(df > 0, t / np.sqrt(t**2 + df), np.nan)


def _correlation(columns: Columns, options: Options) -> Pair:
    """r;  LS (1 - r^2)^2/(n - 1), AV the same with r averaged by n; needs n of 4 or more."""
    r, n = _correlations(columns)
    used = average(r, n) if options.vtype == "AV" else r
    return r, np.where(n > 3, (1 - used**2) ** 2 / (n - 1), np.nan)


def _unbiased_correlation(columns: Columns, options: Options) -> Pair:
    """u = r F(1/2, 1/2; (n-2)/2; 1 - r^2), F the hypergeometric function (Olkin & Pratt 1958, eq. 2.3). LS
    (1 - u^2)^2/(n - 1); AV the same with u averaged by n; UB, exactly unbiased,
    u^2 - 1 + (n-3)(1 - r^2) F(1, 1; n/2; 1 - r^2)/(n - 2) (Hedges 1989). Needs n of 5 or more."""
    r, n = _correlations(columns)
    n = np.where(n > 4, n, np.nan)
    rest = (1 - r) * (1 + r)
    u = r * (1 + _hypergeometric(0.5, (n - 2) / 2, rest))
    if options.vtype == "UB":  # 1 - (n-3) rest (1 + s)/(n-2), arranged so that no digits are lost
        s = _hypergeometric(1.0, n / 2, rest)
        return u, u**2 - (1 + (n - 3) * (r**2 - rest * s)) / (n - 2)
    used = average(u, n) if options.vtype == "AV" else u
    return u, (1 - used**2) ** 2 / (n - 1)


def _hypergeometric(a: float, c: np.ndarray, z: np.ndarray) -> np.ndarray:
    """F(a, a; c; z) - 1 for 0 <= z <= 1 and c > 2a: the power series where c is large and it ends soon (scipy's
    function fails for some of these), scipy's function elsewhere."""
    from scipy.special import hyp2f1

    found = hyp2f1(a, a, np.where(c < SERIES_FROM, c, np.nan), z) - 1
    large = c >= SERIES_FROM
    term, total = np.ones(np.count_nonzero(large)), np.zeros(np.count_nonzero(large))
    for k in range(400):
        term = term * (a + k) ** 2 * z[large] / ((c[large] + k) * (k + 1))
        total = total + term
    found[large] = total
    return found


def _fisher_z(columns: Columns, options: Options) -> Pair:
    """atanh r;  1/(n - 3); needs n of 4 or more (Fisher 1921)."""
    r, n = _correlations(columns)
    return np.arctanh(r), np.where(n > 3, 1 / (n - 3), np.nan)


# ---------------------------------------------------------------- partial correlations


def _partial(columns: Columns, share: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """r, n and m, the number of predictors with the one of interest; row by row from t, or r as given. From t: the
    partial t/sqrt(t^2 + n - m - 1), or with the R^2 of the model in `share` the semi-partial
    t sqrt((1 - R^2)/(n - m - 1))."""
    check.require_sizes(columns, "ni", "mi")
    n, m = columns["ni"], columns["mi"]
    if "ri" in columns:
        check.require_correlations(columns, "ri")
    by_t = None
    if "ti" in columns:
        df = np.where(n - m - 1 > 0, n - m - 1, np.nan)
        by_t = _from_t(columns["ti"], df) if share is None else columns["ti"] * np.sqrt((1 - share) / df)
    return first_of(by_t, columns.get("ri")), n, m


def _partial_correlation(columns: Columns, options: Options) -> Pair:
    """r = t/sqrt(t^2 + n - m - 1), m predictors in all;  LS (1 - r^2)^2/(n - m): that of COR with one person less for
    each of the m - 1 control variables; edition 3.8: over n - m - 1 (Aloe & Thompson 2013). AV: r averaged by n."""
    r, n, m = _partial(columns)
    used = average(r, n) if options.vtype == "AV" else r
    left = n - m - 1 if options.early else n - m
    return r, np.where(left > 0, (1 - used**2) ** 2 / left, np.nan)


def _fisher_partial(columns: Columns, options: Options) -> Pair:
    """atanh of the partial correlation;  1/(n - m - 2): that of ZCOR with one person less for each of the m - 1
    control variables (Fisher 1924; Bonett 2008); edition 3.8: 1/(n - m - 1)."""
    r, n, m = _partial(columns)
    left = n - m - 1 if options.early else n - m - 2
    return np.arctanh(r), np.where(left > 0, 1 / left, np.nan)


def _semi_partial_correlation(columns: Columns, options: Options) -> Pair:
    """r = t sqrt((1 - R^2)/(n - m - 1));  LS (R^4 - 2 R^2 + S + 1 - S^2)/n, S = R^2 - r^2 (Aloe & Becker 2012). AV: r
    averaged by n."""
    check.require_shares(columns, "r2i")
    r2 = columns["r2i"]
    r, n, _ = _partial(columns, r2)
    used = average(r, n) if options.vtype == "AV" else r
    rest = r2 - used**2
    return r, (r2**2 - 2 * r2 + rest + 1 - rest**2) / n


def _fisher_semi_partial(columns: Columns, options: Options) -> Pair:
    """atanh of the semi-partial correlation;  v/(1 - r^2)^2, v as for SPCOR."""
    return fisher(_semi_partial_correlation(columns, options))


# ---------------------------------------------------------------- coefficients of determination


def _determination(columns: Columns, options: Options) -> Pair:
    """R^2;  LS 4 R^2 (1 - R^2)^2/n, LS2 4 R^2 (1 - R^2)^2 (n - m - 1)^2/((n^2 - 1)(n + 3)) (Kendall & Stuart 1979,
    eq. 27.88, 27.87); AV, AV2: the same with R^2 averaged by n."""
    check.require_shares(columns, "r2i")
    check.require_sizes(columns, "ni", "mi")
    r2, n, m = columns["r2i"], columns["ni"], columns["mi"]
    used = average(r2, n) if options.vtype.startswith("AV") else r2
    spread = 4 * used * (1 - used) ** 2
    if options.vtype.endswith("2"):
        return r2, spread * (n - m - 1) ** 2 / ((n**2 - 1) * (n + 3))
    return r2, spread / n


def _fisher_determination(columns: Columns, options: Options) -> Pair:
    """atanh R;  1/n (Olkin & Finn 1995, halved)."""
    check.require_shares(columns, "r2i")
    check.require_sizes(columns, "ni")
    return np.arctanh(np.sqrt(columns["r2i"])), 1 / columns["ni"]


# ---------------------------------------------------------------- Cronbach's alpha


def _alphas(columns: Columns) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """1 - alpha, the number of items m, the number of people n; nan where m < 2 or n < 3."""
    check.require_at_most_one(columns, "ai")
    check.require_sizes(columns, "mi", "ni")
    m, n = columns["mi"], columns["ni"]
    return 1 - columns["ai"], np.where(m >= 2, m, np.nan), np.where(n > 2, n, np.nan)


def _alpha(columns: Columns, options: Options) -> Pair:
    """alpha;  2 m (1 - alpha)^2/((m - 1)(n - 2)) (Bonett 2010)."""
    rest, m, n = _alphas(columns)
    return columns["ai"], 2 * m * rest**2 / ((m - 1) * (n - 2))


def _alpha_cube_root(columns: Columns, options: Options) -> Pair:
    """1 - (1 - alpha)^(1/3);  18 m (n - 1)(1 - alpha)^(2/3)/((m - 1)(9n - 11)^2) (Hakstian & Whalen 1976)."""
    rest, m, n = _alphas(columns)
    root = np.cbrt(rest)
    return 1 - root, 18 * m * (n - 1) * root**2 / ((m - 1) * (9 * n - 11) ** 2)


def _alpha_log(columns: Columns, options: Options) -> Pair:
    """-log(1 - alpha);  2 m/((m - 1)(n - 2)) (Bonett 2002)."""
    rest, m, n = _alphas(columns)
    return -np.log(rest), 2 * m / ((m - 1) * (n - 2))


_NI = sum_of("ni")
_R = (("ri", "ni"), ("ti", "ni"))
_PARTIAL = (("ti", "ni", "mi"), ("ri", "ni", "mi"))
_SEMI = (("ti", "ni", "mi", "r2i"), ("ri", "ni", "mi", "r2i"))
_R2 = (("r2i", "ni", "mi"),)
_ALPHA = (("ai", "mi", "ni"),)
_AV = ("LS", "AV")

CORRELATIONS = (
    Measure("COR", "Correlation", _R, _correlation, _NI, _AV),
    Measure("UCOR", "Correlation, corrected for bias", _R, _unbiased_correlation, _NI, ("LS", "UB", "AV")),
    Measure("ZCOR", "Fisher's z of a correlation", _R, _fisher_z, _NI),
    Measure("PCOR", "Partial correlation", _PARTIAL, _partial_correlation, _NI, _AV),
    Measure("ZPCOR", "Fisher's z of a partial correlation", _PARTIAL, _fisher_partial, _NI),
    Measure("SPCOR", "Semi-partial correlation", _SEMI, _semi_partial_correlation, _NI, _AV),
    Measure("ZSPCOR", "Fisher's z of a semi-partial correlation", _SEMI, _fisher_semi_partial, _NI, _AV),
    Measure("R2", "Coefficient of determination", _R2, _determination, _NI, ("LS", "LS2", "AV", "AV2")),
    Measure("ZR2", "Fisher's z of a multiple correlation", (("r2i", "ni"),), _fisher_determination, _NI),
    Measure("ARAW", "Cronbach's alpha", _ALPHA, _alpha, _NI),
    Measure("AHW", "Cronbach's alpha (cube root)", _ALPHA, _alpha_cube_root, _NI),
    Measure("ABT", "Cronbach's alpha (logarithm)", _ALPHA, _alpha_log, _NI),
)
