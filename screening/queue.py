"""What is left for one reviewer at a stage, and which record comes next.

The order (by id, or as the stage's settings say: ``screening.ranked``) depends on nothing but one's own votes,
outcomes that everybody may know, and places that are taken, so neither the order nor a counter tells how a colleague
voted. A record is in somebody's queue while it is at the stage, has no live vote of theirs, is not settled, and has
fewer votes than the quorum; not where they could read its votes as a resolver before (``services.foreknown``), not
where it is assigned to others, and not its last place while that waits for one of those who must screen. While a
pilot is open, its people have its sample in their queues, in id order, and nobody has anything else. The queue says
what is left; ``ahead`` gives it out, and keeps each place it gives.
"""

from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import NamedTuple

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from records.models import Record, RecordQuerySet
from reviews.models import Review, User
from screening import coming, ranked, rules, services
from screening.coming import Left
from screening.models import (
    IN_REVIEW,
    Assignment,
    Claim,
    Decision,
    FullText,
    Postponement,
    Stage,
    Verdict,
    VerdictQuerySet,
    left_unread,
)
from screening.ranked import RankedOrder
from screening.services.places import House, house_of, live_claims
from screening.services.read_once import once, read_once


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


class Kept(NamedTuple):
    """A place kept on ``record`` for ``reviewer`` until a time, and the number of votes the record has."""

    record: int
    reviewer: int
    votes: int
    until: datetime


def candidates(review: Review, stage: str) -> RecordQuerySet:
    """Records that are at ``stage``: all unique ones not left unread, or those whose full text was retrieved."""
    unique = Record.objects.unique().filter(review=review)
    if stage == Stage.FULL_TEXT:
        return unique.filter(full_text__state=FullText.State.RETRIEVED)
    return unique.filter(~left_unread())


def queue(review: Review, stage: str, reviewer: User) -> RecordQuerySet:
    """The records ``reviewer`` has still to vote on at ``stage``, in id order."""
    return _queue(review, house_of(review, stage), reviewer)


def _queue(review: Review, house: House, reviewer: User, after: int = 0) -> RecordQuerySet:
    """With ``after`` only those behind it: said of the verdicts, too, so that the database skips their beginning."""
    stage = house.stage
    here = {"record": OuterRef("pk"), "stage": stage}
    own = Decision.objects.live().filter(**here, reviewer=reviewer)
    taken = _taken(review, house).filter(**here)
    known = services.foreknown(review, stage, reviewer)
    left = candidates(review, stage)
    if after:
        left, own, taken = (
            left.filter(pk__gt=after),
            own.filter(record__gt=after),
            taken.filter(record__gt=after),
        )
    left = left.filter(*_theirs(reviewer, house), ~Exists(own), ~Exists(taken))
    return (left.exclude(pk__in=known) if known else left).order_by("pk")


def ahead(
    review: Review,
    stage: str,
    reviewer: User,
    *,
    after: int | None = None,
    without: Collection[int] = (),
    count: int = 5,
    within: RecordQuerySet | None = None,
) -> list[Record]:
    """The next ``count`` records for ``reviewer``, each with a place kept for them for some minutes.

    They follow the record with the id ``after`` (None: the reviewer's latest vote) and go on from the start at the
    end; where the stage has another order, ``coming.as_ranked`` says what ``after`` means. Those put off come last,
    in the order they were put off. ``without`` are the ids that the reviewer has in view already: they do not come
    again, and their places are kept for longer. A record whose places are all taken or kept for others is passed
    over, so fewer may come although some are left (``progress``). ``within`` limits them to a batch
    (``screening.batches``).
    """
    with read_once():
        house = house_of(review, stage)
        order = None if house.gate else ranked.order_for(review, stage, reviewer)
        if after is None and (order is None or order.shuffled):
            after = _latest(review, stage, reviewer)
        return _ahead(review, house, reviewer, order, after, without, count, within)


def _ahead(
    review: Review,
    house: House,
    reviewer: User,
    order: RankedOrder | None,
    after: int | None,
    without: Collection[int],
    count: int,
    within: RecordQuerySet | None,
) -> list[Record]:
    found: list[int] = []
    tried = set(without)
    for wait in (False, False, True):  # a row locked for a moment is passed over; at last it is waited for
        if wait:
            tried = {*without, *found}
        claims = [] if house.gate else _claims(review, house)
        others = _kept_for_others(house, reviewer, claims)
        held = (
            []
            if without or after is not None
            else [row.record for row in claims if row.reviewer == reviewer.pk]
        )
        left = _left(review, house, reviewer, tried | others, within)
        rows = _in_order(review, house, reviewer, left, order, after, held, count - len(found))
        kept = _keep_places(review, house, reviewer, rows, claims, without, wait)
        found += [pk for pk in rows if pk in kept]
        tried.update(rows)
        if len(found) >= count or len(tried) == len({*without}) + len(found):
            break
    records = Record.objects.select_related("search", "batch", "full_text").in_bulk(found)
    for record in records.values():
        record.review = review
    return [records[pk] for pk in found]


