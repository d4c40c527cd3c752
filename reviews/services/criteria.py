"""Eligibility criteria: each change may begin a new version of the protocol."""

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from reviews.audit import record_event
from reviews.errors import Refused
from reviews.models import Criterion, ExclusionReason, Review, User
from reviews.services._rows import (
    check_values,
    locked,
    next_order,
    put_in_order,
    refuse_overwriting,
    set_values,
)
from reviews.services.protocol import begin_version

FIELDS = ("kind", "element", "text", "reason")


class CriterionRefused(Refused):
    """A criterion that cannot be saved as it is."""


@transaction.atomic
def add_criterion(
    *,
    review: Review,
    by: User,
    kind: str,
    element: str,
    text: str,
    reason: ExclusionReason | None = None,
) -> Criterion:
    """Add a criterion at the end; ``kind`` and ``element`` are values of Criterion.Kind and Criterion.Element.

    ``reason`` is what is given when the criteria are asked one by one and this is the first that fails.
    """
    review = locked(review)
    criterion = Criterion(review=review, kind=kind, element=element, text=text.strip(), reason=reason)
    _refuse_foreign_reason(criterion)
    check_values(criterion, FIELDS, CriterionRefused)
    _refuse_a_twin(criterion)
    criterion.order = next_order(review.criteria.all())
    criterion.save()
    _record(review, by, "added", criterion, {"new": _values(criterion)})
    return criterion


@transaction.atomic
def edit_criterion(
    *, criterion: Criterion, by: User, changes: dict, why: str = "", seen: dict | None = None
) -> Criterion:
    """Change ``kind``, ``element`` or ``text``; a retired criterion stays as it was."""
    review = locked(criterion.review)
    criterion = Criterion.objects.get(pk=criterion.pk)
    _refuse_retired(criterion)
    refuse_overwriting(criterion, changes, seen or {})
    different = set_values(criterion, {name: changes[name] for name in FIELDS if name in changes})
    check_values(criterion, different, CriterionRefused)
    if different:
        _refuse_foreign_reason(criterion)
        _refuse_a_twin(criterion)
        criterion.save(update_fields=different.keys())
        _record(review, by, "changed", criterion, {"changes": _told(different), "why": why.strip()})
    return criterion


@transaction.atomic
def retire_criterion(*, criterion: Criterion, by: User, why: str = "") -> Criterion:
    """Take a criterion out of use. It stays in the history, where past decisions were made by it."""
    review = locked(criterion.review)
    criterion = Criterion.objects.get(pk=criterion.pk)
    _refuse_retired(criterion)
    criterion.retired_at = timezone.now()
    criterion.save(update_fields=["retired_at"])
    _record(review, by, "retired", criterion, {"old": _values(criterion), "why": why.strip()})
    return criterion


@transaction.atomic
def restore_criterion(*, criterion: Criterion, by: User) -> Criterion:
    """Put a retired criterion back in use, at the end of the list."""
    review = locked(criterion.review)
    criterion = Criterion.objects.get(pk=criterion.pk)
    if criterion.retired_at:
        _refuse_a_twin(criterion)
        criterion.retired_at, criterion.order = None, next_order(review.criteria.all())
        criterion.save(update_fields=["retired_at", "order"])
        _record(review, by, "restored", criterion, {"new": _values(criterion)})
    return criterion


@transaction.atomic
def reorder_criteria(*, review: Review, by: User, ids: Sequence[int]) -> None:
    """Put the criteria in use into the order of ``ids``, which must name each exactly once."""
    review = locked(review)
    rows = list(review.criteria.filter(retired_at=None))
    if put_in_order(rows, ids):
        record_event(
            review=review,
            actor=by,
            verb="reviews.criteria_reordered",
            target=review,
            sentence="changed the order of the criteria",
            detail={"old": [row.pk for row in rows], "new": list(ids)},
        )


def _values(criterion: Criterion) -> dict:
    reason = {"reason": criterion.reason.label} if criterion.reason else {}
    return {name: getattr(criterion, name) for name in ("kind", "element", "text")} | reason


def _told(different: dict[str, dict]) -> dict[str, dict]:
    """Old and new as the history keeps them: a reason by its name."""
    return {
        name: {
            key: value.label if isinstance(value, ExclusionReason) else value for key, value in change.items()
        }
        for name, change in different.items()
    }


def _refuse_foreign_reason(criterion: Criterion) -> None:
    if criterion.reason and criterion.reason.review_id != criterion.review_id:
        raise CriterionRefused("The reason is not in the list of this review.", field="reason")


def _refuse_retired(criterion: Criterion) -> None:
    if criterion.retired_at:
        raise CriterionRefused("This criterion is no longer in use, so it cannot be changed. Add a new one.")


def _refuse_a_twin(criterion: Criterion) -> None:
    twins = Criterion.objects.filter(
        review=criterion.review,
        retired_at=None,
        kind=criterion.kind,
        element=criterion.element,
        text__iexact=criterion.text,
    ).exclude(pk=criterion.pk)
    if twins.exists():
        raise CriterionRefused("The protocol already has this criterion.", field="text")


def _record(review: Review, by: User, verb: str, criterion: Criterion, detail: dict) -> None:
    if began := begin_version(review):
        review.save(update_fields=["protocol_version"])
    record_event(
        review=review,
        actor=by,
        verb=f"reviews.criterion_{verb}",
        target=criterion,
        sentence=f"{verb} the criterion “{criterion}”"
        + (f" and so began version {review.protocol_version} of the protocol" if began else ""),
        detail=detail | {"protocol_version": review.protocol_version},
    )
