"""Sharing records out: who is to screen what, shown before it is done, and taken back as a whole."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from records.models import RecordQuerySet
from reviews.audit import record_event
from reviews.jobs import Progress, enqueue
from reviews.models import Job, Membership, Review, User
from reviews.permissions import Permission
from screening import rules, sharing
from screening.filters import found_by
from screening.models import Allocation, Assignment, Decision, Verdict, left_unread
from screening.queue import candidates
from screening.services.guards import AlreadyDecided, NotEligible, require, stage_label
from screening.services.places import house_of
from screening.services.verdicts import policy_of

AT_ONCE = 2000  # more assignments are written in the background
LOT = 2000
Way = Allocation.Way


@dataclass(frozen=True)
class Wish:
    """What is asked for. ``shares`` are per cent (percent) or records (count) for each person by id; for the other
    ways only its keys count. ``query`` narrows the records as the list's address does; ``each`` is the number of
    people a record is for (None: the quorum). ``anew`` first ends the open assignments of these records.
    """

    way: str
    shares: Mapping[int, float]
    query: str = ""
    each: int | None = None
    seed: int = 0
    anew: bool = False

    def params(self) -> dict:
        return {
            "shares": {str(person): share for person, share in self.shares.items()},
            "query": self.query,
            "each": self.each,
            "seed": self.seed,
            "anew": self.anew,
        }

    @classmethod
    def of(cls, allocation: Allocation) -> "Wish":
        given: dict[str, Any] = dict(allocation.params)
        shares = {int(person): share for person, share in given.pop("shares").items()}
        return cls(way=allocation.way, shares=shares, **given)


@dataclass(frozen=True)
class Preview:
    """Who would get how many of the ``records`` that are asked about; ``given`` by user id. ``ends``: open
    assignments that would end; ``short``: of the records, those with fewer assigned than ``each`` afterwards."""

    records: int
    given: dict[int, int]
    ends: int
    short: int
    shares: list[sharing.Share] = field(repr=False)


def new_seed() -> int:
    return random.SystemRandom().randrange(1, 2**31)


def preview(*, review: Review, stage: str, wish: Wish, by: User) -> Preview:
    """What ``allocate`` would do now; writes nothing."""
    member = require(review, by, Permission.MANAGE_TEAM)
    _require_sound(review, wish)
    pool = _pool(review, stage, wish, member)
    shares = _dealt(pool, wish)
    covered = Counter(share.record for share in shares)
    ends = len(_to_end(member, stage, pool)) if wish.anew else 0
    return Preview(
        records=len(pool.records),
        given=dict.fromkeys(wish.shares, 0) | Counter(share.person for share in shares),
        ends=ends,
        short=sum(len(pool.held(pk)) + covered[pk] < pool.room for pk in pool.records),
        shares=shares,
    )


def request_allocation(*, review: Review, stage: str, wish: Wish, by: User) -> tuple[Allocation, Job | None]:
    """Share records out: at once, or as a job when many records are asked about. Votes that were cast stay."""
    asked = preview(review=review, stage=stage, wish=wish, by=by)
    with transaction.atomic():
        allocation = record_allocation(review=review, stage=stage, wish=wish, by=by, asked=asked)
        if len(asked.shares) > AT_ONCE:
            label = f"Share out {asked.records} records"
            task, params = "screening.allocate", {"allocation": allocation.pk}
            return allocation, enqueue(review=review, task=task, label=label, params=params, by=by)
        carry_out(allocation=allocation)
    return allocation, None


def record_allocation(
    *, review: Review, stage: str, wish: Wish, by: User, asked: Preview | None = None
) -> Allocation:
    """The act itself, for ``carry_out`` to do; refuses one that would give nobody a record."""
    asked = asked or preview(review=review, stage=stage, wish=wish, by=by)
    if not asked.shares:
        raise NotEligible(
            "Nobody would get a record: none of these is open with room for the people chosen. Choose others, or "
            "share out anew."
        )
    return Allocation.objects.create(review=review, stage=stage, way=wish.way, params=wish.params(), by=by)


def carry_out(*, allocation: Allocation, progress: Progress | None = None) -> dict[str, int]:
    """Write the assignments of ``allocation`` as its records are now; returns {user id: records}.

    In lots of 2,000, so that reviewers go on voting meanwhile. Harmless when repeated: what a broken run left is
    taken back first.
    """
    review, stage, wish = allocation.review, allocation.stage, Wish.of(allocation)
    _take_back(allocation)
    member = require(review, allocation.by, Permission.MANAGE_TEAM)
    pool = _pool(review, stage, wish, member)
    if wish.anew:
        now = timezone.now()
        for _, lot in _lots(_to_end(member, stage, pool)):
            Assignment.objects.live().filter(pk__in=lot).update(ended_at=now, replaced_by=allocation)
    shares = _dealt(pool, wish)
    for done, lot in _lots(shares):
        if progress:
            progress.step(done, len(shares), f"{done} of {len(shares)} assignments")
        Assignment.objects.bulk_create(
            [
                Assignment(
                    allocation=allocation,
                    review=review,
                    record_id=share.record,
                    stage=stage,
                    reviewer_id=share.person,
                )
                for share in lot
            ],
            ignore_conflicts=True,
        )
    return _finish(allocation, wish)


def undo_allocation(*, review: Review, allocation: Allocation, by: User) -> int:
    """Take a lot back as a whole; its votes stay, and assignments that it ended are open again."""
    require(review, by, Permission.MANAGE_TEAM)
    with transaction.atomic():
        locked = Allocation.objects.select_for_update(no_key=True).get(pk=allocation.pk, review=review)
        if locked.undone_at:
            raise AlreadyDecided("This sharing out was taken back before.")
        ended = _take_back(locked)
        Allocation.objects.filter(pk=locked.pk).update(undone_at=timezone.now(), undone_by=by)
        record_event(
            review=review,
            actor=by,
            verb="screening.allocation_undone",
            sentence=f"took back what was shared out at {stage_label(locked.stage)}: {ended} assignments",
            target=locked,
            detail={"allocation": locked.pk, "ended": ended},
        )
    return ended


def with_fewer(review: Review, stage: str, reader: Membership | None = None) -> RecordQuerySet:
    """Open records for which fewer people are assigned (or have voted) than the quorum asks for: they would wait.

    Where anybody takes unassigned records (no ``assigned_only``), only records that somebody is assigned to. For a
    ``reader`` a record with a vote of their own is open, with that vote alone, until its outcome is told.
    """
    house = house_of(review, stage)
    here = {"record": OuterRef("pk"), "stage": stage}
    live = Assignment.objects.live().filter(**here)
    votes = Verdict.objects.filter(**here).values("votes")
    voted_besides = (
        Decision.objects.live()
        .filter(**here)
        .exclude(
            Exists(
                Assignment.objects.live().filter(
                    record=OuterRef("record"), stage=stage, reviewer=OuterRef("reviewer")
                )
            )
        )
    )
    if reader is not None:
        voted_besides = voted_besides.filter(_not_beside_own(stage, reader.user))
    rows = _open(review, stage, house.quorum, reader).annotate(
        assigned=_number_of(live), besides=_number_of(voted_besides), cast=Coalesce(Subquery(votes), 0)
    )
    if not house.assigned_only:
        rows = rows.filter(assigned__gt=0)
    return rows.annotate(people=F("assigned") + F("besides")).filter(people__lt=house.quorum)


def standing(reader: Membership, stage: str) -> list[dict]:
    """For each person with live assignments: ``{reviewer, name, assigned, done}`` in three columns of counts.

    Of colleagues a reader who ever voted at this stage counts the votes they may read: a count that grows while a
    record of one's own stays open would be that colleague's vote.
    """
    review = reader.review
    countable = Decision.objects.live()
    if Decision.objects.filter(review=review, stage=stage, reviewer=reader.user).exists():
        countable = countable.visible_to(reader)
    voted = countable.filter(record=OuterRef("record"), stage=stage, reviewer=OuterRef("reviewer"))
    live = Assignment.objects.live().filter(~left_unread("record"), review=review, stage=stage)
    done = dict(live.filter(Exists(voted)).order_by().values_list("reviewer").annotate(number=Count("pk")))
    rows = live.order_by("reviewer__name").values("reviewer", name=F("reviewer__name"))
    return [row | {"done": done.get(row["reviewer"], 0)} for row in rows.annotate(assigned=Count("pk"))]


def _open(review: Review, stage: str, quorum: int, reader: Membership | None = None) -> RecordQuerySet:
    """Records that take votes; for a ``reader`` also those they voted on whose outcome is not told to them."""
    taken = Verdict.objects.at(stage).filter(record=OuterRef("pk"))
    closed = taken.exclude(state=rules.State.PENDING) | taken.filter(votes__gte=quorum)
    shown = Q(~Exists(closed))
    if reader is not None:
        own = Decision.objects.live().at(stage).filter(record=OuterRef("pk"), reviewer=reader.user)
        told = Verdict.objects.visible_to(reader).at(stage).filter(record=OuterRef("pk"))
        shown |= Q(Exists(own)) & Q(~Exists(told))
    return candidates(review, stage).filter(shown).order_by("pk")


def _not_beside_own(stage: str, user: User) -> Q:
    """Of a vote: one's own, or on a record without a vote of one's own."""
    own = Decision.objects.live().filter(record=OuterRef("record"), stage=stage, reviewer=user)
    return Q(reviewer=user) | Q(~Exists(own))


def _number_of(rows) -> Coalesce:
    counted = rows.order_by().values("record").annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(counted), 0)


def _require_sound(review: Review, wish: Wish) -> None:
    if wish.way not in Way.values:
        raise NotEligible(f"“{wish.way}” is no way to share out: use {', '.join(Way.values)}.", field="way")
    if not wish.shares:
        raise NotEligible("Choose at least one person.", field="people")
    members = Membership.objects.filter(review=review, user__in=list(wish.shares), left_at=None)
    screeners = {member.user_id for member in members if Permission.SCREEN in member.may}
    if strangers := set(wish.shares) - screeners:
        names = User.objects.filter(pk__in=strangers, memberships__review=review).values_list(
            "name", flat=True
        )
        who = ", ".join(names) or f"Person {min(strangers)}"
        raise NotEligible(f"{who} does not screen in this review.", field="people")
    if wish.each is not None and wish.each < 1:
        raise NotEligible("Each record is for at least one person.", field="each")
    if wish.way == Way.FILTER and not wish.query.strip():
        raise NotEligible("Say which records: the filter of the list of records.", field="query")
    if wish.way == Way.PAIRS and len(wish.shares) < 2:
        raise NotEligible("Pairs need at least two people.", field="people")
    limit, unit = (100, "per cent") if wish.way == Way.PERCENT else (10**7, "records")
    if wish.way in (Way.PERCENT, Way.COUNT) and not all(0 < each <= limit for each in wish.shares.values()):
        raise NotEligible(f"Give each person a share above 0 and up to {limit} {unit}.", field="shares")


def _pool(review: Review, stage: str, wish: Wish, member: Membership) -> sharing.Pool:
    """The open records asked about, and who has each: by a vote, or by an assignment that stays.

    What a colleague voted where ``member`` did counts for nothing, so the numbers of a preview do not tell it; who
    voted there already may be given the record again, which asks nothing more of them.
    """
    quorum = policy_of(review, stage).quorum
    rows = _open(review, stage, quorum, member)
    if wish.query.strip():
        rows = rows.filter(pk__in=found_by(member, wish.query).order_by().values("pk"))
    records = list(rows.values_list("pk", flat=True))
    holders: dict[int, set[int]] = defaultdict(set)
    votes = Decision.objects.live().filter(review=review, stage=stage)
    pending = Verdict.objects.filter(review=review, stage=stage, state=rules.State.PENDING)
    mine = Q(reviewer=member.user)
    theirs = Q(record__in=pending.values("record")) & _not_beside_own(stage, member.user)
    for record, person in votes.filter(mine | theirs).values_list("record", "reviewer"):
        holders[record].add(person)
    if not wish.anew:
        live = Assignment.objects.live().filter(review=review, stage=stage)
        for record, person in live.values_list("record", "reviewer"):
            holders[record].add(person)
    room = wish.each or quorum
    if wish.way == Way.FILTER:
        room = max(room, len(wish.shares))
    return sharing.Pool(records, room, {pk: frozenset(held) for pk, held in holders.items()})


def _dealt(pool: sharing.Pool, wish: Wish) -> list[sharing.Share]:
    people = list(wish.shares)
    if wish.way == Way.PERCENT:
        return sharing.by_percent(pool, wish.shares, wish.seed)
    if wish.way == Way.COUNT:
        return sharing.by_number(pool, {p: int(n) for p, n in wish.shares.items()}, wish.seed)
    if wish.way == Way.SPLIT:
        return sharing.split(pool, people, wish.seed)
    if wish.way == Way.PAIRS:
        return sharing.in_pairs(pool, people, wish.seed)
    return sharing.to_all(pool, people)


def _to_end(member: Membership, stage: str, pool: sharing.Pool) -> list[int]:
    """Ids of open assignments (without a vote that counts for ``member``, see ``_pool``) of the pool's records."""
    votes = Decision.objects.live().filter(_not_beside_own(stage, member.user), stage=stage)
    voted = votes.filter(record=OuterRef("record"), reviewer=OuterRef("reviewer"))
    live = Assignment.objects.live().filter(~Exists(voted), review=member.review, stage=stage)
    chosen = set(pool.records)
    return [pk for pk, record in live.values_list("pk", "record") if record in chosen]


