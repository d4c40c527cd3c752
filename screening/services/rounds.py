"""Pilot rounds: a random sample that all its people screen, a gate before the rest of the stage."""

import random
import secrets
from collections.abc import Iterable
from typing import NamedTuple

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q
from django.utils import timezone

from records.models import ImportBatch, Record, RecordQuerySet
from reviews.audit import record_event
from reviews.models import Membership, Review, User
from reviews.permissions import Permission
from screening.models import Decision, FullText, Round, RoundRecord, Stage, Verdict, left_unread
from screening.pair_tables import of_round
from screening.services.gates import SCREENERS, awaited, here
from screening.services.guards import AlreadyDecided, NotEligible, lock_record, require, stage_label
from screening.services.stage_settings import settings_of
from screening.services.verdicts import policy_of, settle

LARGEST = 500
SEEDS = 2**31


class Part(NamedTuple):
    """How far one person of a round is; ``waits`` if the round waits for them."""

    person: User
    done: int
    total: int
    waits: bool

    @property
    def left(self) -> int:
        return self.total - self.done


@transaction.atomic
def begin_pilot(
    *,
    review: Review,
    stage: str,
    size: int,
    people: Iterable[User],
    by: User,
    seed: int | None = None,
    afterwards: str = Round.Afterwards.KEPT,
    target: float | None = None,
) -> Round:
    """Draw ``size`` records that nobody ever voted on at ``stage``; until the round is closed only ``people`` screen
    there, all of them all of the sample. ``seed`` (0 to 2**31 - 1) makes the draw repeatable; ``target`` is a kappa.

    Raises NotAllowed (403), NotEligible (422), or AlreadyDecided (409) if a pilot is open.
    """
    require(review, by, Permission.AMEND_PROTOCOL)
    Review.objects.select_for_update(no_key=True).get(pk=review.pk)
    _require_no_pilot(review, stage)
    people = list(dict.fromkeys(people))
    _require_a_plan(review, size, people, seed, afterwards, target)
    unseen = records_at(review, stage).filter(
        ~Exists(Decision.objects.filter(record=OuterRef("pk"), stage=stage)),
        ~Exists(Verdict.objects.settled().filter(record=OuterRef("pk"), stage=stage)),
    )
    round = draw(
        Round(review=review, stage=stage, size=size, afterwards=afterwards, target=target, by=by),
        list(unseen.order_by("pk").values_list("pk", flat=True)),
        people,
        seed,
        f"There is no record at {stage_label(stage)} that nobody voted on yet.",
    )
    drawn = round.sample.count()
    record_event(
        review=review,
        actor=by,
        verb="screening.pilot_begun",
        sentence=f"began pilot {round.number} at {stage_label(stage)}: {drawn} random "
        f"record{'s' if drawn != 1 else ''} for {names(people)}",
        target=round,
        detail={
            "stage": stage,
            "size": size,
            "drawn": drawn,
            "seed": round.seed,
            "people": [person.pk for person in people],
            "afterwards": afterwards,
            "target": target,
        },
    )
    return round


@transaction.atomic
def excuse(*, round: Round, person: User, by: User) -> Round:
    """Wait no longer for the missing votes of ``person``; those that they cast count."""
    round = _lock_open(round, by)
    if not round.people.filter(pk=person.pk).exists():
        raise NotEligible(f"{person} is not one of the people of pilot {round.number}.", field="person")
    round.excused.add(person)
    record_event(
        review=round.review,
        actor=by,
        verb="screening.pilot_excused",
        sentence=f"excused {person} from the rest of pilot {round.number} at {stage_label(round.stage)}",
        target=round,
        detail={"person": person.pk},
    )
    return round


@transaction.atomic
def open_discussion(*, round: Round, by: User) -> Round:
    """Open the votes, all of them in, to the people of the round; from now on they stand as they are."""
    round = _lock_open(round, by)
    if round.discussed_at is not None:
        raise AlreadyDecided(f"The discussion of pilot {round.number} is open already.")
    require_all_in(round)
    round.discussed_at = timezone.now()
    round.save(update_fields=["discussed_at"])
    record_event(
        review=round.review,
        actor=by,
        verb="screening.pilot_discussed",
        sentence=f"opened the discussion of pilot {round.number} at {stage_label(round.stage)}",
        target=round,
    )
    return round


