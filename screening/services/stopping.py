"""The team's decision to stop title and abstract screening, and the sample of what is left that may come before it.

The rules and numbers are in ``screening.stopping_state``; what leaves and comes back is in ``services.removals``.
"""

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from records.models import Record
from reviews.audit import record_event
from reviews.errors import Conflict, Refused
from reviews.models import Review, User
from reviews.permissions import Permission
from screening.models import IN_REVIEW, AutomaticRemoval, Round, RoundRecord, Stage, Verdict
from screening.services import removals
from screening.services.guards import require
from screening.services.rounds import draw, require_seed
from screening.stopping_state import NotReady, State, require_sound, sequence
from screening.stopping_words import Rule, decision_sentence

LARGEST_SAMPLE = 20_000
KIND = AutomaticRemoval.Kind.STOPPED
TA = Stage.TITLE_ABSTRACT


class StoppedAlready(Conflict):
    """Somebody stopped it before, and nothing is left that could leave."""


class NothingStopped(Refused):
    """There is no stop to take back."""


class SampleOpen(Conflict):
    """A sample of what is left is being read."""


@transaction.atomic
def stop(
    *,
    review: Review,
    by: User,
    why: str = "",
    rule: str = Rule.REPEATED_LOOKS,
    target: float = 0.95,
    confidence: float = 0.95,
) -> AutomaticRemoval:
    """Leave every record without a person's vote unread, and write down the numbers and the sentence for the report.

    ``rule`` says what the decision rests on (``stopping_words.Rule``), ``target`` and ``confidence`` are shares of 1.
    A stop although the rule is not met needs ``why``, and the sentence says so. Records with votes and conflicts stay
    and are finished; records imported later are screened as usual. Raises NotAllowed (403), NotReady or
    NothingToRemove (422), StoppedAlready or SampleOpen (409).
    """
    require(review, by, Permission.AMEND_PROTOCOL)
    require_sound(rule, target, confidence)
    records = removals.lock_unread(review)
    _require_no_pilot(review)
    _end_sample_if_read(review, by)
    if not records:
        raise _nothing_left(review)
    state = State(review, rule=rule, target=target, confidence=confidence)
    numbers = state.numbers() | {"removed": len(records)}
    if not state.rule_is_met and not why.strip():
        raise NotReady(
            f"“{state.rule.label}” does not say that screening may stop. To stop all the same, say why: the report "
            "tells it.",
            field="why",
        )
    sentence = decision_sentence(
        numbers, removed=len(records), on=timezone.localdate(), why=" ".join(why.split())
    )
    return removals.write(
        review=review, kind=KIND, records=records, numbers=numbers, sentence=sentence, why=why, by=by
    )


def undo_stop(*, review: Review, by: User, number: int | None = None) -> AutomaticRemoval:
    """Take the latest stop that stands back (or the removal with this ``number``): its records wait for votes again.

    Raises NotAllowed (403), NothingStopped (422), UndoneAlready (409).
    """
    require(review, by, Permission.AMEND_PROTOCOL)
    stops = AutomaticRemoval.objects.filter(review=review, kind=KIND).select_related("review")
    found = stops.live().first() if number is None else stops.filter(number=number).first()
    if found is None:
        raise NothingStopped("Screening was not stopped, or the stop was taken back already.")
    return removals.undo(removal=found, by=by)


