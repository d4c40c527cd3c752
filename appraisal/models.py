"""Risk-of-bias assessments: who judged which domain of which study how, and what was agreed."""

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from appraisal.instruments import INSTRUMENTS, Instrument, Level
from reviews.models import Membership, Outcome, Review, User
from screening.models import Study


class AssessmentQuerySet(models.QuerySet["Assessment"]):
    def of(self, study: Study, instrument: str) -> "AssessmentQuerySet":
        return self.filter(study=study, instrument=instrument)

    def independent(self) -> "AssessmentQuerySet":
        return self.filter(kind=Assessment.Kind.INDEPENDENT)

    def complete(self) -> "AssessmentQuerySet":
        return self.filter(state=Assessment.State.COMPLETE)

    def consensus(self) -> "AssessmentQuerySet":
        """What was agreed: the assessments that later rooms use."""
        return self.filter(kind=Assessment.Kind.CONSENSUS)

    def visible_to(self, membership: Membership) -> "AssessmentQuerySet":
        """The blinding rule, for pages, API, exports and figures alike.

        One's own assessments and every consensus. A colleague's assessment only when it is complete, another
        one of the same study is complete too, and the viewer has no draft of it left; or when there is a
        consensus.
        """
        same = Assessment.objects.filter(study=OuterRef("study"), instrument=OuterRef("instrument"))
        colleague = same.independent().complete().exclude(assessor=OuterRef("assessor"))
        my_draft = same.independent().filter(state=Assessment.State.DRAFT, assessor=membership.user)
        compared = Exists(same.consensus()) | (Exists(colleague) & ~Exists(my_draft))
        return self.filter(review=membership.review).filter(
            Q(assessor=membership.user)
            | Q(kind=Assessment.Kind.CONSENSUS)
            | (Q(state=Assessment.State.COMPLETE) & compared)
        )


class Assessment(models.Model):
    """One person's (or the agreed) assessment of one study with one instrument."""

    class Kind(models.TextChoices):
        INDEPENDENT = "independent", "Independent"
        CONSENSUS = "consensus", "Consensus"

    class State(models.TextChoices):
        DRAFT = "draft", "In progress"
        COMPLETE = "complete", "Complete"

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="assessments")
    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="assessments")
    instrument = models.CharField(max_length=30, help_text="A name in appraisal.instruments.INSTRUMENTS.")
    outcome = models.ForeignKey(
        Outcome, on_delete=models.PROTECT, related_name="assessments", null=True, blank=True
    )
    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.INDEPENDENT)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    assessor = models.ForeignKey(User, on_delete=models.PROTECT, related_name="assessments")
    created_at = models.DateTimeField(default=timezone.now)
    completed_at = models.DateTimeField(null=True, blank=True)

    objects = AssessmentQuerySet.as_manager()

    class Meta:
        ordering = ["study__label", "kind", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["study", "instrument", "assessor"],
                condition=Q(kind="independent"),
                name="one_assessment_per_assessor",
            ),
            models.UniqueConstraint(
                fields=["study", "instrument"], condition=Q(kind="consensus"), name="one_consensus_per_study"
            ),
            models.CheckConstraint(
                condition=Q(kind="independent") | Q(state="complete"), name="a_consensus_is_complete"
            ),
            models.CheckConstraint(
                condition=Q(state="draft", completed_at=None)
                | Q(state="complete", completed_at__isnull=False),
                name="complete_assessments_have_a_date",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.study} by {self.assessor}"

    @property
    def tool(self) -> Instrument:
        return INSTRUMENTS[self.instrument]

    @property
    def is_complete(self) -> bool:
        return self.state == self.State.COMPLETE

    @property
    def is_consensus(self) -> bool:
        return self.kind == self.Kind.CONSENSUS

    @property
    def values(self) -> dict[str, str]:
        """{domain key: level key} of what is judged (uses prefetched judgements)."""
        return {judgement.domain: judgement.value for judgement in self.judgements.all() if judgement.value}


class JudgementQuerySet(models.QuerySet["Judgement"]):
    def visible_to(self, membership: Membership) -> "JudgementQuerySet":
        """The judgements of the assessments this member may see."""
        return self.filter(assessment__in=Assessment.objects.visible_to(membership))


class Judgement(models.Model):
    """The judgement of one domain, with the words that support it."""

    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, related_name="judgements")
    domain = models.CharField(max_length=60, help_text="A domain key of the instrument.")
    # Empty while only the support has been typed.
    value = models.CharField(
        max_length=30, blank=True, help_text="A level key of the instrument, for example low."
    )
    support = models.TextField(blank=True)
    changed_at = models.DateTimeField(default=timezone.now)

    objects = JudgementQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["assessment", "domain"], name="one_judgement_per_domain")
        ]

    def __str__(self) -> str:
        return f"{self.domain}: {self.value or 'not judged yet'}"

    @property
    def level(self) -> Level | None:
        return self.assessment.tool.level(self.value) if self.value else None
