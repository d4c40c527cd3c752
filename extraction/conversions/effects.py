"""Standardised differences, correlations, and what turns one into another. No Django here."""

from __future__ import annotations

from math import atanh, exp, lgamma, log, pi, sqrt, tanh

from .base import Group, Input, Values, require
from .spread import LEVEL, N1, N2, P
from .tails import t_of_p, z_of_level

conversion = Group()

BORENSTEIN = "Borenstein et al. 2009, Introduction to Meta-Analysis, chapter "
LIPSEY = "Lipsey & Wilson 2001, Practical Meta-Analysis"
LOG_OR = Input("natural logarithm of the odds ratio")
D = Input("standardised mean difference")
VAR = Input("its variance (standard error squared)", "positive")
R = Input("correlation", "inner correlation")
SIGN = Input("1 if group 1 has the higher mean, else -1", "sign", default=1)
SAMPLE1 = Input("people in group 1", "sample")
SAMPLE2 = Input("people in group 2", "sample")
D_OUT = "standardised mean difference"
LOGISTIC = "Assumes a continuous outcome of logistic shape behind the two categories."


@conversion(
    "es.logor_to_d",
    inputs={"log_or": LOG_OR, "var": VAR},
    outputs={"d": D_OUT, "var_d": "its variance"},
    formula="d = log_or * sqrt(3) / pi; var_d = var * 3 / pi^2",
    source=BORENSTEIN + "7; Chinn 2000, Stat Med 19:3127",
    caution=LOGISTIC,
)
def logor_to_d(log_or: float, var: float) -> Values:
    """Standardised mean difference from a log odds ratio."""
    return {"d": log_or * sqrt(3) / pi, "var_d": var * 3 / pi**2}


@conversion(
    "es.d_to_logor",
    inputs={"d": D, "var": VAR},
    outputs={"log_or": "natural logarithm of the odds ratio", "var_log_or": "its variance"},
    formula="log_or = d * pi / sqrt(3); var_log_or = var * pi^2 / 3",
    source=BORENSTEIN + "7",
    caution=LOGISTIC,
)
def d_to_logor(d: float, var: float) -> Values:
    """Log odds ratio from a standardised mean difference."""
    return {"log_or": d * pi / sqrt(3), "var_log_or": var * pi**2 / 3}


@conversion(
    "es.logor_to_d_cox",
    inputs={"log_or": LOG_OR, "var": VAR},
    outputs={"d": D_OUT, "var_d": "its variance"},
    formula="d = log_or / 1.65; var_d = var / 1.65^2",
    source="Cox 1970; Sanchez-Meca et al. 2003, Psychol Methods 8:448",
    caution="Do not mix with es.logor_to_d in one analysis.",
)
def logor_to_d_cox(log_or: float, var: float) -> Values:
    """Standardised mean difference from a log odds ratio (Cox)."""
    return {"d": log_or / 1.65, "var_d": var / 1.65**2}


@conversion(
    "es.d_to_r",
    inputs={"d": D, "var": VAR, "n1": N1, "n2": N2},
    outputs={"r": "correlation", "var_r": "its variance"},
    formula="a = (n1 + n2)^2 / (n1 * n2); r = d / sqrt(d^2 + a); var_r = a^2 * var / (d^2 + a)^3",
    source=BORENSTEIN + "7",
)
def d_to_r(d: float, var: float, n1: int, n2: int) -> Values:
    """Correlation from a standardised mean difference."""
    a = (n1 + n2) ** 2 / (n1 * n2)
    return {"r": d / sqrt(d**2 + a), "var_r": a**2 * var / (d**2 + a) ** 3}


@conversion(
    "es.r_to_d",
    inputs={"r": R, "var": VAR},
    outputs={"d": D_OUT, "var_d": "its variance"},
    formula="d = 2 * r / sqrt(1 - r^2); var_d = 4 * var / (1 - r^2)^3",
    source=BORENSTEIN + "7",
    caution="Assumes a continuous variable cut into two groups of equal size.",
)
def r_to_d(r: float, var: float) -> Values:
    """Standardised mean difference from a correlation."""
    return {"d": 2 * r / sqrt(1 - r**2), "var_d": 4 * var / (1 - r**2) ** 3}


@conversion(
    "es.fisher_z",
    inputs={"r": R, "n": Input("people (pairs), 4 or more", "sample"), "level": LEVEL},
    outputs={"z": "Fisher's z", "var": "its variance", "ci_r": "confidence interval of the correlation"},
    formula="z = atanh(r); var = 1 / (n - 3); ci_r = tanh(z -+ z(level) * sqrt(var))",
    source=BORENSTEIN + "6",
)
def fisher_z(r: float, n: int, level: float) -> Values:
    """Fisher's z of a correlation, with an interval of the correlation."""
    require(n > 3, f"Fisher's z needs 4 people or more, not {n}. Check n.", "n")
    z, half = atanh(r), z_of_level(level) / sqrt(n - 3)
    return {"z": z, "var": 1 / (n - 3), "ci_r": (tanh(z - half), tanh(z + half))}


