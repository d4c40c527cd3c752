"""Votes that are held back for a while before they are counted, and when a vote of one's own stands.

While a stage holds votes (``StageSettings.hold_minutes``) one's own vote may be changed for that long after it was
cast, whether or not a colleague has voted: a refusal then says nothing but the age of the vote. The votes of a record
are counted when the youngest is that old, so that none that was counted can be changed.
"""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from reviews.errors import Refused
from screening.models import Decision, Verdict
from screening.services.guards import AlreadyDecided, lock_record, short, stage_label
from screening.services.stage_settings import settings_of
from screening.services.verdicts import settle

AT_ONCE = 500


def count_held() -> dict[str, int]:
    """Count the votes whose time has come, at most 500 records a round; returns {"counted": n, "refused": n}.

    Each record in a transaction of its own, and harmless when repeated or when two run at the same time. What
    something downstream refuses is not asked about again: it stays pending until its votes are counted anew.
    """
    due = Verdict.objects.filter(held_until__lte=timezone.now()).select_related("record", "review")
    counts = {"counted": 0, "refused": 0}
    for verdict in due.order_by("held_until", "pk")[:AT_ONCE]:
        try:
            with transaction.atomic():
                _count(verdict)
        except Refused:
            Verdict.objects.filter(pk=verdict.pk).update(held_until=None)
            counts["refused"] += 1
        else:
            counts["counted"] += 1
    return counts


def _count(verdict: Verdict) -> None:
    record = lock_record(verdict.review, verdict.record)
    last = (
        Decision.objects.live().filter(record=record, stage=verdict.stage).select_related("reviewer").last()
    )
    if last is None:
        Verdict.objects.filter(pk=verdict.pk).update(held_until=None)
        return
    settle(review=verdict.review, record=record, stage=verdict.stage, by=last.reviewer)


def require_changeable(own: Decision) -> None:
    """Refuse to change or take back a vote of one's own that stands.

    That is so when the stage holds votes and its time is over, and when its reviewer may resolve the conflict the
    record is in: they can read the other votes.
    """
    minutes = settings_of(own.review, own.stage).hold_minutes
    if minutes and own.created_at + timedelta(minutes=minutes) <= timezone.now():
        raise AlreadyDecided(
            f"Your vote on {short(own.record)} at {stage_label(own.stage)} is older than {minutes} minutes: it "
            "stands and is counted as it is. An adjudicator can open the record again when it is complete."
        )
    seen = Verdict.objects.filter(record=own.record, stage=own.stage).to_resolve_by(own.reviewer)
    if seen.exists():
        raise AlreadyDecided(
            f"You can read the other votes on {short(own.record)}, because you may resolve this conflict: your own "
            "vote stands as it is. Resolve the conflict instead."
        )
