"""The order in which records come to be screened, what was left unscreened, and replays of finished reviews."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from records.models import Record
from reviews.models import Membership, Review, User
from screening.models.common import Stage


class RankingQuerySet(models.QuerySet["Ranking"]):
    def visible_to(self, membership: Membership) -> "RankingQuerySet":
        """The shared ones and one's own: a colleague's was learned from votes that may be hidden yet."""
        return self.filter(Q(reviewer=None) | Q(reviewer=membership.user), review=membership.review)

    def light(self) -> "RankingQuerySet":
        """Without the long lists."""
        return self.defer("order", "scores", "labels")


class Ranking(models.Model):
    """An order of the records that waited at a stage when it was made, the most likely first.

    What it was learned from may all be read by those who are shown it: outcomes that are told to everybody
    (``Verdict.objects.told``), and with ``reviewer`` this person's own votes. So it can tell nothing else.
    """

    class Kind(models.TextChoices):
        LEARNED = "learned", "Learned from decisions"
        IMPORTED = "imported", "Taken from a file"

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="rankings")
    stage = models.CharField(max_length=20, choices=Stage.choices)
    reviewer = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        help_text="Whose own votes it was learned from, too; nobody for the one that all may be shown.",
    )
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.LEARNED)
    by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", null=True, blank=True, help_text="Who asked for it."
    )
    seed = models.PositiveIntegerField(default=0)
    model = models.CharField(max_length=200, help_text="Name and version of the model and its libraries.")
    order = models.JSONField(default=list, help_text="Ids of records, the most likely first.")
    scores = models.JSONField(default=list, help_text="Between 0 and 1, in the order of ``order``.")
    labels = models.JSONField(
        default=list, help_text="What it learned from: pairs of a record's id and 1 or 0."
    )
    n_labelled = models.PositiveIntegerField(default=0)
    n_included = models.PositiveIntegerField(default=0)
    about = models.JSONField(
        default=dict,
        help_text="How it began (protocol, known includes), terms that weigh most, seconds, digests.",
    )
    created_at = models.DateTimeField(default=timezone.now)

    objects = RankingQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["review", "stage", "reviewer"], name="ranking_of_person")]

    def __str__(self) -> str:
        return f"Ranking {self.pk} ({self.get_stage_display().lower()})"


class AutomaticRemovalQuerySet(models.QuerySet["AutomaticRemoval"]):
    def live(self) -> "AutomaticRemovalQuerySet":
        return self.filter(undone_at=None)


class AutomaticRemoval(models.Model):
    """A decision of the team that records leave title and abstract screening unread, on the word of a tool.

    PRISMA counts them as records marked as ineligible by automation tools. It can be undone as a whole, and each
    record can be brought back by itself (``RemovedRecord.withdrawn_at``).
    """

    class Kind(models.TextChoices):
        STOPPED = "stopped", "Screening was stopped"
        DESIGN = "design", "Not a randomised trial, by the filter"

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="automatic_removals")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    number = models.PositiveSmallIntegerField(help_text="1, 2, ... within the review.")
    numbers = models.JSONField(
        default=dict,
        help_text="What was known when it was decided: counts, tests, estimates, rule, versions.",
    )
    sentence = models.TextField(help_text="For the methods and the flow diagram of the report.")
    why = models.TextField(blank=True, help_text="What the team said.")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    undone_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)

    objects = AutomaticRemovalQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["review", "number"], name="removal_number_once"),
            models.CheckConstraint(
                condition=Q(undone_at=None, undone_by=None)
                | Q(undone_at__isnull=False, undone_by__isnull=False),
                name="removal_undone_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.created_at:%-d %B %Y})"


class RemovedRecordQuerySet(models.QuerySet["RemovedRecord"]):
    def live(self) -> "RemovedRecordQuerySet":
        """Those that are out of screening now."""
        return self.filter(withdrawn_at=None)


class RemovedRecord(models.Model):
    """A record that left title and abstract screening unread.

    It says something of its group only while it leads it, as votes and outcomes do: a merge into another record lets
    that one's votes count, and parting the two brings the removal back.
    """

    removal = models.ForeignKey(AutomaticRemoval, on_delete=models.PROTECT, related_name="removed")
    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="removals")
    withdrawn_at = models.DateTimeField(
        null=True, blank=True, help_text="When it came back: by itself, or because the removal was undone."
    )

    objects = RemovedRecordQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["record"], condition=Q(withdrawn_at=None), name="one_live_removal_per_record"
            )
        ]

    def __str__(self) -> str:
        return f"{self.removal}: record {self.record_id}"


def left_unread(record: str = "pk") -> models.Exists:
    """Of a row with a record at ``record``: this record left title and abstract screening unread, and is out now.

    Asked of the record that leads its group, as votes and outcomes are.
    """
    return models.Exists(RemovedRecord.objects.live().filter(record=models.OuterRef(record)))


class Replay(models.Model):
    """What screening in the order of the model would have saved in a review (or part of it) that is screened."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="replays")
    stage = models.CharField(max_length=20, choices=Stage.choices, default=Stage.TITLE_ABSTRACT)
    seed = models.PositiveIntegerField(default=0)
    prior_included = models.PositiveSmallIntegerField(default=1, validators=[MaxValueValidator(100)])
    prior_excluded = models.PositiveSmallIntegerField(default=1, validators=[MaxValueValidator(100)])
    runs = models.PositiveSmallIntegerField(
        default=1, validators=[MinValueValidator(1), MaxValueValidator(20)], help_text="With new priors each."
    )
    result = models.JSONField(null=True, blank=True, help_text="None until its job is done.")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"Replay {self.pk}"
