"""Hazard ratios from log-rank statistics, and means on the log scale. No Django here."""

from __future__ import annotations

from math import exp, expm1, log, log1p, sqrt

from .base import HANDBOOK, Group, Input, Values, require, require_interval
from .spread import HIGH_RATIO, LEVEL, LOW_RATIO, P
from .tails import t_of_level, z_of_level, z_of_p

conversion = Group()

TIERNEY = "Tierney et al. 2007, Trials 8:16; Parmar et al. 1998, Stat Med 17:2815"
EVENTS = Input("events in both groups together", "size")
SIGN = Input("-1 if the experimental group had fewer events than expected, else 1", "sign")
N1 = Input("people in the experimental group", "size")
N2 = Input("people in the control group", "size")
D1 = Input("events in the experimental group", "size")
D2 = Input("events in the control group", "size")
OE_V = {"V": "variance of the log-rank statistic", "O_minus_E": "observed minus expected events"}
LOG_HR = "natural logarithm of the hazard ratio"
SE_LOG_HR = "standard error of the logarithm"


@conversion(
    "hr.oe_v",
    inputs={
        "observed": Input("events observed in the experimental group", "not negative"),
        "expected": Input("events expected in it (log-rank)", "positive"),
        "variance": Input("variance V of O - E", "positive"),
        "level": LEVEL,
    },
    outputs={"log_hr": LOG_HR, "se": SE_LOG_HR, "hr": "hazard ratio", "ci": "its confidence interval"},
    formula="log_hr = (observed - expected) / variance; se = 1 / sqrt(variance); hr = exp(log_hr); "
    "ci = exp(log_hr -+ z(level) * se)",
    source=HANDBOOK + "6.8.2; " + TIERNEY,
)
def hr_oe_v(observed: float, expected: float, variance: float, level: float) -> Values:
    """Hazard ratio from observed and expected events and the log-rank variance."""
    log_hr, se = (observed - expected) / variance, 1 / sqrt(variance)
    half = z_of_level(level) * se
    return {"log_hr": log_hr, "se": se, "hr": exp(log_hr), "ci": (exp(log_hr - half), exp(log_hr + half))}


@conversion(
    "hr.from_ci",
    inputs={
        "hr": Input("hazard ratio, experimental against control", "positive"),
        "ci_low": LOW_RATIO,
        "ci_high": HIGH_RATIO,
        "level": LEVEL,
    },
    outputs={"log_hr": LOG_HR, "se": SE_LOG_HR, **OE_V},
    formula="log_hr = ln(hr); se = (ln(ci_high) - ln(ci_low)) / (2 * z(level)); V = 1 / se^2; O_minus_E = log_hr * V",
    source=TIERNEY + " (methods 3 and 4)",
)
def hr_from_ci(hr: float, ci_low: float, ci_high: float, level: float) -> Values:
    """Log hazard ratio, O - E and V from a hazard ratio and its confidence interval."""
    require_interval(ci_low, ci_high, hr)
    se = (log(ci_high) - log(ci_low)) / (2 * z_of_level(level))
    return {"log_hr": log(hr), "se": se, "V": 1 / se**2, "O_minus_E": log(hr) / se**2}


@conversion(
    "hr.from_p_events",
    inputs={"p": P, "events": EVENTS, "n1": N1, "n2": N2, "sign": SIGN},
    outputs={**OE_V, "log_hr": LOG_HR, "se": SE_LOG_HR},
    formula="V = events * n1 * n2 / (n1 + n2)^2; O_minus_E = sign * z(p) * sqrt(V); log_hr = O_minus_E / V; "
    "se = 1 / sqrt(V)",
    source=TIERNEY + " (any randomisation ratio)",
    caution="V is approximate, and the p value must be of a log-rank test and exact.",
)
def hr_from_p_events(p: float, events: int, n1: int, n2: int, sign: int) -> Values:
    """Log hazard ratio from the log-rank p value, the events and the numbers randomised."""
    require(events <= n1 + n2, "there are more events than people. Check events, n1 and n2.", "events")
    v = events * n1 * n2 / (n1 + n2) ** 2
    o_minus_e = sign * z_of_p(p) * sqrt(v)
    return {"V": v, "O_minus_E": o_minus_e, "log_hr": o_minus_e / v, "se": 1 / sqrt(v)}


