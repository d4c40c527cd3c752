"""Standard deviations and standard errors from what a report gives instead; groups put together. No Django here."""

from __future__ import annotations

from math import isclose, log, sqrt

from .base import HANDBOOK, Group, Input, Values, require, require_interval
from .tails import t_of_level, t_of_p, z_of_level, z_of_p

conversion = Group()

N = Input("people in the group", "sample")
N1 = Input("people in group 1", "size")
N2 = Input("people in group 2", "size")
LOW = Input("lower limit of the confidence interval")
HIGH = Input("upper limit of the confidence interval")
LOW_RATIO = Input("lower limit of the confidence interval", "positive")
HIGH_RATIO = Input("upper limit of the confidence interval", "positive")
LEVEL = Input("level of the interval, 0.95 for 95%", "share", default=0.95)
P = Input("two-sided p value", "p")
MD = Input("difference of the two means, not 0", "nonzero")
SD_OUT = "standard deviation, in the unit of the outcome"


@conversion(
    "sd.from_se",
    inputs={"se": Input("standard error of the mean", "positive"), "n": N},
    outputs={"sd": SD_OUT},
    formula="sd = se * sqrt(n)",
    source=HANDBOOK + "6.5.2.2",
)
def sd_from_se(se: float, n: int) -> Values:
    """SD of a group from the standard error of its mean."""
    return {"sd": se * sqrt(n)}


@conversion(
    "sd.from_ci_z",
    inputs={"ci_low": LOW, "ci_high": HIGH, "n": N, "level": LEVEL},
    outputs={"sd": SD_OUT, "mean": "middle of the interval"},
    formula="sd = sqrt(n) * (ci_high - ci_low) / (2 * z(level)); mean = (ci_low + ci_high) / 2",
    source=HANDBOOK + "6.5.2.2 (large samples)",
    caution="For groups of about 60 or more; smaller ones need the t distribution (sd.from_ci_t).",
)
def sd_from_ci_z(ci_low: float, ci_high: float, n: int, level: float) -> Values:
    """SD of a large group from the confidence interval of its mean."""
    require_interval(ci_low, ci_high)
    return {"sd": sqrt(n) * (ci_high - ci_low) / (2 * z_of_level(level)), "mean": (ci_low + ci_high) / 2}


@conversion(
    "sd.from_ci_t",
    inputs={"ci_low": LOW, "ci_high": HIGH, "n": N, "level": LEVEL},
    outputs={"sd": SD_OUT, "mean": "middle of the interval"},
    formula="sd = sqrt(n) * (ci_high - ci_low) / (2 * t(level; n - 1)); mean = (ci_low + ci_high) / 2",
    source=HANDBOOK + "6.5.2.2 (small samples, t with n - 1 degrees of freedom)",
)
def sd_from_ci_t(ci_low: float, ci_high: float, n: int, level: float) -> Values:
    """SD of a group from the confidence interval of its mean."""
    require_interval(ci_low, ci_high)
    sd = sqrt(n) * (ci_high - ci_low) / (2 * t_of_level(level, n - 1))
    return {"sd": sd, "mean": (ci_low + ci_high) / 2}


def _from_se_md(se_md: float, n1: int, n2: int) -> float:
    """The SD both groups share, from the standard error of the difference of their means."""
    return se_md / sqrt(1 / n1 + 1 / n2)


def _df(n1: int, n2: int) -> int:
    require(n1 + n2 > 2, "two groups together need 3 people or more. Check n1 and n2.", "n1")
    return n1 + n2 - 2


@conversion(
    "sd.pooled_from_p_md",
    inputs={"md": MD, "p": P, "n1": N1, "n2": N2},
    outputs={
        "t": "t statistic",
        "se_md": "standard error of the difference",
        "sd": SD_OUT + ", of both groups",
    },
    formula="t = t(p; n1 + n2 - 2); se_md = |md| / t; sd = se_md / sqrt(1/n1 + 1/n2)",
    source=HANDBOOK + "6.5.2.3",
    caution="Needs the exact p value of a t test: with “p < 0.05” the SD comes out too large.",
)
def sd_pooled_from_p_md(md: float, p: float, n1: int, n2: int) -> Values:
    """Pooled SD of two groups from their difference and its p value (t test)."""
    require(p < 1, "a p value of 1 says that the difference is 0, and leaves the SD open.", "p")
    t = t_of_p(p, _df(n1, n2))
    return {"t": t, "se_md": abs(md) / t, "sd": _from_se_md(abs(md) / t, n1, n2)}


