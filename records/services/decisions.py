"""What a person decides about pairs and groups: the same, not the same, undo."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from records.models import DuplicateCandidate, ImportBatch, Record
from records.services.downstream import steps_of
from records.services.groups import components, leader_of, regroup, take_turn, words_about
from reviews.audit import record_event
from reviews.errors import Conflict, Refused
from reviews.models import Review, User

State = DuplicateCandidate.State
CERTAIN = 1.0
MERGES = ("records.merged", "records.merged_above", "records.primary_chosen", "records.thresholds_changed")
BY_HAND = "by hand: "  # how the rule of a pair begins that a person made, and no comparison


class NotACandidate(Refused):
    """These records cannot be merged, split or told apart in this way."""


class DecidedMeanwhile(NotACandidate, Conflict):
    """The pair was settled since the person looked at it."""


class FurtherAlong(NotACandidate, Conflict):
    """A record that would leave is further along than the one that would stay, and nobody said yes to that."""


def refuse_loss(stays: int, leave: Collection[int]) -> None:
    """Raises FurtherAlong when one of ``leave`` (ids) is further along in the open than ``stays``."""
    far = steps_of([stays, *leave])
    lost = max(leave, key=lambda pk: far.get(pk, 0), default=stays)
    if far.get(lost, 0) > far.get(stays, 0):
        done = words_about([lost]).get(lost, "it was worked on")
        raise FurtherAlong(
            f"Record {lost} is further along than record {stays}: {done}. "
            f"If it leaves, that counts no more until this is undone. Keep record {lost}, or confirm that it leaves."
        )


@transaction.atomic
def merge(
    *,
    review: Review,
    records: Iterable[Record],
    primary: Record,
    by: User,
    why: str = "",
    anyway: bool = False,
) -> Record:
    """Make every other record of ``records`` a duplicate of ``primary``; all sources stay known.

    Groups that the records lead come along. Raises NotACandidate when fewer than two live records of this review
    are given, when they are in one group already, or when two of them were told apart; FurtherAlong (409) when a
    settled outcome would leave and ``anyway`` is not given.
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
    if not anyway:
        refuse_loss(primary.pk, _leaders(members) - {primary.pk})
    now = timezone.now()
    for group in groups:
        if primary.pk not in group:
            _decide_pair(review, primary.pk, min(group & wanted), State.MERGED, "merged", by, now)
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
def merge_candidate(
    *, candidate: DuplicateCandidate, by: User, primary: Record | None = None, anyway: bool = False
) -> Record:
    """A person says: the same. The pair's records, with the groups they belong to, become one; returns its leader.

    ``primary`` (or the leader of its group) stays; without it the rule of ``groups.leader_of`` chooses. Raises
    FurtherAlong (409) when a settled outcome would leave by that choice and ``anyway`` is not given.
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
    if primary and not anyway:
        refuse_loss(leaders[primary.pk].pk, {left.pk, right.pk} - {leaders[primary.pk].pk})
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
        detail={
            "pair": candidate.pk,
            "kept": stays.pk,
            "removed": [record.pk for record in (left, right) if record != stays],
            "score": candidate.score,
        },
    )
    return stays


def who_stays(candidate: DuplicateCandidate) -> Record:
    """Which record would stand for the pair's two groups if they were the same and nobody chose."""
    return leader_of([*Record.objects.groups_of(*candidate.records).select_related("search", "batch")])


@transaction.atomic
def mark_distinct(*, candidate: DuplicateCandidate, by: User) -> None:
    """A person says: not a duplicate. The pair is never proposed again."""
    review = _keep_apart(candidate, State.DISTINCT, by)
    record_event(
        review=review,
        actor=by,
        verb="records.told_apart",
        target=candidate.left,
        sentence=f"told {candidate.left.citation} and {candidate.right.citation} apart.",
        detail={"left": candidate.left_id, "right": candidate.right_id, "score": candidate.score},
    )


@transaction.atomic
def link_reports(*, candidate: DuplicateCandidate, by: User) -> None:
    """A person says: two reports of one study. They are not merged, never proposed again, and known to be linked."""
    review = _keep_apart(candidate, State.LINKED, by)
    record_event(
        review=review,
        actor=by,
        verb="records.reports_linked",
        target=candidate.left,
        sentence=f"linked {candidate.left.citation} and {candidate.right.citation} as two reports of one study.",
        detail={"left": candidate.left_id, "right": candidate.right_id, "score": candidate.score},
    )


def _keep_apart(candidate: DuplicateCandidate, state: str, by: User) -> Review:
    locked, review = _lock(candidate, State.WAITING)
    if _leader(locked.left) == _leader(locked.right):
        raise NotACandidate(
            "These two are in one group by now, through other pairs. Undo the wrong one of those under Merged."
        )
    _decide(locked, state, by)
    return review