@conversion(
    "es.smd",
    inputs={
        "m1": Input("mean of group 1"),
        "sd1": Input("SD of group 1", "positive"),
        "n1": SAMPLE1,
        "m2": Input("mean of group 2 (control)"),
        "sd2": Input("SD of group 2 (control)", "positive"),
        "n2": SAMPLE2,
    },
    outputs={
        "sd_pooled": "pooled SD",
        "d": "Cohen's d",
        "J_exact": "small-sample factor, exact",
        "J_approx": "small-sample factor, usual approximation",
        "g_exact": "Hedges' g with the exact factor",
        "g_approx": "Hedges' g with the approximate factor",
        "var_d_borenstein": "variance of d (Borenstein)",
        "var_g_borenstein": "variance of g (Borenstein)",
        "var_g_metafor_LS": "variance of g_exact (metafor, vtype LS)",
        "var_revman": "variance of g_approx (RevMan)",
        "glass_delta": "Glass's delta, by the SD of group 2",
    },
    formula="df = n1 + n2 - 2; sd_pooled = sqrt(((n1 - 1)*sd1^2 + (n2 - 1)*sd2^2) / df); d = (m1 - m2) / sd_pooled; "
    "J_exact = Gamma(df/2) / (sqrt(df/2) * Gamma((df - 1)/2)); J_approx = 1 - 3/(4*df - 1); g = J * d; "
    "var_d_borenstein = (n1 + n2)/(n1*n2) + d^2/(2*(n1 + n2)); var_g_borenstein = J_approx^2 * var_d_borenstein; "
    "var_g_metafor_LS = 1/n1 + 1/n2 + g_exact^2/(2*(n1 + n2)); "
    "var_revman = (n1 + n2)/(n1*n2) + g_approx^2/(2*(n1 + n2 - 3.94)); glass_delta = (m1 - m2) / sd2",
    source=BORENSTEIN + "4; Hedges 1981, J Educ Stat 6:107; RevMan statistical algorithms (Deeks & Higgins)",
)
def smd(m1: float, sd1: float, n1: int, m2: float, sd2: float, n2: int) -> Values:
    """Standardised mean difference in the usual conventions."""
    df, n = n1 + n2 - 2, n1 + n2
    sd_pooled = sqrt(((n1 - 1) * sd1**2 + (n2 - 1) * sd2**2) / df)
    d = (m1 - m2) / sd_pooled
    exact = exp(lgamma(df / 2) - lgamma((df - 1) / 2) - log(df / 2) / 2)
    approx = 1 - 3 / (4 * df - 1)
    var_d = n / (n1 * n2) + d**2 / (2 * n)
    return {
        "sd_pooled": sd_pooled,
        "d": d,
        "J_exact": exact,
        "J_approx": approx,
        "g_exact": exact * d,
        "g_approx": approx * d,
        "var_d_borenstein": var_d,
        "var_g_borenstein": approx**2 * var_d,
        "var_g_metafor_LS": 1 / n1 + 1 / n2 + (exact * d) ** 2 / (2 * n),
        "var_revman": n / (n1 * n2) + (approx * d) ** 2 / (2 * (n - 3.94)),
        "glass_delta": (m1 - m2) / sd2,
    }


@conversion(
    "es.t_to_d",
    inputs={"t": Input("t statistic of two independent groups"), "n1": SAMPLE1, "n2": SAMPLE2},
    outputs={"d": D_OUT, "r": "correlation"},
    formula="d = t * sqrt(1/n1 + 1/n2); r = t / sqrt(t^2 + n1 + n2 - 2)",
    source=LIPSEY + "; " + BORENSTEIN + "7",
)
def t_to_d(t: float, n1: int, n2: int) -> Values:
    """Standardised mean difference and correlation from a t statistic."""
    return {"d": t * sqrt(1 / n1 + 1 / n2), "r": t / sqrt(t**2 + n1 + n2 - 2)}


@conversion(
    "es.p_to_d",
    inputs={"p": P, "n1": SAMPLE1, "n2": SAMPLE2, "sign": SIGN},
    outputs={"d": D_OUT},
    formula="d = sign * t(p; n1 + n2 - 2) * sqrt(1/n1 + 1/n2)",
    source=LIPSEY,
    caution="Needs the exact p value of a t test, and the direction.",
)
def p_to_d(p: float, n1: int, n2: int, sign: int) -> Values:
    """Standardised mean difference from the two-sided p value of a t test."""
    return {"d": sign * t_of_p(p, n1 + n2 - 2) * sqrt(1 / n1 + 1 / n2)}


@conversion(
    "es.F_to_d",
    inputs={
        "F": Input("F statistic of two groups", "not negative"),
        "n1": SAMPLE1,
        "n2": SAMPLE2,
        "sign": SIGN,
    },
    outputs={"d": D_OUT},
    formula="d = sign * sqrt(F * (n1 + n2) / (n1 * n2))",
    source=LIPSEY,
    caution="F has no sign: the direction must come from the means.",
)
def f_to_d(F: float, n1: int, n2: int, sign: int) -> Values:
    """Standardised mean difference from the F statistic of two groups."""
    return {"d": sign * sqrt(F * (n1 + n2) / (n1 * n2))}


