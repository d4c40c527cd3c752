"""Remarks on a record, questions to a colleague, and who was named in them."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from records.models import Record
from reviews.models import Membership, Review, User
from screening.models.common import Stage
from screening.models.votes import Verdict


class NoteQuerySet(models.QuerySet["Note"]):
    def live(self) -> "NoteQuerySet":
        return self.filter(removed_at=None)

    def visible_to(self, membership: Membership) -> "NoteQuerySet":
        """One's own, those asked of oneself, and, where the record's outcome at the note's stage is told, the team's
        and the questions among colleagues. Private ones are their author's alone, always.

        A removed note is its author's alone, so that it can be taken back. Who resolves a conflict reads the team's
        notes through ``for_resolver``, without names.
        """
        told = Verdict.objects.told().filter(record=models.OuterRef("record"), stage=models.OuterRef("stage"))
        others = Q(asked=membership.user) | ~Q(audience=Note.Audience.PRIVATE) & Q(models.Exists(told))
        return self.filter(Q(author=membership.user) | Q(removed_at=None) & others, review=membership.review)

    def for_resolver(self, membership: Membership) -> "NoteQuerySet":
        """The team's notes on conflicts that ``membership`` may resolve: to be shown with
        ``screening.anonymity.anonymous_notes``, never with their author."""
        conflict = Verdict.objects.to_resolve_by(membership.user).filter(
            record=models.OuterRef("record"), stage=models.OuterRef("stage")
        )
        return self.live().filter(
            models.Exists(conflict), review=membership.review, audience=Note.Audience.TEAM
        )

    def questions(self) -> "NoteQuerySet":
        return self.filter(audience=Note.Audience.ASKED, parent=None)


class Note(models.Model):
    """A remark on a record at a stage: for oneself, for the team once the record is complete, or a question to one
    colleague, who sees it at once (and nobody else before the record is complete). Answers have ``parent``.
    """

    class Audience(models.TextChoices):
        PRIVATE = "private", "Only me"
        TEAM = "team", "The team, once the record is complete"
        ASKED = "asked", "One colleague, at once"

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="notes")
    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="notes")
    stage = models.CharField(max_length=20, choices=Stage.choices)
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    audience = models.CharField(max_length=10, choices=Audience.choices, default=Audience.TEAM)
    asked = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, related_name="answers", null=True, blank=True
    )
    text = models.TextField(max_length=5000)
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(null=True, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)

    objects = NoteQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["review", "asked", "removed_at"], name="note_by_asked")]
        constraints = [
            models.CheckConstraint(
                condition=Q(audience="asked", asked__isnull=False) | (~Q(audience="asked") & Q(asked=None)),
                name="a_question_is_to_somebody",
            )
        ]

    def __str__(self) -> str:
        return self.text[:60]


class MentionQuerySet(models.QuerySet["Mention"]):
    def visible_to(self, membership: Membership) -> "MentionQuerySet":
        """One's own notices, of notes one may read now: a blinded note gives notice when it is opened."""
        notes = Note.objects.live().visible_to(membership).filter(pk=models.OuterRef("note"))
        return self.filter(models.Exists(notes), user=membership.user, note__review=membership.review)

    def unseen(self) -> "MentionQuerySet":
        return self.filter(seen_at=None)


class Mention(models.Model):
    """Somebody named in a note, or asked; the row is their notice until they saw it."""

    note = models.ForeignKey(Note, on_delete=models.PROTECT, related_name="mentions")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    seen_at = models.DateTimeField(null=True, blank=True)

    objects = MentionQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["note", "user"], name="one_mention_per_person_note")]

    def __str__(self) -> str:
        return f"{self.user} in note {self.note_id}"
