"""Searches kept under a name, and votes cast on many records at once."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from reviews.models import ExclusionReason, Job, Membership, Review, User
from screening.models.common import Stage


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
