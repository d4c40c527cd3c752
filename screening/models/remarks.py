"""What people add to a record beside their vote: labels, notes, questions to a colleague."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from records.models import Record
from reviews.models import ExclusionReason, Job, Membership, Review, User
from screening.models.common import Stage


class Label(models.Model):
    """A coloured word for records; shared by the team, or one person's own."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="labels")
    name = models.CharField(max_length=60)
    colour = models.PositiveSmallIntegerField(default=1, help_text="1 to 8, of the design's label colours.")
    owner = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", null=True, blank=True, help_text="Nobody: shared."
    )
    order = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["order", "name", "pk"]
        constraints = [
            models.UniqueConstraint(
                "review",
                models.functions.Lower("name"),
                condition=Q(owner=None),
                name="shared_label_name_once",
            ),
            models.UniqueConstraint(
                "review",
                "owner",
                models.functions.Lower("name"),
                condition=Q(owner__isnull=False),
                name="own_label_name_once",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class LabellingQuerySet(models.QuerySet["Labelling"]):
    def live(self) -> "LabellingQuerySet":
        return self.filter(removed_at=None)


class Labelling(models.Model):
    """One label on one record, put there by one person."""

    label = models.ForeignKey(Label, on_delete=models.PROTECT, related_name="uses")
    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="labellings")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    removed_at = models.DateTimeField(null=True, blank=True)

    objects = LabellingQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["label", "record", "by"],
                condition=Q(removed_at=None),
                name="one_live_use_of_a_label_per_person_record",
            )
        ]

    def __str__(self) -> str:
        return f"{self.label} on record {self.record_id}"


class NoteQuerySet(models.QuerySet["Note"]):
    def live(self) -> "NoteQuerySet":
        return self.filter(removed_at=None)


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


class Mention(models.Model):
    """Somebody named in a note, or asked; the row is their notice until they saw it."""

    note = models.ForeignKey(Note, on_delete=models.PROTECT, related_name="mentions")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["note", "user"], name="one_mention_per_person_note")]

    def __str__(self) -> str:
        return f"{self.user} in note {self.note_id}"


class TermList(models.Model):
    """Words to be marked in what is read: the review's, or one person's own (``owner``)."""

    class Kind(models.TextChoices):
        INCLUDE = "include", "Speaks for inclusion"
        EXCLUDE = "exclude", "Speaks for exclusion"
        OTHER = "other", "Neither"

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="term_lists")
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.OTHER)
    colour = models.PositiveSmallIntegerField(
        default=1, help_text="1 to 8; each colour has a shape of its own."
    )
    terms = models.JSONField(
        default=list, help_text='Words, phrases and wildcards: ["randomi*", "sham control"].'
    )
    owner = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        help_text="Nobody: the review's.",
    )
    order = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["order", "pk"]

    def __str__(self) -> str:
        return self.name


class SavedSearchQuerySet(models.QuerySet["SavedSearch"]):
    def live(self) -> "SavedSearchQuerySet":
        return self.filter(removed_at=None)

    def visible_to(self, membership: Membership) -> "SavedSearchQuerySet":
        """One's own and the team's."""
        return self.filter(Q(owner=membership.user) | Q(shared=True), review=membership.review)


class SavedSearch(models.Model):
    """A filter of the list of records under a name: one person's, or the team's."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="saved_searches")
    name = models.CharField(max_length=80)
    query = models.CharField(max_length=2000, help_text="The list's address after the question mark.")
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    shared = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)
    removed_at = models.DateTimeField(null=True, blank=True)

    objects = SavedSearchQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        verbose_name_plural = "saved searches"
        constraints = [
            models.UniqueConstraint(
                fields=["review", "owner", "name"],
                condition=Q(removed_at=None),
                name="saved_search_name_once",
            )
        ]

    def __str__(self) -> str:
        return self.name


class VoteLotQuerySet(models.QuerySet["VoteLot"]):
    def visible_to(self, membership: Membership) -> "VoteLotQuerySet":
        """One's own: a lot tells votes on records that need not be complete."""
        return self.filter(review=membership.review, by=membership.user)


class VoteLot(models.Model):
    """One vote cast on many records at once; each has its own line in the history, and all are undone together."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="vote_lots")
    stage = models.CharField(max_length=20, choices=Stage.choices)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    vote = models.CharField(max_length=10)
    reason = models.ForeignKey(
        ExclusionReason, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    note = models.TextField(blank=True)
    key = models.UUIDField(
        default=uuid.uuid4, help_text="Made by the client: the same lot sent twice is one."
    )
    records = models.JSONField(default=list, blank=True, help_text="Ids it was asked for, in order.")
    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    query = models.CharField(max_length=2000, blank=True, help_text="The filter it was cast on.")
    result = models.JSONField(
        default=dict, blank=True, help_text="{taken, left: [[record, sentence]]}; undone: {undone, kept}."
    )
    created_at = models.DateTimeField(default=timezone.now)
    undone_at = models.DateTimeField(null=True, blank=True)

    objects = VoteLotQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["by", "key"], name="one_lot_per_idempotency_key")]

    def __str__(self) -> str:
        return f"{self.vote} by {self.by}"
