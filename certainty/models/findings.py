"""The rows of a summary of findings."""

from django.db import models
from django.utils import timezone

from analysis.models import Plan
from reviews.models import Outcome, Review, User


class FindingQuerySet(models.QuerySet["Finding"]):
    def live(self) -> "FindingQuerySet":
        """Findings that were not retired."""
        return self.filter(retired_at=None)

    def in_summary(self) -> "FindingQuerySet":
        """Those chosen for the summary of findings, at most seven of a comparison."""
        return self.live().filter(in_summary=True)


class Finding(models.Model):
    """What the review found on one outcome of one comparison: a row of the summary of findings."""

    class Importance(models.TextChoices):
        CRITICAL = "critical", "Critical"
        IMPORTANT = "important", "Important, not critical"
        LIMITED = "limited", "Of limited importance"

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="findings")
    outcome = models.ForeignKey(Outcome, on_delete=models.PROTECT, related_name="findings")
    #: The analysis the finding rests on; none where the result is told in words alone.
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="findings", null=True, blank=True)
    label = models.CharField(
        max_length=200, blank=True, help_text="As the table prints it; the outcome's name if empty."
    )
    population = models.CharField(max_length=300, blank=True)
    setting = models.CharField(max_length=300, blank=True)
    intervention = models.CharField(max_length=200)
    comparison = models.CharField(max_length=200)
    time_point = models.CharField("follow-up", max_length=120, blank=True)
    importance = models.CharField(max_length=10, choices=Importance.choices, default=Importance.CRITICAL)
    in_summary = models.BooleanField("in the summary of findings", default=True)
    order = models.PositiveIntegerField(default=0)
    #: Assumed risks of the comparator, low to high: [{"label": str, "per_1000": number, "source": str}]; for a
    #: continuous outcome the typical value and SD of the comparator: [{"label", "mean", "sd", "source"}].
    baselines = models.JSONField(default=list, blank=True)
    minimal_important_difference = models.FloatField(
        null=True, blank=True, help_text="On the scale of the measure; the outcome's own if empty."
    )
    optimal_information_size = models.PositiveIntegerField(
        null=True, blank=True, help_text="Participants; computed by a convention if empty."
    )
    narrative = models.TextField(blank=True, help_text="The result in words where nothing was pooled.")
    statement = models.TextField(
        "plain-language statement",
        blank=True,
        help_text="Own words; proposed from effect and certainty if empty.",
    )
    comments = models.TextField(blank=True)
    version = models.PositiveIntegerField(default=1)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    created_at = models.DateTimeField(default=timezone.now)
    retired_at = models.DateTimeField(null=True, blank=True)

    objects = FindingQuerySet.as_manager()

    class Meta:
        ordering = ["order", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["review", "plan", "intervention", "comparison"],
                condition=models.Q(retired_at=None, plan__isnull=False),
                name="one_live_finding_per_plan",
            ),
        ]

    def __str__(self) -> str:
        return self.label or self.outcome.name
