"""Exclusion reasons that were merged into others."""

from django.db import models
from django.utils import timezone

from reviews.models import ExclusionReason, Review, User


class ReasonMerge(models.Model):
    """One reason that became another, with what was moved, so that it can be undone.

    ``moved`` names votes of records that are not complete, too, so it is shown to nobody.
    """

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="reason_merges")
    gone = models.ForeignKey(ExclusionReason, on_delete=models.PROTECT, related_name="+")
    into = models.ForeignKey(ExclusionReason, on_delete=models.PROTECT, related_name="+")
    was_retired = models.BooleanField(default=False, help_text="The one that went was not offered before.")
    moved = models.JSONField(default=dict, help_text="{table: ids of the rows that had the reason}.")
    why = models.CharField(max_length=500, blank=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    undone_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.gone} into {self.into}"
