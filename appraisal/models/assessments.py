"""Risk-of-bias assessments: who judged which domain of which study how, and what was agreed."""

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from appraisal import registry
from appraisal.instruments import Level, Tool
from reviews.models import Membership, Outcome, Review, User
from screening.models import FullText, Study


class AssessmentQuerySet(models.QuerySet["Assessment"]):
    def of(
        self, study: Study, instrument: str, outcome: Outcome | None = None, time_point: str = ""
    ) -> "AssessmentQuerySet":
        """Of one study, or of one of its results: the outcome at the time point."""
        return self.filter(study=study, instrument=instrument, outcome=outcome, time_point=time_point)

    def alike(self, assessment: "Assessment") -> "AssessmentQuerySet":
        """Everybody's assessment of the same thing with the same instrument."""
        return self.of(assessment.study, assessment.instrument, assessment.outcome, assessment.time_point)

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
        same = Assessment.objects.annotate(of_outcome=Coalesce("outcome_id", 0)).filter(
            study=OuterRef("study"),
            instrument=OuterRef("instrument"),
            of_outcome=Coalesce(OuterRef("outcome_id"), 0),
            time_point=OuterRef("time_point"),
        )
        my_draft = same.independent().filter(state=Assessment.State.DRAFT, assessor=membership.user)
        # What was made with an older version of the tool opens nothing that is assessed anew with a newer one.
        same = same.filter(tool_version__gte=OuterRef("tool_version"))
        colleague = same.independent().complete().exclude(assessor=OuterRef("assessor"))
        compared = Exists(same.consensus()) | (Exists(colleague) & ~Exists(my_draft))
        return self.filter(review=membership.review).filter(
            Q(assessor=membership.user)
            | Q(kind=Assessment.Kind.CONSENSUS)
            | (Q(state=Assessment.State.COMPLETE) & compared)
        )


