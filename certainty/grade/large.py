"""What the data suggest of a large effect. No Django here.

A risk ratio above 2 or below 0.5 is large, above 5 or below 0.2 very large, in evidence that starts low and is not
rated down (Guyatt et al. 2011, GRADE guidelines 9, doi 10.1016/j.jclinepi.2011.06.004). Odds and hazard ratios are
turned into risk ratios at the comparators' risk first (Cochrane Handbook 15.4.4.3; Tierney et al. 2007 for hazards).
"""

import math
from typing import Any

from certainty.grade.proposal import Evidence, Suggestion, interval, nothing, scale_of, why_not

DOMAIN = "large_effect"
LARGE, VERY_LARGE = 2.0, 5.0
RATIOS = ("RR", "IRR")
ODDS = ("OR", "PETO")


def large_effect(evidence: Evidence, start: str) -> Suggestion:
    """By the size of the risk ratio, and of the end of its interval nearer to 1."""
    if start != "low":
        return nothing(DOMAIN, "Rating up is meant for evidence that starts at low, and this starts at high.")
    if fault := why_not(evidence):
        return nothing(DOMAIN, fault)
    low, high = interval(evidence) or (0.0, 0.0)
    values = [as_risk_ratio(evidence, one) for one in (evidence["pooled"]["estimate"], low, high)]
    if None in values:
        return nothing(DOMAIN, why_no_ratio(evidence))
    ratio, one, other = (value for value in values if value is not None)
    size = max(ratio, 1 / ratio) if ratio else math.inf
    nearest = _nearest(one, other)
    numbers: dict[str, Any] = {"risk_ratio": ratio, "ci_low": one, "ci_high": other, "size": size}
    shown = f"The risk ratio is {ratio:.2f} ({one:.2f} to {other:.2f})"
    cautions = [
        "Only evidence that is not rated down otherwise, and without plausible confounding, is rated up."
    ]
    if nearest == 1.0:
        return Suggestion(DOMAIN, 0, f"{shown}; the interval includes no effect.", numbers)
    if size <= LARGE:
        return Suggestion(DOMAIN, 0, f"{shown}: not above {LARGE:g} nor below {1 / LARGE:g}.", numbers)
    change = 2 if size > VERY_LARGE else 1
    limit = VERY_LARGE if change == 2 else LARGE
    if nearest <= limit:
        cautions.append(f"The interval includes effects that are smaller than that ({nearest:.2f}).")
    if evidence["pooled"]["k"] < 2:
        cautions.append("It rests on a single study.")
    return Suggestion(
        DOMAIN, change, f"{shown}: above {limit:g} or below {1 / limit:g}.", numbers, tuple(cautions)
    )


def as_risk_ratio(evidence: Evidence, value: float) -> float | None:
    """A value of the analysis as a risk ratio; None where the measure or the comparators' risk does not allow it."""
    measure, risk = evidence["measure"], evidence["comparator_risk"]
    if measure in RATIOS:
        return scale_of(evidence).shown(value)
    if not risk or risk >= 1:
        return None
    if measure in ODDS:
        ratio = math.exp(value)
        return ratio / (1 - risk * (1 - ratio))
    if measure == "HR":
        return -math.expm1(math.exp(value) * math.log1p(-risk)) / risk
    if measure == "RD":
        ratio = (risk + value) / risk
        return ratio if ratio > 0 else None
    return None


def why_no_ratio(evidence: Evidence) -> str:
    if evidence["measure"] in (*ODDS, "HR", "RD"):
        return "The comparators' risk is not recorded, so the effect cannot be read as a risk ratio."
    return "What a large effect is, is agreed for risk ratios; this measure is none. Judge it by its meaning."


def _nearest(one: float, other: float) -> float:
    """How many times larger or smaller the end of the interval nearer to 1 is; 1 where it includes 1."""
    if min(one, other) <= 1 <= max(one, other):
        return 1.0
    return min(max(end, 1 / end) for end in (one, other) if end > 0)
