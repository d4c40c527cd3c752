"""What a lead said about the records of one file before anybody screened them here."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from records.models import ImportBatch
from reviews.models import Job, Review, User


class IntakeQuerySet(models.QuerySet["Intake"]):
    def live(self) -> "IntakeQuerySet":
        """Those that stand: neither undone as a whole nor replaced."""
        return self.filter(undone_at=None)


class Intake(models.Model):
    """What a lead said about all records of one file before anybody screened them here; undone as a whole.

    Of the EARLIER kinds it says what decisions found in the file mean, of the STAGE kinds at which stage its records
    come in. A file has at most one of each at a time.
    """

    class Kind(models.TextChoices):
        IGNORED = "ignored", "Earlier decisions are ignored"
        PRIOR = "prior", "Earlier decisions are prior knowledge"
        VOTES = "votes", "Earlier decisions became votes"
        OUTCOMES = "outcomes", "Earlier decisions became outcomes of an earlier review"
        FULL_TEXT = "full_text", "Went straight to full text"
        INCLUDED = "included", "Were included before"
        EXCLUDED = "excluded", "Were excluded before"

    EARLIER = (Kind.IGNORED, Kind.PRIOR, Kind.VOTES, Kind.OUTCOMES)
    STAGE = (Kind.FULL_TEXT, Kind.INCLUDED, Kind.EXCLUDED)

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="intakes")
    batch = models.ForeignKey(ImportBatch, on_delete=models.PROTECT, related_name="intakes")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    people = models.JSONField(
        default=dict, blank=True, help_text="Votes: {name in the file: id of the member they belong to}."
    )
    shown_first = models.BooleanField(
        default=False, help_text="Prior knowledge: shown to people before they vote themselves."
    )
    why = models.CharField(max_length=300, blank=True)
    result = models.JSONField(default=dict, blank=True, help_text="{taken, left}: counts.")
    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    undone_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)

    objects = IntakeQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["batch"],
                condition=Q(undone_at=None, kind__in=["ignored", "prior", "votes", "outcomes"]),
                name="earlier_decisions_settled_once_per_file",
            ),
            models.UniqueConstraint(
                fields=["batch"],
                condition=Q(undone_at=None, kind__in=["full_text", "included", "excluded"]),
                name="one_stage_per_file",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.batch}: {self.get_kind_display().lower()}"
