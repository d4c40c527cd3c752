"""What people add to the derived PRISMA counts: corrections with a reason, and how the diagram is drawn."""

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils import timezone

from reviews.models import Review, User


class AdjustmentQuerySet(models.QuerySet["Adjustment"]):
    def live(self) -> "AdjustmentQuerySet":
        return self.filter(withdrawn_at=None)

    def standing_at(self, at: datetime) -> "AdjustmentQuerySet":
        return self.filter(Q(withdrawn_at=None) | Q(withdrawn_at__gt=at), created_at__lte=at)


class Adjustment(models.Model):
    """A number of the flow diagram that a person corrected by hand, with the reason; always marked as such."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="adjustments")
    key = models.CharField(max_length=40, help_text="A number of reporting.counts.FlowCounts.")
    name = models.CharField(max_length=300, blank=True, help_text="Of a source or reason, for a list.")
    amount = models.IntegerField(help_text="Added to what the application counts; negative to take away.")
    reason = models.TextField()
    #: Where it came from a PRISMA2020 CSV: the file's name.
    source = models.CharField(max_length=200, blank=True)
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    created_at = models.DateTimeField(default=timezone.now)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, blank=True)

    objects = AdjustmentQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(amount=0), name="adjustment_changes_something"),
            models.CheckConstraint(condition=~Q(reason=""), name="adjustment_has_a_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.name} {self.amount:+d}".replace("  ", " ")


class FlowSettings(models.Model):
    """How the flow diagram of a review is drawn; without a row the counts decide."""

    class Template(models.TextChoices):
        AUTO = "auto", "As the numbers ask for"
        NEW = "new", "New review, databases and registers only"
        NEW_OTHER = "new_other", "New review, with other methods"
        UPDATED = "updated", "Updated review, databases and registers only"
        UPDATED_OTHER = "updated_other", "Updated review, with other methods"

    review = models.OneToOneField(Review, on_delete=models.PROTECT, related_name="flow_settings")
    template = models.CharField(max_length=15, choices=Template.choices, default=Template.AUTO)
    each_database = models.BooleanField("name each database", default=True)
    each_register = models.BooleanField("name each register", default=True)
    meta_analysis = models.BooleanField("box of the meta-analysis", default=False)
    #: Own words in place of printed labels, by the key of a box or line.
    labels = models.JSONField(default=dict, blank=True)
    version = models.PositiveIntegerField(default=1)
    changed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "flow settings"

    def __str__(self) -> str:
        return self.get_template_display()
