from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone


class ReviewQuerySet(models.QuerySet["Review"]):
    def of(self, user) -> "ReviewQuerySet":
        """The reviews ``user`` belongs to now."""
        return self.filter(memberships__user=user, memberships__left_at=None)


class Review(models.Model):
    """A systematic review: its protocol in fields, so that nothing has to be retyped downstream."""

    class MaybeRule(models.TextChoices):
        INCLUDE = "include", "Maybe counts as include"
        CONFLICT = "conflict", "Maybe makes a conflict"

    slug = models.SlugField(max_length=80, unique=True)
    title = models.CharField(max_length=300)
    question = models.TextField(blank=True, help_text="The review question in one or two sentences.")
    framework = models.CharField(max_length=20, default="PICO")
    population = models.TextField(blank=True)
    intervention = models.TextField(blank=True)
    comparator = models.TextField(blank=True)
    study_designs = models.TextField(blank=True)
    registration = models.CharField(max_length=100, blank=True, help_text="For example CRD42024000000.")
    registry = models.CharField(max_length=100, blank=True, help_text="For example PROSPERO or OSF.")
    protocol_url = models.URLField(blank=True)
    notice = models.TextField(
        blank=True, help_text="Shown on every page of the review, for example what it is."
    )
    protocol_version = models.PositiveIntegerField(default=1)

    quorum_title_abstract = models.PositiveSmallIntegerField(
        "reviewers per record (title and abstract)",
        default=2,
        validators=[MinValueValidator(1), MaxValueValidator(9)],
    )
    quorum_full_text = models.PositiveSmallIntegerField(
        "reviewers per report (full text)", default=2, validators=[MinValueValidator(1), MaxValueValidator(9)]
    )
    maybe_rule = models.CharField(max_length=10, choices=MaybeRule.choices, default=MaybeRule.INCLUDE)
    reasons_must_agree = models.BooleanField(
        default=False,
        help_text="Two exclusions for different reasons at full text are a conflict. "
        "Otherwise the reason that comes first in the list stands.",
    )
    created_at = models.DateTimeField(default=timezone.now)
    archived_at = models.DateTimeField(null=True, blank=True)

    objects = ReviewQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(quorum_title_abstract__gte=1, quorum_full_text__gte=1),
                name="review_quorum_at_least_one",
            )
        ]

    def __str__(self) -> str:
        return self.title


class Criterion(models.Model):
    """One eligibility criterion, for one element of the question."""

    class Kind(models.TextChoices):
        INCLUDE = "include", "Include"
        EXCLUDE = "exclude", "Exclude"

    class Element(models.TextChoices):
        POPULATION = "population", "Population"
        INTERVENTION = "intervention", "Intervention"
        COMPARATOR = "comparator", "Comparator"
        OUTCOME = "outcome", "Outcome"
        DESIGN = "design", "Study design"
        EXPOSURE = "exposure", "Exposure"
        PHENOMENON = "phenomenon", "Phenomenon of interest"
        EVALUATION = "evaluation", "Evaluation"
        RESEARCH_TYPE = "research_type", "Research type"
        INDEX_TEST = "index_test", "Index test"
        REFERENCE_STANDARD = "reference_standard", "Reference standard"
        DIAGNOSIS = "diagnosis", "Diagnosis of interest"
        SETTING = "setting", "Setting"
        OTHER = "other", "Other"

    #: The elements of each framework, in its order; a free one has them all. Any number of criteria for each.
    FRAMEWORKS = {
        "PICO": ("population", "intervention", "comparator", "outcome"),
        "PICOS": ("population", "intervention", "comparator", "outcome", "design"),
        "PECO": ("population", "exposure", "comparator", "outcome"),
        "SPIDER": ("population", "phenomenon", "design", "evaluation", "research_type"),
        "PIRD": ("population", "index_test", "reference_standard", "diagnosis"),
    }

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="criteria")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    element = models.CharField(max_length=20, choices=Element.choices)
    text = models.TextField()
    reason = models.ForeignKey(
        "reviews.ExclusionReason",
        on_delete=models.PROTECT,
        related_name="criteria",
        null=True,
        blank=True,
        verbose_name="exclusion reason",
        help_text="Given when the criteria are asked one by one and this is the first that fails.",
    )
    order = models.PositiveIntegerField(default=0)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["order", "pk"]
        verbose_name_plural = "criteria"

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.text}"


class ExclusionReason(models.Model):
    """A reason to exclude, in the order of the list: the first that applies is the one reported."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="exclusion_reasons")
    label = models.CharField(max_length=120)
    order = models.PositiveIntegerField(default=0)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["order", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["review", "label"], name="exclusion_reason_once_per_review")
        ]

    def __str__(self) -> str:
        return self.label


class Outcome(models.Model):
    """A planned outcome, defined once and offered in risk of bias, extraction, analysis and certainty."""

    class Direction(models.TextChoices):
        LOWER = "lower", "Lower is better"
        HIGHER = "higher", "Higher is better"

    class Kind(models.TextChoices):
        CONTINUOUS = "continuous", "Continuous"
        DICHOTOMOUS = "dichotomous", "Dichotomous"
        TIME_TO_EVENT = "time_to_event", "Time to event"
        RATE = "rate", "Events over person-time"
        CORRELATION = "correlation", "Correlation"
        PROPORTION = "proportion", "Proportion of one group"
        DIAGNOSTIC = "diagnostic", "Diagnostic accuracy"

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="outcomes")
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=20, choices=Kind.choices, default=Kind.CONTINUOUS)
    domain = models.CharField(max_length=200, blank=True)
    scale = models.CharField(max_length=200, blank=True)
    direction = models.CharField(max_length=10, choices=Direction.choices, default=Direction.LOWER)
    unit = models.CharField(max_length=60, blank=True)
    scale_low = models.FloatField(
        "lowest possible score",
        null=True,
        blank=True,
        help_text="Of the scale; extraction checks against it.",
    )
    scale_high = models.FloatField("highest possible score", null=True, blank=True)
    time_point = models.CharField("main time point", max_length=120, blank=True)
    time_points = models.JSONField(
        "further time points",
        default=list,
        blank=True,
        help_text='Planned besides the main one: ["6 months", "1 year"].',
    )
    minimal_important_difference = models.FloatField(null=True, blank=True)
    is_primary = models.BooleanField(default=False)
    order = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["order", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["review", "name"], name="outcome_name_once_per_review"),
            models.CheckConstraint(
                condition=models.Q(scale_low=None)
                | models.Q(scale_high=None)
                | models.Q(scale_low__lt=models.F("scale_high")),
                name="outcome_scale_runs_upwards",
                violation_error_message="The lowest possible score must be below the highest.",
            ),
        ]

    def __str__(self) -> str:
        return self.name
