"""Results: the numbers of one outcome, as reported and as analyses take them."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from extraction.models.arms import Arm
from extraction.models.extractions import Extraction
from extraction.values import FIELDS, SINGLE_GROUP
from reviews.models import Membership, Outcome, Review, User
from screening.models import Study


def _filled(*names: str) -> Q:
    """None of these is NULL; a comparison with NULL would not fail a check."""
    return Q(**{f"{name}__isnull": False for name in names})


class ResultQuerySet(models.QuerySet["Result"]):
    def current(self) -> "ResultQuerySet":
        """The shared results that were neither corrected nor withdrawn: what later rooms use."""
        return self.filter(superseded_at=None, extraction=None)

    def independent(self) -> "ResultQuerySet":
        """One extractor's own results in dual extraction, neither corrected nor withdrawn."""
        return self.filter(superseded_at=None, extraction__isnull=False)

    def visible_to(self, membership: Membership) -> "ResultQuerySet":
        """Shared results, and the independent ones of extractions this member may see."""
        return self.filter(review=membership.review).filter(
            Q(extraction=None) | Q(extraction__in=Extraction.objects.visible_to(membership))
        )

    def preferred(self) -> "ResultQuerySet":
        """The one current result per study and outcome that analyses use."""
        return self.current().filter(is_preferred=True)

    def with_names(self) -> "ResultQuerySet":
        """With what a page prints beside the numbers, in the same query."""
        return self.select_related(
            "study", "outcome", "experimental", "comparator", "extracted_by", "verified_by", "withdrawn_by"
        )


