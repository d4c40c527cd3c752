"""Where screening stands: one's own list, and for leads the stages and the people.

Blinding. A lead may screen, too, and must not learn a colleague's vote by watching numbers. What could tell it:

- *Conflicts.* One on a record with a vote of one's own is the colleague's vote. It is counted as open
  (``visible_to``), like a record that waits, until it is resolved.
- *"One vote".* A record with one's own vote that has two votes and is not complete is in conflict. So whoever has
  ever voted at the stage gets one number for everything that is neither complete nor a conflict they may resolve.
- *A colleague's count.* When it grows and no record gets complete, that colleague disagreed with a vote of one's own.
  So whoever has ever voted at the stage sees colleagues counted on records that are complete for all to see
  (``Decision.visible_to``), where the votes themselves can be read. The same votes make the colleagues' pace, and
  their times: nothing moves when a colleague votes on an open record.
- *The forecast* counts complete records only, for everybody.

Who has never voted at the stage, not even withdrawn, has no vote that a number could be set against, and resolves all
conflicts that these numbers speak of; they get the full numbers. With the first vote the numbers become the narrow
ones, which are the same whether the colleague had not voted or voted otherwise. That a colleague is known to have
voted on everything (they said so, or the full numbers did before) cannot be unlearned; votes held back for some
minutes (``StageSettings.hold_minutes``) are against that.

Every function makes a fixed number of queries, whatever the number of records, votes and people.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import dropwhile, pairwise

from django.db.models import Count, Exists, F, OuterRef, Q, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from reviews.models import Membership, Review, User
from reviews.permissions import Permission
from screening import queue, remarks
from screening.awaited import Awaited, awaited
from screening.models import (
    IN_REVIEW,
    Assignment,
    Decision,
    DecisionQuerySet,
    FullText,
    Round,
    Stage,
    Verdict,
    VerdictQuerySet,
    left_unread,
)
from screening.models.settings import RESOLVERS
from screening.pace import WINDOW, Forecast, Pace, forecast, pace_of
from screening.services import pilot_parts, to_check
from screening.services.gates import SCREENERS
from screening.services.stage_settings import settings_of

LATEST = 300


@dataclass(frozen=True)
class Own:
    """What one person has to do. ``conflicts`` by stage, ``rounds`` with what is left of them for this person."""

    stages: list[tuple[Stage, queue.Progress]]
    conflicts: dict[Stage, int]
    asked: int
    rounds: list[tuple[Round, int]]
    pace: Pace | None

    @property
    def next_stage(self) -> Stage | None:
        return next((stage for stage, progress in self.stages if progress.left), None)

    @property
    def next_round(self) -> Round | None:
        """A check with something left; the records of a pilot come in the queue of its stage."""
        return next((each for each, left in self.rounds if left and each.kind == Round.Kind.CHECK), None)

    @property
    def next_conflict(self) -> Stage | None:
        return next((stage for stage, number in self.conflicts.items() if number), None)


@dataclass(frozen=True)
class StageBar:
    """Records of a stage. ``waiting`` (some votes, not all) and ``untouched`` are None for who screens here, and
    then ``open`` has them in one, with the conflicts that cannot be shown."""

    stage: Stage
    total: int
    done: int
    conflicts: int
    waiting: int | None
    due_on: date | None
    forecast: Forecast | None
    pilot: Round | None
    stuck: int
    left_behind: int
    awaited: Awaited | None

    @property
    def open(self) -> int:
        return self.total - self.done - self.conflicts

    @property
    def untouched(self) -> int | None:
        return None if self.waiting is None else self.open - self.waiting

    @property
    def parts(self) -> list[tuple[str, str, int, float, float]]:
        """The bar from left to right: (css class, words, records, start and width in percent)."""
        if self.waiting is None:
            rest = [("pending", "open", self.open)]
        else:
            rest = [("waiting", "some votes", self.waiting), ("pending", "to do", self.open - self.waiting)]
        found, start = [], 0.0
        for kind, words, records in [
            ("done", "complete", self.done),
            ("conflict", "conflicts", self.conflicts),
            *rest,
        ]:
            width = 100 * records / self.total if self.total else 0.0
            found.append((kind, words, records, round(start, 2), round(width, 2)))
            start += width
        return found

    @property
    def late(self) -> bool:
        """Whether the stage is behind its due date, or will be at the present pace."""
        expected = self.forecast.on if self.forecast else timezone.localdate()
        return bool(self.due_on and self.open + self.conflicts and expected > self.due_on)


@dataclass
class Person:
    """One reviewer's part, in votes that the reader may count; ``present`` is False for who left."""

    user: User
    present: bool
    votes: dict[Stage, int] = field(default_factory=dict)
    pace: Pace | None = None

    @property
    def total(self) -> int:
        return sum(self.votes.values())


