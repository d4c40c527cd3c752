"""The arms of a study, the facts about it, and the words a team agreed on for interventions and outcomes."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

from reviews.models import Review
from screening.models import Study


class VocabularyTerm(models.Model):
    """A word for an intervention, outcome, population or scale; a synonym points to the preferred one."""

    class Kind(models.TextChoices):
        INTERVENTION = "intervention", "Intervention"
        OUTCOME = "outcome", "Outcome"
        POPULATION = "population", "Population"
        SCALE = "scale", "Scale"

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="vocabulary")
    kind = models.CharField(max_length=15, choices=Kind.choices)
    name = models.CharField(max_length=200)
    preferred = models.ForeignKey(
        "self", on_delete=models.PROTECT, related_name="synonyms", null=True, blank=True
    )

    class Meta:
        ordering = ["kind", Lower("name")]
        constraints = [
            models.UniqueConstraint(
                F("review"), F("kind"), Lower("name"), name="vocabulary_term_once_per_review"
            ),
            models.CheckConstraint(
                condition=Q(preferred=None) | ~Q(preferred=F("id")), name="no_synonym_of_itself"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Arm(models.Model):
    class Role(models.TextChoices):
        EXPERIMENTAL = "experimental", "Experimental"
        COMPARATOR = "comparator", "Comparator"

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="arms")
    label = models.CharField(max_length=200)
    role = models.CharField(max_length=15, choices=Role.choices)
    n_randomised = models.PositiveIntegerField(null=True, blank=True)
    dose = models.CharField(max_length=200, blank=True, help_text="Dose, sessions or intensity.")
    description = models.TextField(blank=True)
    intervention = models.ForeignKey(
        VocabularyTerm, on_delete=models.PROTECT, related_name="arms", null=True, blank=True
    )
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
