"""What the model says of a record, for those who are shown it: nothing unless the stage's settings show scores.

A score is the model's own number between 0 and 1. It puts records in an order; it is no measured probability.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from reviews.models import Membership
from screening import ranked
from screening.models import Stage, StageSettings
from screening.services.stage_settings import settings_of

STARS = 5
WORDS = {1: "very unlikely", 2: "unlikely", 3: "hard to say", 4: "likely", 5: "very likely"}


@dataclass(frozen=True)
class Likely:
    """A score as the stage shows it; ``shown`` is of StageSettings.Scores."""

    score: float
    shown: str

    @property
    def stars(self) -> int:
        """1 to 5: one for each fifth of the way from 0 to 1."""
        return min(STARS, 1 + int(self.score * STARS))

    @property
    def drawn(self) -> str:
        return "★" * self.stars + "☆" * (STARS - self.stars)

    @property
    def words(self) -> str:
        return WORDS[self.stars]


def are_shown(settings: StageSettings) -> bool:
    """Whether this stage shows scores to those who screen."""
    return settings.is_learned and settings.scores_shown != StageSettings.Scores.HIDDEN


def may_ask(membership: Membership, stage: str) -> bool:
    """Whether this person may be told a score and why: where it is shown; who leads may ask in any case."""
    return settings_of(membership.review, stage).is_learned and ranked.may_see_scores(membership, stage)


def shown_on(membership: Membership, stage: str, records: Iterable[int]) -> dict[int, Likely]:
    """What is shown of records (ids); those that the person's ranking does not name are left out."""
    settings = settings_of(membership.review, stage)
    if not are_shown(settings):
        return {}
    scores = scores_of(membership, stage)
    return {pk: Likely(scores[pk], settings.scores_shown) for pk in records if pk in scores}


def scores_of(membership: Membership, stage: str) -> dict[int, float]:
    """The scores that this person's ranking gives, by record; whether they may be shown is not asked."""
    order = ranked.ranking_order(membership.review, stage, membership.user)
    return order.score if order else {}


def stages_shown(membership: Membership) -> list[Stage]:
    """The stages that show scores."""
    rows = StageSettings.objects.filter(review=membership.review, order__in=StageSettings.LEARNED)
    shown = set(rows.exclude(scores_shown=StageSettings.Scores.HIDDEN).values_list("stage", flat=True))
    return [stage for stage in Stage if stage in shown]


def most_likely_first(membership: Membership, stage: str, records: Iterable[int]) -> list[int]:
    """Ids by what this person's ranking says; those that it does not name come last, as they came."""
    scores = scores_of(membership, stage)
    return sorted(records, key=lambda pk: -scores.get(pk, -1.0))
