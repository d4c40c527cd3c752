"""Which records were duplicates of which at a moment.

Two records are in one group when merged pairs lead from one to the other. A pair keeps its last decision only; what
it was before is told by the lines of the history since then.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q

from records.models import DuplicateCandidate
from reporting.prisma.past.imports import Came
from reporting.tally import LISTED
from reviews.models import Review
from screening.models import Verdict

State = DuplicateCandidate.State
MERGED = ("records.merged", "records.merged_above")
APART = ("records.told_apart", "records.reports_linked")
PARTED = ("records.pair_reopened", "records.merges_undone", "records.split", "records.group_dissolved")
LED = ("records.primary_chosen", "records.thresholds_changed", "records.import_undone")
Pair = tuple[int, int]
Event = tuple[str, int, dict[str, Any]]  # verb, target, detail


def leaders_at(
    review: Review, at: datetime, records: Mapping[int, Came], kinds: Mapping[int, str], doubts: list[str]
) -> dict[int, int]:
    """Who led the group of each of ``records`` then; what is alone leads itself."""
    told = review.events.filter(verb__in=[*MERGED, *APART, *PARTED, *LED], at__gt=at).order_by("pk")
    events = [
        (verb, int(target or 0), detail)
        for verb, target, detail in told.values_list("verb", "target_id", "detail")
    ]
    if any(verb == "records.thresholds_changed" and detail.get("parted") for verb, _, detail in events):
        doubts.append(
            "The thresholds of de-duplication were changed since, which parted merged records; those that were one "
            "then may be counted apart."
        )
    groups = _groups(_edges(review, at, events) | _unexplained(review, doubts))
    members: dict[int, list[int]] = defaultdict(list)
    for pk in records:
        members[groups.get(pk, pk)].append(pk)
    several = [group for group in members.values() if len(group) > 1]
    leaders = {pk: pk for pk in records}
    for group, leader in zip(several, _leaders(review, at, events, several, records, kinds), strict=True):
        leaders |= dict.fromkeys(group, leader)
    return leaders


def _edges(review: Review, at: datetime, events: Iterable[Event]) -> set[Pair]:
    """The pairs that were merged then."""
    rows = review.duplicate_candidates.filter(Q(state=State.MERGED) | Q(decided_at__gt=at)).order_by()
    rows = rows.filter(created_at__lte=at)  # what was no pair yet was not merged
    pairs: dict[int, Pair] = {}
    merged: set[Pair] = set()
    apart: set[Pair] = set()
    for pk, left, right, state, decided_at in rows.values_list(
        "pk", "left_id", "right_id", "state", "decided_at"
    ).iterator():
        pairs[pk] = (left, right)
        if state == State.MERGED and (decided_at is None or decided_at <= at):
            merged.add((left, right))
        elif state in DuplicateCandidate.APART:
            apart.add((left, right))
    known, touched = set(pairs.values()), set()  # of several acts since, the first tells what was then
    for verb, _, detail in events:
        for pair, was_merged in _before(verb, detail, pairs):
            if pair in known and pair not in touched:
                touched.add(pair)
                if was_merged:
                    merged.add(pair)
    # parted from a record of an import that was undone by then: the history names only those in the review
    return merged | (apart - touched)


def _unexplained(review: Review, doubts: list[str]) -> set[Pair]:
    """Duplicates that no pair tells of: they are taken as duplicates of old."""
    own = Q(left=OuterRef("pk")) | Q(right=OuterRef("pk"))
    rows = review.records.exclude(duplicate_of=None).exclude(Exists(DuplicateCandidate.objects.filter(own)))
    found = {_pair(pk, leader) for pk, leader in rows.order_by().values_list("pk", "duplicate_of_id")}
    if found:
        doubts.append(f"{len(found):,} duplicates without a decision: counted as duplicates at any time.")
    return found


def _before(verb: str, detail: dict[str, Any], pairs: Mapping[int, Pair]) -> Iterable[tuple[Pair, bool]]:
    """The pairs that an act changed, and whether they were merged before it."""
    if verb == "records.merged":
        yield from ((_pair(detail["kept"], pk), False) for pk in detail["removed"])
        if "pair" in detail and detail["pair"] in pairs:
            yield pairs[detail["pair"]], False
    elif verb in APART:
        yield _pair(detail["left"], detail["right"]), False
    elif verb == "records.merged_above":
        yield from ((pairs[pk], False) for pk in detail["pairs"] if pk in pairs)
    elif verb == "records.pair_reopened":
        yield _pair(detail["left"], detail["right"]), detail.get("was") == State.MERGED.label.lower()
    elif verb == "records.merges_undone":
        yield from ((pairs[pk], True) for pk in detail["pairs"] if pk in pairs)
    elif verb == "records.split":
        yield from ((_pair(detail["record"], pk), True) for pk in detail["from"])
    elif verb == "records.group_dissolved":
        yield from ((pairs[pk], True) for pk in detail["pairs"] if pk in pairs)


def _pair(one: int, other: int) -> Pair:
    return (one, other) if one < other else (other, one)


def _groups(edges: Iterable[Pair]) -> dict[int, int]:
    """A name for the group of each record in a pair: one of its members."""
    root: dict[int, int] = {}

    def find(pk: int) -> int:
        root.setdefault(pk, pk)
        while root[pk] != pk:
            root[pk] = root[root[pk]]
            pk = root[pk]
        return pk

    for left, right in edges:
        root[find(left)] = find(right)
    return {pk: find(pk) for pk in root}


def _leaders(
    review: Review,
    at: datetime,
    events: Iterable[Event],
    groups: list[list[int]],
    records: Mapping[int, Came],
    kinds: Mapping[int, str],
) -> list[int]:
    """Who led each of these groups: who left the lead since, else who was given it last, else who leads now."""
    led = _told_by_later(events, groups, records)
    earlier = review.events.filter(verb__in=["records.merged", "records.primary_chosen"], at__lte=at)
    given = {
        detail["kept"]: turn
        for turn, detail in enumerate(earlier.order_by("pk").values_list("detail", flat=True), start=1)
    }
    leading = set(review.records.filter(duplicate_of=None).order_by().values_list("pk", flat=True))
    settled = Verdict.objects.settled().filter(review=review).order_by()
    steps = Counter(settled.values_list("record_id", flat=True))

    def rank(pk: int) -> tuple:
        listed = kinds[records[pk].search] in LISTED
        first = {True: 0, None: 1, False: 2}[led.get(pk)]
        return first, -given.get(pk, 0), pk not in leading, -steps[pk], not listed, pk

    return [min(group, key=rank) for group in groups]


def _told_by_later(
    events: Iterable[Event], groups: list[list[int]], records: Mapping[int, Came]
) -> dict[int, bool | None]:
    """Whether a record led its group, by the first act since then that names it; None once the group had parted."""
    of = {pk: group for group in groups for pk in group}
    led: dict[int, bool | None] = {}
    for verb, target, detail in events:
        parted: Iterable[int] = ()
        if verb == "records.split":
            led.setdefault(detail["record"], False)
        elif verb == "records.group_dissolved":
            led.setdefault(detail["kept"], True)
            parted = detail["members"]
        elif verb == "records.pair_reopened":
            parted = (detail["left"], detail["right"])
        elif verb == "records.import_undone":
            parted = [pk for pk in of if records[pk].batch == target]
        for pk in detail.get("removed", ()):
            led.setdefault(pk, True)
        for pk in parted:
            for member in of.get(pk, ()):
                led.setdefault(member, None)
    return led
