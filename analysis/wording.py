"""A result in words, on the scale people read. Takes the JSON of a run; computes no statistics. No Django.

`snapshot` and `result` are those of a Run (see analysis.snapshot and analysis.engine). The level is in percent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analysis.choices import has_no_effect, is_common_effect, is_ratio, natural, short
from analysis.figures.axis import number
from analysis.figures.forest import p_text
from analysis.intake import ONE_GROUP, people

NONE = "–"
#: From this many trials on a prediction interval is worth showing (Cochrane Handbook, 10.10.4.3, asks for more).
PREDICTION_MINIMUM = 3
#: Measures that are small numbers.
THREE_DIGITS = frozenset({"RD", "AS", "IRD", "IRSD", "PR", "PLO", "PFT", "PAS"})
SOFTWARE = "Computed with an open engine whose results are tested against R metafor"


@dataclass(frozen=True)
class Scale:
    """How numbers of a measure are shown: ratios as ratios, logits as proportions; ``size``: people, for PFT."""

    measure: str
    size: float | None = None

    @classmethod
    def of(cls, pooled: Mapping[str, Any]) -> Scale:
        return cls(pooled["measure"], pooled.get("size"))

    @property
    def label(self) -> str:
        return short(self.measure)

    @property
    def is_ratio(self) -> bool:
        return is_ratio(self.measure)

    @property
    def null(self) -> float:
        """No effect, on the scale shown."""
        return 1.0 if self.is_ratio else 0.0

    def shown(self, value: float) -> float:
        return natural(value, self.measure, self.size)

    def text(self, value: float | None) -> str:
        if value is None:
            return NONE
        return number(self.shown(value), 3 if self.measure in THREE_DIGITS else 2)

    def interval(self, low: float | None, high: float | None) -> str:
        return NONE if low is None or high is None else f"{self.text(low)} to {self.text(high)}"


def plain_number(value: float | None, digits: int = 2) -> str:
    return NONE if value is None else number(value, digits)


def p_value(value: float | None) -> str:
    return NONE if value is None else f"p {p_text(value)}"


def trials(count: int) -> str:
    return "1 trial" if count == 1 else f"{count} trials"


def sides(snapshot: Mapping[str, Any]) -> tuple[str, str]:
    """What a value below and a value above no effect speak for, in the plan's words for its two arms."""
    plan = snapshot["plan"]
    both = (plan["experimental_label"], plan["comparator_label"])
    return both if snapshot["outcome"]["direction"] == "lower" else both[::-1]


def participants(snapshot: Mapping[str, Any], result: Mapping[str, Any]) -> int | None:
    """People in the pooled trials; None when a trial's number is not known."""
    pooled = {study["study_id"] for study in result["studies"] if study["weight"] is not None}
    rows = [row for row in snapshot["rows"] if row["study_id"] in pooled]
    sizes = [people(row) for row in rows]
    known = all(
        (row["n1"] and row["n2"]) or (row["kind"] in ONE_GROUP and size)
        for row, size in zip(rows, sizes, strict=True)
    )
    return sum(size or 0 for size in sizes) if known else None


def headline(snapshot: Mapping[str, Any], result: Mapping[str, Any]) -> str:
    """'Pooled Hedges g −0.65 (95% CI −0.95 to −0.35), 11 trials, 812 participants: favours therapy.'"""
    pooled = result["pooled"]
    scale = Scale.of(pooled)
    people = participants(snapshot, result)
    found = (
        f"{scale.label} {scale.text(pooled['estimate'])} ({pooled['level']:g}% CI "
        f"{scale.interval(pooled['ci_low'], pooled['ci_high'])})"
    )
    size = trials(pooled["k"]) + (f", {people} participants" if people else "")
    if pooled["k"] == 1:
        found = f"One trial only, so nothing is pooled. Its own result: {found}"
    else:
        found = f"Pooled {found}"
    if not has_no_effect(pooled["measure"]):
        return f"{found}, {size}."
    return f"{found}, {size}: {_direction(snapshot, pooled)}."


def _direction(snapshot: Mapping[str, Any], pooled: Mapping[str, Any]) -> str:
    below, above = sides(snapshot)
    if pooled["ci_high"] < 0:
        return f"favours {below}"
    if pooled["ci_low"] > 0:
        return f"favours {above}"
    if pooled["estimate"] == 0:
        return "no difference, and the interval reaches to both sides"
    leaning = below if pooled["estimate"] < 0 else above
    return f"the estimate is on the side of {leaning}, and the interval includes no effect"


def heterogeneity(result: Mapping[str, Any]) -> str:
    """Tau2 with its interval, I2 and Q in one sentence; empty for a single trial."""
    pooled = result["pooled"]
    if pooled["k"] < 2 or pooled["q"] is None:
        return ""
    interval = result["tau2_interval"]
    tau2 = plain_number(pooled["tau2"], 3)
    if "reason" not in interval:
        limits = f"{plain_number(interval['tau2_low'], 3)} to {plain_number(interval['tau2_high'], 3)}"
        tau2 += f" ({pooled['level']:g}% CI {limits})"
    parts = [] if is_common_effect(pooled["tau2_method"]) else [f"τ² {tau2}"]
    parts += [
        f"I² {plain_number(pooled['i2'], 0)}%",
        f"Q {plain_number(pooled['q'])} on {pooled['q_df']} degrees of freedom ({p_value(pooled['q_pval'])})",
    ]
    return f"Heterogeneity: {', '.join(parts)}."