class Result(models.Model):
    """One result of one outcome between two arms (or of one group): arm data, or an effect with its standard error.

    A correction adds a new row and supersedes the old one, so both stay readable. In dual extraction a result
    belongs to one person's ``extraction`` until both agree; ``agreed_from`` then keeps what each had.
    """

    class Kind(models.TextChoices):
        MEANS = "means", "n, mean and SD per arm"
        EVENTS = "events", "Events and n per arm"
        EFFECT = "effect", "Effect and standard error as reported"
        CHANGE = "change", "Baseline and final mean and SD per arm, with their correlation"
        QUANTILES = "quantiles", "Median with quartiles or range per arm"
        RATES = "rates", "Events over person-time per arm"
        OE = "oe", "O − E and its variance"
        PROPORTION = "proportion", "Events and n of one group"
        CORRELATION = "correlation", "Correlation in one group"
        DIAGNOSTIC = "diagnostic", "Two by two table of a test"

    class Rater(models.TextChoices):
        CLINICIAN = "clinician", "Clinician-rated"
        SELF_REPORT = "self_report", "Self-report"

    class Population(models.TextChoices):
        ITT = "itt", "Intention to treat"
        MODIFIED_ITT = "modified_itt", "Modified intention to treat"
        PER_PROTOCOL = "per_protocol", "Per protocol"
        AVAILABLE = "available", "Available cases"
        SAFETY = "safety", "Safety population"
        SUBGROUP = "subgroup", "A subgroup"

    #: Kinds about one group, which have no comparator.
    SINGLE_GROUP = SINGLE_GROUP

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="results")
    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="results")
    outcome = models.ForeignKey(Outcome, on_delete=models.PROTECT, related_name="results")
    experimental = models.ForeignKey(Arm, on_delete=models.PROTECT, related_name="+")
    comparator = models.ForeignKey(Arm, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    extraction = models.ForeignKey(
        Extraction, on_delete=models.PROTECT, related_name="results", null=True, blank=True
    )
    agreed_from = models.ManyToManyField("self", symmetrical=False, blank=True, related_name="agreed_as")
    kind = models.CharField(max_length=15, choices=Kind.choices)
    scale = models.CharField(max_length=120, blank=True)
    time_point = models.CharField(max_length=120, blank=True)
    weeks = models.FloatField(
        "weeks since randomisation", null=True, blank=True, help_text="The time point as a number."
    )
    rater = models.CharField(max_length=15, choices=Rater.choices, blank=True)
    population = models.CharField(max_length=15, choices=Population.choices, blank=True)
    subgroup = models.CharField(max_length=120, blank=True, help_text="Which people, if not everybody.")
    is_change = models.BooleanField("change from baseline", default=False)
    adjusted = models.BooleanField("adjusted for covariates", default=False)
    is_preferred = models.BooleanField(
        default=True, help_text="The one result of this study and outcome that analyses use."
    )
    n1 = models.PositiveIntegerField("n, experimental", null=True, blank=True)
    mean1 = models.FloatField("mean, experimental", null=True, blank=True)
    sd1 = models.FloatField("SD, experimental", null=True, blank=True)
    events1 = models.PositiveIntegerField("events, experimental", null=True, blank=True)
    baseline_mean1 = models.FloatField("baseline mean, experimental", null=True, blank=True)
    baseline_sd1 = models.FloatField("baseline SD, experimental", null=True, blank=True)
    r1 = models.FloatField("correlation of baseline and final, experimental", null=True, blank=True)
    median1 = models.FloatField("median, experimental", null=True, blank=True)
    q1_1 = models.FloatField("first quartile, experimental", null=True, blank=True)
    q3_1 = models.FloatField("third quartile, experimental", null=True, blank=True)
    low1 = models.FloatField("minimum, experimental", null=True, blank=True)
    high1 = models.FloatField("maximum, experimental", null=True, blank=True)
    time1 = models.FloatField("person-time, experimental", null=True, blank=True)
    n2 = models.PositiveIntegerField("n, comparator", null=True, blank=True)
    mean2 = models.FloatField("mean, comparator", null=True, blank=True)
    sd2 = models.FloatField("SD, comparator", null=True, blank=True)
    events2 = models.PositiveIntegerField("events, comparator", null=True, blank=True)
    baseline_mean2 = models.FloatField("baseline mean, comparator", null=True, blank=True)
    baseline_sd2 = models.FloatField("baseline SD, comparator", null=True, blank=True)
    r2 = models.FloatField("correlation of baseline and final, comparator", null=True, blank=True)
    median2 = models.FloatField("median, comparator", null=True, blank=True)
    q1_2 = models.FloatField("first quartile, comparator", null=True, blank=True)
    q3_2 = models.FloatField("third quartile, comparator", null=True, blank=True)
    low2 = models.FloatField("minimum, comparator", null=True, blank=True)
    high2 = models.FloatField("maximum, comparator", null=True, blank=True)
    time2 = models.FloatField("person-time, comparator", null=True, blank=True)
    effect = models.FloatField(null=True, blank=True, help_text="On the analysis scale (log for ratios).")
    effect_se = models.FloatField("standard error", null=True, blank=True)
    effect_measure = models.CharField(max_length=10, blank=True, help_text="For example SMD.")
    #: As printed (a ratio as a ratio), beside ``effect`` and ``effect_se``.
    estimate = models.FloatField("estimate as printed", null=True, blank=True)
    ci_low = models.FloatField("lower limit as printed", null=True, blank=True)
    ci_high = models.FloatField("upper limit as printed", null=True, blank=True)
    ci_level = models.FloatField("confidence level, %", null=True, blank=True)
    p_value = models.FloatField("p", null=True, blank=True)
    p_below = models.BooleanField("p printed as below this", default=False)
    o_minus_e = models.FloatField("O − E", null=True, blank=True)
    variance = models.FloatField("variance of O − E", null=True, blank=True)
    correlation = models.FloatField(null=True, blank=True)
    tp = models.PositiveIntegerField("true positives", null=True, blank=True)
    fp = models.PositiveIntegerField("false positives", null=True, blank=True)
    fn = models.PositiveIntegerField("false negatives", null=True, blank=True)
    tn = models.PositiveIntegerField("true negatives", null=True, blank=True)
    #: {field: text as typed}: keeps trailing zeros, which the linter needs.
    typed = models.JSONField(default=dict, blank=True)
    #: What the report gives where it was converted: {name: value as typed}, e.g. {"se1": "0.94"}.
    as_reported = models.JSONField(default=dict, blank=True)
    #: One entry per conversion: {"key", "name", "inputs", "values", "formula", "filled", "source", "caution",
    #: "gave": [fields]}, as extraction.conversions.Converted has it.
    conversions = models.JSONField(default=list, blank=True)
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
                condition=Q(superseded_at=None, is_preferred=True, extraction=None),
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
                condition=~Q(kind="change")
                | _filled("n1", "n2", "mean1", "mean2", "sd1", "sd2")
                & _filled("baseline_mean1", "baseline_mean2", "baseline_sd1", "baseline_sd2")
                & Q(n1__gte=1, n2__gte=1, sd1__gt=0, sd2__gt=0, baseline_sd1__gt=0, baseline_sd2__gt=0),
                name="changes_complete_and_positive",
            ),
            models.CheckConstraint(
                condition=~Q(kind="quantiles") | _filled("n1", "n2", "median1", "median2"),
                name="quantiles_have_n_and_median",
            ),
            models.CheckConstraint(
                condition=~Q(kind="rates")
                | _filled("events1", "events2", "time1", "time2") & Q(time1__gt=0, time2__gt=0),
                name="rates_complete_and_positive",
            ),
            models.CheckConstraint(
                condition=~Q(kind="oe") | _filled("o_minus_e", "variance") & Q(variance__gt=0),
                name="oe_complete_and_positive_variance",
            ),
            models.CheckConstraint(
                condition=~Q(kind="proportion")
                | _filled("events1", "n1") & Q(n1__gte=1, events1__lte=models.F("n1")),
                name="proportion_complete_and_not_above_n",
            ),
            models.CheckConstraint(
                condition=~Q(kind="correlation")
                | _filled("correlation", "n1") & Q(correlation__gte=-1, correlation__lte=1, n1__gte=1),
                name="correlation_complete_and_within_one",
            ),
            models.CheckConstraint(
                condition=~Q(kind="diagnostic") | _filled("tp", "fp", "fn", "tn"),
                name="diagnostic_table_complete",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["proportion", "correlation", "diagnostic"], comparator=None)
                | (
                    ~Q(kind__in=["proportion", "correlation", "diagnostic"])
                    & Q(comparator__isnull=False)
                    & ~Q(experimental=models.F("comparator"))
                ),
                name="two_different_arms",
            ),
            models.CheckConstraint(
                condition=Q(extraction=None) | Q(is_preferred=False), name="only_shared_results_are_preferred"
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
