"""Many pairs decided at once: all above a score, or by other thresholds; each lot is one transaction and one undo."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone

from records.compare import speaks_for
from records.models import DeduplicationSettings, DuplicateCandidate
from records.queue import pairs_to_decide, shown_from
from records.services.decisions import DecidedMeanwhile, NotACandidate, leaders_before
from records.services.deduplication import compare, request_deduplication
from records.services.groups import regroup, take_turn, words_about
from records.services.standing import Standing, decide_all, those_of
from records.thresholds import Thresholds, checked, thresholds_of
from reviews.audit import record_event
from reviews.jobs import Progress, enqueue
from reviews.models import AuditEvent, Job, Review, User

State = DuplicateCandidate.State
ABOVE = "records.merged_above"
CHANGED = "records.thresholds_changed"
#: What the comparison notes on a pair that it held back because of the rest of the two groups.
HELD = "would join records that contradict each other"
LOWEST_SHOWN = 5


@dataclass(frozen=True, slots=True)
class WouldMerge:
    """What accepting all pairs above a score would do: ids of the pairs, best first."""

    score: float
    pairs: list[int]
    lowest: list[DuplicateCandidate]  # the least alike of them, least first
    objections: list[tuple[str, int]]  # what speaks against merging, with how many pairs it speaks of
    left: list[tuple[DuplicateCandidate, str]]  # above the score, but held back: why
    touched: int  # records of these pairs that people worked on already (groups.words_about)
    outcomes_leave: int  # settled outcomes that would count no more: two of one group have one

    @property
    def count(self) -> int:
        return len(self.pairs)

    @property
    def left_out(self) -> int:
        return len(self.left)


def what_merges_above(review: Review, score: float) -> WouldMerge:
    """The waiting pairs at or above ``score`` that ``merge_all_above`` would merge now.

    Left out are those that would bring together records told apart, or that contradict each other, and those whose
    groups are one by then.
    """
    _check_score(score)
    asked = [pk for pk, found in pairs_to_decide(review).items() if found >= shown_from(score)]
    rows = review.duplicate_candidates.select_related("left", "right")
    pairs = {pair.pk: pair for some in those_of(rows, asked) for pair in some}
    standing = _without_reopened(review)
    taken, left = [], []
    for pk in asked:
        if why := _left_out(standing, pairs[pk]):
            left.append((pairs[pk], why))
        else:
            taken.append(pk)
    records = {pk for pair in taken for pk in (pairs[pair].left_id, pairs[pair].right_id)}
    lowest = review.duplicate_candidates.filter(pk__in=taken[::-1][:LOWEST_SHOWN]).order_by("score", "-pk")
    against: Counter[str] = Counter(
        reason for pk in taken for reason in pairs[pk].reasons if not speaks_for(reason)
    )
    return WouldMerge(
        score,
        taken,
        list(lowest.select_related("left__search", "right__search")),
        against.most_common(),
        left,
        len(words_about(records)),
        standing.outcomes_leave((pairs[pk].left_id, pairs[pk].right_id) for pk in taken),
    )


def _left_out(standing: Standing, pair: DuplicateCandidate) -> str:
    """Joins the pair, or says why not."""
    if HELD in pair.reasons:
        return "merged, it would bring together records that contradict each other"
    if standing.join(pair.left_id, pair.right_id):
        return ""
    if standing.are_one(pair.left_id, pair.right_id):
        return "settled by the others"
    return "merged, it would bring together records that somebody told apart"


@transaction.atomic
def merge_all_above(*, review: Review, score: float, by: User, expected: int | None = None) -> AuditEvent:
    """Merge every waiting pair at or above ``score`` at once; returns the event that ``undo_lot`` takes back.

    ``expected`` is the number of pairs the person was shown: with another number by now nothing is merged
    (DecidedMeanwhile). Raises NotACandidate when there is none.
    """
    take_turn(review)
    found = what_merges_above(review, score)
    if expected is not None and expected != found.count:
        raise DecidedMeanwhile(
            f"There are {found.count} such pairs by now, not {expected}. Nothing was merged: look at them again."
        )
    if not found.pairs:
        raise NotACandidate(f"No waiting pair scores {score:g} or more.")
    removed = _merge_now(review, found.pairs, by=by, automatic=False)
    return record_event(
        review=review,
        actor=by,
        verb=ABOVE,
        sentence=f"merged all {found.count} pairs that score {score:g} or more.",
        detail={"score": score, "pairs": found.pairs, "removed": removed, **thresholds_of(review)._asdict()},
    )


class Lot(NamedTuple):
    """Pairs that were merged at once, and how many of them still are."""

    event: AuditEvent
    merged: int
    standing: int


def lots(review: Review) -> list[Lot]:
    """The lots that ``merge_all_above`` merged, the latest first."""
    events = review.events.filter(verb=ABOVE).order_by("-pk")
    return [Lot(event, len(event.detail["pairs"]), len(_of_lot(review, event))) for event in events]


@transaction.atomic
def undo_lot(*, review: Review, event: AuditEvent, by: User) -> int:
    """Take back what ``merge_all_above`` merged: every pair of it that is merged still waits again.

    Pairs that a person decided anew since then are left alone. Returns how many pairs wait again.
    """
    take_turn(review)
    pairs = _of_lot(review, event)
    if not pairs:
        raise DecidedMeanwhile("None of these pairs is merged any more: there is nothing to undo.")
    decide_all(pairs, State.WAITING, by=by, at=timezone.now(), automatic=False)
    regroup(review, _ends(review, pairs), before=leaders_before(review))
    record_event(
        review=review,
        actor=by,
        verb="records.merges_undone",
        sentence=f"undid {len(pairs)} merges that {event.actor_name} had made at once.",
        detail={"lot": event.pk, "pairs": pairs},
    )
    return len(pairs)


class Change(NamedTuple):
    """What other thresholds would do to the pairs that are known; new questions take a comparison."""

    old: Thresholds
    new: Thresholds
    merges: list[int]  # waiting pairs that would be merged
    parts: list[int]  # merged by rule, would wait for a person
    asked_no_more: int
    asked_again: int
    outcomes_leave: int  # settled outcomes that would count no more: two of one group have one
    compares: bool  # below the score at which pairs were kept up to now: there may be more questions

    @property
    def warnings(self) -> list[str]:
        return self.new.warnings


def what_thresholds_change(review: Review, merge_at: float, ask_at: float) -> Change:
    """What ``set_thresholds`` would do now. Raises WrongThresholds."""
    old, new = thresholds_of(review), checked(merge_at, ask_at)
    own = review.duplicate_candidates.in_review()
    waiting = own.filter(state=State.WAITING, decided_by=None).order_by("-score", "pk")
    standing = Standing(review)
    merges = {
        pk: (left, right)
        for pk, left, right, reasons in waiting.filter(score__gte=new.merge_at).values_list(
            "pk", "left_id", "right_id", "reasons"
        )
        if {left, right} <= standing.ids and HELD not in reasons and standing.join(left, right)
    }
    parts = own.filter(state=State.MERGED, automatic=True, score__lt=new.merge_at)
    asked = pairs_to_decide(review)
    again = pairs_to_decide(review, ask_at=new.ask_at)
    return Change(
        old,
        new,
        [*merges],
        [*parts.values_list("pk", flat=True)],
        len(asked.keys() - again.keys()),
        len(again.keys() - asked.keys()),
        standing.outcomes_leave(merges.values()),
        new.ask_at < old.ask_at,
    )


@transaction.atomic
def set_thresholds(*, review: Review, merge_at: float, ask_at: float, by: User) -> Change:
    """Let other thresholds hold from now on, for the pairs that are known at once, for all others after a new search.

    Waiting pairs at or above ``merge_at`` are merged, except where a person's word is against it; what a rule
    merged below it waits for a person. So the old numbers, set again, undo it. Raises WrongThresholds.
    """
    take_turn(review)
    change = what_thresholds_change(review, merge_at, ask_at)
    if change.new == change.old:
        raise NotACandidate("These thresholds hold already: nothing was changed.")
    DeduplicationSettings.objects.update_or_create(
        review=review, defaults=change.new._asdict() | {"updated_by": by}
    )
    removed = _merge_now(review, change.merges, by=None, automatic=True)
    decide_all(change.parts, State.WAITING, by=None, at=None, automatic=False)
    regroup(review, _ends(review, change.parts), before=leaders_before(review) if change.parts else ())
    record_event(
        review=review,
        actor=by,
        verb=CHANGED,
        sentence=_said(change),
        detail={
            "old": change.old._asdict(),
            "new": change.new._asdict(),
            **change.new._asdict(),
            "merged": len(change.merges),
            "parted": len(change.parts),
            "removed": removed,
        },
    )
    request_deduplication(review=review, by=by)
    return change


def last_change(review: Review) -> AuditEvent | None:
    """The latest change of the thresholds; its detail has the old ones under "old"."""
    return review.events.filter(verb=CHANGED).order_by("pk").last()


def request_trial(*, review: Review, merge_at: float, ask_at: float, by: User) -> Job:
    """Count in the background what a search with these thresholds would find; nothing is changed."""
    levels = checked(merge_at, ask_at)
    return enqueue(
        review=review,
        task="records.try_thresholds",
        label=f"Count what {levels.merge_at:g} and {levels.ask_at:g} would find",
        params=levels._asdict(),
        by=by,
    )


def try_thresholds(
    *, review: Review, merge_at: float, ask_at: float, progress: Progress | None = None
) -> dict:
    """``{"merges", "questions"}``: how many new ones a search with these thresholds would find; stores nothing."""
    levels = checked(merge_at, ask_at)
    pairs, _ = compare(review, levels, progress=progress)
    certain, asked = Standing(review).settle(pairs, *levels)
    return {"merges": len(certain), "questions": len(asked)}


def _check_score(score: float) -> None:
    if not 0 < score <= 1:
        raise NotACandidate("Give a score above 0 and up to 1, for example 0.9.")


def _without_reopened(review: Review) -> Standing:
    """What stands, when a person decides: what they opened again is theirs to merge."""
    return Standing(review, reopened_apart=False)


def _merge_now(review: Review, pairs: list[int], *, by: User | None, automatic: bool) -> list[int]:
    """Merge stored pairs; returns the records that led a group and do not any more."""
    if not pairs:
        return []
    ends = _ends(review, pairs)
    leading = _leaders(review, ends)
    decide_all(pairs, State.MERGED, by=by, at=timezone.now(), automatic=automatic)
    regroup(review, ends)
    return sorted(leading - _leaders(review, leading))


def _leaders(review: Review, ids: Iterable[int]) -> set[int]:
    """The records that stand for these."""
    chunks = those_of(review.records.all(), ids)
    return {leader or pk for rows in chunks for pk, leader in rows.values_list("pk", "duplicate_of")}


def _ends(review: Review, pairs: Iterable[int]) -> set[int]:
    chunks = those_of(review.duplicate_candidates.all(), pairs)
    return {pk for rows in chunks for ends in rows.values_list("left_id", "right_id") for pk in ends}


def _of_lot(review: Review, event: AuditEvent) -> list[int]:
    """The pairs of a lot that are merged still, and not decided anew since."""
    if event.verb != ABOVE or event.review_id != review.pk:
        return []
    merged = review.duplicate_candidates.filter(
        state=State.MERGED, decided_by=event.actor_id, decided_at__lte=event.at
    )
    chunks = those_of(merged, event.detail["pairs"])
    return [pk for rows in chunks for pk in rows.values_list("pk", flat=True)]


def _said(change: Change) -> str:
    parts = [
        f"set the thresholds of de-duplication: merge from {change.new.merge_at:g} (was {change.old.merge_at:g}), "
        f"ask from {change.new.ask_at:g} (was {change.old.ask_at:g})"
    ]
    if change.merges:
        parts.append(f"{len(change.merges)} pairs were merged")
    if change.parts:
        parts.append(f"{len(change.parts)} merged by rule wait for a decision")
    return "; ".join(parts) + "."
