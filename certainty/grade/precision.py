"""What the data suggest of imprecision. No Django here.

The interval is held against the thresholds that matter (Zeng et al. 2022, GRADE guidance 34, doi
10.1016/j.jclinepi.2022.07.014): one threshold inside it takes a level, two take two. Without a minimal important
difference of the review's own it is held against no effect, and against a convention of what is appreciable (GRADE
guidelines 6). An interval that crosses nothing is imprecise where there are fewer participants than the optimal
information size.
"""

from typing import Any

from analysis.choices import is_ratio
from certainty.grade.information_size import (
    ENOUGH,
    REDUCTION,
    SMALL_SD,
    InformationSize,
    for_means,
    for_risks,
)
from certainty.grade.mid import IN_SDS, IN_UNITS
from certainty.grade.proposal import Evidence, Suggestion, interval, nothing, scale_of, why_not
from certainty.grade.thresholds import Thresholds, thresholds_of

DOMAIN = "imprecision"
#: Measures that compare two risks.
OF_RISKS = ("RR", "OR", "RD", "PETO", "AS")


def imprecision(evidence: Evidence) -> Suggestion:
    """By the interval first, then by the optimal information size."""
    if fault := why_not(evidence):
        return nothing(DOMAIN, fault)
    low, high = interval(evidence) or (0.0, 0.0)
    scale, limits = scale_of(evidence), thresholds_of(evidence)
    size = information_size(evidence)
    total = evidence["participants"]["total"]
    numbers: dict[str, Any] = {
        "estimate": scale.shown(evidence["pooled"]["estimate"]),
        "ci_low": scale.shown(low),
        "ci_high": scale.shown(high),
        "no_effect": scale.null,
        "thresholds": [scale.shown(limits.low), scale.shown(limits.high)] if limits else None,
        "own_difference": bool(limits and limits.own),
        "participants": total,
        "information_size": size.participants if size else None,
    }
    change, sentence = by_interval(low, high, limits)
    said = f"The {evidence['level']:g}% interval, {scale.interval(low, high)}, {sentence}"
    cautions = []
    if limits is None:
        cautions.append(
            "No minimal important difference is known, so it cannot be said whether the interval includes effects "
            "that matter. Give one with the finding."
        )
    elif not limits.own:
        cautions.append("The convention stands in for a minimal important difference of the review's own.")
    if size is None:
        cautions.append("The optimal information size cannot be computed from what is recorded.")
    elif total is None:
        cautions.append(
            f"The number of participants is not known; the optimal information size is {size.how}."
        )
    elif total >= size.participants or total >= ENOUGH:
        said += f" {total:,} participants are enough: the optimal information size is {size.how}."
    elif change == 0:
        change = -1
        said += f" But {total:,} participants are fewer than the optimal information size, {size.how}."
    else:
        said += f" {total:,} participants are also fewer than the optimal information size, {size.how}."
    return Suggestion(DOMAIN, change, said, numbers, tuple(cautions))


def by_interval(low: float, high: float, limits: Thresholds | None) -> tuple[int, str]:
    """(levels, the end of a sentence) of an interval on the scale of the analysis, where no effect is 0."""
    includes_null = low < 0 < high
    if limits is None:
        return (-1, "includes no effect.") if includes_null else (0, "excludes no effect.")
    inside = limits.inside(low, high)
    if limits.own:
        return -inside, (
            f"lies on one side of {limits.words}.",
            f"reaches across {limits.words}, on one side.",
            f"reaches across {limits.words}, on both sides.",
        )[inside]
    if not includes_null:
        return 0, "excludes no effect."
    return -inside, (
        f"includes no effect, but neither benefit nor harm that would be appreciable ({limits.words}).",
        f"includes no effect and appreciable effects in one direction ({limits.words}).",
        f"includes no effect and appreciable effects in both directions ({limits.words}).",
    )[inside]


def information_size(evidence: Evidence) -> InformationSize | None:
    """The finding's own number, else computed from the comparators' risk or spread; None where neither is known."""
    asked, measure = evidence["asked"], evidence["measure"]
    if asked["ois"]:
        return InformationSize(asked["ois"], f"{asked['ois']:,} (given with the finding)")
    if measure in OF_RISKS:
        return _of_risks(evidence)
    if measure in IN_SDS:
        difference = abs(asked["mid"] or SMALL_SD)
        return _size(for_means(difference), f"to find {difference:g} SDs")
    if measure in IN_UNITS and evidence["comparator_sd"]:
        sd = evidence["comparator_sd"]
        difference = abs(asked["mid"] or SMALL_SD * sd)
        return _size(
            for_means(difference, sd), f"to find a difference of {difference:.3g} with an SD of {sd:.3g}"
        )
    return None


def _of_risks(evidence: Evidence) -> InformationSize | None:
    """For a relative risk reduction of 25%, or the review's own important difference where it is a risk ratio's."""
    risk, own, measure = evidence["comparator_risk"], evidence["asked"]["mid"], evidence["measure"]
    if not risk or risk >= 1:
        return None
    other = risk * (1 - REDUCTION)
    if own and measure == "RR" and 0 < own * risk <= 1 and own != 1:
        other = own * risk
    elif own and measure == "RD" and risk - abs(own) >= 0:
        other = risk - abs(own)
    elif own and is_ratio(measure) and own > 0 and own != 1:
        odds = own * risk / (1 - risk)
        other = odds / (1 + odds)
    return _size(for_risks(risk, other), f"to tell a risk of {risk:.1%} from {other:.1%}")


def _size(participants: int, purpose: str) -> InformationSize:
    return InformationSize(participants, f"{participants:,} ({purpose}, 5% error, 80% power)")
