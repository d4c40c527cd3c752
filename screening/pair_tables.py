"""The tables of agreement: how reviewers voted on the same records, by pair, for all, over time, and in a pilot.

What is counted, everywhere: votes of people that stand on records that are complete (all votes in, resolved or not),
before anybody resolved a conflict; a vote changed before that counts as changed. Votes of people who left count. A
record merged into another counts no more. Pilot votes count once: with all others if they stand (kept, or among the
first reused), and in the agreement of their round whatever became of them. Votes of a model are in no number but
those of ``with_model``, which sets each person beside it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import (
    Count,
    DateTimeField,
    Exists,
    F,
    IntegerField,
    Max,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
)
from django.db.models.functions import Coalesce, TruncMonth, TruncWeek

from reviews.models import Membership, User
from reviews.permissions import Permission
from screening.agreement import Agreement, ManyRaters, agreement, many_raters
from screening.models import IN_REVIEW, Decision, DecisionQuerySet, Round, Verdict

#: How a maybe is counted: as an include (it goes on), or as an answer of its own (a table of three).
WITH_INCLUDE, APART = "include", "apart"
MAYBE = {WITH_INCLUDE: "A maybe counts as an include", APART: "A maybe is an answer of its own"}
ANSWERS = {WITH_INCLUDE: ["Include", "Exclude"], APART: ["Include", "Maybe", "Exclude"]}
WEEKLY = timedelta(days=183)


@dataclass(frozen=True)
class Pair:
    first: User
    second: User
    agreement: Agreement


@dataclass(frozen=True)
class Period:
    """The records whose last vote came in this month or week."""

    start: date
    agreement: ManyRaters
    unit: str


@dataclass(frozen=True)
class RoundAgreement:
    """Agreement in a pilot. ``kappa`` is what a target is compared with: Cohen's of two people, Fleiss' of more,
    among those who voted on every record that anybody voted on; None where it is not defined.
    """

    pairs: list[Pair]
    overall: ManyRaters
    kappa: float | None
    disputed: list[int]


def side(vote: str, maybe: str = WITH_INCLUDE) -> int:
    """The place of a vote in the tables; awaiting and ongoing, like a maybe, are not excluded."""
    sides = len(ANSWERS[maybe])
    if vote == Decision.Vote.EXCLUDE:
        return sides - 1
    return 0 if vote == Decision.Vote.INCLUDE else sides - 2


def complete(membership: Membership, stage: str) -> QuerySet[Verdict]:
    """Outcomes of records with two votes or more that this member may know of: a conflict on which they voted stays
    out until it is resolved (blinding)."""
    return Verdict.objects.visible_to(membership).filter(
        IN_REVIEW, review=membership.review, stage=stage, votes__gte=2
    )


def pairs(membership: Membership, stage: str, maybe: str = WITH_INCLUDE) -> list[Pair]:
    """Every pair of people with a record in common, most records first. Two queries."""
    both = Q(model="", record__decisions__model="", record__decisions__reviewer__gt=F("reviewer"))
    return _pairs(_in_common(membership, stage, both), maybe)


def with_model(membership: Membership, stage: str, maybe: str = WITH_INCLUDE) -> list[Pair]:
    """Every person who voted on a record that a model voted on, too: the person first. Two queries."""
    return _pairs(_in_common(membership, stage, Q(model="", record__decisions__model__gt="")), maybe)


def _in_common(membership: Membership, stage: str, both: Q) -> QuerySet[Any, Any]:
    """(first, second, vote of first, vote of second, number of records) of complete records; ``both`` says of a vote
    and another one on its record (``record__decisions``) whether they are a pair."""
    return (
        Decision.objects.live()
        .filter(Exists(complete(membership, stage).filter(record=OuterRef("record"))))
        .filter(review=membership.review, stage=stage)
        .filter(both, record__decisions__stage=stage, record__decisions__withdrawn_at=None)
        .order_by()
        .values_list("reviewer", "record__decisions__reviewer", "vote", "record__decisions__vote")
        .annotate(n=Count("pk"))
    )


def overall(membership: Membership, stage: str, maybe: str = WITH_INCLUDE) -> ManyRaters:
    """All reviewers of the stage together. One query, that counts how many records have which votes."""
    rows = _with_votes(complete(membership, stage), stage).values_list("inc", "other", "exc")  # type: ignore[misc]
    return many_raters(_patterns(rows.annotate(n=Count("pk")), maybe))


def over_time(membership: Membership, stage: str, maybe: str = WITH_INCLUDE) -> list[Period]:
    """Agreement by month of a record's last vote; by week if the stage took less than half a year. Two queries."""
    found = _with_votes(complete(membership, stage), stage)
    votes = Decision.objects.live().filter(review=membership.review, stage=stage)
    ends = votes.aggregate(first=Min("created_at"), last=Max("created_at"))
    if ends["first"] is None:
        return []
    weekly = ends["last"] - ends["first"] < WEEKLY
    trunc, unit = (TruncWeek, "week") if weekly else (TruncMonth, "month")
    # by record and stage only: with the review in it the subquery would look through all votes of the stage
    here = Decision.objects.live().filter(record=OuterRef("record"), stage=stage, model="").order_by()
    last = here.values("record").annotate(at=Max("created_at")).values("at")
    dated = found.annotate(start=trunc(Subquery(last, output_field=DateTimeField())))
    dated = dated.filter(start__isnull=False)
    by_start: dict[date, list] = defaultdict(list)
    for start, *row in dated.values_list("start", "inc", "other", "exc").annotate(n=Count("pk")):
        by_start[start.date()].append(row)
    return [
        Period(start, many_raters(_patterns(rows, maybe)), unit) for start, rows in sorted(by_start.items())
    ]


