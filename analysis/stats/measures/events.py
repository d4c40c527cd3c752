"""Two groups with events (2x2 tables): ratios and differences, measures of association, and standardised mean
differences read from a table."""

from __future__ import annotations

import numpy as np

from analysis.stats.columns import Columns
from analysis.stats.measures.base import TABLES, Measure, Options, Pair, binomial_variance, first_of, fisher
from analysis.stats.measures.tetrachoric import tetrachoric
from analysis.stats.tables import Tables, two_by_two

PROBIT_TO_LOGIT = 1.65  # Cox & Snell 1989: a logistic log odds ratio is about 1.65 probits
LOGISTIC_SD = np.pi / np.sqrt(3.0)  # of the standard logistic distribution (Hasselblad & Hedges 1995)


def read_tables(columns: Columns) -> Tables:
    """Tables from ai bi ci di; where bi or di is missing, from n1i - ai or n2i - ci if those are given."""
    filled = dict(columns)
    for part, rest, whole in (("ai", "bi", "n1i"), ("ci", "di", "n2i")):
        if rest in columns and whole in columns:
            filled[rest] = first_of(columns[rest], columns[whole] - columns[part])
    return two_by_two(filled)


def _cells(columns: Columns, options: Options) -> Tables:
    return read_tables(columns).prepared(options.cells)


def _total(columns: Columns) -> np.ndarray:
    return read_tables(columns).total


def log_odds_ratio(columns: Columns, options: Options) -> Pair:
    """log(ad/bc);  1/a + 1/b + 1/c + 1/d (Woolf 1955)."""
    t = _cells(columns, options)
    return np.log(t.a * t.d / (t.b * t.c)), 1 / t.a + 1 / t.b + 1 / t.c + 1 / t.d


def _log_risk_ratio(columns: Columns, options: Options) -> Pair:
    """log((a/n1)/(c/n2));  1/a - 1/n1 + 1/c - 1/n2 (Katz et al. 1978)."""
    t = _cells(columns, options)
    return np.log(t.a / t.n1) - np.log(t.c / t.n2), 1 / t.a - 1 / t.n1 + 1 / t.c - 1 / t.n2


def _risk_difference(columns: Columns, options: Options) -> Pair:
    """p1 - p2;  LS p1 q1/n1 + p2 q2/n2, UB the same over n - 1, AV with proportions averaged over studies."""
    t = _cells(columns, options)
    p1, p2 = t.a / t.n1, t.c / t.n2
    v1, v2 = (binomial_variance(p, n, options.vtype) for p, n in ((p1, t.n1), (p2, t.n2)))
    return p1 - p2, v1 + v2


def _arcsine_difference(columns: Columns, options: Options) -> Pair:
    """asin sqrt p1 - asin sqrt p2;  1/(4 n1) + 1/(4 n2) (Ruecker et al. 2009)."""
    t = _cells(columns, options)
    return np.arcsin(np.sqrt(t.a / t.n1)) - np.arcsin(np.sqrt(t.c / t.n2)), 1 / (4 * t.n1) + 1 / (4 * t.n2)


def _peto(columns: Columns, options: Options) -> Pair:
    """(O - E)/V;  1/V, hypergeometric V (Yusuf et al. 1985)."""
    t = _cells(columns, options)
    expected, variance = hypergeometric(t)
    return (t.a - expected) / variance, 1 / variance


def hypergeometric(t: Tables) -> Pair:
    """Mean and variance of ai given the margins: n1 m/N and n1 n2 m (N - m)/(N^2 (N - 1)), m = a + c."""
    events = t.a + t.c
    return t.n1 * events / t.total, (t.n1 * t.n2 * events * (t.b + t.d)) / (t.total**2 * (t.total - 1))


# ---------------------------------------------------------------- association


def _phi(columns: Columns, options: Options) -> Pair:
    """(ad - bc)/sqrt(n1 n2 m1 m2), m the column totals. LS and CS (cross-sectional: only N fixed) the multinomial
    variance of Bishop, Fienberg & Holland (1975, p. 381); ST (stratified: n1 and n2 fixed) the delta method on two
    binomial proportions."""
    t = _cells(columns, options)
    n, m1, m2 = t.total, t.a + t.c, t.b + t.d
    phi = (t.a * t.d - t.b * t.c) / np.sqrt(t.n1 * t.n2 * m1 * m2)
    if options.vtype == "ST":
        return phi, _phi_variance_stratified(t)
    rows, cols = (t.n1 - t.n2) / np.sqrt(t.n1 * t.n2), (m1 - m2) / np.sqrt(m1 * m2)
    v = (1 - phi**2 + phi * (1 + phi**2 / 2) * rows * cols - 0.75 * phi**2 * (rows**2 + cols**2)) / n
    return phi, np.where(np.abs(phi) < 1, v, 0.0 * v)  # no rounding error where all is on a diagonal


