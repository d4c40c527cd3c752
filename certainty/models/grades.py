"""Ratings of the certainty of a finding."""

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from analysis.models import Run
from certainty.grade import Level, level_of
from certainty.models.findings import Finding
from reviews.models import Membership, User


class GradeQuerySet(models.QuerySet["Grade"]):
    def current(self) -> "GradeQuerySet":
        """Those no later rating has taken the place of."""
        return self.filter(superseded_at=None)

    def agreed(self) -> "GradeQuerySet":
        """What the review says: the completed consensus of each finding."""
        return self.current().filter(kind=Grade.Kind.CONSENSUS, state=Grade.State.COMPLETE)

    def individual(self) -> "GradeQuerySet":
        return self.filter(kind=Grade.Kind.INDIVIDUAL)

    def complete(self) -> "GradeQuerySet":
        return self.filter(state=Grade.State.COMPLETE)

    def not_settled(self) -> "GradeQuerySet":
        """Without what was completed, or as a draft begun, before a consensus: a new round begins after it."""
        later = Grade.objects.filter(
            finding=OuterRef("finding"),
            kind=Grade.Kind.CONSENSUS,
            completed_at__gte=Coalesce(OuterRef("completed_at"), OuterRef("created_at")),
        )
        return self.filter(~Exists(later))

    def visible_to(self, membership: Membership) -> "GradeQuerySet":
        """The blinding rule, for pages, API, exports and reports alike.

        One's own ratings and every consensus. A colleague's rating only when it is complete, and a consensus came
        after it; or a second person's of the same round is complete too, and the viewer has no draft left.
        """
        same = Grade.objects.filter(finding=OuterRef("finding")).current().individual()
        my_draft = same.filter(state=Grade.State.DRAFT, rater=membership.user).not_settled()
        second = same.complete().not_settled().exclude(rater=OuterRef("rater"))
        settled = Grade.objects.filter(
            finding=OuterRef("finding"),
            kind=Grade.Kind.CONSENSUS,
            completed_at__gte=OuterRef("completed_at"),
        )
        opened = Exists(settled) | (Exists(second) & ~Exists(my_draft))
        return self.filter(finding__review=membership.review).filter(
            Q(rater=membership.user) | Q(kind=Grade.Kind.CONSENSUS) | (Q(state=Grade.State.COMPLETE) & opened)
        )


class Grade(models.Model):
    """One person's rating of a finding, or the agreed one; a later one supersedes it and nothing is overwritten."""

    class Kind(models.TextChoices):
        INDIVIDUAL = "individual", "One person's"
        CONSENSUS = "consensus", "Agreed"

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        COMPLETE = "complete", "Complete"

    class Start(models.TextChoices):
        HIGH = "high", "High"
        LOW = "low", "Low"

    finding = models.ForeignKey(Finding, on_delete=models.PROTECT, related_name="grades")
    rater = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.INDIVIDUAL)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    start = models.CharField(max_length=5, choices=Start.choices, default=Start.HIGH)
    start_reason = models.TextField(blank=True)
    #: The result that was rated and everything a suggestion looked at, with its hash: when either differs from
    #: today's, the rating is stale (certainty.evidence, certainty.staleness).
    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="grades", null=True, blank=True)
    evidence = models.JSONField(default=dict, blank=True)
    evidence_hash = models.CharField(max_length=64, blank=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)
    completed_at = models.DateTimeField(null=True, blank=True)
    superseded_at = models.DateTimeField(null=True, blank=True)

    objects = GradeQuerySet.as_manager()

    class Meta:
        ordering = ["finding", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["finding", "rater"],
                condition=Q(kind="individual", superseded_at=None),
                name="one_current_grade_per_rater_and_finding",
            ),
            models.UniqueConstraint(
                fields=["finding"],
                condition=Q(kind="consensus", superseded_at=None),
                name="one_current_agreed_grade_per_finding",
            ),
            models.CheckConstraint(
                condition=Q(state="complete", completed_at__isnull=False)
                | Q(state="draft", completed_at=None),
                name="grade_complete_has_its_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.finding}: {self.rater}"

    @property
    def is_complete(self) -> bool:
        return self.state == self.State.COMPLETE

    @property
    def is_consensus(self) -> bool:
        return self.kind == self.Kind.CONSENSUS

    @property
    def changes(self) -> dict[str, int]:
        """{domain key: levels down (negative) or up} of what is rated (uses prefetched steps)."""
        return {step.domain: step.change for step in self.steps.all()}

    @property
    def level(self) -> Level:
        """The certainty the rating comes to so far (uses prefetched steps)."""
        return level_of(self.start, self.changes)


class Step(models.Model):
    """One domain of a rating: by how many levels, as proposed from the data or otherwise, and why."""

    class Domain(models.TextChoices):
        RISK_OF_BIAS = "risk_of_bias", "Risk of bias"
        INCONSISTENCY = "inconsistency", "Inconsistency"
        INDIRECTNESS = "indirectness", "Indirectness"
        IMPRECISION = "imprecision", "Imprecision"
        PUBLICATION_BIAS = "publication_bias", "Publication bias"
        LARGE_EFFECT = "large_effect", "Large effect"
        DOSE_RESPONSE = "dose_response", "Dose response"
        CONFOUNDING = "confounding", "Plausible confounding"

    grade = models.ForeignKey(Grade, on_delete=models.PROTECT, related_name="steps")
    domain = models.CharField(max_length=20, choices=Domain.choices)
    change = models.SmallIntegerField(help_text="Levels down (-1 to -3) or up (1, 2); 0 for none.")
    #: What was proposed from the data when it was rated; none where the data say nothing.
    proposed = models.SmallIntegerField(null=True, blank=True)
    proposal = models.TextField(blank=True, help_text="The sentence of the proposal, with its numbers.")
    reason = models.TextField(
        blank=True, help_text="The footnote; needed for every level and every override."
    )

    class Meta:
        ordering = ["grade", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["grade", "domain"], name="one_step_per_grade_and_domain"),
            models.CheckConstraint(
                condition=Q(
                    domain__in=[
                        "risk_of_bias",
                        "inconsistency",
                        "indirectness",
                        "imprecision",
                        "publication_bias",
                    ],
                    change__gte=-3,
                    change__lte=0,
                )
                | Q(
                    domain__in=["large_effect", "dose_response", "confounding"], change__gte=0, change__lte=2
                ),
                name="grade_step_within_its_range",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_domain_display()}: {self.change:+d}"