@conversion(
    "es.chi2_to_phi",
    inputs={
        "chi2": Input("chi-squared with 1 degree of freedom", "not negative"),
        "n": Input("people", "size"),
    },
    outputs={"phi": "phi coefficient, without its sign", "d": D_OUT + ", without its sign"},
    formula="phi = sqrt(chi2 / n); d = 2 * phi / sqrt(1 - phi^2)",
    source=LIPSEY,
    caution="Chi-squared has no sign: the direction must come from the table.",
)
def chi2_to_phi(chi2: float, n: int) -> Values:
    """Phi and standardised mean difference from the chi-squared of a 2 by 2 table."""
    require(
        chi2 < n, "the chi-squared of a 2 by 2 table is below the number of people. Check chi2 and n.", "chi2"
    )
    phi = sqrt(chi2 / n)
    return {"phi": phi, "d": 2 * phi / sqrt(1 - phi**2)}


@conversion(
    "es.beta_to_r",
    inputs={"beta": Input("standardised regression coefficient", "half")},
    outputs={"r": "correlation"},
    formula="r = 0.98 * beta + 0.05 (the 0.05 only if beta >= 0)",
    source="Peterson & Brown 2005, J Appl Psychol 90:175",
    caution="An empirical rule for beta from -0.5 to 0.5; many advise against it.",
)
def beta_to_r(beta: float) -> Values:
    """Correlation from a standardised regression coefficient."""
    return {"r": 0.98 * beta + (0.05 if beta >= 0 else 0)}


@conversion(
    "es.eta2_to_d_two_groups",
    inputs={"eta2": Input("eta squared of two groups", "below one"), "n1": N1, "n2": N2, "sign": SIGN},
    outputs={"d": D_OUT},
    formula="d = sign * sqrt(eta2 / (1 - eta2)) * (n1 + n2) / sqrt(n1 * n2)",
    source="Cohen 1988, Statistical Power Analysis (groups of equal size: 2 sqrt(eta2/(1 - eta2))); "
    + BORENSTEIN
    + "7",
    caution="Eta squared has no sign: the direction must come from the means.",
)
def eta2_to_d(eta2: float, n1: int, n2: int, sign: int) -> Values:
    """Standardised mean difference from eta squared of two groups."""
    return {"d": sign * sqrt(eta2 / (1 - eta2)) * (n1 + n2) / sqrt(n1 * n2)}


G_OUT = {"g": "Hedges' g", "se": "its standard error"}
G_FORMULA = (
    "J = Gamma(df/2) / (sqrt(df/2) * Gamma((df - 1)/2)), df = n1 + n2 - 2; g = J * d; "
    "se = sqrt(1/n1 + 1/n2 + g^2/(2*(n1 + n2)))"
)
G_SOURCE = LIPSEY + "; Hedges 1981, J Educ Stat 6:107 (variance as metafor, vtype LS)"


def _g(d: float, n1: int, n2: int) -> Values:
    df = n1 + n2 - 2
    g = d * exp(lgamma(df / 2) - lgamma((df - 1) / 2) - 0.5 * log(df / 2))
    return {"g": g, "se": sqrt(1 / n1 + 1 / n2 + g**2 / (2 * (n1 + n2)))}


@conversion(
    "es.t_to_g",
    inputs={"t": Input("t statistic of two independent groups"), "n1": SAMPLE1, "n2": SAMPLE2},
    outputs=G_OUT,
    formula="d = t * sqrt(1/n1 + 1/n2); " + G_FORMULA,
    source=G_SOURCE,
)
def t_to_g(t: float, n1: int, n2: int) -> Values:
    """Hedges' g and its standard error from a t statistic."""
    return _g(t_to_d(t, n1, n2)["d"], n1, n2)


@conversion(
    "es.p_to_g",
    inputs={"p": P, "n1": SAMPLE1, "n2": SAMPLE2, "sign": SIGN},
    outputs=G_OUT,
    formula="d = sign * t(p; n1 + n2 - 2) * sqrt(1/n1 + 1/n2); " + G_FORMULA,
    source=G_SOURCE,
    caution="Needs the exact p value of a t test, and the direction.",
)
def p_to_g(p: float, n1: int, n2: int, sign: int) -> Values:
    """Hedges' g and its standard error from the two-sided p value of a t test."""
    return _g(p_to_d(p, n1, n2, sign)["d"], n1, n2)


@conversion(
    "es.F_to_g",
    inputs={
        "F": Input("F statistic of two groups", "not negative"),
        "n1": SAMPLE1,
        "n2": SAMPLE2,
        "sign": SIGN,
    },
    outputs=G_OUT,
    formula="d = sign * sqrt(F * (n1 + n2) / (n1 * n2)); " + G_FORMULA,
    source=G_SOURCE,
    caution="F has no sign: the direction must come from the means.",
)
def f_to_g(F: float, n1: int, n2: int, sign: int) -> Values:
    """Hedges' g and its standard error from the F statistic of two groups."""
    return _g(sign * sqrt(F * (n1 + n2) / (n1 * n2)), n1, n2)