def next_record(
    review: Review,
    stage: str,
    reviewer: User,
    after: int | None = None,
    within: RecordQuerySet | None = None,
) -> Record | None:
    """The next record after the one with id ``after``, with a place kept: ``ahead`` of one."""
    return next(iter(ahead(review, stage, reviewer, after=after, count=1, within=within)), None)


def _keep_places(
    review: Review,
    house: House,
    reviewer: User,
    rows: list[int],
    claims: list[Kept],
    keep: Collection[int],
    wait: bool,
) -> set[int]:
    """Which of ``rows`` the reviewer has a place on now; in a pilot each of its people has one on each record.

    Places kept already, on ``rows`` and on ``keep``, are written anew only when half their time is over.
    """
    if house.gate is not None:
        return set(rows)
    half = timezone.now() + timedelta(minutes=house.minutes / 2)
    own = {claim.record: claim.until for claim in claims if claim.reviewer == reviewer.pk}
    old = [pk for pk in keep if pk in own and own[pk] < half]
    if not old and all(pk in own and own[pk] > half for pk in rows):
        return set(rows)
    return services.claim(review=review, house=house, reviewer=reviewer, records=rows, keep=old, wait=wait)


def _left(
    review: Review, house: House, reviewer: User, without: set[int], within: RecordQuerySet | None
) -> Left:
    """Ids of the queue behind a record that have a free place."""

    @cache  # of the question, not of its answer: each use asks the database
    def left(after: int) -> QuerySet:
        rows = _queue(review, house, reviewer, after).exclude(pk__in=without)
        if within is not None:  # asked of each row in turn, so that it ends with the first few found
            rows = rows.filter(Exists(within.filter(pk=OuterRef("pk"))))
        return rows.values_list("pk", flat=True)

    return left


def _in_order(
    review: Review,
    house: House,
    reviewer: User,
    left: Left,
    order: RankedOrder | None,
    after: int | None,
    held: list[int],
    count: int,
) -> list[int]:
    """At most ``count`` ids of ``left``: the open sample, then as the stage's order has them, then those put off."""
    here = Postponement.objects.filter(review=review, stage=house.stage, reviewer=reviewer)
    put_off = list(here.values_list("record", flat=True))
    rows = coming.of_sample(
        review, house, lambda behind: left(behind).exclude(pk__in=put_off), after or 0, count
    )
    passed = [*put_off, *rows]

    def rest(behind: int) -> QuerySet:
        return left(behind).exclude(pk__in=passed)

    def voted() -> set[int]:
        own = Decision.objects.live().filter(review=review, stage=house.stage, reviewer=reviewer)
        return once(
            ("voted", house.stage, reviewer.pk), lambda: set(own.order_by().values_list("record", flat=True))
        )

    number = count - len(rows)
    if order is None:
        rows += coming.as_they_came(rest, after or 0, number)
    elif order.shuffled:
        rows += coming.as_shuffled(rest, order, after or 0, voted, number)
    else:
        rows += coming.as_ranked(rest, order, after, held, voted, number)
    if len(rows) < count and put_off:
        rows += sorted(left(0).filter(pk__in=put_off), key=put_off.index)[: count - len(rows)]
    return rows


def _kept_for_others(house: House, reviewer: User, claims: list[Kept]) -> set[int]:
    """Records whose free places are all kept for others; few, as such places lapse."""
    taken: Counter[int] = Counter()
    held_by: dict[int, set[int]] = defaultdict(set)
    for claim in claims:
        if claim.reviewer != reviewer.pk:
            held_by[claim.record].add(claim.reviewer)
            taken[claim.record] = claim.votes + len(held_by[claim.record])
    full = {record for record, number in taken.items() if number >= house.quorum}
    last = {record for record, number in taken.items() if number == house.quorum - 1}
    if not last or not house.must_screen or reviewer.pk in house.must_screen:
        return full
    group_voted = Decision.objects.live().filter(
        stage=house.stage, record__in=last, reviewer__in=house.must_screen
    )
    voted = set(group_voted.values_list("record", flat=True))
    return full | {pk for pk in last - voted if house.must_screen.isdisjoint(held_by[pk])}