@transaction.atomic
def reopen_candidate(*, candidate: DuplicateCandidate, by: User) -> None:
    """Undo a decision on a pair: merged records part again, and the pair waits for a person, no rule merges it.

    Who opened it is kept on the pair. A group that parts from its leader is led by the record that led it before.
    """
    candidate, review = _lock(candidate, State.MERGED, *DuplicateCandidate.APART)
    was = candidate.get_state_display().lower()
    _decide(candidate, State.WAITING, by)
    ends = [candidate.left_id, candidate.right_id]
    regroup(review, ends, before=leaders_before(review))
    record_event(
        review=review,
        actor=by,
        verb="records.pair_reopened",
        target=candidate.left,
        sentence=f"undid the decision on {candidate.left.citation} and {candidate.right.citation}.",
        detail={"left": candidate.left_id, "right": candidate.right_id, "was": was},
    )


def leaders_before(review: Review) -> list[int]:
    """The records that led a group before a person's merge took their place, the latest first."""
    told = review.events.filter(verb__in=MERGES).order_by("-pk").values_list("detail", flat=True)
    return [pk for detail in told.iterator() for pk in detail.get("removed", ())]


@transaction.atomic
def split(*, record: Record, by: User, linked: bool = False) -> Record:
    """Not a duplicate after all: the record stands for itself again and is never proposed for its group.

    The rest of the group stays together, also where only this record had joined it. With ``linked`` it is another
    report of the same study as every one of the rest.
    """
    review = record.review
    take_turn(review)
    record = review.records.select_related("duplicate_of").get(pk=record.pk)
    leader = record.duplicate_of
    if leader is None:
        raise NotACandidate(f"{record.citation} is not marked as a duplicate.")
    rest = set().union(*components(review, [record.pk])) - {record.pk}
    live = set(review.records.live().filter(pk__in=rest).values_list("pk", flat=True))
    state, now = State.LINKED if linked else State.DISTINCT, timezone.now()
    for other in rest:
        _decide_pair(review, record.pk, other, state, "taken out of a group", by, now)
    for group in components(review, live):
        if leader.pk not in group:
            stayed = f"stayed when {record.pk} left"
            _decide_pair(review, leader.pk, min(group & live), State.MERGED, stayed, by, now)
    regroup(review, {record.pk, *rest}, keep=leader.pk)
    record.refresh_from_db()
    what = "another report of its study" if linked else "not a duplicate"
    record_event(
        review=review,
        actor=by,
        verb="records.split",
        target=record,
        sentence=f"took {record.citation} out of its group: {what}.",
        detail={"record": record.pk, "from": sorted(live)} | ({"linked": leader.pk} if linked else {}),
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
            State.LINKED: "This pair was linked as two reports of one study meanwhile. Go on with the next one.",
        }
        raise DecidedMeanwhile(now[State(candidate.state)])
    return candidate, review


def _refuse_departed(candidate: DuplicateCandidate) -> None:
    for record in candidate.records:
        if record.batch.state != ImportBatch.State.DONE:
            raise NotACandidate(
                f"The import of {record.citation} ({record.batch.file_name}) was undone meanwhile."
            )


def _refuse_told_apart(review: Review, ids: Collection[int]) -> None:
    """Two records that a person told apart never come into one group, also not through a third one."""
    apart = (
        review.duplicate_candidates.filter(state__in=DuplicateCandidate.APART, left__in=ids, right__in=ids)
        .select_related("left", "right", "decided_by")
        .first()
    )
    if apart:
        how, where = (
            ("told apart", "Not duplicates")
            if apart.state == State.DISTINCT
            else ("linked as two reports of one study", "Same study")
        )
        raise NotACandidate(
            f"{apart.left.citation} (record {apart.left_id}) and {apart.right.citation} (record {apart.right_id}), "
            f"which would come together, were {how} by {apart.decided_by}. Undo that under {where} first."
        )


def _leader(record: Record) -> Record:
    return record.duplicate_of or record


def _leaders(records: Iterable[Record]) -> set[int]:
    return {record.duplicate_of_id or record.pk for record in records}


def _decide(candidate: DuplicateCandidate, state: str, by: User) -> None:
    candidate.state = state
    candidate.decided_by = by
    candidate.decided_at = timezone.now()
    candidate.automatic = False
    candidate.save(update_fields=["state", "decided_by", "decided_at", "automatic"])


def _decide_pair(
    review: Review, one: int, other: int, state: str, rule: str, by: User, now: datetime
) -> None:
    """Decide a pair that nobody may have proposed; a proposed one keeps its score and reasons.

    All pairs of one gesture have the same ``now``: by it they are known to belong together.
    """
    left, right = sorted((one, other))
    decision: dict[str, Any] = {
        "state": state,
        "automatic": False,
        "decided_by": by,
        "decided_at": now,
    }
    DuplicateCandidate.objects.update_or_create(
        left_id=left,
        right_id=right,
        defaults=decision,
        create_defaults=decision
        | {"review": review, "rule": BY_HAND + rule, "score": CERTAIN if state == State.MERGED else 0.0},
    )
