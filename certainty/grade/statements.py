"""Plain-language statements of a finding, by certainty and by size of the effect. No Django here.

How certain is in the verb ("reduces", "probably reduces", "may reduce", "very uncertain"), how much is in the words
around it ("a large reduction", nothing, "slightly", "little or no difference"): the idea and the grid are those of
GRADE guidelines 26 (Santesso et al. 2020, doi 10.1016/j.jclinepi.2019.10.014), the wording is our own. A statement is
a proposal; a review may always say it in its own words.

Where an effect is small, moderate or large is a matter of judgement, best settled beforehand with a minimal important
difference (MID). Conventions, used in this order, and named in the sentence beside each proposal:

    a difference with a MID      below 1 MID little or none; small from 1, moderate from 2.5, large from 4 MIDs: the
                                 proportions of Cohen's 0.2, 0.5 and 0.8, the smallest of them being the MID
    standard deviations          0.2, 0.5, 0.8 (Cohen 1988; Cochrane Handbook 15.5.3.1)
    a ratio                      by how far the risk changes: up to 5 % little or none; from 25 % moderate (GRADE
                                 guidelines 6, Guyatt 2011: an appreciable benefit or harm); from halved or doubled
                                 large (GRADE guidelines 9, Guyatt 2011). An odds ratio is first turned into a risk
                                 ratio at the assumed risk, a risk difference likewise. With a MID, below it little
                                 or none. Fewer than 1 in 1,000 people is little or none, whatever the ratio
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from certainty.grade.absolute import IN_SDS, IN_UNITS, RATES, RISKS, Absolute, Interval, relative_risk
from certainty.grade.levels import Level

COHEN = (0.2, 0.5, 0.8)
#: The same proportions, of the smallest.
OF_THE_MID = (1.0, 2.5, 4.0)
LITTLE, APPRECIABLE, LARGE = 0.95, 0.75, 0.5
RATIOS = frozenset({"RR", "OR", "PETO", "HR", "IRR", "ROM"})
#: Differences below one event in 1,000.
ONE_EVENT = 1.0


class Size(StrEnum):
    """How much an effect is."""

    LITTLE = "little"
    SMALL = "small"
    MODERATE = "moderate"
    LARGE = "large"


@dataclass(frozen=True)
class Sized:
    """A size, None where it cannot be said, and the sentence that says from what."""

    size: Size | None
    sentence: str


#: {(level, size): words}; {x} is the intervention, {y} the outcome, {reduces} reduces or increases, {reduce} reduce
#: or increase, {reduction} reduction or increase.
WORDING: dict[tuple[Level, Size], str] = {
    (Level.HIGH, Size.LARGE): "{x} results in a large {reduction} in {y}",
    (Level.HIGH, Size.MODERATE): "{x} {reduces} {y}",
    (Level.HIGH, Size.SMALL): "{x} {reduces} {y} slightly",
    (Level.HIGH, Size.LITTLE): "{x} makes little or no difference to {y}",
    (Level.MODERATE, Size.LARGE): "{x} probably results in a large {reduction} in {y}",
    (Level.MODERATE, Size.MODERATE): "{x} probably {reduces} {y}",
    (Level.MODERATE, Size.SMALL): "{x} probably {reduces} {y} slightly",
    (Level.MODERATE, Size.LITTLE): "{x} probably makes little or no difference to {y}",
    (Level.LOW, Size.LARGE): "{x} may result in a large {reduction} in {y}",
    (Level.LOW, Size.MODERATE): "{x} may {reduce} {y}",
    (Level.LOW, Size.SMALL): "{x} may {reduce} {y} slightly",
    (Level.LOW, Size.LITTLE): "{x} may make little or no difference to {y}",
}
VERY_UNCERTAIN = "the evidence is very uncertain about the effect of {x} on {y}"


def statement(
    level: Level, size: Size | None, *, lower: bool, intervention: str, comparison: str, outcome: str
) -> str:
    """'Compared with usual care, CBT probably reduces depressive symptoms slightly.'

    ``lower``: the effect lies on the side of less of the outcome. "" where the size is not known, except that
    evidence of very low certainty is called so whatever the effect.
    """
    wording = VERY_UNCERTAIN if level is Level.VERY_LOW else WORDING.get((level, size)) if size else None
    if wording is None:
        return ""
    words = wording.format(
        x=inside(intervention),
        y=inside(outcome),
        reduces="reduces" if lower else "increases",
        reduce="reduce" if lower else "increase",
        reduction="reduction" if lower else "increase",
    )
    return f"Compared with {inside(comparison)}, {words}."


def size_of(
    measure: str, effect: Interval, *, mid: float | None = None, absolute: Absolute | None = None
) -> Sized:
    """How large ``effect`` is by the conventions above; values as people read them.

    ``mid``: on the scale of the measure (a ratio for a ratio, units for a mean difference, of 1 for a risk
    difference). ``absolute``: the effect at a baseline, for odds ratios and differences.
    """
    value = effect.estimate
    if measure in IN_SDS or measure in IN_UNITS:
        return _of_difference(measure, abs(value), mid)
    if measure in RATIOS:
        return _of_ratio(measure, value, mid, absolute)
    if measure in RISKS | RATES:
        return _of_ratio_at_baseline(abs(value), mid, absolute)
    return Sized(None, f"There is no convention for how large an effect is in terms of {measure}.")


def is_lower(measure: str, effect: Interval) -> bool:
    """Whether the estimate lies on the side of less of the outcome."""
    return effect.estimate < (1.0 if measure in RATIOS else 0.0)


def inside(words: str) -> str:
    """``words`` for the middle of a sentence: "Usual care" becomes "usual care", "CBT" and "Beck Inventory" stay."""
    words = words.strip().rstrip(".")
    first, _, rest = words.partition(" ")
    is_name = first[1:] != first[1:].lower() or any(one[:1].isupper() for one in rest.split())
    return words if is_name or any(one.isdigit() for one in first) else words[:1].lower() + words[1:]


def _of_difference(measure: str, distance: float, mid: float | None) -> Sized:
    if mid:
        limits, times = (abs(mid) * one for one in OF_THE_MID), distance / abs(mid)
        said = f"{times:.1f} times the minimal important difference"
        return Sized(
            _step(distance, tuple(limits)),
            f"{said}: little or none below 1, moderate from 2.5, large from 4.",
        )
    if measure in IN_SDS:
        said = f"{distance:.2f} standard deviations"
        return Sized(
            _step(distance, COHEN), f"{said}: small from 0.2, moderate from 0.5, large from 0.8 (Cohen)."
        )
    return Sized(None, "Give the finding a minimal important difference to say how large the effect is.")


def _of_ratio(measure: str, value: float, mid: float | None, absolute: Absolute | None) -> Sized:
    if mid is not None and mid > 0 and mid != 1.0 and value > 0 and abs(math.log(value)) < abs(math.log(mid)):
        return Sized(Size.LITTLE, f"Within the minimal important difference of {mid:g}.")
    risk = relative_risk(absolute) if absolute else None
    if risk is None:
        caution = (
            " No assumed risk is given, so odds are taken for risks." if measure in ("OR", "PETO") else ""
        )
        return _by_change(value, _word(measure), caution)
    if absolute and abs(absolute.difference.estimate) < ONE_EVENT:
        return Sized(Size.LITTLE, "Fewer than 1 in 1,000 more or less.")
    return _by_change(
        risk, "rate" if absolute and absolute.per == "person-years" else "risk", "", mid is not None
    )


def _of_ratio_at_baseline(distance: float, mid: float | None, absolute: Absolute | None) -> Sized:
    if mid and distance < abs(mid):
        return Sized(Size.LITTLE, f"Within the minimal important difference of {mid:g}.")
    if absolute is None:
        return Sized(None, "Give the finding an assumed risk to say how large a difference is.")
    return _of_ratio("RR", 1.0, None, absolute)


def _by_change(ratio: float, what: str, caution: str, important: bool = False) -> Sized:
    """``important``: it is beyond the minimal important difference already, so small at least."""
    if not (math.isfinite(ratio) and ratio > 0):
        return Sized(Size.LARGE, f"The {what} goes to nothing.{caution}")
    distance = round(min(ratio, 1.0 / ratio), 9)  # 0.75 at a baseline comes back as 0.75000000000000011
    size = next((size for limit, size in _BY_CHANGE if distance <= limit), Size.LITTLE)
    if important and size is Size.LITTLE:
        size = Size.SMALL
    said = f"The {what} is multiplied by {ratio:.2f}"
    return Sized(
        size, f"{said}: up to 5% is little or none, from 25% moderate, from halved or doubled large.{caution}"
    )


_BY_CHANGE = ((LARGE, Size.LARGE), (APPRECIABLE, Size.MODERATE), (LITTLE, Size.SMALL))


def _word(measure: str) -> str:
    return {"ROM": "mean", "HR": "hazard", "IRR": "rate"}.get(measure, "risk")


def _step(distance: float, limits: tuple[float, ...]) -> Size:
    small, moderate, large = limits
    if distance >= large:
        return Size.LARGE
    if distance >= moderate:
        return Size.MODERATE
    return Size.SMALL if distance >= small else Size.LITTLE
