"""Checks of exclusions: some excluded records are screened again by somebody who had no part in them."""

import math
from collections import Counter
from collections.abc import Iterable

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from records.models import Record, RecordQuerySet
from reviews.audit import record_event
from reviews.models import ExclusionReason, Review, User
from reviews.permissions import Permission
from screening.models import IN_REVIEW, Adjudication, CheckVote, Decision, Placement, Round, Stage, Verdict
from screening.services.conflicts import reopen
from screening.services.guards import AlreadyDecided, NotEligible, lock_record, require, short, stage_label
from screening.services.rounds import draw, names, require_screeners, require_seed
from screening.services.votes import require_reason


@transaction.atomic
def begin_check(
    *, review: Review, stage: str, percent: float, people: Iterable[User], by: User, seed: int | None = None
) -> Round:
    """Draw ``percent`` of the records excluded at ``stage`` (rounded up) that one of ``people`` had no part in.

    Excluded means by votes or by a resolver in this review, not before it. Raises NotAllowed (403) or NotEligible.
    """
    require(review, by, Permission.AMEND_PROTOCOL)
    Review.objects.select_for_update(no_key=True).get(pk=review.pk)
    people = list(dict.fromkeys(people))
    if stage not in Stage.values:
        raise NotEligible(f"“{stage}” is none of {', '.join(Stage.values)}.", field="stage")
    if not 0 < percent <= 100:
        raise NotEligible(
            f"A check covers more than 0 and at most 100 percent, not {percent:g}.", field="percent"
        )
    if not people:
        raise NotEligible("Name somebody who screens the records again.", field="people")
    require_seed(seed)
    require_screeners(review, people)
    pool = _pool(review, stage, people)
    size = math.ceil(len(pool) * percent / 100)
    round = draw(
        Round(review=review, stage=stage, kind=Round.Kind.CHECK, size=size, by=by),
        pool,
        people,
        seed,
        f"{names(people)} took part in every exclusion at {stage_label(stage)}, or nothing is excluded there yet: "
        "nothing is left for them to check. Choose somebody who neither voted on the excluded records nor "
        "resolved them.",
    )
    record_event(
        review=review,
        actor=by,
        verb="screening.check_begun",
        sentence=f"began check {round.number} of the exclusions at {stage_label(stage)}: {size} random "
        f"record{'s' if size != 1 else ''} ({percent:g}% of {len(pool)}) for {names(people)}",
        target=round,
        detail={
            "stage": stage,
            "percent": percent,
            "excluded": len(pool),
            "drawn": size,
            "seed": round.seed,
            "people": [person.pk for person in people],
        },
    )
    return round


def to_check(round: Round, reviewer: User) -> RecordQuerySet:
    """What ``reviewer`` has to screen again: not checked yet, still excluded, and no part of theirs in it."""
    here = {"record": OuterRef("pk"), "stage": round.stage}
    excluded = Verdict.objects.told().filter(**here, state=Verdict.State.EXCLUDED)
    return (
        Record.objects.unique()
        .filter(Exists(excluded), pk__in=round.sample.values("record"), review=round.review)
        .exclude(Exists(CheckVote.objects.filter(round=round, record=OuterRef("pk"))))
        .exclude(Exists(Decision.objects.filter(**here, reviewer=reviewer)))
        .exclude(Exists(Adjudication.objects.filter(**here, adjudicator=reviewer)))
        .order_by("pk")
    )


@transaction.atomic
def cast_check_vote(
    *,
    round: Round,
    record: Record,
    reviewer: User,
    included: bool,
    reason: ExclusionReason | None = None,
    note: str = "",
) -> CheckVote:
    """Say of an excluded record whether it should be included; it changes no outcome by itself.

    One answer per record is enough. Raises NotAllowed (403), NotEligible (422), or AlreadyDecided (409).
    """
    require(round.review, reviewer, Permission.SCREEN)
    record = lock_record(round.review, record)
    _require_open(round)
    if not round.people.filter(pk=reviewer.pk).exists():
        raise NotEligible(f"You are not one of the people of check {round.number}.")
    if CheckVote.objects.filter(round=round, record=record).exists():
        raise AlreadyDecided(f"{short(record)} was checked already. Your answer was not taken.")
    if not to_check(round, reviewer).filter(pk=record.pk).exists():
        raise NotEligible(
            f"{short(record)} is not yours to check: it is not in the sample, is not excluded any more, or you had a "
            "part in excluding it."
        )
    if reason is not None:
        require_reason(round.review, round.stage, not included, reason)
    vote = CheckVote.objects.create(
        round=round, record=record, reviewer=reviewer, included=included, reason=reason, note=note.strip()
    )
    _tell(vote, "screening.check_vote_cast", f"found that {short(record)} should be")
    return vote


