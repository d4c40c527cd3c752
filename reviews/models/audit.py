from collections.abc import Callable
from typing import Any

from django.db import models
from django.utils import timezone

#: What rooms downstream hide of the history, added in their AppConfig.ready: given events and a user, the events
#: without those that this user is blinded for at present.
BLINDING: list[Callable[["AuditEventQuerySet", Any], "AuditEventQuerySet"]] = []


class AuditEventQuerySet(models.QuerySet["AuditEvent"]):
    def visible_to(self, user) -> "AuditEventQuerySet":
        """The blinding rule of the history, for every page, file and API that shows it.

        A blinded event is shown to its actor alone, whatever the role. What tells the outcome of something that is
        open again is hidden by the room that knows (``BLINDING``) until it is complete.
        """
        shown: AuditEventQuerySet = self.filter(models.Q(blinded=False) | models.Q(actor=user))
        for without_blinded in BLINDING:
            shown = without_blinded(shown, user)
        return shown


class AuditEvent(models.Model):
    """What happened, in a finished sentence. Append-only (database triggers refuse UPDATE and DELETE).

    Nothing here is a real foreign key, so nothing can cascade history away: the review and the actor are joined
    without a constraint, and the actor's name is kept as it was.
    """

    review = models.ForeignKey(
        "reviews.Review",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        null=True,
        related_name="events",
    )
    actor = models.ForeignKey(
        "reviews.User", on_delete=models.DO_NOTHING, db_constraint=False, null=True, related_name="+"
    )
    actor_name = models.CharField(max_length=150, blank=True)
    at = models.DateTimeField(default=timezone.now)
    verb = models.CharField(max_length=60, help_text="Dotted, for example screening.vote_cast.")
    target_type = models.CharField(max_length=60, blank=True)
    target_id = models.CharField(max_length=64, blank=True)
    target_label = models.CharField(max_length=300, blank=True)
    sentence = models.TextField()
    detail = models.JSONField(default=dict, blank=True)
    # Blinded events (a vote on a record not yet complete) are shown to their actor alone.
    blinded = models.BooleanField(default=False)

    objects = AuditEventQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["review", "-id"], name="audit_by_review"),
            models.Index(fields=["review", "target_type", "target_id"], name="audit_by_target"),
        ]

    def __str__(self) -> str:
        return self.sentence

    @property
    def changes(self) -> list[tuple[str, object, object]]:
        """What changed, field by field: its name in words, the old and the new value."""
        return [
            (name.replace("_", " ").capitalize(), change.get("old"), change.get("new"))
            for name, change in self.detail.get("changes", {}).items()
        ]