def standing(round: Round) -> DecisionQuerySet:
    """The votes of a pilot as they stood when they were opened, whatever became of them afterwards."""
    votes = Decision.objects.filter(round=round)
    if round.discussed_at is None:
        return votes.live()
    return votes.filter(Q(withdrawn_at=None) | Q(withdrawn_at__gte=round.discussed_at))


def of_round(round: Round, maybe: str = WITH_INCLUDE) -> RoundAgreement:
    """The agreement of a pilot; ask ``may_see`` first. Two queries; a pilot has a few hundred records at most."""
    votes: dict[int, dict[int, str]] = defaultdict(dict)
    for record, reviewer, vote in standing(round).filter(IN_REVIEW).values_list("record", "reviewer", "vote"):
        votes[record][reviewer] = vote
    both = Counter(
        (one, other, cast[one], cast[other])
        for cast in votes.values()
        for one in cast
        for other in cast
        if one < other
    )
    rows = Counter(_counts(cast.values(), maybe) for cast in votes.values())
    found = _pairs(((*key, n) for key, n in both.items()), maybe)
    return RoundAgreement(
        pairs=found,
        overall=many_raters(rows),
        kappa=_kappa(votes, maybe),
        disputed=sorted(
            pk for pk, cast in votes.items() if len({side(vote, maybe) for vote in cast.values()}) > 1
        ),
    )


def may_see(membership: Membership, round: Round) -> bool:
    """Whether a pilot's agreement may be shown: its votes were opened, and one is of its people or resolves."""
    if round.discussed_at is None or round.kind != Round.Kind.PILOT:
        return False
    return Permission.ADJUDICATE in membership.may or round.people.filter(pk=membership.user_id).exists()


def rounds_at(
    membership: Membership, stage: str, maybe: str = WITH_INCLUDE
) -> list[tuple[Round, RoundAgreement]]:
    """The pilots of a stage whose agreement may be shown, the latest first (at most ten)."""
    opened = Round.objects.visible_to(membership).filter(
        kind=Round.Kind.PILOT, stage=stage, discussed_at__isnull=False
    )
    return [(each, of_round(each, maybe)) for each in opened[:10] if may_see(membership, each)]


def _kappa(votes: dict[int, dict[int, str]], maybe: str) -> float | None:
    everybody = set.intersection(*(set(cast) for cast in votes.values())) if votes else set()
    rows = [{person: cast[person] for person in sorted(everybody)} for cast in votes.values()]
    if len(everybody) == 2:
        size = len(ANSWERS[maybe])
        table = [[0] * size for _ in range(size)]
        for row in rows:
            first, second = row.values()
            table[side(first, maybe)][side(second, maybe)] += 1
        return agreement(table).kappa.value
    return many_raters(Counter(_counts(row.values(), maybe) for row in rows)).fleiss.value if rows else None


def _counts(votes: Iterable[str], maybe: str) -> tuple[int, ...]:
    found = Counter(side(vote, maybe) for vote in votes)
    return tuple(found[place] for place in range(len(ANSWERS[maybe])))


def _pairs(counted: Iterable[tuple], maybe: str) -> list[Pair]:
    """Pairs from rows of (first, second, vote of first, vote of second, number of records)."""
    size = len(ANSWERS[maybe])
    tables: dict[tuple[int, int], list[list[int]]] = defaultdict(lambda: [[0] * size for _ in range(size)])
    for first, second, vote, other, n in counted:
        tables[first, second][side(vote, maybe)][side(other, maybe)] += n
    people = User.objects.in_bulk({person for pair in tables for person in pair})
    found = [Pair(people[one], people[two], agreement(table)) for (one, two), table in tables.items()]
    return sorted(found, key=lambda pair: (-pair.agreement.n, str(pair.first), str(pair.second)))


def _with_votes(verdicts: QuerySet[Verdict], stage: str) -> QuerySet[Verdict]:
    """Verdicts with the number of people's includes, excludes and other votes on their record, two or more."""

    def number(condition: Q) -> Coalesce:
        votes = Decision.objects.live().filter(condition, record=OuterRef("record"), stage=stage, model="")
        counted = votes.order_by().values("record").annotate(n=Count("pk")).values("n")
        return Coalesce(Subquery(counted, output_field=IntegerField()), 0)

    include, exclude = Q(vote=Decision.Vote.INCLUDE), Q(vote=Decision.Vote.EXCLUDE)
    by_model = Decision.objects.live().filter(record=OuterRef("record"), stage=stage).exclude(model="")
    return (
        verdicts.exclude(Exists(by_model), votes=2)  # one vote of a person is left of these
        .order_by()
        .annotate(inc=number(include), exc=number(exclude), other=number(~include & ~exclude))
    )


def _patterns(rows: Iterable[tuple[int, int, int, int]], maybe: str) -> Counter[tuple[int, ...]]:
    found: Counter[tuple[int, ...]] = Counter()
    for include, other, exclude, n in rows:
        found[(include, other, exclude) if maybe == APART else (include + other, exclude)] += n
    return found
