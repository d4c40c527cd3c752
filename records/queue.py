"""Which pairs wait for a person: each question once, and none that is answered already."""

from django.db.models.functions import Coalesce

from records.models import DuplicateCandidate, ImportBatch
from records.thresholds import thresholds_of
from reviews.models import Review

State = DuplicateCandidate.State


def shown_from(score: float) -> float:
    """The lowest score that reads as ``score`` or more, shown to two decimals; one with more is meant exactly."""
    return round(score - 0.005, 4) if round(score, 2) == score else score


def pairs_to_decide(review: Review, *, ask_at: float | None = None) -> dict[int, float]:
    """The waiting pairs as ``{id: score}``, most alike first.

    Left out are pairs with a record of an undone import, pairs that other merges put into one group, pairs of two
    groups that a person told apart, all but the best pair of the same two groups, and pairs below ``ask_at`` (the
    review's threshold if not given) that nobody opened again.
    """
    lowest = thresholds_of(review).ask_at if ask_at is None else ask_at
    pairs = (
        review.duplicate_candidates.filter(
            state__in=[State.WAITING, *DuplicateCandidate.APART],
            left__batch__state=ImportBatch.State.DONE,
            right__batch__state=ImportBatch.State.DONE,
        )
        .annotate(
            left_group=Coalesce("left__duplicate_of", "left"),
            right_group=Coalesce("right__duplicate_of", "right"),
        )
        .values_list("pk", "score", "state", "decided_by", "left_group", "right_group")
        .order_by("-score", "pk")
    )
    rows = [
        (pk, score, state, decided_by, frozenset((left, right)))
        for pk, score, state, decided_by, left, right in pairs
    ]
    settled = {groups for _, _, state, _, groups in rows if state in DuplicateCandidate.APART}
    found: dict[int, float] = {}
    for pk, score, state, opened_again, groups in rows:
        if state != State.WAITING or len(groups) < 2 or groups in settled:
            continue
        if score >= lowest or opened_again:
            settled.add(groups)
            found[pk] = score
    return found


def first_behind(queue: dict[int, float], passed: DuplicateCandidate | None) -> int | None:
    """The id of the first pair of the queue, or of the first behind ``passed``, which need not be in it."""
    if passed is None:
        return next(iter(queue), None)
    place = (-passed.score, passed.pk)
    return next((pk for pk, score in queue.items() if (-score, pk) > place), None)


def last_before(queue: dict[int, float], here: DuplicateCandidate | None) -> int | None:
    """The id of the pair of the queue right before ``here``, which need not be in it; None at the beginning."""
    if here is None:
        return None
    place = (-here.score, here.pk)
    return next((pk for pk, score in reversed(queue.items()) if (-score, pk) < place), None)
