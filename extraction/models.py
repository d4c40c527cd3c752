"""What was extracted from a study: its arms, its results, its characteristics, and where each value stands."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from extraction.values import FIELDS
from reviews.models import Outcome, Review, User
from screening.models import Study


class Arm(models.Model):
    class Role(models.TextChoices):
        EXPERIMENTAL = "experimental", "Experimental"
        COMPARATOR = "comparator", "Comparator"

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="arms")
    label = models.CharField(max_length=200)
    role = models.CharField(max_length=15, choices=Role.choices)
    n_randomised = models.PositiveIntegerField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["study_id", "-role", "pk"]
        constraints = [models.UniqueConstraint(fields=["study", "label"], name="arm_label_once_per_study")]

    def __str__(self) -> str:
        return self.label


class Characteristic(models.Model):
    """A fact about a study under a name shared by the review, for example therapy = MBCT; used for subgroups."""

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="characteristics")
    name = models.CharField(max_length=80)
    value = models.TextField()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["study", "name"], name="characteristic_once_per_study")
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.value}"


def _filled(*names: str) -> Q:
    """None of these is NULL; a comparison with NULL would not fail a check."""
    return Q(**{f"{name}__isnull": False for name in names})


class ResultQuerySet(models.QuerySet["Result"]):
    def current(self) -> "ResultQuerySet":
        """Results that were neither corrected nor withdrawn."""
        return self.filter(superseded_at=None)

    def preferred(self) -> "ResultQuerySet":
        """The one current result per study and outcome that analyses use."""
        return self.current().filter(is_preferred=True)

    def with_names(self) -> "ResultQuerySet":
        """With what a page prints beside the numbers, in the same query."""
        return self.select_related(
            "study", "outcome", "experimental", "comparator", "extracted_by", "verified_by", "withdrawn_by"
        )


class Result(models.Model):
    """One result of one outcome between two arms: arm data, or an effect with its standard error.

    A correction adds a new row and supersedes the old one, so both stay readable.
    """

    class Kind(models.TextChoices):
        MEANS = "means", "n, mean and SD per arm"
        EVENTS = "events", "Events and n per arm"
        EFFECT = "effect", "Effect and standard error as reported"

    class Rater(models.TextChoices):
        CLINICIAN = "clinician", "Clinician-rated"
        SELF_REPORT = "self_report", "Self-report"

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="results")
    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="results")
    outcome = models.ForeignKey(Outcome, on_delete=models.PROTECT, related_name="results")
    experimental = models.ForeignKey(Arm, on_delete=models.PROTECT, related_name="+")
    comparator = models.ForeignKey(Arm, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    scale = models.CharField(max_length=120, blank=True)
    time_point = models.CharField(max_length=120, blank=True)
    rater = models.CharField(max_length=15, choices=Rater.choices, blank=True)
    is_preferred = models.BooleanField(
        default=True, help_text="The one result of this study and outcome that analyses use."
    )
    n1 = models.PositiveIntegerField("n, experimental", null=True, blank=True)
    mean1 = models.FloatField("mean, experimental", null=True, blank=True)
    sd1 = models.FloatField("SD, experimental", null=True, blank=True)
    events1 = models.PositiveIntegerField("events, experimental", null=True, blank=True)
    n2 = models.PositiveIntegerField("n, comparator", null=True, blank=True)
    mean2 = models.FloatField("mean, comparator", null=True, blank=True)
    sd2 = models.FloatField("SD, comparator", null=True, blank=True)
    events2 = models.PositiveIntegerField("events, comparator", null=True, blank=True)
    effect = models.FloatField(null=True, blank=True, help_text="On the analysis scale (log for ratios).")
    effect_se = models.FloatField("standard error", null=True, blank=True)
    effect_measure = models.CharField(max_length=10, blank=True, help_text="For example SMD.")
    derived = models.BooleanField(default=False, help_text="Converted or derived, not read off as printed.")
    basis = models.TextField(blank=True, help_text="How the value was obtained.")
    source = models.TextField(blank=True, help_text="Page, table, quote or address the value was read from.")
    extracted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="results")
    verified_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    verified_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    previous = models.OneToOneField(
        "self", on_delete=models.PROTECT, related_name="corrected_by", null=True, blank=True
    )
    correction_reason = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    superseded_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    withdrawal_reason = models.TextField(blank=True)

    objects = ResultQuerySet.as_manager()

    class Meta:
        ordering = ["study__label", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["study", "outcome"],
                condition=Q(superseded_at=None, is_preferred=True),
                name="one_preferred_result_per_study_outcome",
            ),
            models.CheckConstraint(
                condition=~Q(kind="means")
                | _filled("n1", "n2", "mean1", "mean2", "sd1", "sd2")
                & Q(n1__gte=1, n2__gte=1, sd1__gt=0, sd2__gt=0),
                name="means_complete_and_positive",
            ),
            models.CheckConstraint(
                condition=~Q(kind="events")
                | _filled("n1", "n2", "events1", "events2")
                & Q(n1__gte=1, n2__gte=1, events1__lte=models.F("n1"), events2__lte=models.F("n2")),
                name="events_complete_and_not_above_n",
            ),
            models.CheckConstraint(
                condition=~Q(kind="effect") | _filled("effect", "effect_se") & Q(effect_se__gt=0),
                name="effect_complete_and_positive_se",
            ),
            models.CheckConstraint(
                condition=~Q(experimental=models.F("comparator")), name="two_different_arms"
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_by=None, withdrawal_reason="")
                | (Q(withdrawn_by__isnull=False, superseded_at__isnull=False) & ~Q(withdrawal_reason="")),
                name="a_withdrawn_result_says_who_and_why",
            ),
            models.CheckConstraint(
                condition=Q(verified_by=None) | ~Q(verified_by=models.F("extracted_by")),
                name="verified_by_a_second_person",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.study}, {self.outcome} ({self.scale or self.get_kind_display()})"

    @property
    def is_current(self) -> bool:
        return self.superseded_at is None

    @property
    def is_effect_only(self) -> bool:
        return self.kind == self.Kind.EFFECT

    @property
    def values(self) -> dict[str, float | str | None]:
        """{field name: value} of the fields this kind of result has."""
        return {field.name: getattr(self, field.name) for field in FIELDS[self.kind]}
