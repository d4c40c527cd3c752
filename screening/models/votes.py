"""Votes, the words that stand above them, and where a record stands."""

import uuid
from collections.abc import Iterable

from django.db import models
from django.db.models import Q
from django.utils import timezone

from records.models import ImportBatch, Record
from reviews.models import ExclusionReason, Membership, Review, User
from reviews.permissions import Permission
from screening.models.common import IN_REVIEW, Stage
from screening.models.intakes import Intake
from screening.models.remarks import VoteLot
from screening.models.rounds import Round, RoundRecord
from screening.models.settings import RESOLVERS, resolves_here, voters_resolve_here


class DecisionQuerySet(models.QuerySet["Decision"]):
    def live(self) -> "DecisionQuerySet":
        """The votes that count: neither withdrawn nor replaced."""
        return self.filter(withdrawn_at=None)

    def at(self, stage: str) -> "DecisionQuerySet":
        return self.filter(stage=stage)

    def cast_here(self) -> "DecisionQuerySet":
        """Votes that somebody cast in this review, not those taken over from a file."""
        return self.filter(intake=None)

    def visible_to(self, membership: Membership) -> "DecisionQuerySet":
        """The blinding rule, for pages, API, exports, counters and search alike.

        One's own votes; a colleague's only while the outcome is told (``Verdict.objects.told``), or when they are
        votes of a pilot one is part of, whose discussion was opened with all votes in. The votes of a
        conflict are for its resolvers, without names (``to_resolve_by`` and screening/anonymity.py).
        """
        shown = Verdict.objects.told().filter(
            record=models.OuterRef("record"), stage=models.OuterRef("stage")
        )
        return self.filter(record__review=membership.review).filter(
            Q(reviewer=membership.user)
            | models.Exists(shown)
            | models.Exists(Round.objects.discussed_with(membership.user).filter(pk=models.OuterRef("round")))
        )


