"""Runs of a plan, and what is computed beside them."""

from django.db import models
from django.utils import timezone

from analysis.models.plans import Plan
from reviews.models import Job, Review, User


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
    seed = models.PositiveBigIntegerField(default=0, help_text="Of whatever is drawn at random.")
    #: What is computed already while the run is under way; not to be relied on.
    partial = models.JSONField(null=True, blank=True)
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


class Exploration(models.Model):
    """A big computation beside a run's result, split over workers: always exploratory, immutable once finished."""

    class Kind(models.TextChoices):
        GOSH = "gosh", "GOSH: every subset of the studies"
        MULTIVERSE = "multiverse", "Multiverse: every defensible choice"
        PERMUTATION = "permutation", "Permutation test"
        BOOTSTRAP = "bootstrap", "Bootstrap intervals"

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="explorations")
    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="explorations")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    settings = models.JSONField(default=dict, blank=True)
    settings_hash = models.CharField(max_length=64)
    seed = models.PositiveBigIntegerField(default=0)
    job = models.OneToOneField(Job, on_delete=models.PROTECT, related_name="exploration")
    engine_version = models.CharField(max_length=120)
    result = models.JSONField(null=True, blank=True)
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["run", "kind", "settings_hash"], name="one_exploration_per_run_and_settings"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.run}"


class FigureSettings(models.Model):
    """How a figure of a plan is drawn: kept with the plan, so that every run of it is drawn alike."""

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="figures")
    figure = models.CharField(max_length=30, help_text="Key in analysis.figures.catalogue.")
    settings = models.JSONField(default=dict, blank=True)
    version = models.PositiveIntegerField(default=1)
    changed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["plan", "figure"]
        verbose_name_plural = "figure settings"
        constraints = [models.UniqueConstraint(fields=["plan", "figure"], name="one_setting_per_plan_figure")]

    def __str__(self) -> str:
        return f"{self.figure}, {self.plan}"
