"""The data linter: numbers that are possible but look wrong. No Django here.

Each warning says what was seen, why it matters and what to check. A warning never blocks anything: a real trial can
be unusual. Formulas: Hedges g with the usual small-sample factor 1 - 3/(4 df - 1) and its large-sample variance
(Hedges 1981; Borenstein et al. 2009, chapter 4); distances are in median absolute deviations times 1.4826.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import median

#: How near SD x sqrt(n) must come to the SD it is compared with, to look like a standard error taken for an SD.
NEAR = (0.6, 1.6)
#: An SD below this share of what others report is suspicious at all.
SMALL = 0.4
#: Far: this many times its own standard error or the others' robust spread, whichever is larger, from their median.
FAR = 3.0
#: Effects of fewer studies than this have no median worth comparing with.
ENOUGH = 4
#: A standardised difference above this is rare in any field.
HUGE = 2.0


@dataclass(frozen=True, kw_only=True)
class Facts:
    """One result as the linter sees it; missing numbers are None. ``randomised1`` belongs to the experimental arm."""

    key: int
    study: str
    kind: str
    scale: str = ""
    n1: int | None = None
    mean1: float | None = None
    sd1: float | None = None
    events1: int | None = None
    n2: int | None = None
    mean2: float | None = None
    sd2: float | None = None
    events2: int | None = None
    effect: float | None = None
    effect_se: float | None = None
    effect_measure: str = ""
    randomised1: int | None = None
    randomised2: int | None = None


@dataclass(frozen=True)
class Warning:
    """``code`` names the rule, ``field`` the number it is about."""

    code: str
    field: str
    seen: str
    why: str
    check: str


@dataclass(frozen=True)
class _Arms:
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


def lint(facts: Facts, peers: Sequence[Facts] = ()) -> list[Warning]:
    """What looks wrong with one result, judged by itself and by the other studies' results of the same outcome."""
    others = [peer for peer in peers if peer.study != facts.study]
    return [
        *events_above_n(facts),
        *analysed_above_randomised(facts),
        *sd_like_se(facts, others),
        *effect_far_from_others(facts, others),
    ]


def events_above_n(facts: Facts) -> list[Warning]:
    """More people with the event than people."""
    found = []
    for arm, events, n in (("1", facts.events1, facts.n1), ("2", facts.events2, facts.n2)):
        if events is not None and n is not None and events > n:
            found.append(
                Warning(
                    "events_above_n",
                    f"events{arm}",
                    f"{events} events among {n} people.",
                    "A person counts once, so events cannot be more than people.",
                    "Whether episodes were counted instead of people, or the two columns were swapped.",
                )
            )
    return found


def analysed_above_randomised(facts: Facts) -> list[Warning]:
    """More people analysed than were randomised to the arm."""
    found = []
    for arm, n, randomised in (("1", facts.n1, facts.randomised1), ("2", facts.n2, facts.randomised2)):
        if n is not None and randomised is not None and n > randomised:
            found.append(
                Warning(
                    "n_above_randomised",
                    f"n{arm}",
                    f"{n} analysed, but {randomised} randomised to this arm.",
                    "An analysis can lose people but not gain them.",
                    "Whether the arms were swapped, or the number is that of another arm or of both.",
                )
            )
    return found


def sd_like_se(facts: Facts, others: Sequence[Facts] = ()) -> list[Warning]:
    """A spread that becomes plausible when multiplied by the root of n: a standard error taken for an SD."""
    found = []
    for arm, sd, n, other_arm in (
        ("1", facts.sd1, facts.n1, facts.sd2),
        ("2", facts.sd2, facts.n2, facts.sd1),
    ):
        if not sd or not n or n < 4:
            continue
        usual = _usual_sd(facts, others)
        reference = next((ref for ref in (usual, other_arm) if ref and _se_of(sd, n, ref)), None)
        if reference:
            source = "other studies on this scale" if reference == usual else "the other arm"
            found.append(_se_warning(f"sd{arm}", sd, n, f"{source} has {reference:g}"))
    if not found and (arms := _arms(facts)) and _both_like_se(arms):
        g = arms.g(arms.sd1, arms.sd2)
        seen = f"SDs of {arms.sd1:g} and {arms.sd2:g} make a standardised difference of {g:.1f}"
        found.append(_se_warning("sd1", arms.sd1, arms.n1, seen))
    return found


def effect_far_from_others(facts: Facts, others: Sequence[Facts]) -> list[Warning]:
    """A standardised mean difference far from those of the other studies, given its own precision."""
    mine = _hedges(facts)
    effects = [effect for effect in map(_hedges, others) if effect]
    if not mine or len(effects) < ENOUGH:
        return []
    centre = median(g for g, _ in effects)
    spread = 1.4826 * median(abs(g - centre) for g, _ in effects)
    distance = abs(mine[0] - centre) / max(mine[1], spread)
    if distance < FAR:
        return []
    return [
        Warning(
            "effect_far",
            "effect" if facts.kind == "effect" else "mean1",
            f"The standardised difference is {mine[0]:.2f}; the median of the other studies is {centre:.2f}.",
            "One distant study can carry a pooled effect, and a typing error often shows this way.",
            "The means, the SDs (not standard errors) and the direction of the scale against the source.",
        )
    ]


def _se_of(sd: float, n: int, reference: float) -> bool:
    return sd < SMALL * reference and NEAR[0] * reference <= sd * sqrt(n) <= NEAR[1] * reference


def _usual_sd(facts: Facts, others: Sequence[Facts]) -> float | None:
    """The median SD of two or more other studies on the same scale."""
    scale = facts.scale.strip().casefold()
    spreads = [
        sd
        for other in others
        if scale and other.scale.strip().casefold() == scale
        for sd in (other.sd1, other.sd2)
        if sd
    ]
    return median(spreads) if len(spreads) >= 4 else None


def _both_like_se(arms: _Arms) -> bool:
    """A huge difference that becomes ordinary when both spreads are read as standard errors."""
    as_se = arms.g(arms.sd1 * sqrt(arms.n1), arms.sd2 * sqrt(arms.n2))
    return abs(arms.g(arms.sd1, arms.sd2)) > HUGE and abs(as_se) < HUGE / 2


def _se_warning(field: str, sd: float, n: int, beside: str) -> Warning:
    return Warning(
        "sd_like_se",
        field,
        f"{beside[0].upper()}{beside[1:]}; {sd:g} times the root of n = {n} is {sd * sqrt(n):.3g}.",
        "A standard error typed as an SD makes the study look far more precise and its effect far larger.",
        "Whether the source prints SD or SE (or a confidence interval); SD = SE × √n.",
    )


def _hedges(facts: Facts) -> tuple[float, float] | None:
    """(g, its standard error), or None when the numbers do not give a standardised mean difference."""
    if facts.kind == "effect" and facts.effect_measure == "SMD":
        return (facts.effect, facts.effect_se) if facts.effect is not None and facts.effect_se else None
    arms = _arms(facts)
    if not arms:
        return None
    g = arms.g(arms.sd1, arms.sd2)
    return g, sqrt(1 / arms.n1 + 1 / arms.n2 + g**2 / (2 * (arms.n1 + arms.n2)))


def _arms(facts: Facts) -> _Arms | None:
    n1, mean1, sd1, n2, mean2, sd2 = facts.n1, facts.mean1, facts.sd1, facts.n2, facts.mean2, facts.sd2
    if facts.kind != "means" or mean1 is None or mean2 is None or not n1 or not n2 or not sd1 or not sd2:
        return None
    return _Arms(n1, mean1, sd1, n2, mean2, sd2) if n1 + n2 >= 4 else None
