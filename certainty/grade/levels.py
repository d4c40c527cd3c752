"""The four levels of certainty, the eight domains, and how they add up. No Django here.

Sources: Balshem et al. 2011 (GRADE guidelines 3), doi 10.1016/j.jclinepi.2010.07.015; Cochrane Handbook 14.2;
Schünemann et al. 2019 (GRADE guidelines 18), doi 10.1016/j.jclinepi.2018.01.012, for non-randomised studies.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How certain we are that the true effect is near the estimate; in order, the lowest first."""

    VERY_LOW = "very_low"
    LOW = "low"
    MODERATE = "moderate"
    HIGH = "high"

    @property
    def place(self) -> int:
        """0 (very low) to 3 (high)."""
        return LEVELS.index(self)

    @property
    def label(self) -> str:
        return self.value.replace("_", " ").capitalize()

    @property
    def symbol(self) -> str:
        """⊕⊕⊕⊕ for high, ⊕◯◯◯ for very low; beside it stands the label, so that it is read aloud too."""
        return "⊕" * (self.place + 1) + "◯" * (3 - self.place)

    @property
    def meaning(self) -> str:
        """What the level says, after Balshem et al. 2011, table 2."""
        return MEANINGS[self]


LEVELS: tuple[Level, ...] = (Level.VERY_LOW, Level.LOW, Level.MODERATE, Level.HIGH)
MEANINGS: dict[Level, str] = {
    Level.HIGH: "We are very confident that the true effect lies close to the estimate.",
    Level.MODERATE: "The true effect is probably close to the estimate, but it may be substantially different.",
    Level.LOW: "The true effect may be substantially different from the estimate.",
    Level.VERY_LOW: "The true effect is likely to be substantially different from the estimate.",
}
#: {start key: where the rating begins}.
START_LEVELS: dict[str, Level] = {"high": Level.HIGH, "low": Level.LOW}


@dataclass(frozen=True)
class Domain:
    """One reason to change the level. ``changes``: what may be chosen, none first.

    ``question`` is what a rater answers, in our own words.
    """

    key: str
    label: str
    changes: tuple[int, ...]
    question: str

    @property
    def lowers(self) -> bool:
        return self.changes[-1] < 0

    def words(self, change: int) -> str:
        """How a change of this domain is called: "serious", "very serious", "not serious", "large" ..."""
        return WORDS.get((self.key, change)) or (DOWN_WORDS if self.lowers else UP_WORDS)[abs(change)]


DOWN_WORDS = ("not serious", "serious", "very serious", "extremely serious")
UP_WORDS = ("no", "yes", "yes, strongly")
WORDS = {
    ("publication_bias", 0): "undetected",
    ("publication_bias", -1): "suspected",
    ("publication_bias", -2): "strongly suspected",
    ("large_effect", 1): "large",
    ("large_effect", 2): "very large",
}
_DOWN, _UP = (0, -1, -2), (0, 1, 2)
#: Three levels: critical risk of bias of non-randomised studies (GRADE guidelines 18); intervals far too wide
#: (Zeng et al. 2022, GRADE guidance 34, doi 10.1016/j.jclinepi.2022.07.014).
_DOWN_3 = (*_DOWN, -3)
DOMAINS: dict[str, Domain] = {
    one.key: one
    for one in (
        Domain(
            "risk_of_bias",
            "Risk of bias",
            _DOWN_3,
            "Does much of the information come from studies whose design or conduct may have biased the result?",
        ),
        Domain(
            "inconsistency",
            "Inconsistency",
            _DOWN,
            "Do the studies differ in their effects by more than chance, in a way that matters and is not explained?",
        ),
        Domain(
            "indirectness",
            "Indirectness",
            _DOWN,
            "Do the people, interventions, comparators or outcomes studied differ from those asked about?",
        ),
        Domain(
            "imprecision",
            "Imprecision",
            _DOWN_3,
            "Would a decision differ between the two ends of the interval, or is there too little information?",
        ),
        Domain(
            "publication_bias",
            "Publication bias",
            _DOWN,
            "Are studies or results likely to be missing because of what they found?",
        ),
        Domain(
            "large_effect",
            "Large effect",
            _UP,
            "Is the effect so large that bias alone is unlikely to explain it?",
        ),
        Domain(
            "dose_response",
            "Dose response",
            _UP,
            "Does the effect grow with the dose, or the exposure, in a way that makes it more believable?",
        ),
        Domain(
            "confounding",
            "Plausible confounding",
            _UP,
            "Would all plausible confounding have made the effect look smaller, or created one where none was found?",
        ),
    )
}
DOWN: tuple[str, ...] = tuple(key for key, one in DOMAINS.items() if one.lowers)
UP: tuple[str, ...] = tuple(key for key, one in DOMAINS.items() if not one.lowers)


def level_of(start: str, changes: Mapping[str, int]) -> Level:
    """Where a rating ends that begins at ``start`` ("high" or "low"); never below very low nor above high.

    ``changes``: {domain key: change}; domains that are absent change nothing. ValueError for a start, a domain or a
    change that is none.
    """
    if start not in START_LEVELS:
        raise ValueError(f"A rating starts at one of: {', '.join(START_LEVELS)}, not at '{start}'.")
    for key, change in changes.items():
        check(key, change)
    place = START_LEVELS[start].place + sum(changes.values())
    return LEVELS[min(max(place, 0), len(LEVELS) - 1)]


def check(key: str, change: int) -> None:
    """ValueError with a sentence unless the domain is known and may change the level so."""
    if key not in DOMAINS:
        raise ValueError(f"There is no domain '{key}'. The domains: {', '.join(DOMAINS)}.")
    if change not in DOMAINS[key].changes:
        known = ", ".join(f"{one:+d}" if one else "0" for one in DOMAINS[key].changes)
        raise ValueError(f"{DOMAINS[key].label} changes the level by one of: {known}; not by {change}.")


def cautions(start: str, changes: Mapping[str, int]) -> list[str]:
    """What is unusual in a rating, a sentence each; nothing of it is forbidden, for reasons may be given.

    Sources: Guyatt et al. 2011 (GRADE guidelines 9), doi 10.1016/j.jclinepi.2011.06.004: rate up only evidence that
    starts low and is not rated down.
    """
    up = [DOMAINS[key].label.lower() for key in UP if changes.get(key, 0) > 0]
    down = [DOMAINS[key].label.lower() for key in DOWN if changes.get(key, 0) < 0]
    found = []
    if up and down:
        found.append(
            f"Rated up ({', '.join(up)}) although rated down ({', '.join(down)}): evidence with such limitations is "
            "rarely rated up. Say in the footnote why it is here."
        )
    if up and start == "high":
        found.append(
            f"Rated up ({', '.join(up)}) although it starts at high: rating up is meant for evidence that starts low."
        )
    total = START_LEVELS[start].place + sum(changes.values())
    if total < 0:
        found.append("More levels are taken off than there are: very low is the lowest.")
    if total > len(LEVELS) - 1:
        found.append("More levels are added than there are: high is the highest.")
    return found


def in_words(start: str, changes: Mapping[str, int]) -> str:
    """The rating in a sentence: "Moderate: high, down 1 level for imprecision." """
    steps = []
    for key, domain in DOMAINS.items():
        if change := changes.get(key, 0):
            levels = f"{abs(change)} level{'s' if abs(change) > 1 else ''}"
            steps.append(f"{'down' if change < 0 else 'up'} {levels} for {domain.label.lower()}")
    begin = START_LEVELS[start].label.lower()
    return f"{level_of(start, changes).label}: {', '.join([f'starts at {begin}', *steps])}."