@conversion(
    "sd.pooled_from_t_md",
    inputs={
        "md": MD,
        "t": Input("t statistic, with the sign of the difference", "nonzero"),
        "n1": N1,
        "n2": N2,
    },
    outputs={"se_md": "standard error of the difference", "sd": SD_OUT + ", of both groups"},
    formula="se_md = |md / t|; sd = se_md / sqrt(1/n1 + 1/n2)",
    source=HANDBOOK + "6.5.2.3",
)
def sd_pooled_from_t_md(md: float, t: float, n1: int, n2: int) -> Values:
    """Pooled SD of two groups from their difference and its t statistic."""
    _df(n1, n2)
    return {"se_md": abs(md / t), "sd": _from_se_md(abs(md / t), n1, n2)}


@conversion(
    "sd.pooled_from_ci_md",
    inputs={"ci_low": LOW, "ci_high": HIGH, "n1": N1, "n2": N2, "level": LEVEL},
    outputs={
        "md": "difference",
        "se_md": "standard error of the difference",
        "sd": SD_OUT + ", of both groups",
    },
    formula="md = (ci_low + ci_high) / 2; se_md = (ci_high - ci_low) / (2 * t(level; n1 + n2 - 2)); "
    "sd = se_md / sqrt(1/n1 + 1/n2)",
    source=HANDBOOK + "6.5.2.3",
)
def sd_pooled_from_ci_md(ci_low: float, ci_high: float, n1: int, n2: int, level: float) -> Values:
    """Pooled SD of two groups from the confidence interval of their difference."""
    require_interval(ci_low, ci_high)
    se_md = (ci_high - ci_low) / (2 * t_of_level(level, _df(n1, n2)))
    return {"md": (ci_low + ci_high) / 2, "se_md": se_md, "sd": _from_se_md(se_md, n1, n2)}


@conversion(
    "sd.from_F_two_groups",
    inputs={
        "md": MD,
        "F": Input("F statistic of two groups, 1 degree of freedom above", "positive"),
        "n1": N1,
        "n2": N2,
    },
    outputs={
        "t": "t statistic",
        "se_md": "standard error of the difference",
        "sd": SD_OUT + ", of both groups",
    },
    formula="t = sqrt(F); se_md = |md| / t; sd = se_md / sqrt(1/n1 + 1/n2)",
    source=HANDBOOK + "6.5.2.3 (t is the root of F)",
)
def sd_from_f_two_groups(md: float, F: float, n1: int, n2: int) -> Values:
    """Pooled SD of two groups from their difference and its F statistic."""
    _df(n1, n2)
    t = sqrt(F)
    return {"t": t, "se_md": abs(md) / t, "sd": _from_se_md(abs(md) / t, n1, n2)}


@conversion(
    "sd.iqr_large",
    inputs={"q1": Input("first quartile"), "q3": Input("third quartile")},
    outputs={"sd": SD_OUT},
    formula="sd = (q3 - q1) / 1.35",
    source=HANDBOOK + "6.5.2.5",
    caution="Only for large samples of a roughly normal outcome; with n known, Wan or Luo is better.",
)
def sd_iqr_large(q1: float, q3: float) -> Values:
    """SD of a large, roughly normal sample from its quartiles."""
    require(q1 < q3, "the first quartile must be below the third. Check whether they were exchanged.", "q1")
    return {"sd": (q3 - q1) / 1.35}


@conversion(
    "sd.range_over_4",
    inputs={"min": Input("smallest value"), "max": Input("largest value")},
    outputs={"sd": SD_OUT},
    formula="sd = (max - min) / 4",
    source=HANDBOOK + "6.5.2.6",
    caution="The Handbook advises against it: the range grows with the sample. A last resort.",
)
def sd_range_over_4(min: float, max: float) -> Values:
    """SD from the range."""
    require(
        min < max, "the smallest value must be below the largest. Check whether they were exchanged.", "min"
    )
    return {"sd": (max - min) / 4}


