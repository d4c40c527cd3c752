"""Risk-of-bias assessments: who judged which domain of which study how, and what was agreed."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from reviews.models import Outcome, Review, User
from screening.models import Study


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
        ]

    def __str__(self) -> str:
        return f"{self.study} by {self.assessor}"


class Judgement(models.Model):
    """The judgement of one domain, with the words that support it."""

    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, related_name="judgements")
    domain = models.CharField(max_length=60, help_text="A domain key of the instrument.")
    value = models.CharField(max_length=30, help_text="A level key of the instrument, for example low.")
    support = models.TextField(blank=True)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["assessment", "domain"], name="one_judgement_per_domain")
        ]

    def __str__(self) -> str:
        return f"{self.domain}: {self.value}"
