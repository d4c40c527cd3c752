"""Who may take a place on a record: quorum, open pilot, assignments, places kept, and who must screen.

``screening/queue.py`` asks the same as one query for many records; here it is asked of one record whose row is
locked, and binds.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.utils import timezone

from records.models import Record
from reviews.models import Review, User
from screening.models import Allocation, Assignment, Claim, Round, Stage
from screening.services.gates import gate_of
from screening.services.guards import AlreadyDecided, NotEligible, short, stage_label
from screening.services.read_once import once
from screening.services.stage_settings import present_of, settings_of
from screening.services.verdicts import policy_of


@dataclass(frozen=True)
class House:
    """How a stage gives out its places at present.

    ``people`` are those of the open pilot ``gate``; while there is one, neither assignments nor who must screen
    bind. ``shared_out``: records may be assigned.
    """

    stage: str
    quorum: int
    gate: Round | None
    people: frozenset[int]
    must_screen: frozenset[int]
    assigned_only: bool
    shared_out: bool
    minutes: int

    def keeps_last_for_group(self, reviewer: int, holders: Collection[int], free: int) -> bool:
        """Whether the last free place waits for one of those who must screen, and ``reviewer`` is none of them."""
        if not self.must_screen or reviewer in self.must_screen or free > 1:
            return False
        return self.must_screen.isdisjoint(holders)


def house_of(review: Review, stage: str) -> House:
    """A fixed number of queries, four at most."""
    words = (review.pk, stage, review.quorum_title_abstract, review.quorum_full_text)
    return once(("house", *words), lambda: _read_house(review, stage))


def _read_house(review: Review, stage: str) -> House:
    settings = settings_of(review, stage)
    gate = gate_of(review.pk, stage)
    people = frozenset(gate.people.values_list("pk", flat=True)) if gate else frozenset()
    group = present_of(settings, "must_screen") if not gate else ()
    return House(
        stage=stage,
        quorum=len(people) if gate else policy_of(review, stage).quorum,
        gate=gate,
        people=people,
        must_screen=frozenset(group),
        assigned_only=settings.assigned_only and gate is None,
        shared_out=gate is None
        and Allocation.objects.filter(review=review, stage=stage, undone_at=None).exists(),
        minutes=settings.claim_minutes,
    )


def live_claims(review: Review, stage: str):
    """Places kept at this moment, the oldest first."""
    return Claim.objects.filter(review=review, stage=stage, until__gt=timezone.now()).order_by("pk")


def free_places(
    house: House, reviewer: int, voters: Iterable[int], claims: Iterable[int]
) -> tuple[int, set[int]]:
    """The places of a record that are free for ``reviewer``, and who holds the others.

    ``claims`` are the holders of kept places in the order they came. A place of one's own counts against later ones
    only (they can be too many after the quorum was lowered: then the first come first).
    """
    holders = {voter for voter in voters if voter != reviewer}
    waiting = [holder for holder in claims if holder not in holders]
    if reviewer in waiting:
        waiting = waiting[: waiting.index(reviewer)]
    holders.update(holder for holder in waiting if holder != reviewer)
    return house.quorum - len(holders), holders


def require_place(house: House, record: Record, reviewer: User, voters: Collection[int]) -> None:
    """Refuse a first vote of ``reviewer`` on ``record`` (its row locked) that has no place for it.

    ``voters`` are the ids of those with a live vote on it. Raises AlreadyDecided (409) when the places are taken,
    NotEligible (422) when the record is not theirs.
    """
    if len(voters) >= house.quorum:
        raise AlreadyDecided(
            f"{short(record)} already has the {house.quorum} vote{'s' if house.quorum > 1 else ''} it needs. "
            "Yours was not taken."
        )
    if house.gate is not None:
        _require_part_in(house.gate, house, record, reviewer)
        return
    _require_assigned(house, record, reviewer)
    claims = live_claims(record.review, house.stage).filter(record=record)
    free, holders = free_places(house, reviewer.pk, voters, claims.values_list("reviewer", flat=True))
    if free < 1:
        raise AlreadyDecided(
            f"{short(record)} is being read by as many others as it needs votes. Yours was not taken; if one of "
            "them leaves it, it comes to you."
        )
    if house.keeps_last_for_group(reviewer.pk, holders, free):
        raise NotEligible(
            f"{short(record)} needs the vote of one of those who must screen at {stage_label(house.stage)}: its "
            "last place is kept for them."
        )


def _require_part_in(gate: Round, house: House, record: Record, reviewer: User) -> None:
    if reviewer.pk not in house.people:
        raise NotEligible(
            f"A pilot is open at {stage_label(house.stage)} and you are not part of it: the other records wait "
            "until it is closed."
        )
    if not gate.sample.filter(record=record).exists():
        raise NotEligible(
            f"A pilot is open at {stage_label(house.stage)}, and {short(record)} is not in its sample: it waits "
            "until the pilot is closed."
        )


def _require_assigned(house: House, record: Record, reviewer: User) -> None:
    if not (house.shared_out or house.assigned_only):
        return
    assigned = Assignment.objects.live().filter(record=record, stage=house.stage)
    to = set(assigned.values_list("reviewer", flat=True))
    if to and reviewer.pk not in to:
        raise NotEligible(f"{short(record)} is assigned to others at {stage_label(house.stage)}.")
    if not to and house.assigned_only:
        raise NotEligible(
            f"{short(record)} is assigned to nobody yet, and {stage_label(Stage(house.stage))} takes votes on "
            "assigned records only."
        )