class Decision(models.Model):
    """One reviewer's vote. Append-only: a changed mind withdraws it and adds a new one."""

    class Vote(models.TextChoices):
        INCLUDE = "include", "Include"
        EXCLUDE = "exclude", "Exclude"
        MAYBE = "maybe", "Maybe"
        AWAITING = "awaiting", "Awaiting classification"
        ONGOING = "ongoing", "Ongoing study"

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="decisions")
    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="decisions")
    stage = models.CharField(max_length=20, choices=Stage.choices)
    reviewer = models.ForeignKey(User, on_delete=models.PROTECT, related_name="decisions")
    vote = models.CharField(max_length=10, choices=Vote.choices)
    reason = models.ForeignKey(
        ExclusionReason, on_delete=models.PROTECT, related_name="decisions", null=True, blank=True
    )
    note = models.TextField(blank=True)
    key = models.UUIDField(
        default=uuid.uuid4, help_text="Made by the client: the same vote sent twice is one."
    )
    protocol_version = models.PositiveIntegerField(default=1)
    seconds = models.PositiveIntegerField(null=True, blank=True, help_text="Time the record was in view.")
    intake = models.ForeignKey(
        Intake,
        on_delete=models.PROTECT,
        related_name="decisions",
        null=True,
        blank=True,
        help_text="The file it was taken over from, if it was not cast here.",
    )
    round = models.ForeignKey(
        Round,
        on_delete=models.PROTECT,
        related_name="decisions",
        null=True,
        blank=True,
        help_text="Its pilot.",
    )
    lot = models.ForeignKey(
        VoteLot, on_delete=models.PROTECT, related_name="decisions", null=True, blank=True
    )
    answers = models.JSONField(
        default=dict, blank=True, help_text="{criterion id: yes, no or unclear}, if the stage asks for them."
    )
    model = models.CharField(
        max_length=200, blank=True, help_text="Name and version of the model that cast it, if no person did."
    )
    created_at = models.DateTimeField(default=timezone.now)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = DecisionQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["review", "stage", "reviewer", "withdrawn_at"], name="decision_by_reviewer")
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["record", "stage", "reviewer"],
                condition=Q(withdrawn_at=None),
                name="one_live_vote_per_reviewer_record_stage",
            ),
            models.UniqueConstraint(fields=["reviewer", "key"], name="one_vote_per_idempotency_key"),
            models.CheckConstraint(
                condition=Q(vote="exclude") | Q(reason=None), name="only_an_exclusion_has_a_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_vote_display()} by {self.reviewer}"


class AdjudicationQuerySet(models.QuerySet["Adjudication"]):
    def visible_to(self, membership: Membership) -> "AdjudicationQuerySet":
        """Also withdrawn ones, where the verdict may be shown; elsewhere one's own words alone."""
        return self.filter(
            Q(adjudicator=membership.user) | _has_shown_verdict(membership), review=membership.review
        )

    def live(self) -> "AdjudicationQuerySet":
        """The words that stand: those not withdrawn by reopening the record."""
        return self.filter(withdrawn_at=None)


class Adjudication(models.Model):
    """The resolver's word on a conflict. Append-only like votes."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="adjudications")
    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="adjudications")
    stage = models.CharField(max_length=20, choices=Stage.choices)
    adjudicator = models.ForeignKey(User, on_delete=models.PROTECT, related_name="adjudications")
    included = models.BooleanField()
    outcome = models.CharField(
        max_length=10,
        choices=[("awaiting", "Awaiting classification"), ("ongoing", "Ongoing study")],
        blank=True,
        help_text="At full text: neither included nor excluded.",
    )
    reason = models.ForeignKey(
        ExclusionReason, on_delete=models.PROTECT, related_name="adjudications", null=True, blank=True
    )
    comment = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = AdjudicationQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["record", "stage"],
                condition=Q(withdrawn_at=None),
                name="one_live_adjudication_per_record_stage",
            ),
            models.CheckConstraint(
                condition=Q(included=False) | Q(reason=None),
                name="only_an_excluded_adjudication_has_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(outcome="") | Q(included=False, reason=None, stage=Stage.FULL_TEXT),
                name="awaiting_or_ongoing_is_a_full_text_outcome",
            ),
        ]

    def __str__(self) -> str:
        return f"{Verdict.State(self.state).label} by {self.adjudicator}"

    @property
    def state(self) -> str:
        """The verdict's state that this word makes."""
        return self.outcome or (Verdict.State.INCLUDED if self.included else Verdict.State.EXCLUDED)


class PlacementQuerySet(models.QuerySet["Placement"]):
    def visible_to(self, membership: Membership) -> "PlacementQuerySet":
        """Also withdrawn ones, where the verdict may be shown."""
        return self.filter(_has_shown_verdict(membership), intake__review=membership.review)

    def live(self) -> "PlacementQuerySet":
        """Those that stand: their lot was not undone and their record not opened again."""
        return self.filter(withdrawn_at=None)


class Placement(models.Model):
    """A record's outcome at a stage that came with its file, from a previous version of the review for example.

    It stands like an adjudication, whatever the votes are, but nobody screened the record here: such records are no
    part of agreement, and PRISMA counts them as coming from before. A record placed at full text has one at title
    and abstract, too.
    """

    intake = models.ForeignKey(Intake, on_delete=models.PROTECT, related_name="placements")
    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="placements")
    stage = models.CharField(max_length=20, choices=Stage.choices)
    included = models.BooleanField()
    reason = models.ForeignKey(
        ExclusionReason, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = PlacementQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["record", "stage"],
                condition=Q(withdrawn_at=None),
                name="one_live_placement_per_record_stage",
            ),
            models.CheckConstraint(
                condition=Q(included=False) | Q(reason=None), name="only_an_excluded_placement_has_a_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{'Included' if self.included else 'Excluded'} before"


def _has_vote_of(user: User) -> models.Exists:
    return models.Exists(
        Decision.objects.live().filter(
            record=models.OuterRef("record"), stage=models.OuterRef("stage"), reviewer=user
        )
    )


def _open_to(user: User) -> Q:
    """Of a verdict in conflict: whether ``user``, if their role may resolve, resolves it.

    Not where they voted themselves, unless the stage's settings let voters resolve; and where the settings name
    people, only these.
    """
    return resolves_here(user) & (~Q(_has_vote_of(user)) | voters_resolve_here())


def _has_shown_verdict(membership: Membership) -> models.Exists:
    return models.Exists(
        Verdict.objects.visible_to(membership).filter(
            record=models.OuterRef("record"), stage=models.OuterRef("stage")
        )
    )


def _told() -> Q:
    """Of a verdict: settled, its record in the review, and what it was merged into settled at that stage, too.

    Otherwise the same publication waits for votes as another row (the record that leads the group, or the row of a
    later import), and this outcome would tell how a colleague voted.
    """
    leading = Verdict.objects.settled().filter(
        record=models.OuterRef("record__duplicate_of"), stage=models.OuterRef("stage")
    )
    return Q(
        Q(record__duplicate_of=None) | models.Exists(leading),
        state__in=Verdict.SETTLED,
        record__batch__state=ImportBatch.State.DONE,
    )


class VerdictQuerySet(models.QuerySet["Verdict"]):
    def at(self, stage: str) -> "VerdictQuerySet":
        return self.filter(stage=stage)

    def settled(self) -> "VerdictQuerySet":
        return self.filter(state__in=Verdict.SETTLED)

    def told(self) -> "VerdictQuerySet":
        """Settled ones that may be told to everybody: of records in the review, on which nobody votes any more."""
        return self.filter(_told())

    def conflicts(self) -> "VerdictQuerySet":
        """Conflicts on records that are still in the review (not merged away, import not undone)."""
        return self.filter(IN_REVIEW, state=Verdict.State.CONFLICT)

    def visible_to(self, membership: Membership, *, of_unique: bool = False) -> "VerdictQuerySet":
        """Verdicts whose state may be shown; every other record looks as if nobody had voted on it.

        A pending record and a conflict look the same to a reviewer, since "conflict" beside one's own vote is the
        colleague's vote. ``of_unique`` promises that only verdicts of ``Record.objects.unique()`` are asked for, for
        which settled is told: the database need not look at each record again.
        """
        told = Q(state__in=Verdict.SETTLED) if of_unique else _told()
        if Permission.ADJUDICATE in membership.may:
            told |= Q(state=Verdict.State.CONFLICT) & _open_to(membership.user)
        return self.filter(told)

    def hidden_from(
        self, user: User, *, voting_in: Iterable[int], resolving_in: Iterable[int]
    ) -> "VerdictQuerySet":
        """Verdicts not to be shown to somebody who may vote in some reviews (ids) and may resolve in some of them."""
        conflicts = Q(state=Verdict.State.CONFLICT, review__in=list(resolving_in)) & _open_to(user)
        return self.filter(~(_told() | conflicts), review__in=list(voting_in))

    def waiting_with(self, quorum: int) -> "VerdictQuerySet":
        """Pending although the votes are there: the protocol asked for more when they were cast."""
        waiting = self.filter(IN_REVIEW, state=Verdict.State.PENDING, votes__gte=quorum, held_until=None)
        return waiting.outside_pilots()

    def outside_pilots(self) -> "VerdictQuerySet":
        """Those that no open pilot keeps pending."""
        return self.exclude(
            models.Exists(
                RoundRecord.objects.filter(
                    record=models.OuterRef("record"),
                    round__stage=models.OuterRef("stage"),
                    round__in=Round.objects.gates().values("pk"),
                )
            )
        )

    def to_resolve_by(self, user: User) -> "VerdictQuerySet":
        """Conflicts that ``user`` may resolve by the settings of their stage and by role."""
        member = Membership.objects.filter(
            review=models.OuterRef("review"), user=user, left_at=None, role__in=RESOLVERS
        )
        return self.conflicts().filter(_open_to(user), models.Exists(member))


class Verdict(models.Model):
    """Where a record stands at a stage, worked out from its votes by screening/rules.py.

    Written only by this room's services, in the transaction that changes the votes, so queues, counters and the
    PRISMA query read one row instead of grouping a million votes. No row means nobody has voted yet.
    """

    class State(models.TextChoices):
        PENDING = "pending", "Waiting for votes"
        CONFLICT = "conflict", "Conflict"
        INCLUDED = "included", "Included"
        EXCLUDED = "excluded", "Excluded"
        AWAITING = "awaiting", "Awaiting classification"
        ONGOING = "ongoing", "Ongoing study"

    SETTLED = (State.INCLUDED, State.EXCLUDED, State.AWAITING, State.ONGOING)

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="verdicts")
    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="verdicts")
    stage = models.CharField(max_length=20, choices=Stage.choices)
    state = models.CharField(max_length=10, choices=State.choices)
    votes = models.PositiveSmallIntegerField(default=0)
    reason = models.ForeignKey(
        ExclusionReason, on_delete=models.PROTECT, related_name="verdicts", null=True, blank=True
    )
    settled_at = models.DateTimeField(null=True, blank=True)
    held_until = models.DateTimeField(
        null=True,
        blank=True,
        help_text="All votes are in; they are counted then (StageSettings.hold_minutes).",
    )

    objects = VerdictQuerySet.as_manager()

    class Meta:
        ordering = ["record_id"]
        indexes = [
            models.Index(fields=["review", "stage", "state"], name="verdict_by_state"),
            models.Index(
                fields=["held_until"], condition=Q(held_until__isnull=False), name="verdict_by_hold"
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["record", "stage"], name="one_verdict_per_record_stage")
        ]

    def __str__(self) -> str:
        return self.get_state_display()

    @property
    def is_settled(self) -> bool:
        return self.state in self.SETTLED
