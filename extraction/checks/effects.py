"""Rules about the standardised effect beside those of the other studies.

Hedges g with the usual small-sample factor 1 - 3/(4 df - 1) and its large-sample variance (Hedges 1981; Borenstein
et al. 2009, chapter 4); distances are in median absolute deviations times 1.4826.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from extraction.checks import scales
from extraction.checks.facts import ENOUGH, Facts, Warning, centre_and_spread, once, warn

#: Far: this many times its own standard error or the others' robust spread, whichever is larger, from their median.
FAR = 3.0
#: So far, on the other side of zero from nearly all others, looks like a sign.
REVERSED = 2.0
#: Share of the others that must agree on the sign.
AGREED = 0.8
#: Both arms this many baseline SDs worse after treatment.
WORSE = 0.5


@dataclass(frozen=True)
class Arms:
    """The numbers of a result with means, all of them there."""

    n1: int
    mean1: float
    sd1: float
    n2: int
    mean2: float
    sd2: float

    def g(self, sd1: float, sd2: float) -> float:
        """Hedges g with these SDs in place of the stored ones."""
        freedom = self.n1 + self.n2 - 2
        pooled = sqrt(((self.n1 - 1) * sd1**2 + (self.n2 - 1) * sd2**2) / freedom)
        return (1 - 3 / (4 * freedom - 1)) * (self.mean1 - self.mean2) / pooled


def arms_of(facts: Facts) -> Arms | None:
    """The six numbers of a result with means, or None when one is missing."""
    n1, mean1, sd1, n2, mean2, sd2 = facts.n1, facts.mean1, facts.sd1, facts.n2, facts.mean2, facts.sd2
    if facts.kind != "means" or mean1 is None or mean2 is None or not n1 or not n2 or not sd1 or not sd2:
        return None
    return Arms(n1, mean1, sd1, n2, mean2, sd2) if n1 + n2 >= 4 else None


@once
def hedges(facts: Facts) -> tuple[float, float] | None:
    """(g, its standard error), or None when the numbers do not give a standardised mean difference."""
    if facts.kind == "effect" and facts.effect_measure == "SMD":
        return (facts.effect, facts.effect_se) if facts.effect is not None and facts.effect_se else None
    arms = arms_of(facts)
    if not arms:
        return None
    g = arms.g(arms.sd1, arms.sd2)
    return g, sqrt(1 / arms.n1 + 1 / arms.n2 + g**2 / (2 * (arms.n1 + arms.n2)))


def effect_far_from_others(facts: Facts, others: Sequence[Facts]) -> list[Warning]:
    """A standardised mean difference far from those of the other studies, given its own precision."""
    mine = hedges(facts)
    effects = [effect[0] for effect in map(hedges, others) if effect]
    if not mine or len(effects) < ENOUGH:
        return []
    centre, spread = centre_and_spread(effects)
    if abs(mine[0] - centre) / max(mine[1], spread) < FAR:
        return []
    return [
        warn(
            facts,
            "effect_far",
            _effect_fields(facts),
            f"The standardised difference is {mine[0]:.2f}; the median of the other studies is {centre:.2f}.",
            "One distant study can carry a pooled effect, and a typing error often shows this way.",
            "The means, the SDs (not standard errors) and the direction of the scale against the source.",
        )
    ]


def _effect_fields(facts: Facts) -> list[str]:
    if facts.kind == "effect":
        return ["effect", "effect_se"]
    return ["mean1", "sd1", "n1", "mean2", "sd2", "n2"]


def direction_reversed(facts: Facts, others: Sequence[Facts]) -> list[Warning]:
    """An effect on the other side of zero, far from the others, that its mirror image would join."""
    mine = hedges(facts)
    effects = [effect[0] for effect in map(hedges, others) if effect]
    if not mine or len(effects) < ENOUGH:
        return []
    centre, spread = centre_and_spread(effects)
    agreeing = sum(g * centre > 0 for g in effects)
    if not centre or mine[0] * centre >= 0 or agreeing < AGREED * len(effects):
        return []
    unit = max(mine[1], spread)
    if abs(mine[0] - centre) < REVERSED * unit or abs(-mine[0] - centre) > REVERSED * unit:
        return []
    return [
        warn(
            facts,
            "direction_reversed",
            _effect_fields(facts),
            f"The standardised difference is {mine[0]:+.2f}, but {agreeing} of {len(effects)} "
            "other studies point the other "
            f"way (median {centre:+.2f}), and {-mine[0]:+.2f} would be like them.",
            "A scale on which more is better, among scales on which less is, cancels the "
            "effect; so do swapped arms.",
            "Which end of the scale is good, which arm is which, and the sign of a reported effect.",
        )
    ]


def direction_against_outcome(facts: Facts, others: Sequence[Facts] = ()) -> list[Warning]:
    """A scale known to run the other way than the outcome."""
    known, wanted = scales.lower_is_better(facts), facts.lower_is_better
    if (
        known is None
        or wanted is None
        or known == wanted
        or facts.kind == "events"
        or scales.is_change(facts)
    ):
        return []
    words = {True: "lower is better", False: "higher is better"}
    return [
        warn(
            facts,
            "direction_of_scale",
            ["scale", "lower_is_better"],
            f"On {facts.scale} {words[known]}; for the outcome {words[wanted]}.",
            "Its effect has the opposite sign of the other studies' and cancels them.",
            "Whether the numbers were turned round (or must be), and whether the scale "
            "belongs to this outcome.",
        )
    ]


def change_with_final(facts: Facts, others: Sequence[Facts]) -> list[Warning]:
    """A change from baseline among final scores (or the reverse) in a standardised difference."""
    if not hedges(facts):
        return []
    peers = [other for other in others if hedges(other)]
    mine = scales.is_change(facts)
    unlike = [other for other in peers if scales.is_change(other) != mine]
    standardised = facts.effect_measure == "SMD" or any(other.scale != facts.scale for other in peers)
    if not standardised or len(unlike) * 2 <= len(peers):
        return []
    words = {True: "changes from baseline", False: "final scores"}
    return [
        warn(
            facts,
            "change_with_final",
            ["scale", "is_change", *_effect_fields(facts)],
            f"These are {words[mine]}; {len(unlike)} of {len(peers)} other studies report {words[not mine]}.",
            "The SD of a change is not the SD of a score, so the two standardised "
            "differences are on different scales "
            "(Cochrane Handbook 10.5.2).",
            "Whether final scores can be had from the report or its authors; else use the "
            "mean difference or keep them "
            "apart.",
        )
    ]


def baseline_swapped(facts: Facts, others: Sequence[Facts] = ()) -> list[Warning]:
    """Both arms clearly worse after treatment than before, in a direction that is known: the columns may
    be swapped.
    """
    mine = _improvements(facts)
    if not mine or max(mine) > -WORSE:
        return []
    if any(min(theirs) <= -WORSE for other in others if (theirs := _improvements(other))):
        return []  # where other studies get worse too, it is the course of the disease
    return [
        warn(
            facts,
            "baseline_swapped",
            ["mean1", "baseline_mean1", "mean2", "baseline_mean2"],
            f"From {facts.baseline_mean1:g} to {facts.mean1:g} and from "
            f"{facts.baseline_mean2:g} to {facts.mean2:g}: both arms "
            f"got worse, by {-mine[0]:.1f} and {-mine[1]:.1f} SDs.",
            "Baseline numbers taken for the end of treatment show no effect, whatever the treatment did.",
            "Which columns are baseline and which follow-up, and the direction of the scale.",
        )
    ]


@once
def _improvements(facts: Facts) -> tuple[float, float] | None:
    """Improvement of both arms in SDs of baseline (else of follow-up); None when a number or the
    direction is missing.
    """
    lower = scales.lower_is_better(facts) if facts.lower_is_better is None else facts.lower_is_better
    m1, m2, b1, b2 = facts.mean1, facts.mean2, facts.baseline_mean1, facts.baseline_mean2
    sd1, sd2 = facts.baseline_sd1 or facts.sd1, facts.baseline_sd2 or facts.sd2
    if lower is None or m1 is None or m2 is None or b1 is None or b2 is None or not sd1 or not sd2:
        return None
    if scales.is_change(facts):
        return None
    sign = 1 if lower else -1
    return sign * (b1 - m1) / sd1, sign * (b2 - m2) / sd2


RULES = (
    effect_far_from_others,
    direction_reversed,
    direction_against_outcome,
    change_with_final,
    baseline_swapped,
)