@dataclass(frozen=True)
class Lead:
    stages: list[StageBar]
    people: list[Person]
    narrow: list[Stage]


def own_list(membership: Membership) -> Own:
    """What is left for this member at each stage and elsewhere."""
    review, user = membership.review, membership.user
    screens, resolves = Permission.SCREEN in membership.may, Permission.ADJUDICATE in membership.may
    mine = Verdict.objects.filter(review=review).to_resolve_by(user)
    counted = dict(mine.order_by().values_list("stage").annotate(Count("pk"))) if resolves else {}
    cast = Decision.objects.live().cast_here().filter(review=review, reviewer=user, lot=None)
    latest = cast.order_by("-pk").values_list("created_at", "seconds")[:LATEST]
    return Own(
        stages=[(stage, queue.progress(review, stage, user)) for stage in Stage] if screens else [],
        conflicts={stage: counted.get(stage, 0) for stage in Stage} if resolves else {},
        asked=remarks.unseen(membership),
        rounds=_own_rounds(review, user) if screens else [],
        pace=pace_of(latest) if screens else None,
    )


def lead_view(membership: Membership) -> Lead:
    """The stages and the people, in numbers that this member may know (see above)."""
    review = membership.review
    voted = Decision.objects.filter(review=review, reviewer=membership.user).order_by()
    narrow = [stage for stage in Stage if stage in set(voted.values_list("stage", flat=True).distinct())]
    return Lead(
        stages=[_bar(membership, stage, stage in narrow) for stage in Stage],
        people=_people(membership, narrow),
        narrow=narrow,
    )


def countable(membership: Membership, narrow: Iterable[Stage]) -> DecisionQuerySet:
    """Live votes of the review that this member may count: at ``narrow`` stages only those they may read."""
    narrow = list(narrow)
    votes = Decision.objects.live().filter(review=membership.review)
    if not narrow:
        return votes
    return votes.exclude(stage__in=narrow) | votes.visible_to(membership).filter(stage__in=narrow)


def _own_rounds(review: Review, user: User) -> list[tuple[Round, int]]:
    """Open rounds of which this person is one: at most a pilot a stage, and checks."""
    found = []
    for each in Round.objects.filter(review=review, state=Round.State.OPEN, people=user).order_by("pk")[:10]:
        if each.kind == Round.Kind.CHECK:
            found.append((each, to_check(each, user).count()))
        else:
            found.append((each, next((part.left for part in pilot_parts(each) if part.person == user), 0)))
    return found


def _bar(membership: Membership, stage: Stage, narrow: bool) -> StageBar:
    review, user = membership.review, membership.user
    here = IN_REVIEW
    if stage == Stage.FULL_TEXT:
        here = IN_REVIEW & Q(record__full_text__state=FullText.State.RETRIEVED)
    verdicts = Verdict.objects.at(stage).filter(here, ~left_unread("record"), review=review)
    counted = verdicts.aggregate(
        done=Count("pk", filter=Q(state__in=Verdict.SETTLED)),
        waiting=Count("pk", filter=Q(state=Verdict.State.PENDING, votes__gte=1)),
    )
    total = queue.candidates(review, stage).count()
    left = total - counted["done"]
    settings = settings_of(review, stage)
    conflicts = verdicts.visible_to(membership).conflicts().count()
    pilot = Round.objects.gates().filter(review=review, stage=stage).first()
    group = None
    if pilot is None:  # in a pilot everybody votes on everything
        votes = countable(membership, [stage] if narrow else [])
        group = awaited(verdicts, votes, settings, left=left - conflicts, narrow=narrow)
    return StageBar(
        stage=stage,
        total=total,
        done=counted["done"],
        conflicts=conflicts,
        waiting=None if narrow else counted["waiting"],
        due_on=settings.due_on,
        forecast=forecast(_daily(verdicts), left, timezone.localdate()),
        pilot=pilot,
        stuck=_stuck(verdicts, review, stage, settings, user),
        left_behind=_left_behind(review, stage),
        awaited=group,
    )


