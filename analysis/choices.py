"""The names a plan may choose from, with the words people read. No statistics and no Django here."""

import numpy as np

from analysis.intake import MEASURES_OF, OF_ONE_GROUP, stats_name
from analysis.stats import ESTIMATORS, MEASURES, PREDICTIONS, TESTS, back_transform
from analysis.stats.tau2 import COMMON_EFFECT
from analysis.stats.transformations import NATURAL_SCALE

#: Estimators of tau2 as people call them; synonyms of the engine (FE, EE, EB) are left out of the choice.
TAU2_LABELS = {
    "REML": "Restricted maximum likelihood (REML)",
    "DL": "DerSimonian-Laird (DL)",
    "PM": "Paule-Mandel (PM)",
    "ML": "Maximum likelihood (ML)",
    "HE": "Hedges-Olkin (HE)",
    "HS": "Hunter-Schmidt (HS)",
    "HSk": "Hunter-Schmidt, small-sample (HSk)",
    "SJ": "Sidik-Jonkman (SJ)",
    "PMM": "Paule-Mandel, median-unbiased (PMM)",
    "CE": "Common effect (no between-study variance)",
}
TEST_LABELS = {
    "knha": "Knapp-Hartung (t)",
    "adhoc": "Knapp-Hartung, never narrower than z",
    "z": "Wald (z)",
    "t": "Wald with t",
}
#: How the prediction interval gets its quantile (Handbook 10.10.4.3; Higgins et al. 2009 has k - 2).
PREDICTION_LABELS = {
    "as test": "As the confidence interval: t with k − 1 degrees of freedom, normal with Wald (z)",
    "t(k-2)": "t with k − 2 degrees of freedom (Higgins, Thompson and Spiegelhalter)",
    "t(k-1)": "t with k − 1 degrees of freedom",
    "z": "Normal",
}
#: Measures that a method of pooling other than inverse variance is made for.
METHOD_MEASURES = {
    "mh": ("OR", "RR", "RD", "IRR", "IRD"),
    "peto": ("PETO", "OR", "HR"),
    "glmm": ("OR", "IRR", "PLO"),
}
#: What a pairwise run repeats to see how much its result hangs on a choice.
SENSITIVITY = {
    "leave_one_out": "Without one study at a time: the lowest and the highest estimate",
    "without_high_risk": "Without studies at high risk of bias",
    "without_derived": "Without converted or derived values",
    "without_outliers": "Without outliers (studentised residual beyond 3)",
    "estimators": "Other estimators of the between-study variance",
    "tests": "Other confidence intervals",
    "common_effect": "Common effect",
    "measures": "Other effect measures of the same data",
    "methods": "Other methods of pooling (Mantel-Haenszel, Peto, mixed models of counts), where the data allow",
}
#: Tests of small-study effects by their names in the engine.
SMALL_STUDY_TESTS = {
    "egger": "Egger: regression on the standard error",
    "begg": "Begg and Mazumdar: rank correlation",
    "thompson-sharp": "Thompson and Sharp: weighted regression",
    "pustejovsky-rodgers": "Pustejovsky and Rodgers: for standardised mean differences",
    "harbord": "Harbord: score test for odds ratios",
    "peters": "Peters: on the sample size, for odds ratios",
    "macaskill": "Macaskill: weighted by the sample size",
    "rucker": "Rücker: arcsine test for odds ratios",
    "schwarzer": "Schwarzer: rank test for odds ratios",
    "deeks": "Deeks: for diagnostic odds ratios",
}
#: Short names for the head of a column and the start of a sentence, on the scale people read.
SHORT = {
    "SMD": "Hedges g",
    "SMDH": "SMD, unequal variances",
    "MD": "Mean difference",
    "ROM": "Ratio of means",
    "OR": "Odds ratio",
    "RR": "Risk ratio",
    "RD": "Risk difference",
    "AS": "Arcsine difference",
    "PETO": "Peto odds ratio",
    "MC": "Difference in mean change",
    "SMCC": "Difference in standardised change (SD of the changes)",
    "SMCR": "Difference in standardised change (baseline SD)",
    "IRR": "Rate ratio",
    "IRD": "Rate difference",
    "IRSD": "Difference of square root rates",
    "HR": "Hazard ratio",
    "PR": "Proportion",
    "PLO": "Proportion, by logits",
    "PFT": "Proportion, by double arcsine",
    "PAS": "Proportion, by arcsine",
    "ZCOR": "Correlation, by Fisher's z",
    "COR": "Correlation",
    "DOR": "Diagnostic odds ratio",
}
#: Measures by the data they are computed from; final scores of a change give those of means too.
MEASURE_GROUPS = {
    "Means": MEASURES_OF["means"],
    "Events": MEASURES_OF["events"],
    "Change from baseline": ("MC", "SMCC", "SMCR"),
    "Events over person-time": MEASURES_OF["rates"],
    "Time to event": ("HR",),
    "Proportion of one group": MEASURES_OF["proportion"],
    "Correlation in one group": MEASURES_OF["correlation"],
    "Diagnostic accuracy": MEASURES_OF["diagnostic"],
}


def measure_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    return [
        (group, [(name, f"{short(name)} ({name})") for name in names])
        for group, names in MEASURE_GROUPS.items()
    ]


def measure_names() -> list[str]:
    return [name for names in MEASURE_GROUPS.values() for name in names if stats_name(name) in MEASURES]


def tau2_choices() -> list[tuple[str, str]]:
    return [(name, label) for name, label in TAU2_LABELS.items() if name in ESTIMATORS]


def interval_choices() -> list[tuple[str, str]]:
    return [(name, label) for name, label in TEST_LABELS.items() if name in TESTS]


def prediction_choices() -> list[tuple[str, str]]:
    return [(name, label) for name, label in PREDICTION_LABELS.items() if name in PREDICTIONS]


def method_fits(method: str, measure: str) -> bool:
    """Whether the measure can be pooled by the method; inverse variance takes any."""
    return method == "iv" or measure in METHOD_MEASURES.get(method, ())


def short(measure: str) -> str:
    """Hedges g for SMD, Odds ratio for OR."""
    return SHORT.get(measure, measure)


def is_ratio(measure: str) -> bool:
    """Whether the measure is pooled as a logarithm and read as a ratio."""
    function, _ = NATURAL_SCALE.get(stats_name(measure), (None, ""))
    return function is np.exp


def has_no_effect(measure: str) -> bool:
    """Whether there is a value that means no effect: not for what is measured in one group."""
    return measure not in OF_ONE_GROUP


def natural(value: float, measure: str, size: float | None = None) -> float:
    """A value of ``measure`` as people read it: ratio, proportion, correlation. ``size``: people, for PFT."""
    return float(back_transform(value, stats_name(measure), ni=size))


def is_curved(measure: str) -> bool:
    """Whether values are pooled on another scale than they are read on, which is not the logarithm."""
    return stats_name(measure) in NATURAL_SCALE and not is_ratio(measure)


def is_common_effect(tau2_method: str) -> bool:
    return tau2_method in COMMON_EFFECT


def model_label(tau2_method: str, test: str) -> str:
    """Random effects (REML), Knapp-Hartung: how a fit is named beside others."""
    model = "Common effect" if is_common_effect(tau2_method) else f"Random effects ({tau2_method})"
    return f"{model}, {TEST_NAMES.get(test, test)}"


TEST_NAMES = {"knha": "Knapp-Hartung", "adhoc": "modified Knapp-Hartung", "z": "z test", "t": "t test"}
