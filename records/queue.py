"""Which pairs wait for a person: each question once, and none that is answered already."""

from django.db.models.functions import Coalesce

from records.models import DuplicateCandidate, ImportBatch
from reviews.models import Review

State = DuplicateCandidate.State


def pairs_to_decide(review: Review) -> dict[int, float]:
    """The waiting pairs as ``{id: score}``, most alike first.

    Left out are pairs with a record of an undone import, pairs that other merges put into one group, pairs of two
    groups that a person told apart, and all but the best pair of the same two groups.
    """
    pairs = (
        review.duplicate_candidates.filter(
            state__in=[State.WAITING, State.DISTINCT],
            left__batch__state=ImportBatch.State.DONE,
            right__batch__state=ImportBatch.State.DONE,
        )
        .annotate(
            left_group=Coalesce("left__duplicate_of", "left"),
            right_group=Coalesce("right__duplicate_of", "right"),
        )
        .values_list("pk", "score", "state", "left_group", "right_group")
        .order_by("-score", "pk")
    )
    rows = [(pk, score, state, frozenset((left, right))) for pk, score, state, left, right in pairs]
    settled = {groups for _, _, state, groups in rows if state == State.DISTINCT}
    found = {}
    for pk, score, state, groups in rows:
        if state == State.WAITING and len(groups) == 2 and groups not in settled:
            settled.add(groups)
            found[pk] = score
    return found


def first_behind(queue: dict[int, float], passed: DuplicateCandidate | None) -> int | None:
    """The id of the first pair of the queue, or of the first behind ``passed``, which need not be in it."""
    if passed is None:
        return next(iter(queue), None)
    place = (-passed.score, passed.pk)
    return next((pk for pk, score in queue.items() if (-score, pk) > place), None)