def _lots(rows: list) -> Iterator[tuple[int, list]]:
    for start in range(0, len(rows), LOT):
        yield start, rows[start : start + LOT]


def _take_back(allocation: Allocation) -> int:
    ended = Assignment.objects.live().filter(allocation=allocation).update(ended_at=timezone.now())
    again = Assignment.objects.live().filter(
        record=OuterRef("record"), stage=allocation.stage, reviewer=OuterRef("reviewer")
    )
    here = Membership.objects.filter(review=allocation.review, user=OuterRef("reviewer"), left_at=None)
    allocation.replaced.filter(~Exists(again), Exists(here)).update(ended_at=None, replaced_by=None)
    return ended


@transaction.atomic
def _finish(allocation: Allocation, wish: Wish) -> dict[str, int]:
    rows = Assignment.objects.live().filter(allocation=allocation).order_by().values_list("reviewer")
    counts = dict(rows.annotate(number=Count("pk")))
    result = {str(person): counts.get(person, 0) for person in wish.shares}
    allocation.result = result
    allocation.save(update_fields=["result"])
    names = dict(User.objects.filter(pk__in=list(wish.shares)).values_list("pk", "name"))
    told = ", ".join(f"{names[person]} {counts.get(person, 0)}" for person in wish.shares)
    record_event(
        review=allocation.review,
        actor=allocation.by,
        verb="screening.allocated",
        sentence=f"shared out records at {stage_label(allocation.stage)} "
        f"({allocation.get_way_display().lower()}): {told}",
        target=allocation,
        detail={"allocation": allocation.pk, "way": allocation.way, "result": result} | allocation.params,
    )
    return result