def prediction(snapshot: Mapping[str, Any], result: Mapping[str, Any]) -> str:
    """Where the effect of a further trial is expected; empty where that is not defined."""
    pooled = result["pooled"]
    if not has_prediction(pooled):
        return ""
    scale = Scale.of(pooled)
    below, above = sides(snapshot)
    low, high = pooled["pi_low"], pooled["pi_high"]
    told = ", which includes no effect and effects in both directions"
    if not has_no_effect(pooled["measure"]):
        told = ""
    elif high < 0 or low > 0:
        told = f", which lies wholly on the side of {below if high < 0 else above}"
    what = "effect" if has_no_effect(pooled["measure"]) else "value"
    return (
        f"The true {what} in a similar trial is expected between {scale.text(low)} and {scale.text(high)} "
        f"({pooled['level']:g}% prediction interval){told}."
    )


def has_prediction(pooled: Mapping[str, Any]) -> bool:
    return pooled["pi_low"] is not None and pooled["k"] >= PREDICTION_MINIMUM


METHODS_OF_TAU2 = {
    "REML": "restricted maximum likelihood",
    "DL": "the DerSimonian-Laird method",
    "PM": "the Paule-Mandel method",
    "ML": "maximum likelihood",
    "HE": "the Hedges-Olkin method",
    "HS": "the Hunter-Schmidt method",
    "HSk": "the Hunter-Schmidt method with small-sample correction",
    "SJ": "the Sidik-Jonkman method",
    "PMM": "the median-unbiased Paule-Mandel method",
}
METHODS_OF_TEST = {
    "knha": "the Knapp-Hartung adjustment",
    "adhoc": "the Knapp-Hartung adjustment, never narrower than the Wald interval",
    "z": "the normal distribution",
    "t": "the t distribution",
}
METHODS_OF_MEASURE = {
    "SMD": "standardised mean differences (Hedges g with the exact small-sample correction)",
    "SMDH": "standardised mean differences allowing for unequal variances",
    "MD": "mean differences",
    "ROM": "log ratios of means",
    "OR": "log odds ratios",
    "RR": "log risk ratios",
    "RD": "risk differences",
    "AS": "arcsine risk differences",
    "PETO": "Peto log odds ratios",
    "MC": "differences in mean change from baseline",
    "SMCC": "differences in standardised mean change (by the SD of the changes)",
    "SMCR": "differences in standardised mean change (by the SD at baseline)",
    "IRR": "log rate ratios",
    "IRD": "rate differences",
    "IRSD": "differences of square root transformed rates",
    "HR": "log hazard ratios",
    "PR": "proportions as they are",
    "PLO": "logit transformed proportions",
    "PFT": "double arcsine transformed proportions (turned back at the harmonic mean of the sample sizes)",
    "PAS": "arcsine transformed proportions",
    "ZCOR": "Fisher's z transformed correlations",
    "COR": "correlations as they are",
    "DOR": "log diagnostic odds ratios",
}


def methods(snapshot: Mapping[str, Any], result: Mapping[str, Any]) -> str:
    """A paragraph for the methods section, ready to paste."""
    plan, pooled = snapshot["plan"], result["pooled"]
    measure = METHODS_OF_MEASURE.get(plan["measure"], plan["measure"])
    if is_common_effect(plan["tau2_method"]):
        model = "a common-effect inverse-variance model"
    else:
        model = (
            "a random-effects inverse-variance model, estimating the between-study variance by "
            f"{METHODS_OF_TAU2[plan['tau2_method']]}"
        )
    sentences = [
        f"We pooled {measure} of {trials(pooled['k'])} with {model}; {plan['level']:g}% confidence intervals use "
        f"{METHODS_OF_TEST[pooled['test']]}."
    ]
    if has_prediction(pooled):
        sentences.append(f"The prediction interval uses {_prediction_basis(pooled['pi_method'])}.")
    sentences += _about_data(snapshot, pooled)
    if not is_common_effect(plan["tau2_method"]):
        sentences.append("Heterogeneity is described by τ² with a Q-profile interval, I² and Cochran's Q.")
    if plan["subgroup_by"]:
        sentences.append(
            f"Subgroups by {plan['subgroup_by']} were pooled with separate between-study variances and compared by "
            "a test of subgroup differences; a subgroup with one trial was not pooled."
        )
    sentences.append(f"{SOFTWARE}: {result['engine']}.")
    return " ".join(sentences)


def _prediction_basis(method: str) -> str:
    """'normal' or 't with 10 degrees of freedom', spelled out."""
    return (
        "the normal distribution" if method == "normal" else f"the t distribution{method.removeprefix('t')}"
    )


def _about_data(snapshot: Mapping[str, Any], pooled: Mapping[str, Any]) -> list[str]:
    plan, rows = snapshot["plan"], snapshot["rows"]
    sentences = []
    reported = [row["study"] for row in rows if row["kind"] == "effect"]
    if reported:
        sentences.append(
            f"For {trials(len(reported))} ({', '.join(reported)}) only an effect with its standard error was "
            "available."
        )
    if plan["prefer_rater"]:
        rater = plan["prefer_rater"].replace("_", "-")
        sentences.append(f"Where a trial had a {rater} result, it was used.")
    if plan.get("risk_of_bias"):
        kept = "at low" if plan["risk_of_bias"] == "low" else "not at high"
        sentences.append(f"Only trials {kept} overall risk of bias were pooled.")
    if snapshot["left_out"]:
        reasons: dict[str, list[str]] = {}
        for one in snapshot["left_out"]:
            reasons.setdefault(one["why"], []).append(one["study"])
        named = "; ".join(f"{', '.join(studies)}: {why}" for why, studies in reasons.items())
        sentences.append(f"Left out were {named.rstrip('.')}.")
    return sentences
