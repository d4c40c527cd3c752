"""What is left for one reviewer at a stage, and which record comes next.

The order is the same for everybody (by id) and depends on nothing but one's own votes and places that are taken, so
neither the order nor a counter tells how a colleague voted. A record is in somebody's queue while it is at the
stage, has no live vote of theirs, is not settled, and has fewer votes than the quorum; not where they could read its
votes as a resolver before (``services.foreknown``).
"""

from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q

from records.models import Record, RecordQuerySet
from reviews.models import Review, User
from screening import rules, services
from screening.models import IN_REVIEW, Decision, FullText, Stage, Verdict, VerdictQuerySet


@dataclass(frozen=True)
class Progress:
    """Counts of records at a stage.

    ``done`` counts the reviewer's votes, also on records merged away since; ``complete`` is the team's, and counts
    settled records only.
    """

    total: int
    left: int
    done: int
    complete: int

    @property
    def mine(self) -> int:
        """The records that were or are this reviewer's."""
        return self.done + self.left


def candidates(review: Review, stage: str) -> RecordQuerySet:
    """Records that are at ``stage``: all unique ones, or those whose full text was retrieved."""
    unique = Record.objects.unique().filter(review=review)
    if stage == Stage.FULL_TEXT:
        return unique.filter(full_text__state=FullText.State.RETRIEVED)
    return unique


def queue(review: Review, stage: str, reviewer: User) -> RecordQuerySet:
    """The records ``reviewer`` has still to vote on at ``stage``, in the order they come."""
    here = {"record": OuterRef("pk"), "stage": stage}
    own = Decision.objects.live().filter(**here, reviewer=reviewer)
    taken = _taken(review, stage).filter(**here)
    known = services.foreknown(review, stage, reviewer)
    left = candidates(review, stage).filter(~Exists(own), ~Exists(taken))
    return (left.exclude(pk__in=known) if known else left).order_by("pk")


def next_record(review: Review, stage: str, reviewer: User, after: int | None = None) -> Record | None:
    """The next record after the one with id ``after``; at the end the skipped ones come again from the start.

    Without ``after`` it goes on behind the reviewer's latest vote.
    """
    left = queue(review, stage, reviewer)
    if after is None:
        after = _latest(review, stage, reviewer)
    return left.filter(pk__gt=after).first() or left.first()


def progress(review: Review, stage: str, reviewer: User) -> Progress:
    """How far ``reviewer`` and the team are at ``stage``.

    ``left`` is counted by subtraction (all, less those taken, less the open ones with a vote of one's own), so that
    only the open records are asked about one by one.
    """
    at_stage = IN_REVIEW
    if stage == Stage.FULL_TEXT:
        at_stage = IN_REVIEW & Q(record__full_text__state=FullText.State.RETRIEVED)
    own = Decision.objects.live().filter(review=review, stage=stage, reviewer=reviewer)
    verdicts = Verdict.objects.at(stage).filter(review=review)
    taken = verdicts.filter(at_stage, _is_taken(review, stage)).aggregate(
        all=Count("pk"), complete=Count("pk", filter=Q(state__in=rules.SETTLED))
    )
    open_with_own = verdicts.filter(at_stage, ~_is_taken(review, stage), state=Verdict.State.PENDING).filter(
        Exists(own.filter(record=OuterRef("record")))
    )
    total = candidates(review, stage).count()
    return Progress(
        total=total,
        left=total - taken["all"] - open_with_own.count() - _known_and_open(review, stage, reviewer),
        done=own.count(),
        complete=taken["complete"],
    )


def _known_and_open(review: Review, stage: str, reviewer: User) -> int:
    """Records that wait for votes, but not for this reviewer's, who could read them as a resolver."""
    known = services.foreknown(review, stage, reviewer)
    if not known:
        return 0
    taken = _taken(review, stage).filter(record=OuterRef("pk"))
    return candidates(review, stage).filter(~Exists(taken), pk__in=known).count()


def _taken(review: Review, stage: str) -> VerdictQuerySet:
    return Verdict.objects.at(stage).filter(_is_taken(review, stage), review=review)


def _is_taken(review: Review, stage: str) -> Q:
    """Of a verdict: its record takes no further reviewer, being complete, in conflict, or with all its votes."""
    return ~Q(state=Verdict.State.PENDING) | Q(votes__gte=services.policy_of(review, stage).quorum)


def _latest(review: Review, stage: str, reviewer: User) -> int:
    votes = Decision.objects.live().cast_here().filter(review=review, stage=stage, reviewer=reviewer)
    return votes.order_by("-pk").values_list("record_id", flat=True).first() or 0