class Assessment(models.Model):
    """One person's (or the agreed) assessment of one study, or of one of its results, with one instrument.

    Without an outcome it is about the study; with one about that outcome, at ``time_point`` if it is not "".
    """

    class Kind(models.TextChoices):
        INDEPENDENT = "independent", "Independent"
        CONSENSUS = "consensus", "Consensus"

    class State(models.TextChoices):
        DRAFT = "draft", "In progress"
        COMPLETE = "complete", "Complete"

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="assessments")
    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="assessments")
    instrument = models.CharField(
        max_length=30, help_text="A key of appraisal.instruments or of an own tool."
    )
    tool_version = models.PositiveIntegerField(
        default=1, help_text="Of an own tool; built-in tools have one."
    )
    outcome = models.ForeignKey(
        Outcome, on_delete=models.PROTECT, related_name="assessments", null=True, blank=True
    )
    time_point = models.CharField(max_length=120, blank=True)
    result_label = models.CharField(
        max_length=300, blank=True, help_text="The numerical result that was assessed, for example SMD -0.4."
    )
    several_together = models.BooleanField(
        null=True,
        help_text="Whether several concerns together substantially lower confidence, where a tool asks.",
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
                F("study"),
                F("instrument"),
                Coalesce(F("outcome"), 0),
                F("time_point"),
                F("assessor"),
                condition=Q(kind="independent"),
                name="one_assessment_per_assessor",
            ),
            models.UniqueConstraint(
                F("study"),
                F("instrument"),
                Coalesce(F("outcome"), 0),
                F("time_point"),
                condition=Q(kind="consensus"),
                name="one_consensus_per_result",
            ),
            models.CheckConstraint(
                condition=Q(time_point="") | Q(outcome__isnull=False), name="a_time_point_is_of_an_outcome"
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
    def tool(self) -> Tool:
        """The tool in the version this was made with."""
        return registry.tool_at(self.review_id, self.instrument, self.tool_version)

    @property
    def is_complete(self) -> bool:
        return self.state == self.State.COMPLETE

    @property
    def is_consensus(self) -> bool:
        return self.kind == self.Kind.CONSENSUS

    @property
    def values(self) -> dict[str, str]:
        """{domain key: level key} of what is judged, without the overall judgement (uses prefetched judgements)."""
        return {
            judgement.domain: judgement.value
            for judgement in self.judgements.all()
            if judgement.value and judgement.domain != Judgement.OVERALL
        }

    @property
    def overall(self) -> str:
        """The level key of the overall judgement, "" without one (uses prefetched judgements)."""
        found = (one.value for one in self.judgements.all() if one.domain == Judgement.OVERALL)
        return next(found, "")

    @property
    def given(self) -> dict[str, str]:
        """{question key: option} of what is answered (uses prefetched answers)."""
        return {answer.question: answer.value for answer in self.answers.all() if answer.value}

    @property
    def about(self) -> str:
        """What is assessed, for sentences: the study, or its outcome at a time point."""
        if self.outcome is None:
            return str(self.study)
        return f"{self.study}, {self.outcome}{f' at {self.time_point}' if self.time_point else ''}"


class OfAssessmentQuerySet(models.QuerySet):
    def visible_to(self, membership: Membership) -> "OfAssessmentQuerySet":
        """What belongs to the assessments this member may see."""
        return self.filter(assessment__in=Assessment.objects.visible_to(membership))


class Supported(models.Model):
    """The words behind an answer or a judgement, and where they stand."""

    support = models.TextField(blank=True)
    quote = models.TextField(blank=True, help_text="Word for word from the report.")
    page = models.CharField(max_length=40, blank=True, help_text="Page of the quote, as the PDF counts.")
    full_text = models.ForeignKey(FullText, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        abstract = True


class Judgement(Supported):
    """The judgement of one domain, or overall, with the words that support it."""

    #: The ``domain`` of the overall judgement.
    OVERALL = "overall"

    class Direction(models.TextChoices):
        EXPERIMENTAL = "experimental", "Favours experimental"
        COMPARATOR = "comparator", "Favours comparator"
        TOWARDS_NULL = "towards_null", "Towards null"
        AWAY_FROM_NULL = "away_from_null", "Away from null"
        UNPREDICTABLE = "unpredictable", "Unpredictable"

    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, related_name="judgements")
    domain = models.CharField(max_length=60, help_text="A domain key of the instrument, or overall.")
    # Empty while only the support has been typed.
    value = models.CharField(
        max_length=30, blank=True, help_text="A level key of the instrument, for example low."
    )
    proposed = models.CharField(
        max_length=30,
        blank=True,
        help_text="What the tool's rule gave when this was judged, if it gave a level.",
    )
    override_reason = models.TextField(blank=True, help_text="Why the judgement differs from the proposal.")
    direction = models.CharField(max_length=20, choices=Direction.choices, blank=True)

    objects = OfAssessmentQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["assessment", "domain"], name="one_judgement_per_domain"),
            models.CheckConstraint(
                condition=Q(value="") | Q(proposed="") | Q(value=F("proposed")) | ~Q(override_reason=""),
                name="an_override_has_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.domain}: {self.value or 'not judged yet'}"

    @property
    def level(self) -> Level | None:
        if not self.value:
            return None
        tool = self.assessment.tool
        return tool.overall_level(self.value) if self.domain == self.OVERALL else tool.level(self.value)

    @property
    def is_override(self) -> bool:
        """Whether a person judged otherwise than the tool's rule proposed."""
        return bool(self.value and self.proposed and self.value != self.proposed)


class Answer(Supported):
    """The answer to one signalling question, with the words that support it."""

    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, related_name="answers")
    question = models.CharField(max_length=60, help_text="A question key of the tool.")
    # Empty while only the support has been typed.
    value = models.CharField(
        max_length=10, blank=True, help_text="An option of the question, for example PY."
    )

    objects = OfAssessmentQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["assessment", "question"], name="one_answer_per_question")
        ]

    def __str__(self) -> str:
        return f"{self.question}: {self.value or 'not answered yet'}"