@conversion(
    "ratio.se_from_ci",
    inputs={
        "estimate": Input("ratio (odds, risk, hazard or rate ratio)", "positive"),
        "ci_low": LOW_RATIO,
        "ci_high": HIGH_RATIO,
        "level": LEVEL,
    },
    outputs={"log_estimate": "natural logarithm of the ratio", "se": "standard error of the logarithm"},
    formula="log_estimate = ln(estimate); se = (ln(ci_high) - ln(ci_low)) / (2 * z(level))",
    source=HANDBOOK + "6.3.1 and 6.3.2",
)
def ratio_se_from_ci(estimate: float, ci_low: float, ci_high: float, level: float) -> Values:
    """Log ratio and its standard error from a ratio and its confidence interval."""
    require_interval(ci_low, ci_high, estimate)
    return {"log_estimate": log(estimate), "se": (log(ci_high) - log(ci_low)) / (2 * z_of_level(level))}


@conversion(
    "ratio.se_from_p",
    inputs={"estimate": Input("ratio, not 1", "positive"), "p": P},
    outputs={
        "log_estimate": "natural logarithm of the ratio",
        "z": "z statistic without its sign",
        "se": "standard error of the logarithm",
    },
    formula="log_estimate = ln(estimate); z = z(p); se = |log_estimate| / z",
    source=HANDBOOK + "6.3.2",
    caution="Needs the exact p value of a Wald test; a rounded p near 1 or a ratio near 1 gives a poor SE.",
)
def ratio_se_from_p(estimate: float, p: float) -> Values:
    """Log ratio and its standard error from a ratio and its p value."""
    require(
        not isclose(estimate, 1, rel_tol=1e-12),
        "a ratio of 1 has a logarithm of 0, and leaves the SE open.",
        "estimate",
    )
    require(p < 1, "a p value of 1 leaves the standard error open. Look for a confidence interval.", "p")
    z = z_of_p(p)
    return {"log_estimate": log(estimate), "z": z, "se": abs(log(estimate)) / z}


@conversion(
    "ratio.se_from_ci_diff",
    inputs={
        "estimate": Input("difference (of means, risks or rates)"),
        "ci_low": LOW,
        "ci_high": HIGH,
        "level": LEVEL,
    },
    outputs={"se": "standard error of the difference"},
    formula="se = (ci_high - ci_low) / (2 * z(level))",
    source=HANDBOOK + "6.3.1",
)
def se_from_ci_diff(estimate: float, ci_low: float, ci_high: float, level: float) -> Values:
    """Standard error of a difference from its confidence interval."""
    require_interval(ci_low, ci_high, estimate)
    return {"se": (ci_high - ci_low) / (2 * z_of_level(level))}


@conversion(
    "ratio.se_from_p_diff",
    inputs={"estimate": Input("difference (of means, risks or rates), not 0", "nonzero"), "p": P},
    outputs={"z": "z statistic without its sign", "se": "standard error of the difference"},
    formula="z = z(p); se = |estimate| / z",
    source=HANDBOOK + "6.3.2",
    caution="Needs the exact p value of a Wald test; a rounded p near 1 or a difference near 0 gives a poor SE.",
)
def se_from_p_diff(estimate: float, p: float) -> Values:
    """Standard error of a difference from its p value."""
    require(p < 1, "a p value of 1 leaves the standard error open. Look for a confidence interval.", "p")
    z = z_of_p(p)
    return {"z": z, "se": abs(estimate) / z}


def _merged(a: tuple[int, float, float], b: tuple[int, float, float]) -> tuple[int, float, float]:
    (n1, mean1, sd1), (n2, mean2, sd2) = a, b
    n = n1 + n2
    within = (n1 - 1) * sd1**2 + (n2 - 1) * sd2**2
    between = n1 * n2 / n * (mean1 - mean2) ** 2
    return n, (n1 * mean1 + n2 * mean2) / n, sqrt((within + between) / (n - 1))


SD_GIVEN = Input("standard deviation of the group", "not negative")
MERGED = {
    "n": "people in the merged group",
    "mean": "mean of the merged group",
    "sd": "SD of the merged group",
}
MERGING = (
    "mean = (n1*mean1 + n2*mean2) / (n1 + n2); "
    "sd = sqrt(((n1 - 1)*sd1^2 + (n2 - 1)*sd2^2 + n1*n2/(n1 + n2) * (mean1 - mean2)^2) / (n1 + n2 - 1))"
)


