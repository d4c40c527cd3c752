"""Who screens what: allocation, records in somebody's view, and records put off."""

from django.db import models
from django.utils import timezone

from records.models import Record
from reviews.models import Review, User
from screening.models.common import Stage


class Allocation(models.Model):
    """One act of sharing records out; taken back as a whole. Votes that were cast stay."""

    class Way(models.TextChoices):
        PERCENT = "percent", "By percentage"
        COUNT = "count", "By number"
        FILTER = "filter", "All that match a filter"
        SPLIT = "split", "Random split"
        PAIRS = "pairs", "Rotating pairs"

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="allocations")
    stage = models.CharField(max_length=20, choices=Stage.choices)
    way = models.CharField(max_length=10, choices=Way.choices)
    params = models.JSONField(
        default=dict, blank=True, help_text="Shares, filter and seed, as they were given."
    )
    result = models.JSONField(default=dict, blank=True, help_text="{user id: records assigned}.")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    undone_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.get_way_display()} ({self.get_stage_display().lower()})"


class AssignmentQuerySet(models.QuerySet["Assignment"]):
    def live(self) -> "AssignmentQuerySet":
        return self.filter(ended_at=None)


class Assignment(models.Model):
    """A record that is one reviewer's to screen; others do not get it while anybody is assigned."""

    allocation = models.ForeignKey(Allocation, on_delete=models.PROTECT, related_name="assignments")
    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="+")
    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="assignments")
    stage = models.CharField(max_length=20, choices=Stage.choices)
    reviewer = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    replaced_by = models.ForeignKey(
        Allocation,
        on_delete=models.PROTECT,
        related_name="replaced",
        null=True,
        blank=True,
        help_text="The later lot that ended it; undoing that one brings it back.",
    )

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["review", "stage", "reviewer", "ended_at"], name="assignment_by_reviewer")
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["record", "stage", "reviewer"],
                condition=models.Q(ended_at=None),
                name="one_live_assignment_per_reviewer_record_stage",
            )
        ]

    def __str__(self) -> str:
        return f"record {self.record_id} for {self.reviewer}"


class Claim(models.Model):
    """A record in somebody's view: its place is kept for them until the time named, then it lapses."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="+")
    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="claims")
    stage = models.CharField(max_length=20, choices=Stage.choices)
    reviewer = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    until = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["review", "stage", "until"], name="claim_by_time")]
        constraints = [
            models.UniqueConstraint(
                fields=["record", "stage", "reviewer"], name="one_claim_per_reviewer_record_stage"
            )
        ]

    def __str__(self) -> str:
        return f"record {self.record_id} in view of {self.reviewer}"


class Postponement(models.Model):
    """A record that a reviewer put off: it comes again when nothing else is left for them."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="+")
    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="+")
    stage = models.CharField(max_length=20, choices=Stage.choices)
    reviewer = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["record", "stage", "reviewer"], name="one_postponement_per_reviewer_record_stage"
            )
        ]

    def __str__(self) -> str:
        return f"record {self.record_id} put off by {self.reviewer}"
