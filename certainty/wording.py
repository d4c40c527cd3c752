"""Numbers of a finding as its tables print them. No Django here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from analysis.figures.axis import number
from analysis.wording.scale import Scale
from certainty.grade.absolute import OF, RATES, Absolute, Interval

NONE = "–"
#: What is told in numbers of 1,000.
COUNTED = ("people", "person-years")
#: How a measure is called in a narrow column.
SHORT = {
    "PETO": "Peto OR",
    "SMDH": "SMD",
    "MC": "MD",
    "SMCC": "SMD",
    "SMCR": "SMD",
    "IRSD": "√ rate difference",
}
SHORT |= {
    "PR": "Proportion",
    "PLO": "Proportion",
    "PFT": "Proportion",
    "PAS": "Proportion",
    "ZCOR": "r",
    "COR": "r",
}
SHORT |= {"IRR": "Rate ratio", "IRD": "Rate difference", "AS": "Arcsine difference"}


def effect_of(evidence: Mapping[str, Any]) -> Interval | None:
    """The pooled effect as people read it; None where nothing is pooled."""
    pooled = evidence.get("pooled")
    if not pooled or pooled.get("estimate") is None:
        return None
    scale = Scale(evidence["measure"], pooled.get("size"))
    low, high = (None if pooled[key] is None else scale.shown(pooled[key]) for key in ("ci_low", "ci_high"))
    return Interval(scale.shown(pooled["estimate"]), low, high)


def relative_text(evidence: Mapping[str, Any]) -> str:
    """'RR 0.83 (0.78 to 0.89)'; the level of the interval is said unless it is 95%. '' where nothing is pooled."""
    pooled, measure = evidence.get("pooled"), evidence.get("measure", "")
    if not pooled or pooled.get("estimate") is None:
        return ""
    scale = Scale(measure, pooled.get("size"))
    level = evidence.get("level") or 95.0
    said = "" if level == 95.0 else f"{level:g}% CI "
    found = f"{SHORT.get(measure, measure)} {scale.text(pooled['estimate'])}"
    if pooled["ci_low"] is None or pooled["ci_high"] is None:
        return found
    return f"{found} ({said}{scale.interval(pooled['ci_low'], pooled['ci_high'])})"


def whole(value: float) -> str:
    """A number of people: whole from one on, so that nobody reads half a person; 0.4 below."""
    rounded = round(value)
    if abs(value) >= 0.95 or abs(value) < 0.05:
        return f"{rounded:,d}".replace("-", "−")
    return number(value, 1)


def per(found: Absolute, unit: str = "") -> str:
    """What the numbers are of: 'per 1,000', 'per 1,000 person-years', 'points', 'SD'."""
    return {"people": "per 1,000", "person-years": "per 1,000 person-years", "sd": "SD"}.get(found.per, unit)


def risk_text(found: Absolute, unit: str = "") -> str:
    """With the comparator: '400 per 1,000', 'mean 20.1 points'; '' where it is not known."""
    if found.comparator is None:
        return ""
    counted = found.per in COUNTED
    shown = whole(found.comparator) if counted else f"{found.comparator:g}".replace("-", "−")
    return _joined(shown, per(found, unit), mean=not counted)


def with_text(found: Absolute, unit: str = "") -> str:
    """With the intervention: '332 per 1,000 (312 to 356)'."""
    one = found.intervention
    if one is None:
        return ""
    said = _joined(_shown(found, one.estimate), per(found, unit), mean=found.per == "units")
    if one.low is None or one.high is None:
        return said
    return f"{said} ({_shown(found, one.low)} to {_shown(found, one.high)})"


def difference_text(found: Absolute, unit: str = "") -> str:
    """'68 fewer per 1,000 (88 fewer to 44 fewer)', 'SMD' ones as 'SD 0.65 lower (0.95 lower to 0.35 lower)'."""
    one, words = found.difference, per(found, unit)
    limits = ""
    if one.low is not None and one.high is not None:
        limits = f" ({_more(found, one.low)} to {_more(found, one.high)})"
    if found.per in COUNTED:
        return f"{_more(found, one.estimate)} {words}{limits}"
    told = f"SD {_more(found, one.estimate)}" if found.per == "sd" else _more(found, one.estimate, words)
    return f"{told}{limits}"


def signed(change: int) -> str:
    """A change of the level: "−1", "+2"; "" for none."""
    return f"{change:+d}".replace("-", "−") if change else ""


def people_text(participants: int | None, studies: int | None, designs: str = "") -> str:
    """'1,240 (8 RCTs)', '(8 RCTs)' where the people are not known."""
    if not studies:
        return NONE
    kind = designs or ("study" if studies == 1 else "studies")
    return f"{participants:,d} ({studies} {kind})" if participants else f"({studies} {kind})"


def events_text(events: int | None, people: int | None) -> str:
    """'24/310 (7.7%)'; the people alone where no events are told."""
    if people is None:
        return NONE
    if events is None:
        return f"{people:,d}"
    return f"{events:,d}/{people:,d} ({100 * events / people:.1f}%)" if people else f"{events:,d}/0"


def observed_baselines(measure: str, studies: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Low, medium and high baselines as the comparators of the included studies had them; [] where none reports it.

    Risks: the lowest, the median and the highest of the studies (one of them alone: just that). Scales: the mean and
    SD of the largest study that reports them. Rates need person-time, which evidence does not carry.
    """
    if measure in RATES:
        return []
    risks = sorted(
        OF * one["events2"] / one["people2"]
        for one in studies
        if one.get("events2") is not None and one.get("people2")
    )
    if risks := [risk for risk in risks if 0 < risk < OF]:
        return _of_risks(risks)
    scaled = [one for one in studies if one.get("mean2") is not None and one.get("sd2")]
    if not scaled:
        return []
    largest = max(scaled, key=lambda one: one.get("people") or 0)
    source = f"the comparator of {largest['study']}, the largest study"
    return [
        {"label": "", "mean": round(largest["mean2"], 3), "sd": round(largest["sd2"], 3), "source": source}
    ]


def _of_risks(risks: list[float]) -> list[dict[str, Any]]:
    said = "the comparators of the included studies"
    middle = {"label": "Medium", "per_1000": _rounded(median(risks)), "source": f"median of {said}"}
    if len(risks) < 3:
        return [middle | {"label": ""}]
    low = {"label": "Low", "per_1000": _rounded(risks[0]), "source": f"lowest of {said}"}
    high = {"label": "High", "per_1000": _rounded(risks[-1]), "source": f"highest of {said}"}
    return [low, middle, high]


def _rounded(risk: float) -> float:
    return round(risk) if 10 <= risk <= OF - 10 else round(risk, 1)


def _shown(found: Absolute, value: float) -> str:
    """People are whole; values of a scale have the digits that the difference needs, alike in the whole cell."""
    if found.per in COUNTED:
        return whole(value)
    largest = max(abs(one) for one in (found.difference.estimate, found.difference.low or 0.0, 0.0))
    return number(value, 2 if found.per == "sd" or largest < 0.995 else 1 if largest < 99.5 else 0)


def _joined(shown: str, words: str, *, mean: bool) -> str:
    return " ".join(part for part in ("mean" if mean else "", shown, words) if part)


def _more(found: Absolute, value: float, words: str = "") -> str:
    """'68 fewer', '0.65 lower': the size and its direction, never a sign."""
    shown = _shown(found, abs(value))
    less, more = ("fewer", "more") if found.per in COUNTED else ("lower", "higher")
    direction = less if value < 0 or float(shown.replace(",", "")) == 0 else more
    return " ".join(part for part in (shown, words, direction) if part)
