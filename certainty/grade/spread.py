"""What the data suggest of inconsistency. No Django here.

What counts is whether the studies lie on different sides of what matters, not their variability alone (Guyatt et al.
2023, GRADE guidance 36, doi 10.1016/j.jclinepi.2023.03.003); I2 is read by the Cochrane Handbook, 10.10.2 (50% may be
substantial, 75% considerable). Heterogeneity that is substantial takes a level when intervals do not overlap, effects
point both ways, or the prediction interval reaches where the confidence interval does not; two levels when it is
considerable, points both ways and the prediction interval says so.
"""

import math
from bisect import bisect_left
from collections.abc import Sequence
from typing import Any

from analysis.choices import has_no_effect
from analysis.wording import p_value
from certainty.grade.bias import information
from certainty.grade.proposal import (
    Evidence,
    Suggestion,
    interval,
    listed,
    nothing,
    percent,
    scale_of,
    usable,
)
from certainty.grade.thresholds import thresholds_of

DOMAIN = "inconsistency"
#: Percent: I2 that may be substantial, and considerable.
SUBSTANTIAL, CONSIDERABLE = 50.0, 75.0
#: p of the test of heterogeneity below which there is some (Handbook 10.10.2: 0.10, for the test has little power).
ALPHA = 0.10
#: Percent of the information on the other side of no effect from which effects point both ways.
OTHER_SIDE = 20.0
#: With fewer studies, I2 and the prediction interval are themselves uncertain.
FEW = 5


def inconsistency(evidence: Evidence) -> Suggestion:
    """By the heterogeneity, where the studies lie, whether their intervals overlap, and the prediction interval."""
    pooled = evidence["pooled"]
    if pooled is None:
        told = f" What was found: {evidence['told']}." if evidence["told"] else ""
        return nothing(DOMAIN, f"{evidence['reason']}{told} Compare directions and sizes study by study.")
    if pooled["k"] < 2:
        return nothing(DOMAIN, "One study alone cannot be inconsistent; there is nothing to compare it with.")
    if not has_no_effect(evidence["measure"]):
        return nothing(
            DOMAIN,
            "The result is about one group, where I² is high almost always. Judge whether the differences between "
            f"the studies would change what is concluded ({_heterogeneity(pooled)}).",
        )
    parted, pairs = _apart(evidence)
    other = _other_side(evidence)
    beyond = _beyond(evidence)
    numbers = _numbers(evidence, parted, pairs, other)
    i2 = pooled["i2"] or 0.0
    substantial = i2 >= SUBSTANTIAL or (pooled["q_pval"] is not None and pooled["q_pval"] < ALPHA)
    said = [f"Heterogeneity: {_heterogeneity(pooled)}."]
    if pairs:
        said.append(
            f"{parted} of {pairs} pairs of studies have intervals that do not overlap."
            if parted
            else "The intervals of all studies overlap."
        )
    if other is not None:
        said.append(
            f"{percent(other)} of the information points the other way than the pooled effect."
            if other
            else "All point the same way."
        )
    if beyond:
        said.append(beyond)
    cautions = _cautions(evidence, substantial)
    both_ways = other is not None and other >= OTHER_SIDE
    change = 0
    if substantial and (parted or both_ways or beyond):
        change = -2 if i2 >= CONSIDERABLE and both_ways and beyond else -1
    elif substantial:
        cautions.append("The studies differ in the size of the effect, but not in what it would mean.")
    elif beyond:
        cautions.append(
            "The prediction interval reaches further although the heterogeneity is not substantial: with few studies "
            "it is wide."
        )
    if incoherent := _incoherence(evidence):
        change = min(change, -1)
        said.append(incoherent)
    return Suggestion(DOMAIN, change, " ".join(said), numbers, tuple(cautions))


def _heterogeneity(pooled: dict[str, Any]) -> str:
    parts = []
    if pooled["i2"] is not None:
        parts.append(f"I² {pooled['i2']:.0f}%")
    if pooled["tau2"] is not None:
        parts.append(f"τ {math.sqrt(pooled['tau2']):.2f}")
    if pooled["q_pval"] is not None:
        parts.append(p_value(pooled["q_pval"]))
    return ", ".join(parts) or "not computed"


def _apart(evidence: Evidence) -> tuple[int, int]:
    """How many pairs of studies have intervals without a common value, and how many pairs there are."""
    ends = [
        (one["ci_low"], one["ci_high"])
        for one in usable(evidence)
        if one["ci_low"] is not None and one["ci_high"] is not None
    ]
    return apart(ends), len(ends) * (len(ends) - 1) // 2


def apart(ends: Sequence[tuple[float, float]]) -> int:
    """How many pairs of intervals share no value: of each, the one that ends before the other begins."""
    highs = sorted(high for _, high in ends)
    return sum(bisect_left(highs, low) for low, _ in ends)


def _other_side(evidence: Evidence) -> float | None:
    """Percent of the information from studies whose effect lies beyond no effect, seen from the pooled one."""
    studies = [one for one in usable(evidence) if one["yi"] is not None]
    if not studies:
        return None
    shares, _ = information(studies)
    estimate = evidence["pooled"]["estimate"]
    return sum(share for share, one in zip(shares, studies, strict=True) if one["yi"] * estimate < 0)


def _beyond(evidence: Evidence) -> str:
    """What the prediction interval includes that the confidence interval excludes, in a sentence; "" if nothing."""
    pooled, limits = evidence["pooled"], thresholds_of(evidence)
    found = interval(evidence)
    if found is None or pooled["pi_low"] is None or pooled["pi_high"] is None:
        return ""
    marks = {0.0: "no effect"}
    if limits and limits.own:
        marks |= {limits.low: "an important effect", limits.high: "an important effect"}
    new = [
        words
        for at, words in marks.items()
        if pooled["pi_low"] < at < pooled["pi_high"] and not found[0] < at < found[1]
    ]
    if not new:
        return ""
    text = scale_of(evidence).interval(pooled["pi_low"], pooled["pi_high"])
    return f"The prediction interval, {text}, reaches across {listed(new)}; the confidence interval does not."


def _incoherence(evidence: Evidence) -> str:
    """Of a network: whether direct and indirect evidence disagree."""
    network = evidence["network"]
    if not network or network["difference_pval"] is None or network["difference_pval"] >= ALPHA:
        return ""
    return f"Direct and indirect evidence disagree ({p_value(network['difference_pval'])}): incoherence."


def _numbers(evidence: Evidence, parted: int, pairs: int, other: float | None) -> dict[str, Any]:
    pooled, scale = evidence["pooled"], scale_of(evidence)
    shown = {
        name: None if pooled[name] is None else scale.shown(pooled[name]) for name in ("pi_low", "pi_high")
    }
    return {
        "studies": pooled["k"],
        "i2": pooled["i2"],
        "tau2": pooled["tau2"],
        "q_p": pooled["q_pval"],
        **shown,
        "pairs_apart": parted,
        "pairs": pairs,
        "other_side": None if other is None else round(other, 1),
    }


def _cautions(evidence: Evidence, substantial: bool) -> list[str]:
    found = []
    if evidence["pooled"]["k"] < FEW:
        found.append(f"Fewer than {FEW} studies: I² and the prediction interval are themselves uncertain.")
    if substantial:
        found.append("If a subgroup explains the differences believably, rate the subgroups instead.")
    if evidence["network"] and evidence["network"]["difference_pval"] is None:
        found.append("Direct and indirect evidence cannot be compared here: there is only one of them.")
    return found
