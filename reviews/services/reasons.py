"""Exclusion reasons, in the order in which they are checked: the first that applies is reported."""

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from reviews.audit import record_event
from reviews.errors import Refused
from reviews.models import ExclusionReason, Review, User
from reviews.services._rows import check_values, locked, next_order, put_in_order


class ReasonRefused(Refused):
    """An exclusion reason that cannot be saved as it is."""


@transaction.atomic
def add_exclusion_reason(*, review: Review, by: User, label: str) -> ExclusionReason:
    """Add a reason at the end of the list; a retired one of the same name comes back into use instead."""
    review = locked(review)
    label = label.strip()
    reason = review.exclusion_reasons.exclude(retired_at=None).filter(label__iexact=label).first()
    reason = reason or ExclusionReason(review=review)
    reason.label, reason.retired_at = label, None
    _check(reason)
    reason.order = next_order(review.exclusion_reasons.all())
    reason.save()
    _record(reason, by, "reason_added", f"added the exclusion reason “{label}”", {"new": label})
    return reason


@transaction.atomic
def rename_exclusion_reason(
    *, reason: ExclusionReason, by: User, label: str, why: str = ""
) -> ExclusionReason:
    """Give a reason a better name; decisions that use it show the new one."""
    locked(reason.review)
    reason = ExclusionReason.objects.select_related("review").get(pk=reason.pk)
    old, reason.label = reason.label, label.strip()
    if old == reason.label:
        return reason
    _refuse_retired(reason)
    _check(reason)
    reason.save(update_fields=["label"])
    sentence = f"renamed the exclusion reason “{old}” to “{reason.label}”"
    _record(reason, by, "reason_renamed", sentence, {"old": old, "new": reason.label, "why": why.strip()})
    return reason


@transaction.atomic
def retire_exclusion_reason(*, reason: ExclusionReason, by: User, why: str = "") -> ExclusionReason:
    """Offer a reason no longer; decisions that use it keep it."""
    locked(reason.review)
    reason = ExclusionReason.objects.select_related("review").get(pk=reason.pk)
    _refuse_retired(reason)
    reason.retired_at = timezone.now()
    reason.save(update_fields=["retired_at"])
    _record(
        reason,
        by,
        "reason_retired",
        f"retired the exclusion reason “{reason.label}”",
        {"old": reason.label, "why": why.strip()},
    )
    return reason


@transaction.atomic
def reorder_exclusion_reasons(*, review: Review, by: User, ids: Sequence[int]) -> None:
    """Put the reasons in use into the order of ``ids``, which must name each exactly once."""
    review = locked(review)
    rows = list(review.exclusion_reasons.filter(retired_at=None))
    if put_in_order(rows, ids):
        labels = {row.pk: row.label for row in rows}
        record_event(
            review=review,
            actor=by,
            verb="reviews.reasons_reordered",
            target=review,
            sentence="changed the order of the exclusion reasons",
            detail={"old": [row.label for row in rows], "new": [labels[pk] for pk in ids]},
        )


def _check(reason: ExclusionReason) -> None:
    check_values(reason, ["label"], ReasonRefused)
    twins = ExclusionReason.objects.filter(review=reason.review, label__iexact=reason.label).exclude(
        pk=reason.pk
    )
    if twin := twins.first():
        raise ReasonRefused(
            f"There is already an exclusion reason called “{twin.label}”"
            + (", which is retired: add it again to use it." if twin.retired_at else "."),
            field="label",
        )


def _refuse_retired(reason: ExclusionReason) -> None:
    if reason.retired_at:
        raise ReasonRefused(f"The exclusion reason “{reason.label}” is retired. Add it again to use it.")


def _record(reason: ExclusionReason, by: User, verb: str, sentence: str, detail: dict) -> None:
    record_event(
        review=reason.review,
        actor=by,
        verb=f"reviews.{verb}",
        target=reason,
        sentence=sentence,
        detail=detail,
    )
