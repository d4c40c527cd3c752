"""The analysis plan and the changes made to it."""

from django.db import models
from django.utils import timezone

from extraction.models import Result
from reviews.models import Outcome, Review, User


class PlanQuerySet(models.QuerySet["Plan"]):
    def live(self) -> "PlanQuerySet":
        """Plans that were not retired."""
        return self.filter(retired_at=None)


class Plan(models.Model):
    """What is to be pooled and how; a run keeps a copy, so a later change never alters a result."""

    class Kind(models.TextChoices):
        PAIRWISE = "pairwise", "Meta-analysis of two groups, or of one"
        NETWORK = "network", "Network meta-analysis"
        NARRATIVE = "narrative", "Synthesis without meta-analysis"

    class Method(models.TextChoices):
        INVERSE_VARIANCE = "iv", "Inverse variance"
        MANTEL_HAENSZEL = "mh", "Mantel-Haenszel"
        PETO = "peto", "Peto"
        GLMM = "glmm", "Generalised linear mixed model"

    class RiskOfBias(models.TextChoices):
        LOW = "low", "Low risk only"
        NOT_HIGH = "not_high", "Without high risk"

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="plans")
    slug = models.SlugField(max_length=60)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.PAIRWISE)
    question = models.TextField(blank=True, help_text="What this analysis is to answer, in a sentence.")
    outcome = models.ForeignKey(Outcome, on_delete=models.PROTECT, related_name="plans")
    #: Which results are eligible and which of several goes first: analysis.selection.Selection as JSON.
    #: {} is the result marked as preferred in extraction.
    selection = models.JSONField(default=dict, blank=True)
    measure = models.CharField(max_length=10, default="SMD")
    method = models.CharField(max_length=5, choices=Method.choices, default=Method.INVERSE_VARIANCE)
    tau2_method = models.CharField(max_length=10, default="REML")
    test = models.CharField(max_length=10, default="knha")
    level = models.FloatField(default=95.0)
    prediction = models.CharField(
        max_length=10, default="as test", help_text="How the prediction interval gets its quantile."
    )
    subgroup_by = models.CharField(max_length=80, blank=True, help_text="Name of a characteristic.")
    common_tau2 = models.BooleanField(
        "one between-study variance", default=False, help_text="Shared by all subgroups."
    )
    #: [{"name": name of a characteristic, "type": "number" | "category"}], for meta-regression.
    moderators = models.JSONField(default=list, blank=True)
    #: Keys of analysis.choices.SENSITIVITY; None is all of them.
    sensitivity = models.JSONField(null=True, blank=True)
    #: Keys of analysis.choices.SMALL_STUDY_TESTS; [] is the one proposed for the measure.
    small_study_tests = models.JSONField(default=list, blank=True)
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
    version = models.PositiveIntegerField(default=1)
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


class PlanChange(models.Model):
    """One later change of a plan: what it was, what it became, why, and whether results were known by then."""

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="changes")
    version = models.PositiveIntegerField(help_text="The version of the plan this change made.")
    #: {field: [before, after]} as JSON; studies by label.
    changed = models.JSONField()
    reason = models.TextField()
    #: After the plan was prespecified or a run had been asked for: reported as post hoc.
    post_hoc = models.BooleanField()
    changed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["plan", "version"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "version"], name="one_change_per_plan_version")
        ]

    def __str__(self) -> str:
        return f"{self.plan}, version {self.version}"