@transaction.atomic
def undo_check_vote(*, round: Round, reviewer: User) -> CheckVote:
    """Take back one's latest answer in a check that is open; returns it (its row is gone, history keeps it)."""
    require(round.review, reviewer, Permission.SCREEN)
    _require_open(round)
    vote = round.check_votes.filter(reviewer=reviewer).select_related("record").last()
    if vote is None:
        raise NotEligible(f"You have no answer in check {round.number} to take back.")
    _tell(vote, "screening.check_vote_undone", f"took back the answer that {short(vote.record)} should be")
    vote.delete()
    return vote


@transaction.atomic
def close_check(*, round: Round, by: User, why: str = "") -> Round:
    """End a check, finished or not; its result stays."""
    require(round.review, by, Permission.AMEND_PROTOCOL)
    round = (
        Round.objects.select_for_update(of=("self",), no_key=True).select_related("review").get(pk=round.pk)
    )
    _require_open(round)
    round.state, round.why = Round.State.PASSED, why.strip()
    round.closed_by, round.closed_at = by, timezone.now()
    round.save()
    found = Counter(round.check_votes.values_list("included", flat=True))
    record_event(
        review=round.review,
        actor=by,
        verb="screening.check_closed",
        sentence=f"closed check {round.number} of the exclusions at {stage_label(round.stage)}: "
        f"{found[True]} of {found.total()} checked records should be included"
        + (f". {round.why}" if round.why else ""),
        target=round,
        detail={"checked": found.total(), "wrong": found[True], "drawn": round.sample.count()},
    )
    return round


def reopen_checked(*, round: Round, record: Record, by: User) -> Verdict:
    """Open again a record that this check found wrongly excluded."""
    require(round.review, by, Permission.ADJUDICATE)
    if not round.check_votes.filter(record=record, included=True).exists():
        raise NotEligible(f"Check {round.number} did not find that {short(record)} should be included.")
    return reopen(
        review=round.review,
        record=record,
        stage=round.stage,
        by=by,
        why=f"Check {round.number} of the exclusions found that it should be included",
    )


def _require_open(round: Round) -> None:
    if round.kind != Round.Kind.CHECK:
        raise NotEligible(f"{round} is not a check of exclusions.")
    if not Round.objects.filter(pk=round.pk, state=Round.State.OPEN).exists():
        raise AlreadyDecided(f"Check {round.number} is closed.")


def _pool(review: Review, stage: str, people: list[User]) -> list[int]:
    placed = Placement.objects.live().filter(record=OuterRef("record"), stage=stage)
    excluded = Verdict.objects.told().filter(IN_REVIEW, ~Exists(placed), review=review, stage=stage)
    found = excluded.filter(state=Verdict.State.EXCLUDED).order_by("record").values_list("record", flat=True)
    here = {"review": review, "stage": stage}
    voted = Decision.objects.filter(**here, reviewer__in=people).order_by()
    ruled = Adjudication.objects.filter(**here, adjudicator__in=people).order_by()
    parts = set(voted.values_list("record", "reviewer")) | set(ruled.values_list("record", "adjudicator"))
    having = Counter(record for record, _ in parts)
    return [pk for pk in found if having[pk] < len(people)]


def _tell(vote: CheckVote, verb: str, words: str) -> None:
    record_event(
        review=vote.round.review,
        actor=vote.reviewer,
        verb=verb,
        sentence=f"{words} {'included' if vote.included else 'excluded'}, in check {vote.round.number}",
        target=vote.record,
        detail={"round": vote.round_id, "included": vote.included, "reason": vote.reason_id},
        blinded=True,
    )
