"""Duplicates that a person meets while screening: marked by hand, and the mark taken back.

The merging itself is the records room's. Votes stay with the record they were cast on: after the mark the votes and
the outcome of the record that stays count, after it is taken back each record has its own again.
"""

from dataclasses import dataclass

from django.db import transaction

from records import services as records
from records.models import DuplicateCandidate, Record
from reviews.audit import record_event
from reviews.errors import Conflict
from reviews.models import Review, User
from reviews.permissions import Permission
from screening.losses import steps
from screening.models import Report, Verdict
from screening.services.guards import NotEligible, require, short, stage_label


class OutcomeLost(Conflict):
    """The record that would leave is further along than the one that would stay, and nobody said yes to that."""


@dataclass(frozen=True)
class Marked:
    """What a mark did: ``left`` is a duplicate of ``stays`` now; ``pair`` takes it back."""

    stays: Record
    left: Record
    pair: DuplicateCandidate


@transaction.atomic
def mark_duplicate(
    *,
    review: Review,
    record: Record,
    of: Record,
    by: User,
    stays: Record | None = None,
    stage: str = "",
    anyway: bool = False,
) -> Marked:
    """A person says that ``record`` and ``of`` are one work; a duplicate stands for its group.

    ``stays`` is one of the two; without it the one that is further along in the open stays (``further_along``), and
    of two equals ``of``. ``stage`` says where it was noticed. Raises OutcomeLost (409) when a settled outcome would
    count no more and ``anyway`` is not given, and what ``records.services.merge`` raises.
    """
    require(review, by, Permission.DEDUPLICATE)
    Review.objects.select_for_update(no_key=True).get(pk=review.pk)  # nobody else merges while we look
    first, second = _leader(review, record), _leader(review, of)
    if first == second:
        raise NotEligible(f"{short(first)} and the record you chose are one already.")
    kept = further_along(second, first) if stays is None else _leader(review, stays)
    if kept not in (first, second):
        raise NotEligible("The record that stays must be one of the two.", field="stays")
    left = second if kept == first else first
    if not anyway and (said := what_counts_no_more(left, kept)):
        raise OutcomeLost(said)
    kept = records.merge(
        review=review, records=[kept, left], primary=kept, by=by, why="noticed in screening", anyway=True
    )
    record_event(
        review=review,
        actor=by,
        verb="screening.duplicate_marked",
        sentence=f"marked {short(left)} as a duplicate of record {kept.pk}"
        + (f" while screening at {stage_label(stage)}" if stage else ""),
        target=left,
        detail={"kept": kept.pk, "removed": left.pk, "stage": stage},
    )
    left.refresh_from_db()
    return Marked(kept, left, _pair(review, kept, left))


@transaction.atomic
def unmark_duplicate(*, review: Review, pair: DuplicateCandidate, by: User) -> Record:
    """Take back that the two records of ``pair`` are one; returns the one that stands for itself again.

    Each has its own votes and outcome again; the pair waits under Duplicates as any merge that was undone does.
    Refused where other pairs hold the two in one group all the same.
    """
    require(review, by, Permission.DEDUPLICATE)
    Review.objects.select_for_update(no_key=True).get(pk=review.pk)
    ends = review.records.filter(pk__in=[pair.left_id, pair.right_id]).order_by("-pk")
    before = dict(ends.values_list("pk", "duplicate_of"))
    records.reopen_candidate(candidate=pair, by=by)
    left = next((end for end in ends if before[end.pk] and end.duplicate_of_id is None), None)
    if left is None:
        raise NotEligible(
            f"Records {pair.left_id} and {pair.right_id} are one through other pairs, too: part them in their group."
        )
    record_event(
        review=review,
        actor=by,
        verb="screening.duplicate_unmarked",
        sentence=f"took back that {short(left)} is a duplicate",
        target=left,
        detail={"left": pair.left_id, "right": pair.right_id},
    )
    return left


def further_along(one: Record, other: Record) -> Record:
    """Of two records the one that is further along, as far as everybody may see; ``one`` when they are equal."""
    return other if _steps(other) > _steps(one) else one


def what_counts_no_more(leaving: Record, staying: Record) -> str:
    """A sentence when ``leaving`` is further along in the open than ``staying``, else nothing."""
    if _steps(leaving) <= _steps(staying):
        return ""
    settled = Verdict.objects.settled().filter(record=leaving).order_by("-stage").select_related("reason")
    where = [f"{verdict.get_state_display().lower()} at {stage_label(verdict.stage)}" for verdict in settled]
    report = Report.objects.filter(record=leaving).select_related("study").first()
    where += [f"a report of the study {report.study}"] if report else []
    return (
        f"Record {leaving.pk} is further along than record {staying.pk}: {', '.join(where)}. If it leaves, that "
        f"counts no more until the mark is taken back. Keep record {leaving.pk}, or confirm that it leaves."
    )


def _steps(record: Record) -> int:
    """How far a record is by what everybody may see: settled outcomes and what follows from them."""
    return steps([record.pk]).get(record.pk, 0)


def _leader(review: Review, record: Record) -> Record:
    found = review.records.live().select_related("duplicate_of").filter(pk=record.pk).first()
    if found is None:
        raise NotEligible(f"Record {record.pk} is not in this review (any more).")
    return found.duplicate_of or found


def _pair(review: Review, one: Record, other: Record) -> DuplicateCandidate:
    left, right = sorted((one.pk, other.pk))
    return review.duplicate_candidates.get(left=left, right=right)
