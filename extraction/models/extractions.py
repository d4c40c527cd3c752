"""Who extracts what: how a review works, one person's extraction of one study, and when a study is complete."""

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from reviews.models import Membership, Review, User
from screening.models import Study


class ExtractionSettings(models.Model):
    """How this review extracts; a review without a row uses the defaults."""

    class Mode(models.TextChoices):
        SINGLE = "single", "One person extracts"
        VERIFY = "verify", "One person extracts, a second verifies"
        DUAL = "dual", "Two people extract independently, then agree"

    review = models.OneToOneField(Review, on_delete=models.PROTECT, related_name="extraction_settings")
    mode = models.CharField(max_length=10, choices=Mode.choices, default=Mode.VERIFY)
    version = models.PositiveIntegerField(default=1)

    def __str__(self) -> str:
        return self.get_mode_display()


class ExtractionQuerySet(models.QuerySet["Extraction"]):
    def independent(self) -> "ExtractionQuerySet":
        return self.filter(kind=Extraction.Kind.INDEPENDENT)

    def consensus(self) -> "ExtractionQuerySet":
        """What was agreed, or, where one person extracts, what that person says: later rooms use this."""
        return self.filter(kind=Extraction.Kind.CONSENSUS)

    def complete(self) -> "ExtractionQuerySet":
        return self.filter(state=Extraction.State.COMPLETE)

    def visible_to(self, membership: Membership) -> "ExtractionQuerySet":
        """The blinding rule of dual extraction, for pages, API, exports and sheets alike.

        One's own and every shared one. A colleague's independent extraction only when it is complete, another one
        of the study is complete too, and the viewer has no draft left; or when the study has its consensus.
        """
        same = Extraction.objects.filter(study=OuterRef("study"))
        colleague = same.independent().complete().exclude(extractor=OuterRef("extractor"))
        my_draft = same.independent().filter(state=Extraction.State.DRAFT, extractor=membership.user)
        agreed = Exists(same.consensus().complete())
        compared = agreed | (Exists(colleague) & ~Exists(my_draft))
        return self.filter(review=membership.review).filter(
            Q(kind=Extraction.Kind.CONSENSUS)
            | Q(extractor=membership.user)
            | (Q(state=Extraction.State.COMPLETE) & compared)
        )


class Extraction(models.Model):
    """One person's extraction of one study, or the shared one (the consensus, or the only one in other modes).

    Form values and, in dual extraction, independent results hang from it.
    """

    class Kind(models.TextChoices):
        INDEPENDENT = "independent", "Independent"
        CONSENSUS = "consensus", "Shared"

    class State(models.TextChoices):
        DRAFT = "draft", "In progress"
        COMPLETE = "complete", "Complete"

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="extractions")
    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="extractions")
    form_version = models.ForeignKey(
        "extraction.FormVersion", on_delete=models.PROTECT, related_name="extractions", null=True, blank=True
    )
    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.INDEPENDENT)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    extractor = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="extractions", help_text="Of a shared one: who began it."
    )
    #: {group key: [row keys in order]} of repeating groups; row keys are short random words.
    rows = models.JSONField(default=dict, blank=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)
    completed_at = models.DateTimeField(null=True, blank=True)
    completed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, blank=True)

    objects = ExtractionQuerySet.as_manager()

    class Meta:
        ordering = ["study__label", "kind", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["study", "extractor"],
                condition=Q(kind="independent"),
                name="one_extraction_per_extractor",
            ),
            models.UniqueConstraint(
                fields=["study"], condition=Q(kind="consensus"), name="one_shared_extraction_per_study"
            ),
            models.CheckConstraint(
                condition=Q(state="draft", completed_at=None)
                | Q(state="complete", completed_at__isnull=False),
                name="complete_extractions_have_a_date",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.study} by {self.extractor}"

    @property
    def is_complete(self) -> bool:
        return self.state == self.State.COMPLETE


class Completion(models.Model):
    """The extraction of a study, numbers and form, was declared complete; the row goes when it is opened again."""

    study = models.OneToOneField(Study, on_delete=models.PROTECT, related_name="extraction_completion")
    completed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    completed_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.study} is complete"
