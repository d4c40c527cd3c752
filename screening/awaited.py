"""Those who must screen, when records wait for them: what leads are told of it.

Blinding. Who has ever voted at the stage (``narrow``, see ``dashboard``) must not learn from a number whether one of
the group voted on an open record: with a vote of one's own that would tell a conflict. For them all records count
that are open for all to see, and of the group's votes those that they can read. Who never voted there gets the
number of records that really wait for the group alone.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Exists, OuterRef
from django.utils import timezone

from reviews.models import User
from screening.models import (
    IN_REVIEW,
    Assignment,
    DecisionQuerySet,
    StageSettings,
    Verdict,
    VerdictQuerySet,
    left_unread,
)
from screening.services.stage_settings import named, policy_quorum, present_of

DAYS = 7


@dataclass(frozen=True)
class Awaited:
    """``waiting`` records have all votes but one of the group's (None for who votes at the stage); ``open`` are not
    complete for all to see; ``recent`` votes of the group in the last days; ``shut_out`` open records are assigned
    to others only, so that their last place waits for nobody who could take it."""

    people: list[User]
    waiting: int | None
    open: int
    recent: int
    shut_out: int
    days: int = DAYS

    @property
    def behind(self) -> bool:
        """Whether more waits for the group than it did of late; for who votes there, whether it did nothing."""
        if self.waiting is None:
            return bool(self.open) and not self.recent
        return self.waiting > self.recent

    @property
    def in_words(self) -> str:
        """The warning, where they are ``behind``."""
        who = " or ".join(str(user) for user in self.people)
        if self.waiting is None:
            return (
                f"A record is complete with a vote of {who} only, {self.open} are open, and no vote of theirs in "
                f"the last {self.days} days completed one."
            )
        verb = "has all votes but one and waits" if self.waiting == 1 else "have all votes but one and wait"
        return (
            f"{self.waiting} record{'' if self.waiting == 1 else 's'} {verb} for {who}, who cast {self.recent} "
            f"vote{'' if self.recent == 1 else 's'} in the last {self.days} days."
        )


def awaited(
    verdicts: VerdictQuerySet, votes: DecisionQuerySet, settings: StageSettings, *, left: int, narrow: bool
) -> Awaited | None:
    """None where nobody must screen; a fixed number of queries.

    ``verdicts`` are those of the stage, ``votes`` what the reader may count, ``left`` the records that are open.
    """
    group = present_of(settings, "must_screen")
    if not group:
        return None
    since = timezone.now() - timedelta(days=DAYS)
    at_stage = votes.filter(stage=settings.stage)
    theirs = at_stage.filter(reviewer__in=group)
    return Awaited(
        people=[user for user in named(settings, "must_screen") if user.pk in group],
        waiting=None if narrow else _waiting(verdicts, theirs, settings),
        open=left,
        recent=theirs.cast_here().filter(created_at__gte=since).count(),
        shut_out=_shut_out(settings, group),
    )


def _waiting(verdicts: VerdictQuerySet, theirs: DecisionQuerySet, settings: StageSettings) -> int:
    """Open records whose last place is kept for the group. One without any vote has no verdict yet, and waits for
    the group only where one vote is all it needs: then everything does, and the queue says so."""
    most = policy_quorum(settings.review, settings.stage) - 1
    here = verdicts.filter(state=Verdict.State.PENDING, votes=most)
    return here.filter(~Exists(theirs.filter(record=OuterRef("record")))).count() if most else 0


def _shut_out(settings: StageSettings, group: set[int]) -> int:
    """Open records that are assigned, and to nobody of the group."""
    live = Assignment.objects.live().filter(IN_REVIEW, review=settings.review_id, stage=settings.stage)
    settled = Verdict.objects.settled().filter(record=OuterRef("record"), stage=settings.stage)
    to_group = live.filter(record=OuterRef("record"), reviewer__in=group)
    return (
        live.filter(~Exists(settled), ~left_unread("record"), ~Exists(to_group))
        .values("record")
        .distinct()
        .count()
    )