def _phi_variance_stratified(t: Tables) -> np.ndarray:
    """phi = (p1 - p2) sqrt(w1 w2/(p q)), w = n/N, p = w1 p1 + w2 p2, q = 1 - p: sum (d phi/d p_j)^2 p_j q_j/n_j."""
    p1, p2 = t.a / t.n1, t.c / t.n2
    w1, w2 = t.n1 / t.total, t.n2 / t.total
    p = w1 * p1 + w2 * p2
    spread = p * (1 - p)
    slope = (p1 - p2) * (1 - 2 * p) / (2 * spread)
    scale = np.sqrt(w1 * w2 / spread)
    first, second = scale * (1 - slope * w1), scale * (-1 - slope * w2)
    return first**2 * p1 * (1 - p1) / t.n1 + second**2 * p2 * (1 - p2) / t.n2


def _yule_q(columns: Columns, options: Options) -> Pair:
    """(ad - bc)/(ad + bc);  (1 - Q^2)^2 (1/a + 1/b + 1/c + 1/d)/4 (Yule 1912)."""
    log_or, v = log_odds_ratio(columns, options)
    q = np.tanh(log_or / 2)
    return q, (1 - q**2) ** 2 * v / 4


def _yule_y(columns: Columns, options: Options) -> Pair:
    """(sqrt(ad) - sqrt(bc))/(sqrt(ad) + sqrt(bc));  (1 - Y^2)^2 (1/a + 1/b + 1/c + 1/d)/16 (Yule 1912)."""
    log_or, v = log_odds_ratio(columns, options)
    y = np.tanh(log_or / 4)
    return y, (1 - y**2) ** 2 * v / 16


def _tetrachoric(columns: Columns, options: Options) -> Pair:
    """Correlation of the two normal variables that the table cuts in two;  see `tetrachoric` (Pearson 1900)."""
    return tetrachoric(_cells(columns, options))


def _fisher_phi(columns: Columns, options: Options) -> Pair:
    """atanh phi;  v/(1 - phi^2)^2, v as for PHI."""
    return fisher(_phi(columns, options))


def _fisher_tetrachoric(columns: Columns, options: Options) -> Pair:
    """atanh of the tetrachoric correlation;  v/(1 - r^2)^2."""
    return fisher(_tetrachoric(columns, options))


# ---------------------------------------------------------------- standardised mean differences from a table


def _probit_difference(columns: Columns, options: Options) -> Pair:
    """z1 - z2, z the normal quantile of p;  2 pi (p1 q1 exp(z1^2)/n1 + p2 q2 exp(z2^2)/n2) (Sanchez-Meca et al.
    2003)."""
    from scipy.special import ndtri

    t = _cells(columns, options)
    p1, p2 = t.a / t.n1, t.c / t.n2
    z1, z2 = ndtri(p1), ndtri(p2)
    v1, v2 = (p * (1 - p) * np.exp(z**2) / n for p, z, n in ((p1, z1, t.n1), (p2, z2, t.n2)))
    return z1 - z2, 2 * np.pi * (v1 + v2)


def _odds_ratio_over_logistic_sd(columns: Columns, options: Options) -> Pair:
    """log(OR) sqrt 3/pi;  its variance times 3/pi^2 (Hasselblad & Hedges 1995; Chinn 2000)."""
    y, v = log_odds_ratio(columns, options)
    return y / LOGISTIC_SD, v / LOGISTIC_SD**2


def _odds_ratio_over_probit_slope(columns: Columns, options: Options) -> Pair:
    """log(OR)/1.65;  its variance over 1.65^2 (Cox & Snell 1989)."""
    y, v = log_odds_ratio(columns, options)
    return y / PROBIT_TO_LOGIT, v / PROBIT_TO_LOGIT**2


_PHI_TYPES = ("LS", "ST", "CS")

EVENTS = (
    Measure("OR", "Log odds ratio", TABLES, log_odds_ratio, _total),
    Measure("RR", "Log risk ratio", TABLES, _log_risk_ratio, _total),
    Measure("RD", "Risk difference", TABLES, _risk_difference, _total, ("LS", "UB", "AV")),
    Measure("AS", "Arcsine risk difference", TABLES, _arcsine_difference, _total, add=0.0),
    Measure("PETO", "Log odds ratio (Peto)", TABLES, _peto, _total),
    Measure("PHI", "Phi coefficient", TABLES, _phi, _total, _PHI_TYPES, add=0.0),
    Measure("ZPHI", "Fisher's z of a phi coefficient", TABLES, _fisher_phi, _total, _PHI_TYPES, add=0.0),
    Measure("YUQ", "Yule's Q", TABLES, _yule_q, _total),
    Measure("YUY", "Yule's Y", TABLES, _yule_y, _total),
    Measure("RTET", "Tetrachoric correlation", TABLES, _tetrachoric, _total, add=0.0),
    Measure("ZTET", "Fisher's z of a tetrachoric correlation", TABLES, _fisher_tetrachoric, _total, add=0.0),
    Measure("PBIT", "Standardised mean difference (probit of a table)", TABLES, _probit_difference, _total),
    Measure(
        "OR2D",
        "Standardised mean difference (from an odds ratio)",
        TABLES,
        _odds_ratio_over_logistic_sd,
        _total,
    ),
    Measure(
        "OR2DL",
        "Standardised mean difference (from an odds ratio, logistic)",
        TABLES,
        _odds_ratio_over_logistic_sd,
        _total,
    ),
    Measure(
        "OR2DN",
        "Standardised mean difference (from an odds ratio, normal)",
        TABLES,
        _odds_ratio_over_probit_slope,
        _total,
    ),
)
