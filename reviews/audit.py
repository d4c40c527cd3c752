"""The one way to write history: services call record_event inside their transaction."""

from django.db import connection
from django.db.models import Model

from reviews.models import AuditEvent, Review, User


def record_event(
    *,
    review: Review | None,
    actor: User | None,
    verb: str,
    sentence: str,
    target: Model | None = None,
    detail: dict | None = None,
    blinded: bool = False,
) -> AuditEvent:
    """Add one event to the history of ``review``.

    ``sentence`` is the finished human sentence without the actor's name ("included the record ..."), ``detail``
    holds old, new and why as JSON. ``blinded`` events are shown to their actor alone until someone may see them
    (a vote on a record that is not complete). Must run inside the transaction that makes the change, so that no
    change is without its line and no line without its change.
    """
    assert connection.in_atomic_block, "record_event belongs inside the service's transaction"
    return AuditEvent.objects.create(
        review=review,
        actor=actor,
        actor_name=str(actor) if actor else "System",
        verb=verb,
        target_type=target._meta.label_lower if target else "",
        target_id=str(target.pk) if target else "",
        target_label=str(target)[:300] if target else "",
        sentence=sentence,
        detail=detail or {},
        blinded=blinded,
    )