@conversion(
    "combine.two",
    inputs={
        "n1": N1,
        "mean1": Input("mean of group 1"),
        "sd1": SD_GIVEN,
        "n2": N2,
        "mean2": Input("mean of group 2"),
        "sd2": SD_GIVEN,
    },
    outputs=MERGED,
    formula="n = n1 + n2; " + MERGING,
    source=HANDBOOK + "6.5.2.10, table 6.5.a",
)
def combine_two(n1: int, mean1: float, sd1: float, n2: int, mean2: float, sd2: float) -> Values:
    """Two groups as one: size, mean and SD."""
    return dict(zip(MERGED, _merged((n1, mean1, sd1), (n2, mean2, sd2)), strict=True))


@conversion(
    "combine.several",
    inputs={
        "n": Input("people in each group", "size", depth=1),
        "mean": Input("mean of each group", depth=1),
        "sd": Input("SD of each group", "not negative", depth=1),
    },
    outputs=MERGED,
    formula="the formula for two groups again and again: " + MERGING,
    source=HANDBOOK + "6.5.2.10",
)
def combine_several(n: tuple[int, ...], mean: tuple[float, ...], sd: tuple[float, ...]) -> Values:
    """Several groups as one: size, mean and SD."""
    require(
        len(n) == len(mean) == len(sd), "n, mean and sd must list the same groups, in the same order.", "n"
    )
    groups = list(zip(n, mean, sd, strict=True))
    whole = groups[0]
    for group in groups[1:]:
        whole = _merged(whole, group)
    return dict(zip(MERGED, whole, strict=True))


@conversion(
    "combine.dichotomous",
    inputs={
        "events": Input("people with the event in each group", "count", depth=1),
        "n": Input("people in each group", "size", depth=1),
    },
    outputs={"events": "people with the event", "n": "people"},
    formula="events = sum(events); n = sum(n)",
    source=HANDBOOK + "6.5.2.10 and 23.3.4",
)
def combine_dichotomous(events: tuple[int, ...], n: tuple[int, ...]) -> Values:
    """Several groups as one: events and totals."""
    require(len(events) == len(n), "events and n must list the same groups, in the same order.", "events")
    require(
        all(e <= total for e, total in zip(events, n, strict=True)),
        "a group has more events than people.",
        "events",
    )
    return {"events": sum(events), "n": sum(n)}


PARTS = {
    "k": Input("comparisons that share the group", "sample"),
    "part": Input("which of them this is, 1 for the first", "size", default=1),
}
SHARED_CAUTION = (
    "The comparisons stay correlated through the shared group; combining the other arms into one avoids that."
)


def _share(whole: int, k: int, part: int) -> int:
    """Part ``part`` of ``k`` of ``whole`` people; the first parts take what does not divide."""
    require(part <= k, "part cannot be larger than k, the number of comparisons.", "part")
    return whole // k + (part <= whole % k)


@conversion(
    "combine.split_means",
    inputs={"n": Input("people in the shared group", "sample"), **PARTS},
    outputs={"n": "people counted in this comparison"},
    formula="n / k in whole people, the first n mod k comparisons one more; mean and SD stay as they are",
    source=HANDBOOK + "23.3.4",
    caution=SHARED_CAUTION,
)
def split_means(n: int, k: int, part: int) -> Values:
    """A control group shared between comparisons: its people in one of them."""
    require(n >= k, "there are fewer people than comparisons.", "n")
    return {"n": _share(n, k, part)}


@conversion(
    "combine.split_events",
    inputs={
        "events": Input("people with the event in the shared group", "count"),
        "n": Input("people in the shared group", "sample"),
        **PARTS,
    },
    outputs={
        "events": "people with the event counted in this comparison",
        "n": "people counted in this comparison",
    },
    formula="events / k and n / k in whole people, the first events mod k and n mod k comparisons one more",
    source=HANDBOOK + "23.3.4",
    caution=SHARED_CAUTION,
)
def split_events(events: int, n: int, k: int, part: int) -> Values:
    """A control group shared between comparisons: its events and people in one of them."""
    require(n >= k, "there are fewer people than comparisons.", "n")
    require(events <= n, "the group has more events than people.", "events")
    return {"events": _share(events, k, part), "n": _share(n, k, part)}