@transaction.atomic
def begin_sample(*, review: Review, by: User, size: int, seed: int | None = None) -> Round:
    """Draw ``size`` of the records that nobody has voted on; they come first in every queue, for ordinary votes.

    ``seed`` (0 to 2**31 - 1) makes the draw repeatable. Raises NotAllowed (403), NotReady (422), SampleOpen (409).
    """
    require(review, by, Permission.AMEND_PROTOCOL)
    Review.objects.select_for_update(no_key=True).get(pk=review.pk)
    require_seed(seed)
    _require_no_pilot(review)
    _end_sample_if_read(review, by)
    pool = list(removals.unread(review).order_by("pk").values_list("pk", flat=True))
    most = min(LARGEST_SAMPLE, len(pool))
    if pool and not 1 <= size <= most:
        raise NotReady(
            f"A sample has 1 to {most:,} records here, not {size:,}: {len(pool):,} have no vote yet.",
            field="size",
        )
    round = draw(
        Round(
            review=review,
            stage=TA,
            kind=Round.Kind.SAMPLE,
            size=size,
            pool=len(pool),
            found_before=sequence(review).included,
            by=by,
        ),
        pool,
        [],
        seed,
        "Every record at title and abstract has a vote already: nothing is left to draw a sample from.",
    )
    record_event(
        review=review,
        actor=by,
        verb="screening.sample_begun",
        sentence=f"drew a random sample of {size:,} of the {len(pool):,} records that nobody had screened at title "
        "and abstract",
        target=round,
        detail={"size": size, "pool": len(pool), "seed": round.seed},
    )
    return round


@transaction.atomic
def close_sample(*, review: Review, by: User, why: str = "") -> Round:
    """End the open sample; records of it without an outcome go back to their places in the queue.

    A sample that was not read to its end says nothing, so then ``why`` is needed. Raises NotAllowed (403), NotReady
    (422).
    """
    require(review, by, Permission.AMEND_PROTOCOL)
    Review.objects.select_for_update(no_key=True).get(pk=review.pk)
    round = _open_sample(review)
    if round is None:
        raise NotReady("No sample is open.")
    waiting = waiting_in(round)
    if waiting and not why.strip():
        raise NotReady(
            f"{waiting:,} of its records wait for their outcome, and a sample counts only as a whole. To end it all "
            "the same, say why.",
            field="why",
        )
    round.state = Round.State.REPEATED if waiting else Round.State.PASSED
    round.closed_by, round.closed_at, round.why = by, timezone.now(), why.strip()[:500]
    round.save()
    record_event(
        review=review,
        actor=by,
        verb="screening.sample_closed",
        sentence=f"ended sample {round.number} of what is left at title and abstract"
        + (f", {waiting:,} of its records unread: {round.why}" if waiting else ""),
        target=round,
        detail={"waiting": waiting, "why": round.why},
    )
    return round


def waiting_in(round: Round) -> int:
    """Records of a sample that are in the review and have no outcome yet."""
    told = Verdict.objects.at(TA).settled().filter(record=OuterRef("record"))
    return RoundRecord.objects.filter(IN_REVIEW, ~Exists(told), round=round).count()


def _require_no_pilot(review: Review) -> None:
    pilot = Round.objects.gates().filter(review=review, stage=TA).first()
    if pilot is not None:
        raise NotReady(f"Pilot {pilot.number} is open at title and abstract: close it first.")


def _open_sample(review: Review) -> Round | None:
    open_ = Round.objects.filter(review=review, stage=TA, kind=Round.Kind.SAMPLE, state=Round.State.OPEN)
    return open_.select_related("review").first()


def _end_sample_if_read(review: Review, by: User) -> None:
    """One that was read to its end is ended by what comes next; one that was not is in the way."""
    round = _open_sample(review)
    if round is None:
        return
    if waiting := waiting_in(round):
        raise SampleOpen(
            f"Sample {round.number} of what is left is open, and {waiting:,} of its {round.sample.count():,} records "
            "wait for their outcome: screen them, or end the sample, first."
        )
    close_sample(review=review, by=by)


def _nothing_left(review: Review) -> Refused:
    latest = AutomaticRemoval.objects.live().filter(review=review, kind=KIND).select_related("by").first()
    if latest is not None and latest.removed.live().exists():
        return StoppedAlready(
            f"Screening was stopped already, by {latest.by} on {timezone.localtime(latest.created_at):%-d %B %Y}: no "
            "record is left that nobody voted on."
        )
    if not Record.objects.unique().filter(review=review).exists():
        return removals.NothingToRemove("No record was imported yet: there is nothing to stop.")
    return removals.NothingToRemove(
        "Every record has a vote already: nothing is left that could stay unread. Finish what was begun."
    )