@conversion(
    "hr.from_p_events_equal",
    inputs={"p": P, "events": EVENTS, "sign": SIGN},
    outputs={**OE_V, "log_hr": LOG_HR, "se": SE_LOG_HR},
    formula="V = events / 4; O_minus_E = sign * z(p) * sqrt(V); log_hr = O_minus_E / V; se = 1 / sqrt(V)",
    source=TIERNEY + " (randomised 1:1)",
    caution="V is approximate, and the p value must be of a log-rank test and exact.",
)
def hr_from_p_events_equal(p: float, events: int, sign: int) -> Values:
    """Log hazard ratio from the log-rank p value and the events of a trial randomised 1:1."""
    v = events / 4
    o_minus_e = sign * z_of_p(p) * sqrt(v)
    return {"V": v, "O_minus_E": o_minus_e, "log_hr": o_minus_e / v, "se": 1 / sqrt(v)}


@conversion(
    "hr.V_from_arm_events",
    inputs={"events1": D1, "events2": D2},
    outputs={"V": OE_V["V"]},
    formula="V = events1 * events2 / (events1 + events2)",
    source=TIERNEY,
)
def hr_v_from_arm_events(events1: int, events2: int) -> Values:
    """Log-rank variance from the events of both groups."""
    return {"V": events1 * events2 / (events1 + events2)}


@conversion(
    "hr.exponential_medians",
    inputs={
        "median1": Input("median survival of the experimental group", "positive"),
        "median2": Input("median survival of the control group", "positive"),
        "events1": D1,
        "events2": D2,
    },
    outputs={"log_hr": LOG_HR, "se": SE_LOG_HR},
    formula="log_hr = ln(median2 / median1); se = sqrt(1/events1 + 1/events2)",
    source="Exponential survival; Parmar et al. 1998, Stat Med 17:2815",
    caution="Assumes a constant hazard in both groups; a last resort.",
)
def hr_exponential_medians(median1: float, median2: float, events1: int, events2: int) -> Values:
    """Log hazard ratio from two median survival times."""
    return {"log_hr": log(median2 / median1), "se": sqrt(1 / events1 + 1 / events2)}


@conversion(
    "logscale.raw_to_log",
    inputs={"mean": Input("mean of a skewed outcome", "positive"), "sd": Input("its SD", "positive")},
    outputs={"mean_log": "mean of the logarithms", "sd_log": "SD of the logarithms"},
    formula="mean_log = ln(mean) - 0.5 * ln(sd^2/mean^2 + 1); sd_log = sqrt(ln(sd^2/mean^2 + 1))",
    source="Higgins, White & Anzures-Cabrera 2008, Stat Med 27:6072 (method 1)",
    caution="Assumes a log-normal outcome; convert every study of the analysis, or none.",
)
def raw_to_log(mean: float, sd: float) -> Values:
    """Mean and SD of the logarithms from those of the raw values."""
    variance = log1p((sd / mean) ** 2)
    return {"mean_log": log(mean) - variance / 2, "sd_log": sqrt(variance)}


@conversion(
    "logscale.log_to_raw",
    inputs={
        "mean_log": Input("mean of the natural logarithms"),
        "sd_log": Input("SD of the natural logarithms", "positive"),
    },
    outputs={"mean": "mean of the raw values", "sd": "SD of the raw values"},
    formula="mean = exp(mean_log + sd_log^2/2); sd = mean * sqrt(exp(sd_log^2) - 1)",
    source="Moments of the log-normal distribution; Higgins et al. 2008, Stat Med 27:6072",
    caution="Assumes a log-normal outcome.",
)
def log_to_raw(mean_log: float, sd_log: float) -> Values:
    """Mean and SD of the raw values from those of the logarithms."""
    mean = exp(mean_log + sd_log**2 / 2)
    return {"mean": mean, "sd": mean * sqrt(expm1(sd_log**2))}


@conversion(
    "logscale.geometric_mean_ci",
    inputs={
        "geometric_mean": Input("geometric mean", "positive"),
        "ci_low": LOW_RATIO,
        "ci_high": HIGH_RATIO,
        "n": Input("people in the group", "sample"),
        "level": LEVEL,
    },
    outputs={"mean_log": "mean of the logarithms", "sd_log": "SD of the logarithms"},
    formula="mean_log = ln(geometric_mean); sd_log = sqrt(n) * (ln(ci_high) - ln(ci_low)) / (2 * t(level; n - 1))",
    source=HANDBOOK + "6.5.2.4",
)
def geometric_mean_ci(geometric_mean: float, ci_low: float, ci_high: float, n: int, level: float) -> Values:
    """Mean and SD of the logarithms from a geometric mean and its confidence interval."""
    require_interval(ci_low, ci_high, geometric_mean)
    sd = sqrt(n) * (log(ci_high) - log(ci_low)) / (2 * t_of_level(level, n - 1))
    return {"mean_log": log(geometric_mean), "sd_log": sd}