def _claims(review: Review, house: House) -> list[Kept]:
    cast = Verdict.objects.filter(record=OuterRef("record"), stage=house.stage).values("votes")
    rows = live_claims(review, house.stage).annotate(cast=Coalesce(Subquery(cast), 0))
    return [Kept(*row) for row in rows.values_list("record", "reviewer", "cast", "until")]


def _theirs(reviewer: User, house: House) -> list[Q | Exists]:
    """What a record must be for ``reviewer`` by the stage's pilot, assignments, and who must screen."""
    here = {"record": OuterRef("pk"), "stage": house.stage}
    if house.gate is not None:
        if reviewer.pk not in house.people:
            return [Q(pk__in=[])]
        return [Exists(house.gate.sample.filter(record=OuterRef("pk")))]
    asked: list[Q | Exists] = []
    if house.shared_out or house.assigned_only:
        assigned = Assignment.objects.live().filter(**here)
        own = Exists(assigned.filter(reviewer=reviewer))
        asked.append(own if house.assigned_only else Q(own) | Q(~Exists(assigned)))
    if house.must_screen and reviewer.pk not in house.must_screen:
        nearly = Exists(Verdict.objects.filter(**here, votes__gte=house.quorum - 1))
        by_group = Exists(Decision.objects.live().filter(**here, reviewer__in=house.must_screen))
        kept = Exists(Claim.objects.filter(**here, reviewer__in=house.must_screen, until__gt=timezone.now()))
        may_go = Q(~nearly) if house.quorum > 1 else Q(pk__in=[])
        asked.append(may_go | Q(by_group) | Q(kept))
    return asked


def progress(review: Review, stage: str, reviewer: User) -> Progress:
    """How far ``reviewer`` and the team are at ``stage``; while a pilot is open, within its sample.

    ``left`` is counted by subtraction (all, less those taken, less the open ones with a vote of one's own), so that
    only the open records are asked about one by one; where not every record is for everybody, by asking the queue.
    """
    house = house_of(review, stage)
    at_stage = IN_REVIEW
    if stage == Stage.FULL_TEXT:
        at_stage = IN_REVIEW & Q(record__full_text__state=FullText.State.RETRIEVED)
    total = candidates(review, stage)
    own = Decision.objects.live().filter(review=review, stage=stage, reviewer=reviewer)
    verdicts = Verdict.objects.at(stage).filter(at_stage, review=review)
    if house.gate is not None:
        sample = house.gate.sample.values("record")
        total, own = total.filter(pk__in=sample), own.filter(record__in=sample)
        verdicts = verdicts.filter(record__in=sample)
    taken = verdicts.filter(_is_taken(house)).aggregate(
        all=Count("pk"), complete=Count("pk", filter=Q(state__in=rules.SETTLED))
    )
    number = total.count()
    if house.gate or house.shared_out or house.assigned_only or house.must_screen:
        left = _queue(review, house, reviewer).count()
    else:
        open_ = verdicts.filter(~_is_taken(house), state=Verdict.State.PENDING)
        with_own = open_.filter(Exists(own.filter(record=OuterRef("record")))).count()
        left = number - taken["all"] - with_own - _known_and_open(review, house, reviewer)
    return Progress(total=number, left=left, done=own.count(), complete=taken["complete"])


def _known_and_open(review: Review, house: House, reviewer: User) -> int:
    """Records that wait for votes, but not for this reviewer's, who could read them as a resolver."""
    known = services.foreknown(review, house.stage, reviewer)
    if not known:
        return 0
    taken = _taken(review, house).filter(record=OuterRef("pk"))
    return candidates(review, house.stage).filter(~Exists(taken), pk__in=known).count()


def _taken(review: Review, house: House) -> VerdictQuerySet:
    return Verdict.objects.at(house.stage).filter(_is_taken(house), review=review)


def _is_taken(house: House) -> Q:
    """Of a verdict: its record takes no further reviewer, being complete, in conflict, or with all its votes."""
    return ~Q(state=Verdict.State.PENDING) | Q(votes__gte=house.quorum)


def _latest(review: Review, stage: str, reviewer: User) -> int:
    votes = Decision.objects.live().cast_here().filter(review=review, stage=stage, reviewer=reviewer)
    return votes.order_by("-pk").values_list("record_id", flat=True).first() or 0
