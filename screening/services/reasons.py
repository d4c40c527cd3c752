"""Merging one exclusion reason into another, with all that was decided by it, and taking that back."""

from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from reviews.audit import record_event
from reviews.errors import Conflict, Refused
from reviews.models import Criterion, ExclusionReason, Review, User
from reviews.permissions import Permission
from screening.models import (
    Adjudication,
    CheckVote,
    Decision,
    Placement,
    ReasonMerge,
    Stage,
    Verdict,
    VoteLot,
)
from screening.services.guards import require
from screening.services.recounting import request_recount, stale_verdicts

#: Every table that names a reason; a test fails when one is missing.
TABLES = {
    "decisions": Decision,
    "adjudications": Adjudication,
    "placements": Placement,
    "verdicts": Verdict,
    "check_votes": CheckVote,
    "lots": VoteLot,
    "criteria": Criterion,
}
PIECE = 500


class MergeRefused(Refused):
    """Two reasons that cannot be merged."""


@transaction.atomic
def merge_reasons(
    *, review: Review, reason: ExclusionReason, into: ExclusionReason, by: User, why: str = ""
) -> ReasonMerge:
    """Make ``reason`` the same as ``into``: votes, resolutions, outcomes and criteria that name it name ``into``.

    ``reason`` is retired. What the votes now decide differently (their reasons agree, or another one comes first) is
    counted anew in the background. ``undo_merge`` takes it back. Raises NotAllowed (403), MergeRefused (422).
    """
    require(review, by, Permission.AMEND_PROTOCOL)
    review = Review.objects.select_for_update().get(pk=review.pk)
    reason, into = _two_of(review, reason, into)
    merge = ReasonMerge(
        review=review,
        gone=reason,
        into=into,
        was_retired=reason.retired_at is not None,
        why=why.strip(),
        by=by,
    )
    told = _told(review, reason)
    for name, model in TABLES.items():
        rows = model.objects.filter(reason=reason)  # type: ignore[attr-defined]
        merge.moved[name] = sorted(rows.values_list("pk", flat=True))
        rows.update(reason=into)
    merge.save()
    if not merge.was_retired:
        reason.retired_at = timezone.now()
        reason.save(update_fields=["retired_at"])
    record_event(
        review=review,
        actor=by,
        verb="screening.reasons_merged",
        sentence=f"merged the exclusion reason “{reason}” into “{into}”, with {_records(told)} excluded for it",
        target=into,
        detail={"merge": merge.pk, "old": str(reason), "new": str(into), "why": merge.why, "records": told},
    )
    _recount_if_needed(review, by)
    return merge


@transaction.atomic
def undo_merge(*, review: Review, merge: ReasonMerge, by: User) -> ReasonMerge:
    """Give back to the reason that went what was moved from it, and is with the other one still.

    Raises NotAllowed (403), or Conflict (409) when it was undone, or the other reason itself was merged since.
    """
    require(review, by, Permission.AMEND_PROTOCOL)
    review = Review.objects.select_for_update().get(pk=review.pk)
    merge = ReasonMerge.objects.select_related("gone", "into").get(pk=merge.pk, review=review)
    if merge.undone_at:
        raise Conflict(f"The merge of “{merge.gone}” into “{merge.into}” was undone already.")
    later = ReasonMerge.objects.filter(
        review=review, gone=merge.into, undone_at=None, pk__gt=merge.pk
    ).first()
    if later:
        raise Conflict(f"“{merge.into}” was merged into “{later.into}” afterwards: undo that first.")
    for name, model in TABLES.items():
        ids = merge.moved.get(name, [])
        for start in range(0, len(ids), PIECE):
            rows = model.objects.filter(pk__in=ids[start : start + PIECE], reason=merge.into)  # type: ignore[attr-defined]
            rows.update(reason=merge.gone)
    merge.undone_by, merge.undone_at = by, timezone.now()
    merge.save(update_fields=["undone_by", "undone_at"])
    if not merge.was_retired:
        ExclusionReason.objects.filter(pk=merge.gone_id).update(retired_at=None)
    told = _told(review, merge.gone)
    record_event(
        review=review,
        actor=by,
        verb="screening.reasons_parted",
        sentence=f"took back the merge of the exclusion reason “{merge.gone}” into “{merge.into}”, "
        f"with {_records(told)}",
        target=merge.gone,
        detail={"merge": merge.pk, "records": told},
    )
    _recount_if_needed(review, by)
    return merge


def _two_of(
    review: Review, reason: ExclusionReason, into: ExclusionReason
) -> tuple[ExclusionReason, ExclusionReason]:
    """Both as they are now; refused unless they are two of the review's, the second one offered."""
    now = {row.pk: row for row in review.exclusion_reasons.filter(pk__in=[reason.pk, into.pk])}
    if {reason.pk, into.pk} - now.keys():
        raise MergeRefused("Both reasons must be of this review's list.")
    if reason.pk == into.pk:
        raise MergeRefused(f"“{into}” cannot be merged into itself: choose two reasons.", field="into")
    if now[into.pk].retired_at:
        raise MergeRefused(f"“{into}” is retired: use it again first, or choose another.", field="into")
    return now[reason.pk], now[into.pk]


def _told(review: Review, reason: ExclusionReason) -> list[int]:
    """Ids of the complete records whose reason it is: what everybody may know."""
    verdicts = Verdict.objects.told().filter(review=review, reason=reason)
    return sorted(set(verdicts.order_by().values_list("record", flat=True)))


def _records(ids: list[int]) -> str:
    return f"{len(ids)} record{'' if len(ids) == 1 else 's'}"


def _recount_if_needed(review: Review, by: User) -> None:
    if stale_verdicts(review):
        request_recount(review=review, by=by)


def uses_of(review: Review) -> list[tuple[ExclusionReason, dict[str, int]]]:
    """Each reason in its order, the retired last, with the complete records excluded for it at each stage."""
    told = Verdict.objects.told().filter(review=review).exclude(reason=None).order_by()
    counts = {
        (reason, stage): number
        for reason, stage, number in told.values_list("reason", "stage").annotate(Count("pk"))
    }
    rows = sorted(review.exclusion_reasons.all(), key=lambda row: row.retired_at is not None)
    return [(row, {str(stage): counts.get((row.pk, stage), 0) for stage in Stage}) for row in rows]
