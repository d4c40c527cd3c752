"""What a person decides about pairs and groups: the same, not the same, undo."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone

from records.models import DuplicateCandidate, ImportBatch, Record
from records.services.groups import components, leader_of, regroup, take_turn
from reviews.audit import record_event
from reviews.errors import Conflict, Refused
from reviews.models import Review, User

State = DuplicateCandidate.State
CERTAIN = 1.0


class NotACandidate(Refused):
    """These records cannot be merged, split or told apart in this way."""


class DecidedMeanwhile(NotACandidate, Conflict):
    """The pair was settled since the person looked at it."""


@transaction.atomic
def merge(*, review: Review, records: Iterable[Record], primary: Record, by: User, why: str = "") -> Record:
    """Make every other record of ``records`` a duplicate of ``primary``; all sources stay known.

    Groups that the records lead come along. Raises NotACandidate when fewer than two live records of this review
    are given, when they are in one group already, or when two of them were told apart.
    """
    take_turn(review)
    wanted = {record.pk for record in records}
    members = list(review.records.live().filter(pk__in=wanted))
    if len(members) < 2 or len(members) < len(wanted) or primary.pk not in wanted:
        raise NotACandidate("Choose at least two records of this review, one of them to stay.")
    groups = list(components(review, wanted))
    if len(groups) < 2:
        raise NotACandidate("These records are in one group already.")
    _refuse_told_apart(review, set().union(*groups))
    for group in groups:
        if primary.pk not in group:
            _decide_pair(review, primary.pk, min(group & wanted), State.MERGED, "merged by a person", by)
    regroup(review, wanted, keep=primary.pk)
    primary = review.records.get(pk=primary.pk)
    removed = sorted(wanted - {primary.pk})
    record_event(
        review=review,
        actor=by,
        verb="records.merged",
        target=primary,
        sentence=f"merged {len(members)} records of {primary.citation}.",
        detail={"kept": primary.pk, "removed": removed, "why": why},
    )
    return primary


@transaction.atomic
def merge_candidate(*, candidate: DuplicateCandidate, by: User, primary: Record | None = None) -> Record:
    """A person says: the same. The pair's records, with the groups they belong to, become one; returns its leader.

    ``primary`` (or the leader of its group) stays; without it the rule of ``groups.leader_of`` chooses.
    """
    candidate, review = _lock(candidate, State.WAITING)
    left, right = _leader(candidate.left), _leader(candidate.right)
    if left == right:
        raise DecidedMeanwhile(
            "These two are in one group by now, through other pairs: nothing is left to decide."
        )
    _refuse_departed(candidate)
    leaders = {candidate.left_id: left, left.pk: left, candidate.right_id: right, right.pk: right}
    if primary and primary.pk not in leaders:
        raise NotACandidate("The record to keep must be one of the two.")
    ends = [candidate.left_id, candidate.right_id]
    _refuse_told_apart(review, set().union(*components(review, ends)))
    _decide(candidate, State.MERGED, by)
    regroup(review, ends, keep=leaders[primary.pk].pk if primary else None)
    candidate.left.refresh_from_db()
    stays = _leader(candidate.left)
    record_event(
        review=review,
        actor=by,
        verb="records.merged",
        target=stays,
        sentence=f"merged 2 records of {stays.citation}.",
        detail={"kept": stays.pk, "removed": [record.pk for record in (left, right) if record != stays]},
    )
    return stays


def who_stays(candidate: DuplicateCandidate) -> Record:
    """Which record would stand for the pair's two groups if they were the same and nobody chose."""
    return leader_of([*Record.objects.groups_of(*candidate.records).select_related("search", "batch")])


@transaction.atomic
def mark_distinct(*, candidate: DuplicateCandidate, by: User) -> None:
    """A person says: not a duplicate. The pair is never proposed again."""
    candidate, review = _lock(candidate, State.WAITING)
    if _leader(candidate.left) == _leader(candidate.right):
        raise NotACandidate(
            "These two are in one group by now, through other pairs. Undo the wrong one of those under Merged."
        )
    _decide(candidate, State.DISTINCT, by)
    record_event(
        review=review,
        actor=by,
        verb="records.told_apart",
        target=candidate.left,
        sentence=f"told {candidate.left.citation} and {candidate.right.citation} apart.",
        detail={"left": candidate.left_id, "right": candidate.right_id, "score": candidate.score},
    )


