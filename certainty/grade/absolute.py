"""What a relative effect means for people: absolute effects at an assumed risk, rate, mean or SD. No Django here.

Every function takes an estimate with its limits as people read them (an odds ratio of 0.64, not its logarithm) and
works on each of the three alike: the limits of an absolute effect are those of the relative one put into the same
formula (Cochrane Handbook 6, 15.4.4.5). ACR is the assumed comparator risk, here as a number of 1,000 people.

The formulas, with their sources:

    RR      ACR x RR                                    Handbook 15.4.4.2; GRADE guidelines 12 (Guyatt 2013)
    OR      OR x ACR / (1 - ACR + OR x ACR)             Handbook 15.4.4.3; Peto's odds ratio alike
    HR      1 - exp(HR x ln(1 - ACR))                   GRADE guidelines 27 (Skoetz 2020)
    RD      ACR + RD                                    Handbook 15.4.4.1
    AS      sin^2(asin(sqrt ACR) + AS)                  from its definition (Rücker 2009)
    IRR     rate x IRR                                  Handbook 6.7.1: rates stay rates, per 1,000 person-years
    IRD     rate + IRD                                  the same
    IRSD    (sqrt rate + IRSD)^2                        from its definition
    MD, MC  as they are, in units of the scale          Handbook 15.5.2
    SMD     SMD x SD of a scale readers know            Handbook 15.5.3.2; GRADE guidelines 13 (Guyatt 2013)
    ROM     mean x ROM                                  Handbook 15.5.3.4; GRADE guidelines 13
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

#: People a risk is told of; also person-years.
OF = 1000.0
RISKS = frozenset({"RR", "OR", "PETO", "HR", "RD", "AS"})
RATES = frozenset({"IRR", "IRD", "IRSD"})
#: Mean differences in the units of one scale, and those in standard deviations.
IN_UNITS = frozenset({"MD", "MC"})
IN_SDS = frozenset({"SMD", "SMDH", "SMCC", "SMCR"})
MEANS = IN_UNITS | IN_SDS | {"ROM"}


class CannotTell(ValueError):
    """There is no absolute effect for this measure or this baseline; the sentence says why."""


@dataclass(frozen=True)
class Interval:
    """An estimate with its limits, low to high; None where a limit is not known."""

    estimate: float
    low: float | None = None
    high: float | None = None

    def map(self, function: Callable[[float], float]) -> Interval:
        """Each of the three through ``function``, in order again if it turned them round."""
        limits = [None if one is None else function(one) for one in (self.low, self.high)]
        low, high = limits
        if low is not None and high is not None and low > high:
            low, high = high, low
        return Interval(function(self.estimate), low, high)

    def to_dict(self) -> dict[str, float | None]:
        return {"estimate": self.estimate, "low": self.low, "high": self.high}


@dataclass(frozen=True)
class Absolute:
    """With the comparator, with the intervention, and the difference between the two.

    ``per`` is "people" (numbers of 1,000 people), "person-years" (events in 1,000 of them), "units" (of a scale) or
    "sd" (standard deviations: no scale was given, so only the difference is known). ``comparator`` and
    ``intervention`` are None where only a difference is known. ``capped``: a limit went below none or beyond all of
    the people and was drawn back, which happens when a baseline lies far from the risks in the studies.
    """

    per: str
    comparator: float | None
    intervention: Interval | None
    difference: Interval
    capped: bool = False

    def to_dict(self) -> dict[str, Any]:
        return {
            "per": self.per,
            "comparator": self.comparator,
            "intervention": self.intervention.to_dict() if self.intervention else None,
            "difference": self.difference.to_dict(),
            "capped": self.capped,
        }


def absolute_effect(measure: str, effect: Interval, baseline: Mapping[str, Any] | None = None) -> Absolute:
    """``effect`` at a baseline of a finding: {"per_1000"} for risks and rates, {"mean", "sd"} for scales.

    A mean difference needs no baseline; a standardised one stays in standard deviations without an SD. Raises
    CannotTell for a measure without absolute effects and for a baseline that is missing or impossible.
    """
    baseline = baseline or {}
    if measure in RISKS:
        return risk_effect(measure, effect, _number(baseline, "per_1000", "an assumed risk per 1,000 people"))
    if measure in RATES:
        return rate_effect(
            measure, effect, _number(baseline, "per_1000", "an assumed rate per 1,000 person-years")
        )
    if measure in MEANS:
        return mean_effect(measure, effect, baseline.get("mean"), baseline.get("sd"))
    raise CannotTell(f"{measure} compares no groups, or has no absolute effect that could be told.")


def risk_effect(measure: str, effect: Interval, per_1000: float) -> Absolute:
    """Numbers of 1,000 people at an assumed risk of ``per_1000``: RR, OR, PETO, HR, RD or AS."""
    if not 0 < per_1000 < OF:
        raise CannotTell(
            f"An assumed risk lies between 0 and 1,000 of 1,000 people, without its ends, and this one is "
            f"{per_1000:g}."
        )
    risk = per_1000 / OF
    formula = _RISK_WITH[measure]
    raw = effect.map(lambda value: formula(_possible(measure, value), risk))
    with_it = raw.map(lambda value: min(max(value, 0.0), 1.0) * OF)
    difference = with_it.map(lambda value: value - per_1000)
    return Absolute("people", per_1000, with_it, difference, _beyond(raw, 0.0, 1.0))


def rate_effect(measure: str, effect: Interval, per_1000: float) -> Absolute:
    """Events in 1,000 person-years at an assumed rate of ``per_1000``: IRR, IRD or IRSD (differences per year)."""
    if not (math.isfinite(per_1000) and per_1000 > 0):
        raise CannotTell(f"An assumed rate is above 0, and this one is {per_1000:g}.")
    rate = per_1000 / OF
    formula = _RATE_WITH[measure]
    raw = effect.map(lambda value: formula(_possible(measure, value), rate))
    with_it = raw.map(lambda value: max(value, 0.0) * OF)
    difference = with_it.map(lambda value: value - per_1000)
    return Absolute("person-years", per_1000, with_it, difference, _beyond(raw, 0.0, math.inf))


def mean_effect(
    measure: str, effect: Interval, mean: float | None = None, sd: float | None = None
) -> Absolute:
    """A difference in units of the scale: MD and MC as they are, SMD times ``sd``, ROM from ``mean``."""
    if sd is not None and not (math.isfinite(sd) and sd > 0):
        raise CannotTell(f"A standard deviation is above 0, and this one is {sd:g}.")
    if measure == "ROM":
        if not mean:
            raise CannotTell("A ratio of means becomes a difference at a typical mean of the comparator.")
        with_it = effect.map(lambda ratio: _possible(measure, ratio) * mean)
        return Absolute("units", mean, with_it, with_it.map(lambda value: value - mean))
    if measure in IN_SDS and sd is None:
        return Absolute("sd", None, None, effect)
    difference = effect.map(lambda value: value * sd) if measure in IN_SDS and sd else effect
    if mean is None:
        return Absolute("units", None, None, difference)
    return Absolute("units", mean, difference.map(lambda value: mean + value), difference)


def relative_risk(found: Absolute) -> float | None:
    """The risk or rate ratio that an absolute effect comes to at its baseline; None for scales."""
    if found.per not in ("people", "person-years") or not found.comparator or found.intervention is None:
        return None
    return found.intervention.estimate / found.comparator


def _of_odds_ratio(value: float, risk: float) -> float:
    return value * risk / (1.0 - risk + value * risk)


_RISK_WITH: dict[str, Callable[[float, float], float]] = {
    "RR": lambda value, risk: risk * value,
    "OR": _of_odds_ratio,
    "PETO": _of_odds_ratio,
    "HR": lambda value, risk: 1.0 - math.exp(value * math.log(1.0 - risk)),
    "RD": lambda value, risk: risk + value,
    "AS": lambda value, risk: math.sin(min(max(math.asin(math.sqrt(risk)) + value, 0.0), math.pi / 2)) ** 2,
}
_RATE_WITH: dict[str, Callable[[float, float], float]] = {
    "IRR": lambda value, rate: rate * value,
    "IRD": lambda value, rate: rate + value,
    "IRSD": lambda value, rate: max(math.sqrt(rate) + value, 0.0) ** 2,
}
_RATIOS = frozenset({"RR", "OR", "PETO", "HR", "IRR", "ROM"})


def _beyond(raw: Interval, least: float, most: float) -> bool:
    """Whether something reached an end of what is possible; AS and IRSD stop there by themselves."""
    return any(one is not None and not least < one < most for one in (raw.estimate, raw.low, raw.high))


def _possible(measure: str, value: float) -> float:
    if not math.isfinite(value) or (measure in _RATIOS and value < 0):
        raise CannotTell(f"A value of {value:g} is not possible for {measure}.")
    return value


def _number(baseline: Mapping[str, Any], key: str, words: str) -> float:
    value = baseline.get(key)
    if value is None:
        raise CannotTell(f"Absolute effects need {words}: give one to the finding.")
    return float(value)