def _daily(verdicts: VerdictQuerySet) -> list[int]:
    """How many records got complete by votes on each of the last days before today, from the first with any.

    Counted between midnights: on SQLite each date of each row would be worked out by Python.
    """
    today = timezone.localdate()
    midnights = [
        timezone.make_aware(datetime.combine(today - timedelta(days=ago), time()))
        for ago in range(WINDOW, -1, -1)
    ]
    settled = verdicts.settled().filter(
        votes__gte=1, settled_at__gte=midnights[0], settled_at__lt=midnights[-1]
    )
    counted = settled.aggregate(
        **{
            f"day{number}": Count("pk", filter=Q(settled_at__gte=start, settled_at__lt=end))
            for number, (start, end) in enumerate(pairwise(midnights))
        }
    )
    return list(dropwhile(lambda done: not done, counted.values()))


def _stuck(verdicts: VerdictQuerySet, review: Review, stage: Stage, settings, user: User) -> int:
    """Conflicts without a vote of ``user`` on which everybody voted who may resolve them."""
    able = Membership.objects.present().filter(review=review, role__in=RESOLVERS)
    named = able.filter(user__in=settings.may_resolve.values("pk")) if settings.pk else able.none()
    resolvers = set(named.values_list("user", flat=True)) or set(able.values_list("user", flat=True))
    if resolvers and not settings.third_person:
        return 0
    own = Decision.objects.live().filter(record=OuterRef("record"), stage=stage, reviewer=user)
    conflicts = verdicts.conflicts().filter(~Exists(own))
    theirs = Q(
        record__decisions__stage=stage,
        record__decisions__withdrawn_at=None,
        record__decisions__reviewer__in=resolvers,
    )
    return (
        conflicts.annotate(voted=Count("record__decisions", filter=theirs))
        .filter(voted=len(resolvers))
        .count()
    )


def _left_behind(review: Review, stage: Stage) -> int:
    """Records not complete that are assigned to somebody who left or may not screen any more."""
    present = Membership.objects.present().filter(
        review=review, role__in=SCREENERS, user=OuterRef("reviewer")
    )
    settled = Verdict.objects.settled().filter(record=OuterRef("record"), stage=stage)
    waiting = Assignment.objects.live().filter(
        IN_REVIEW, ~Exists(settled), ~left_unread("record"), review=review, stage=stage
    )
    return waiting.filter(~Exists(present)).values("record").distinct().count()


def _people(membership: Membership, narrow: list[Stage]) -> list[Person]:
    review = membership.review
    votes = countable(membership, narrow)
    counted: dict[int, Counter[str]] = defaultdict(Counter)
    for reviewer, stage, number in votes.order_by().values_list("reviewer", "stage").annotate(n=Count("pk")):
        counted[reviewer][stage] += number
    members = Membership.objects.filter(review=review).select_related("user")
    here = {row.user_id: row.left_at is None and row.role in SCREENERS for row in members}
    times = _times(votes)
    people = [
        Person(
            row.user,
            here[row.user_id],
            {stage: counted[row.user_id][stage] for stage in Stage},
            pace_of(times.get(row.user_id, ())),
        )
        for row in members
        if here[row.user_id] or row.user_id in counted
    ]
    return sorted(people, key=lambda person: (-person.total, str(person.user)))


def _times(votes: DecisionQuerySet) -> dict[int, list]:
    """The latest votes of each reviewer that were cast one by one: when, and seconds in view."""
    place = Window(RowNumber(), partition_by=[F("reviewer")], order_by=F("pk").desc())
    latest = votes.cast_here().filter(lot=None).annotate(place=place).filter(place__lte=LATEST)
    times: dict[int, list] = defaultdict(list)
    for reviewer, at, seconds in latest.order_by().values_list("reviewer", "created_at", "seconds"):
        times[reviewer].append((at, seconds))
    return times