@transaction.atomic
def reopen_candidate(*, candidate: DuplicateCandidate, by: User) -> None:
    """Undo a decision on a pair: merged records part again, and the pair waits for a person."""
    candidate, review = _lock(candidate, State.MERGED, State.DISTINCT)
    was = candidate.get_state_display().lower()
    _decide(candidate, State.WAITING, None)
    regroup(review, [candidate.left_id, candidate.right_id])
    record_event(
        review=review,
        actor=by,
        verb="records.pair_reopened",
        target=candidate.left,
        sentence=f"undid the decision on {candidate.left.citation} and {candidate.right.citation}.",
        detail={"left": candidate.left_id, "right": candidate.right_id, "was": was},
    )


@transaction.atomic
def split(*, record: Record, by: User) -> Record:
    """Not a duplicate after all: the record stands for itself again and is never proposed for its group.

    The rest of the group stays together, also where only this record had joined it.
    """
    review = record.review
    take_turn(review)
    record = review.records.select_related("duplicate_of").get(pk=record.pk)
    leader = record.duplicate_of
    if leader is None:
        raise NotACandidate(f"{record.citation} is not marked as a duplicate.")
    rest = set().union(*components(review, [record.pk])) - {record.pk}
    live = set(review.records.live().filter(pk__in=rest).values_list("pk", flat=True))
    for other in rest:
        _decide_pair(review, record.pk, other, State.DISTINCT, "split by a person", by)
    for group in components(review, live):
        if leader.pk not in group:
            _decide_pair(
                review, leader.pk, min(group & live), State.MERGED, f"stayed when record {record.pk} left", by
            )
    regroup(review, {record.pk, *rest}, keep=leader.pk)
    record.refresh_from_db()
    record_event(
        review=review,
        actor=by,
        verb="records.split",
        target=record,
        sentence=f"took {record.citation} out of its group: not a duplicate.",
        detail={"record": record.pk, "from": sorted(live)},
    )
    return record


def _lock(candidate: DuplicateCandidate, *states: str) -> tuple[DuplicateCandidate, Review]:
    """The pair and its review as they are now, in our turn. Raises DecidedMeanwhile in any other state."""
    review = candidate.review
    take_turn(review)
    candidate = DuplicateCandidate.objects.select_related(
        "left__duplicate_of", "left__batch", "right__duplicate_of", "right__batch"
    ).get(pk=candidate.pk)
    if candidate.state not in states:
        now = {
            State.WAITING: "This pair waits for a decision: there is nothing to undo.",
            State.MERGED: "This pair was merged meanwhile. Go on with the next one.",
            State.DISTINCT: "This pair was told apart meanwhile. Go on with the next one.",
        }
        raise DecidedMeanwhile(now[State(candidate.state)])
    return candidate, review


def _refuse_departed(candidate: DuplicateCandidate) -> None:
    for record in candidate.records:
        if record.batch.state != ImportBatch.State.DONE:
            raise NotACandidate(
                f"The import of {record.citation} ({record.batch.file_name}) was undone meanwhile."
            )


def _refuse_told_apart(review: Review, ids: set[int]) -> None:
    """Two records that a person told apart never come into one group, also not through a third one."""
    apart = (
        review.duplicate_candidates.filter(state=State.DISTINCT, left__in=ids, right__in=ids)
        .select_related("left", "right", "decided_by")
        .first()
    )
    if apart:
        raise NotACandidate(
            f"{apart.left.citation} (record {apart.left_id}) and {apart.right.citation} (record {apart.right_id}), "
            f"which would come together, were told apart by {apart.decided_by}. Undo that under Not duplicates first."
        )


def _leader(record: Record) -> Record:
    return record.duplicate_of or record


def _decide(candidate: DuplicateCandidate, state: str, by: User | None) -> None:
    candidate.state = state
    candidate.decided_by = by
    candidate.decided_at = timezone.now() if by else None
    candidate.automatic = False
    candidate.save(update_fields=["state", "decided_by", "decided_at", "automatic"])


def _decide_pair(review: Review, one: int, other: int, state: str, rule: str, by: User) -> None:
    """Decide a pair that nobody may have proposed; a proposed one keeps its score and reasons."""
    left, right = sorted((one, other))
    decision: dict[str, Any] = {
        "state": state,
        "automatic": False,
        "decided_by": by,
        "decided_at": timezone.now(),
    }
    DuplicateCandidate.objects.update_or_create(
        left_id=left,
        right_id=right,
        defaults=decision,
        create_defaults=decision
        | {"review": review, "rule": rule, "score": CERTAIN if state == State.MERGED else 0.0},
    )
