"""Searching a review for duplicates: every merge is explained, and every merge can be undone.

A merge never deletes. The duplicate points at the record that leads its group, whose blank fields it fills. Votes
already cast stay with the record they were cast on: after a merge the leader's votes count, after it is undone each
record has its own again.
"""

from collections import defaultdict
from dataclasses import fields

from django.db import transaction
from django.utils import timezone

from records.dedup import MERGE_THRESHOLD, REVIEW_THRESHOLD, DedupRecord, Pair, find_pairs
from records.dedup.cluster import Groups
from records.models import DuplicateCandidate
from records.services.groups import BLANK, regroup, take_turn
from reviews.audit import record_event
from reviews.jobs import Progress, enqueue
from reviews.models import Job, Review, User

State = DuplicateCandidate.State
COMPARED = [field.name for field in fields(DedupRecord)]


@transaction.atomic
def request_deduplication(*, review: Review, by: User | None) -> Job:
    """Queue a search for duplicates among all records; asked again while one waits, it is the same job."""
    # locked: if a worker takes it now, it may have looked before our records were there
    waiting = review.jobs.waiting().filter(task="records.deduplicate").select_for_update().first()
    return waiting or enqueue(
        review=review, task="records.deduplicate", label="Search for duplicates", params={}, by=by
    )


def deduplicate(*, review: Review, by: User | None, progress: Progress | None = None) -> dict:
    """Merge what is certain, queue what a person should look at, ignore the rest.

    Returns ``{"records", "merged", "to_decide"}``, the last two counting what is new. All records are compared as
    they were read, duplicates too, so that a new record finds its group by any of its members. What a person told
    apart, or undid, is neither merged nor proposed again, also not through a third record. Repeated, it changes
    nothing.
    """
    batches, records = _as_read(review)
    if progress:
        progress.step(0, len(records), f"Comparing {len(records):,} records")
    pairs = find_pairs(records)  # type: ignore[arg-type]  # it only reads them
    if progress:
        progress.step(0, len(records), f"Writing what {len(pairs):,} similar pairs say")
    with transaction.atomic():
        take_turn(review)
        merged, asked = _settle(review, pairs)
        review.import_batches.filter(pk__in=batches, compared_at=None).update(compared_at=timezone.now())
        outcome = {"records": len(records), "merged": merged, "to_decide": asked}
        record_event(
            review=review,
            actor=by,
            verb="records.deduplicated",
            sentence=f"searched {len(records)} records for duplicates: {merged} merged, {asked} to decide.",
            detail=outcome | {"merge_at": MERGE_THRESHOLD, "ask_at": REVIEW_THRESHOLD},
        )
        if progress:
            progress.complete(outcome)
    return outcome


def _as_read(review: Review) -> tuple[set[int], list[DedupRecord]]:
    """The batches and their live records, each record without the fields it was lent by its duplicates."""
    batches, records = set(), []
    for row in review.records.live().values("batch_id", "filled", *COMPARED).iterator():
        batches.add(row.pop("batch_id"))
        blank = {name: BLANK[name] for name in row.pop("filled") if name in COMPARED}
        records.append(DedupRecord(**row | blank))
    return batches, records


def _settle(review: Review, pairs: list[Pair]) -> tuple[int, int]:
    """Merge and queue ``pairs`` (surest first); returns how many of each are new."""
    standing = _Standing(review)
    present = [pair for pair in pairs if pair.left_id in standing.ids and pair.right_id in standing.ids]
    certain = [pair for pair in present if pair.score >= MERGE_THRESHOLD and standing.join(pair)]
    _store(review, certain, State.MERGED)
    regroup(review, {pk for pair in certain for pk in _ends(pair)})
    asked = [pair for pair in present if pair.score < MERGE_THRESHOLD and standing.ask(pair)]
    _store(review, asked, State.WAITING)
    return len(certain), len(asked)


class _Standing:
    """The groups as they stand, who may not meet in one, and which groups a person is asked about already."""

    def __init__(self, review: Review):
        self._groups = Groups()
        self._apart: dict[int, set[int]] = defaultdict(set)
        self._known = set()
        self.ids = set()
        for pk, leader in review.records.live().values_list("pk", "duplicate_of"):
            self.ids.add(pk)
            self._groups.find(pk)
            if leader:
                self._groups.join(pk, leader)
        waiting = []
        for left, right, state, score in review.duplicate_candidates.values_list(
            "left_id", "right_id", "state", "score"
        ):
            self._known.add((left, right))
            if state == State.WAITING:
                waiting.append((left, right))
            # a certain pair waits only when a person undid its merge
            if state == State.DISTINCT or (state == State.WAITING and score >= MERGE_THRESHOLD):
                self._apart[self._groups.find(left)].add(right)
                self._apart[self._groups.find(right)].add(left)
        self._waiting = waiting
        self._asked: set[frozenset[int]] | None = None

    def join(self, pair: Pair) -> bool:
        """Put both ends into one group; False if they are in one already or may not meet."""
        left, right = self._groups.find(pair.left_id), self._groups.find(pair.right_id)
        if left == right or self._must_not_meet(left, right):
            return False
        few, many = sorted((self._apart.pop(left, set()), self._apart.pop(right, set())), key=len)
        self._groups.join(left, right)
        many |= few
        if many:
            self._apart[self._groups.find(left)] = many
        return True

    def ask(self, pair: Pair) -> bool:
        """Whether a person should see the pair: nobody decided it, and its groups have no other pair to decide."""
        if self._asked is None:
            self._asked = {self._groups_of(*ends) for ends in self._waiting}
        ends = self._groups_of(pair.left_id, pair.right_id)
        if _ends(pair) in self._known or len(ends) < 2 or ends in self._asked or self._must_not_meet(*ends):
            return False
        self._asked.add(ends)
        return True

    def _groups_of(self, left: int, right: int) -> frozenset[int]:
        return frozenset((self._groups.find(left), self._groups.find(right)))

    def _must_not_meet(self, left: int, right: int) -> bool:
        few, other = sorted((left, right), key=lambda group: len(self._apart.get(group, ())))
        return any(self._groups.find(pk) == other for pk in self._apart.get(few, ()))


def _ends(pair: Pair) -> tuple[int, int]:
    left, right = sorted((pair.left_id, pair.right_id))
    return left, right


def _store(review: Review, pairs: list[Pair], state: str) -> None:
    now = timezone.now() if state == State.MERGED else None
    rows = [
        DuplicateCandidate(
            review=review,
            left_id=_ends(pair)[0],
            right_id=_ends(pair)[1],
            score=pair.score,
            rule=pair.rule,
            reasons=list(pair.reasons),
            state=state,
            automatic=state == State.MERGED,
            decided_at=now,
        )
        for pair in pairs
    ]
    # a pair that waited for a person may have become certain
    DuplicateCandidate.objects.bulk_create(
        rows,
        batch_size=500,
        update_conflicts=True,
        unique_fields=["left", "right"],
        update_fields=["score", "rule", "reasons", "state", "automatic", "decided_at"],
    )