@transaction.atomic
def close_pilot(
    *, round: Round, passed: bool, by: User, why: str = "", afterwards: str | None = None
) -> Round:
    """Pass the round, or close it as not passed (another one may be begun, with a new sample); opens the stage.

    What becomes of the votes says ``afterwards`` (the round's own, if None), whichever way it closes:

    - kept: all of them decide their record by the rules of the stage, also those beyond the quorum;
    - reused: the first votes up to the quorum do (one of them of a person who must screen, if one of those voted);
      the others are withdrawn;
    - discarded: all are withdrawn, and the records are screened again.

    The round's own agreement keeps all votes. Below the target, or where kappa is not defined, passing needs ``why``.
    """
    round = _lock_open(round, by)
    afterwards = afterwards or round.afterwards
    if afterwards not in Round.Afterwards.values:
        raise NotEligible(_not_one_of(afterwards, Round.Afterwards.values), field="afterwards")
    require_all_in(round)
    now = timezone.now()
    round.discussed_at = round.discussed_at or now
    kappa = of_round(round).kappa
    if passed and round.target is not None and not why.strip() and (kappa is None or kappa < round.target):
        found = "cannot be computed" if kappa is None else f"is {kappa:.2f}"
        raise NotEligible(
            f"Kappa {found} and the target is {round.target:.2f}: say why the pilot passes all the same.",
            field="why",
        )
    round.state = Round.State.PASSED if passed else Round.State.REPEATED
    round.afterwards, round.why = afterwards, why.strip()
    round.closed_by, round.closed_at = by, now
    round.save()
    record_event(
        review=round.review,
        actor=by,
        verb="screening.pilot_closed",
        sentence=f"{'passed' if passed else 'closed as not passed'} pilot {round.number} at "
        f"{stage_label(round.stage)}" + (f": {round.why}" if round.why else ""),
        target=round,
        detail={"passed": passed, "kappa": kappa, "target": round.target, "afterwards": afterwards},
    )
    _count(round, by)
    return round


def records_at(review: Review, stage: str) -> RecordQuerySet:
    """Records of the review that are at ``stage``, as the queue has them."""
    unique = Record.objects.unique().filter(review=review)
    if stage == Stage.FULL_TEXT:
        return unique.filter(full_text__state=FullText.State.RETRIEVED)
    return unique.filter(~left_unread())


def in_play(round: Round) -> RecordQuerySet:
    """Records of the sample that wait for votes: still at the stage, and not settled by a word above the votes."""
    settled = Verdict.objects.settled().filter(record=OuterRef("pk"), stage=round.stage)
    sample = round.sample.values("record")
    return records_at(round.review, round.stage).filter(~Exists(settled), pk__in=sample)


def pilot_parts(round: Round) -> list[Part]:
    """How far each of the round's people is who is still here, while it is open; counts only, never votes."""
    wanted = in_play(round)
    total = wanted.count()
    votes = Decision.objects.live().filter(stage=round.stage, record__in=wanted.values("pk"))
    done = dict(votes.order_by().values_list("reviewer").annotate(Count("pk")))
    waiting = {person.pk for person in awaited(round)}
    return [
        Part(member.user, done.get(member.user_id, 0), total, member.user_id in waiting)
        for member in here(round)
    ]


def require_all_in(round: Round) -> None:
    """Refuse while a vote is missing, with the names of those it is missing from."""
    missing = [part for part in pilot_parts(round) if part.waits and part.left]
    if missing:
        told = ", ".join(f"{part.person} ({part.left})" for part in missing)
        raise NotEligible(
            f"Votes are missing from {told}. Wait for them, or excuse who will not finish: whoever leaves the "
            "review is not waited for."
        )


def _lock_open(round: Round, by: User) -> Round:
    require(round.review, by, Permission.AMEND_PROTOCOL)
    locked = (
        Round.objects.select_for_update(of=("self",), no_key=True).select_related("review").get(pk=round.pk)
    )
    if locked.kind != Round.Kind.PILOT or locked.state != Round.State.OPEN:
        raise AlreadyDecided(f"{locked} is closed: {locked.get_state_display().lower()}.")
    return locked


