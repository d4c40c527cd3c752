"""From which score a pair is merged by itself, and from which a person is asked: a setting of each review."""

from typing import NamedTuple

from records.dedup import MERGE_THRESHOLD, REVIEW_THRESHOLD
from records.models import DeduplicationSettings
from reviews.errors import Refused
from reviews.models import Review

LOWEST = 0.3  # below this nearly everything resembles everything


class Thresholds(NamedTuple):
    """Scores from 0 to 1: at or above ``merge_at`` merged, at or above ``ask_at`` asked, else ignored."""

    merge_at: float
    ask_at: float

    @property
    def warnings(self) -> list[str]:
        """What a librarian should know before these hold."""
        if self.merge_at >= MERGE_THRESHOLD:
            return []
        return [
            f"Below {MERGE_THRESHOLD:.2f} pairs are merged that a rule would have held back for a person: the same "
            "title under different DOIs, an article and its conference abstract, a paper and the reply to it. They "
            f"score up to {MERGE_THRESHOLD - 0.01:.2f}."
        ]


DEFAULTS = Thresholds(MERGE_THRESHOLD, REVIEW_THRESHOLD)


class WrongThresholds(Refused):
    """These two numbers cannot be thresholds."""


def thresholds_of(review: Review) -> Thresholds:
    """What holds in this review now."""
    row = DeduplicationSettings.objects.filter(review=review).first()
    return Thresholds(row.merge_at, row.ask_at) if row else DEFAULTS


def checked(merge_at: float, ask_at: float) -> Thresholds:
    """The two as Thresholds, to four decimals as scores have them. Raises WrongThresholds with a sentence."""
    merge_at, ask_at = round(merge_at, 4), round(ask_at, 4)
    if not LOWEST <= ask_at <= 1:
        raise WrongThresholds(f"Ask a person from a score between {LOWEST} and 1.", field="ask_at")
    if not LOWEST <= merge_at <= 1:
        raise WrongThresholds(f"Merge from a score between {LOWEST} and 1.", field="merge_at")
    if ask_at > merge_at:
        raise WrongThresholds(
            f"A person is asked about pairs that score less than those merged: {ask_at:g} is above {merge_at:g}.",
            field="ask_at",
        )
    return Thresholds(merge_at, ask_at)
