"""Calibration: a sample that everybody screens before the rest, and checks of what was excluded."""

from django.db import models
from django.utils import timezone

from records.models import Record
from reviews.models import ExclusionReason, Membership, Review, User
from reviews.permissions import Permission
from screening.models.common import Stage


class RoundQuerySet(models.QuerySet["Round"]):
    def gates(self) -> "RoundQuerySet":
        """Open pilot rounds: their stage is closed to everything else."""
        return self.filter(kind=Round.Kind.PILOT, state=Round.State.OPEN)

    def holding(self, record: Record, stage: str) -> "RoundQuerySet":
        """The open pilot that keeps this record's votes uncounted, if any."""
        return self.gates().filter(stage=stage, sample__record=record)

    def discussed_with(self, user: User) -> "RoundQuerySet":
        """Pilots whose votes this person may read: all were in, and a manager opened their discussion."""
        return self.filter(kind=Round.Kind.PILOT, discussed_at__isnull=False, people=user)

    def visible_to(self, membership: Membership) -> "RoundQuerySet":
        """Rounds one has a part in (in a sample of what is left all have); all for who may resolve or lead."""
        here = self.filter(review=membership.review)
        if {Permission.ADJUDICATE, Permission.AMEND_PROTOCOL} & membership.may:
            return here
        own = Round.people.through.objects.filter(user=membership.user).values("round")
        return here.filter(models.Q(kind=Round.Kind.SAMPLE) | models.Q(pk__in=own))


class Round(models.Model):
    """A random sample of records with the people who all screen it. A stage has at most one open pilot."""

    class Kind(models.TextChoices):
        PILOT = "pilot", "Pilot"
        CHECK = "check", "Check of exclusions"
        SAMPLE = "sample", "Random sample of what is left"

    class State(models.TextChoices):
        OPEN = "open", "Open"
        PASSED = "passed", "Passed"
        REPEATED = "repeated", "Not passed"

    class Afterwards(models.TextChoices):
        KEPT = "kept", "Stand: all pilot votes decide the record"
        REUSED = "reused", "Are reused: the first votes up to the quorum count"
        DISCARDED = "discarded", "Are set aside: the records are screened again"

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="rounds")
    stage = models.CharField(max_length=20, choices=Stage.choices)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.PILOT)
    number = models.PositiveSmallIntegerField(help_text="1, 2, ... within the stage and kind.")
    size = models.PositiveIntegerField(help_text="Records asked for; fewer if the stage had fewer.")
    seed = models.PositiveIntegerField(help_text="Of the random sample, so that it can be drawn again.")
    pool = models.PositiveIntegerField(
        null=True, blank=True, help_text="Sample of what is left: the unread records it was drawn from."
    )
    found_before = models.PositiveIntegerField(
        null=True, blank=True, help_text="Sample of what is left: records included when it was drawn."
    )
    afterwards = models.CharField(max_length=10, choices=Afterwards.choices, default=Afterwards.KEPT)
    target = models.FloatField(
        null=True, blank=True, help_text="Kappa the team wants to reach, if it said one."
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    people = models.ManyToManyField(User, related_name="+", blank=True)
    excused = models.ManyToManyField(
        User,
        related_name="+",
        blank=True,
        help_text="Of the people: those whose missing votes are not waited for.",
    )
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    discussed_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Pilot: when its votes, all in, were opened to its people. They stand from then on.",
    )
    closed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    why = models.CharField(max_length=500, blank=True, help_text="What the manager said on closing it.")

    objects = RoundQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["review", "stage", "kind", "number"], name="round_number_once"),
            models.UniqueConstraint(
                fields=["review", "stage"],
                condition=models.Q(kind="pilot", state="open"),
                name="one_open_pilot_per_stage",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.number} ({self.get_stage_display().lower()})"


class RoundRecord(models.Model):
    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="sample")
    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["round", "record"], name="record_once_per_round")]

    def __str__(self) -> str:
        return f"{self.round}: record {self.record_id}"


class CheckVote(models.Model):
    """What a second reviewer says of an excluded record in a check; it decides nothing by itself."""

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="check_votes")
    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="+")
    reviewer = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    included = models.BooleanField()
    reason = models.ForeignKey(
        ExclusionReason, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    note = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["round", "record", "reviewer"], name="one_check_vote_per_person")
        ]

    def __str__(self) -> str:
        return f"{'Include' if self.included else 'Exclude'} by {self.reviewer}"
