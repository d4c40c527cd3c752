"""The analysis plan, its runs, and figures quoted from elsewhere."""

from django.db import models
from django.utils import timezone

from extraction.models import Result
from reviews.models import Job, Outcome, Review, User


class PlanQuerySet(models.QuerySet["Plan"]):
    def live(self) -> "PlanQuerySet":
        """Plans that were not retired."""
        return self.filter(retired_at=None)


class Plan(models.Model):
    """What is to be pooled and how; a run keeps a copy, so a later change never alters a result."""

    class RiskOfBias(models.TextChoices):
        LOW = "low", "Low risk only"
        NOT_HIGH = "not_high", "Without high risk"

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="plans")
    slug = models.SlugField(max_length=60)
    name = models.CharField(max_length=200)
    outcome = models.ForeignKey(Outcome, on_delete=models.PROTECT, related_name="plans")
    measure = models.CharField(max_length=10, default="SMD")
    tau2_method = models.CharField(max_length=10, default="REML")
    test = models.CharField(max_length=10, default="knha")
    level = models.FloatField(default=95.0)
    subgroup_by = models.CharField(max_length=80, blank=True, help_text="Name of a characteristic.")
    excluded_studies = models.ManyToManyField("screening.Study", blank=True, related_name="+")
    exclusion_note = models.TextField(blank=True, help_text="Why these studies are left out.")
    prefer_rater = models.CharField(
        max_length=15,
        choices=Result.Rater.choices,
        blank=True,
        help_text="Where a study has a result by this rater, use it in place of the preferred one.",
    )
    leave_out_derived = models.BooleanField(
        default=False, help_text="Pool only values read off as printed, not converted or derived ones."
    )
    risk_of_bias = models.CharField(
        max_length=10,
        choices=RiskOfBias.choices,
        blank=True,
        help_text="Pool only studies whose agreed overall risk of bias is as chosen.",
    )
    experimental_label = models.CharField(
        "what is tested",
        max_length=60,
        default="intervention",
        help_text="In one or two words, for the figure: Favours ...",
    )
    comparator_label = models.CharField("what it is compared with", max_length=60, default="control")
    prespecified = models.BooleanField(default=False, help_text="In the protocol before the data were seen.")
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    created_at = models.DateTimeField(default=timezone.now)
    retired_at = models.DateTimeField(null=True, blank=True)

    objects = PlanQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["review", "slug"], name="plan_slug_once_per_review"),
            models.CheckConstraint(
                condition=models.Q(level__gt=0, level__lt=100),
                name="plan_level_between_0_and_100",
                violation_error_message="The confidence level is a percentage between 0 and 100, such as 95.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class RunQuerySet(models.QuerySet["Run"]):
    def finished(self) -> "RunQuerySet":
        """Runs that have a result."""
        return self.filter(result__isnull=False)


class Run(models.Model):
    """One execution of a plan: a snapshot and hash of its inputs, and an immutable result."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="runs")
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="runs")
    job = models.OneToOneField(Job, on_delete=models.PROTECT, related_name="run")
    snapshot = models.JSONField(help_text="The plan's settings and every study row that went in.")
    input_hash = models.CharField(max_length=64)
    engine_version = models.CharField(max_length=120)
    result = models.JSONField(null=True, blank=True)
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = RunQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "input_hash"], name="one_run_per_plan_and_inputs")
        ]

    def __str__(self) -> str:
        return f"{self.plan}, run {self.pk}"


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
