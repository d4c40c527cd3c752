"""Where an effect begins to matter: the two thresholds an interval is held against. No Django here."""

import math
from dataclasses import dataclass

from certainty.grade.proposal import Evidence, scale_of

#: "An RR of under 0.75 or over 1.25 as a rough guide" to appreciable benefit and harm (Guyatt et al. 2011, GRADE
#: guidelines 6, doi 10.1016/j.jclinepi.2011.01.012); 0.5 standard deviations (GRADE handbook 2013, section 5.2.4).
RATIO = (0.75, 1.25)
SDS = 0.5
#: Measures the rough guide is meant for.
RATIOS = ("RR", "OR", "HR", "IRR", "PETO")
STANDARDISED = ("SMD", "SMDH", "SMCC", "SMCR")


@dataclass(frozen=True)
class Thresholds:
    """``low`` and ``high`` on the scale of the analysis; ``own``: the review's own MID, else a convention."""

    low: float
    high: float
    own: bool
    words: str

    def inside(self, low: float, high: float) -> int:
        """How many of the two lie within an interval."""
        return sum(low < one < high for one in (self.low, self.high))


def thresholds_of(evidence: Evidence) -> Thresholds | None:
    """The review's minimal important difference both ways, else the convention of the measure, else None."""
    measure, value, scale = evidence["measure"], evidence["asked"]["mid"], scale_of(evidence)
    if value and not (scale.is_ratio and value <= 0):
        distance = abs(math.log(value)) if scale.is_ratio else abs(value)
        if distance:
            low, high = -distance, distance
            source = {"outcome in SDs": " (the protocol's, in standard deviations)"}.get(
                evidence["asked"]["mid_from"], ""
            )
            words = f"the minimal important difference, {scale.text(low)} or {scale.text(high)}{source}"
            return Thresholds(low, high, True, words)
    if measure in RATIOS:
        return Thresholds(
            math.log(RATIO[0]),
            math.log(RATIO[1]),
            False,
            f"{RATIO[0]} and {RATIO[1]}, by convention appreciable",
        )
    if measure in STANDARDISED:
        return Thresholds(-SDS, SDS, False, f"{SDS} standard deviations, by convention appreciable")
    return None
