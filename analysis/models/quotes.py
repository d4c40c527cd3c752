"""Figures quoted from elsewhere."""

from django.db import models

from reviews.models import Outcome, Review


class QuotedResult(models.Model):
    """A pooled figure quoted from a publication as printed (ratios as ratios), always shown as quoted beside ours."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="quoted_results")
    outcome = models.ForeignKey(Outcome, on_delete=models.PROTECT, related_name="+")
    label = models.CharField(max_length=200)
    measure = models.CharField(max_length=10, default="SMD")
    estimate = models.FloatField()
    ci_low = models.FloatField()
    ci_high = models.FloatField()
    k = models.PositiveIntegerField(null=True, blank=True)
    citation = models.TextField()
    order = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["order", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["review", "label"], name="quoted_label_once_per_review"),
            models.CheckConstraint(
                condition=models.Q(ci_low__lte=models.F("estimate"), ci_high__gte=models.F("estimate")),
                name="quoted_interval_holds_estimate",
                violation_error_message="The interval must hold the estimate: lower limit, estimate, upper limit.",
            ),
        ]

    def __str__(self) -> str:
        return self.label
