"""What was found, in a sentence each: the effect, how studies differ, where a further one is expected."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from analysis.choices import has_no_effect, is_common_effect
from analysis.engine.methods import NO_TAU2
from analysis.intake import ONE_GROUP, people
from analysis.wording.scale import Scale, p_value, plain_number

#: From this many trials on a prediction interval is worth showing (Cochrane Handbook, 10.10.4.3, asks for more).
PREDICTION_MINIMUM = 3


def trials(count: int) -> str:
    return "1 trial" if count == 1 else f"{count} trials"


def sides(snapshot: Mapping[str, Any]) -> tuple[str, str]:
    """What a value below and a value above no effect speak for, in the plan's words for its two arms."""
    plan = snapshot["plan"]
    both = (plan["experimental_label"], plan["comparator_label"])
    return both if snapshot["outcome"]["direction"] == "lower" else both[::-1]


def participants(snapshot: Mapping[str, Any], result: Mapping[str, Any]) -> int | None:
    """People in the pooled trials; None when a trial's number is not known."""
    pairs = zip(snapshot["rows"], result["studies"], strict=True)
    rows = [row for row, study in pairs if is_pooled(study)]
    sizes = [people(row) for row in rows]
    known = all(
        (row["n1"] and row["n2"]) or (row["kind"] in ONE_GROUP and size)
        for row, size in zip(rows, sizes, strict=True)
    )
    return sum(size or 0 for size in sizes) if known else None


def is_pooled(study: Mapping[str, Any]) -> bool:
    """Whether a study of the result has an effect that is pooled. Models of counts give studies no weights."""
    return study["weight"] is not None or study.get("yi") is not None


def size_in_words(snapshot: Mapping[str, Any], result: Mapping[str, Any]) -> str:
    """'11 trials', or '13 comparisons of 11 trials' where a trial gives several."""
    pairs = zip(snapshot["rows"], result["studies"], strict=True)
    of = {row["study_id"] for row, study in pairs if is_pooled(study)}
    count = result["pooled"]["k"]
    return trials(count) if count == len(of) else f"{count} comparisons of {trials(len(of))}"


def headline(snapshot: Mapping[str, Any], result: Mapping[str, Any]) -> str:
    """'Pooled Hedges g −0.65 (95% CI −0.95 to −0.35), 11 trials, 812 participants: favours therapy.'"""
    pooled = result["pooled"]
    scale = Scale.of(pooled)
    people = participants(snapshot, result)
    found = (
        f"{scale.label} {scale.text(pooled['estimate'])} ({pooled['level']:g}% CI "
        f"{scale.interval(pooled['ci_low'], pooled['ci_high'])})"
    )
    size = size_in_words(snapshot, result) + (f", {people} participants" if people else "")
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


def has_spread(fit: Mapping[str, Any]) -> bool:
    """Whether the model of a fit lets true effects differ between studies."""
    return fit.get("method") not in NO_TAU2 and not is_common_effect(fit["tau2_method"])


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
    parts = [f"τ² {tau2}"] if has_spread(pooled) else []
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