def _require_no_pilot(review: Review, stage: str) -> None:
    if stage not in Stage.values:
        raise NotEligible(_not_one_of(stage, Stage.values), field="stage")
    open_ = Round.objects.gates().filter(review=review, stage=stage).first()
    if open_ is not None:
        raise AlreadyDecided(
            f"Pilot {open_.number} is open at {stage_label(stage)}: pass it or close it as not passed first."
        )


def _require_a_plan(
    review: Review, size: int, people: list[User], seed: int | None, afterwards: str, target: float | None
) -> None:
    if not 1 <= size <= LARGEST:
        raise NotEligible(f"A pilot has 1 to {LARGEST} records, not {size}.", field="size")
    if afterwards not in Round.Afterwards.values:
        raise NotEligible(_not_one_of(afterwards, Round.Afterwards.values), field="afterwards")
    if target is not None and not -1 <= target <= 1:
        raise NotEligible(f"The target is a kappa, between -1 and 1, not {target:g}.", field="target")
    if len(people) < 2:
        raise NotEligible("A pilot compares people: name two or more who screen.", field="people")
    require_seed(seed)
    require_screeners(review, people)


def require_seed(seed: int | None) -> None:
    if seed is not None and not 0 <= seed < SEEDS:
        raise NotEligible(f"A seed is a whole number from 0 to {SEEDS - 1}, not {seed}.", field="seed")


def require_screeners(review: Review, people: list[User]) -> None:
    present = Membership.objects.present().filter(review=review, role__in=SCREENERS, user__in=people)
    able = set(present.values_list("user", flat=True))
    others = [person for person in people if person.pk not in able]
    if others:
        raise NotEligible(
            f"{names(others)} may not screen in this review: invite them, or change the role, first.",
            field="people",
        )


def draw(round: Round, pool: list[int], people: list[User], seed: int | None, empty: str) -> Round:
    """Save the round with a simple random sample of ``pool`` (ids in order): the same seed draws the same again."""
    if not pool:
        raise NotEligible(empty)
    before = Round.objects.filter(review=round.review, stage=round.stage, kind=round.kind)
    round.number = before.count() + 1
    round.seed = secrets.randbelow(SEEDS) if seed is None else seed
    round.save()
    round.people.set(people)
    drawn = random.Random(round.seed).sample(pool, min(round.size, len(pool)))  # noqa: S311 - a sample, no secret
    RoundRecord.objects.bulk_create(RoundRecord(round=round, record_id=pk) for pk in drawn)
    return round


def _count(round: Round, by: User) -> None:
    """Do with the votes of a round just closed what it says, and count what is left of them."""
    quorum = policy_of(round.review, round.stage).quorum
    settings = settings_of(round.review, round.stage)
    must = set(settings.must_screen.values_list("pk", flat=True)) if settings.pk else set()
    sample = Record.objects.filter(
        Q(batch__state=ImportBatch.State.DONE), pk__in=round.sample.values("record")
    )
    for record in sample.order_by("pk"):
        record = lock_record(round.review, record)
        votes = list(Decision.objects.live().filter(record=record, stage=round.stage).order_by("pk"))
        surplus = _surplus(votes, round, quorum, must)
        Decision.objects.filter(pk__in=[vote.pk for vote in surplus]).update(withdrawn_at=round.closed_at)
        if votes and record.duplicate_of_id is None:
            settle(review=round.review, record=record, stage=round.stage, by=by)


def _surplus(votes: list[Decision], round: Round, quorum: int, must: set[int]) -> list[Decision]:
    """The votes of a record that no longer decide it, by what the round says of afterwards."""
    if round.afterwards == Round.Afterwards.KEPT:
        return []
    if round.afterwards == Round.Afterwards.DISCARDED:
        return [vote for vote in votes if vote.round_id == round.pk]
    first = votes[:quorum]
    if not any(vote.reviewer_id in must for vote in first):
        late = next((vote for vote in votes[quorum:] if vote.reviewer_id in must), None)
        first = [*first[:-1], late] if late else first
    return [vote for vote in votes if vote not in first]


def names(people: list[User]) -> str:
    return ", ".join(str(person) for person in people)


def _not_one_of(word: str, choices: Iterable[str]) -> str:
    return f"“{word}” is none of {', '.join(choices)}."
