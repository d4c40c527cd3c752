"""Dismissing a warning with a reason, and restoring it; it comes back when one of its numbers changes."""

from django.db import transaction
from django.utils import timezone

from extraction.linting import judged_of
from extraction.models import DismissedWarning, Result
from extraction.services.errors import AlreadyRecorded, NotPossible
from reviews.audit import record_event
from reviews.models import User
from screening.models import Study


@transaction.atomic
def dismiss_warning(
    *, result: Result, code: str, fingerprint: str, reason: str, by: User
) -> DismissedWarning:
    """Say that a warning about ``result`` was looked into and why its numbers are right.

    ``code`` and ``fingerprint`` are the warning's own. Refused when the numbers changed meanwhile, so that the
    warning is another one or gone, and for one's own independent result, whose numbers are not agreed yet.
    """
    reason = reason.strip()
    if not reason:
        raise NotPossible(
            "Say why the numbers are right; the reason stands beside the warning.", field="reason"
        )
    if len(reason) > 2000:
        raise NotPossible("The reason has at most 2000 characters.", field="reason")
    Study.objects.select_for_update().get(pk=result.study_id)
    if not Result.objects.current().filter(pk=result.pk).exists():
        raise NotPossible(
            "Only warnings about shared results in use are dismissed; this is not one any more or yet."
        )
    found = _found(result, code, fingerprint)
    if found.dismissal is not None:
        raise AlreadyRecorded(
            f"{found.dismissal.dismissed_by} dismissed this warning: {found.dismissal.reason}"
        )
    dismissed = DismissedWarning.objects.create(
        review=result.review,
        study=result.study,
        outcome=result.outcome,
        code=code,
        fingerprint=fingerprint,
        reason=reason,
        dismissed_by=by,
    )
    record_event(
        review=result.review,
        actor=by,
        verb="extraction.warning_dismissed",
        target=result,
        sentence=f"dismissed a warning about {result}: {reason}",
        detail={"code": code, "seen": found.warning.seen, "fingerprint": fingerprint, "why": reason},
    )
    return dismissed


@transaction.atomic
def restore_warning(*, dismissed: DismissedWarning, by: User) -> DismissedWarning:
    """Let a dismissed warning stand again."""
    waiting = DismissedWarning.objects.filter(pk=dismissed.pk, restored_at=None)
    if not waiting.update(restored_by=by, restored_at=timezone.now()):
        raise AlreadyRecorded("This warning was restored already.")
    dismissed.refresh_from_db()
    record_event(
        review=dismissed.review,
        actor=by,
        verb="extraction.warning_restored",
        target=dismissed,
        sentence=f"restored a warning about {dismissed.study}, {dismissed.outcome}.",
        detail={"code": dismissed.code, "fingerprint": dismissed.fingerprint, "old": dismissed.reason},
    )
    return dismissed


def _found(result: Result, code: str, fingerprint: str):
    peers = Result.objects.current().filter(review=result.review_id, outcome=result.outcome_id).with_names()
    for one in judged_of(peers, {result.pk}).get(result.pk, []):
        if (one.warning.code, one.warning.fingerprint) == (code, fingerprint):
            return one
    raise NotPossible("This warning is gone: the numbers it rests on were changed. Look at the result again.")
