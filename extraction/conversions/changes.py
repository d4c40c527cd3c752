"""Change from baseline, and two measurements of the same people. No Django here."""

from __future__ import annotations

from math import sqrt

from .base import HANDBOOK, Group, Input, Values, require

conversion = Group()

SD_B = Input("SD at baseline", "positive")
SD_F = Input("SD at the end", "positive")
CORR = Input("correlation of the two measurements", "correlation")
N = Input("people measured twice (pairs)", "sample")
MEAN_DIFF = Input("mean of the differences within people")
SD_E = Input("SD on the experimental treatment", "positive")
SD_C = Input("SD on the control treatment", "positive")
BORROWED = "A correlation from another study is an assumption: repeat the analysis with others."


@conversion(
    "change.corr",
    inputs={"sd_baseline": SD_B, "sd_final": SD_F, "sd_change": Input("SD of the changes", "not negative")},
    outputs={"corr": "correlation of baseline and end"},
    formula="corr = (sd_baseline^2 + sd_final^2 - sd_change^2) / (2 * sd_baseline * sd_final)",
    source=HANDBOOK + "6.5.2.8",
)
def change_corr(sd_baseline: float, sd_final: float, sd_change: float) -> Values:
    """Correlation of baseline and end from three SDs."""
    corr = (sd_baseline**2 + sd_final**2 - sd_change**2) / (2 * sd_baseline * sd_final)
    require(
        -1 <= corr <= 1,
        f"these SDs give a correlation of {corr:.4g}, which cannot be. "
        "Check whether one of them is a standard error.",
        "sd_change",
    )
    return {"corr": corr}


@conversion(
    "change.sd",
    inputs={"sd_baseline": SD_B, "sd_final": SD_F, "corr": CORR},
    outputs={"sd_change": "SD of the changes"},
    formula="sd_change = sqrt(sd_baseline^2 + sd_final^2 - 2 * corr * sd_baseline * sd_final)",
    source=HANDBOOK + "6.5.2.8",
    caution=BORROWED,
)
def change_sd(sd_baseline: float, sd_final: float, corr: float) -> Values:
    """SD of the changes from the SDs at baseline and end and their correlation."""
    return {"sd_change": _sd_diff(sd_baseline, sd_final, corr)}


def _sd_diff(sd1: float, sd2: float, corr: float) -> float:
    # (sd1 - sd2)^2 + 2 (1 - corr) sd1 sd2: the same, and never below 0 by rounding
    return sqrt((sd1 - sd2) ** 2 + 2 * (1 - corr) * sd1 * sd2)


@conversion(
    "change.paired_se_from_t",
    inputs={"mean_diff": MEAN_DIFF, "t": Input("paired t statistic", "nonzero"), "n": N},
    outputs={"se": "standard error of the mean difference", "sd_diff": "SD of the differences"},
    formula="se = |mean_diff / t|; sd_diff = se * sqrt(n)",
    source=HANDBOOK + "23.2.7.2",
)
def paired_se_from_t(mean_diff: float, t: float, n: int) -> Values:
    """Standard error of a paired difference from its t statistic."""
    require(mean_diff != 0, "a mean difference of 0 leaves the standard error open.", "mean_diff")
    se = abs(mean_diff / t)
    return {"se": se, "sd_diff": se * sqrt(n)}


@conversion(
    "change.paired_se_from_sd",
    inputs={"sd_diff": Input("SD of the differences within people", "positive"), "n": N},
    outputs={"se": "standard error of the mean difference"},
    formula="se = sd_diff / sqrt(n)",
    source=HANDBOOK + "23.2.7.2",
)
def paired_se_from_sd(sd_diff: float, n: int) -> Values:
    """Standard error of a paired difference from the SD of the differences."""
    return {"se": sd_diff / sqrt(n)}


@conversion(
    "change.crossover",
    inputs={
        "mean_e": Input("mean on the experimental treatment"),
        "sd_e": SD_E,
        "mean_c": Input("mean on the control treatment"),
        "sd_c": SD_C,
        "n": N,
        "corr": CORR,
    },
    outputs={
        "md": "mean difference",
        "sd_diff": "SD of the differences",
        "se_md": "standard error of the mean difference",
        "smd": "standardised mean difference",
        "se_smd": "its standard error",
    },
    formula="md = mean_e - mean_c; sd_diff = sqrt(sd_e^2 + sd_c^2 - 2*corr*sd_e*sd_c); se_md = sd_diff / sqrt(n); "
    "smd = md / sqrt((sd_e^2 + sd_c^2)/2); se_smd = sqrt(1/n + smd^2/(2*n)) * sqrt(2*(1 - corr))",
    source=HANDBOOK + "23.2.7 (version 5.1: 16.4.6)",
    caution=BORROWED,
)
def crossover(mean_e: float, sd_e: float, mean_c: float, sd_c: float, n: int, corr: float) -> Values:
    """Mean difference and SMD of a cross-over trial reported as if parallel."""
    md, sd_diff = mean_e - mean_c, _sd_diff(sd_e, sd_c, corr)
    standardised = smd_paired(md, sd_e, sd_c, corr, n)
    return {
        "md": md,
        "sd_diff": sd_diff,
        "se_md": sd_diff / sqrt(n),
        "smd": standardised["smd"],
        "se_smd": standardised["se"],
    }


@conversion(
    "change.crossover_se",
    inputs={"sd_e": SD_E, "sd_c": SD_C, "corr": CORR, "n": N},
    outputs={"sd_diff": "SD of the differences", "se": "standard error of the mean difference"},
    formula="sd_diff = sqrt(sd_e^2 + sd_c^2 - 2*corr*sd_e*sd_c); se = sd_diff / sqrt(n)",
    source=HANDBOOK + "23.2.7.3",
    caution=BORROWED,
)
def crossover_se(sd_e: float, sd_c: float, corr: float, n: int) -> Values:
    """Standard error of a cross-over difference from both SDs and a correlation."""
    sd_diff = _sd_diff(sd_e, sd_c, corr)
    return {"sd_diff": sd_diff, "se": sd_diff / sqrt(n)}


@conversion(
    "change.smd_paired",
    inputs={"mean_diff": MEAN_DIFF, "sd_e": SD_E, "sd_c": SD_C, "corr": CORR, "n": N},
    outputs={
        "sd_pooled": "SD of the outcome, both treatments pooled",
        "smd": "standardised mean difference",
        "se": "its standard error",
    },
    formula="sd_pooled = sqrt((sd_e^2 + sd_c^2)/2); smd = mean_diff / sd_pooled; "
    "se = sqrt(1/n + smd^2/(2*n)) * sqrt(2*(1 - corr))",
    source=HANDBOOK + "23.2.7.2",
    caution=BORROWED,
)
def smd_paired(mean_diff: float, sd_e: float, sd_c: float, corr: float, n: int) -> Values:
    """Standardised mean difference of the same people on two treatments."""
    sd_pooled = sqrt((sd_e**2 + sd_c**2) / 2)
    smd = mean_diff / sd_pooled
    return {"sd_pooled": sd_pooled, "smd": smd, "se": sqrt(1 / n + smd**2 / (2 * n)) * sqrt(2 * (1 - corr))}
