"""The tables of agreement: for each pair of reviewers, how they voted on the records that both voted on."""

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Count, Exists, F, OuterRef

from reviews.models import Membership, User
from screening.agreement import Agreement, agreement
from screening.models import IN_REVIEW, Decision, Verdict

INCLUDE, EXCLUDE = 0, 1


@dataclass(frozen=True)
class Pair:
    first: User
    second: User
    agreement: Agreement


def pairs(membership: Membership, stage: str) -> list[Pair]:
    """Every pair with a record in common, most records first, from the votes that stand on complete records.

    Complete are records with their quorum of votes, resolved or not, so that disagreements count; conflicts on which
    the viewer voted stay out until they are resolved (blinding). A maybe counts as an include: it goes on.
    """
    complete = Verdict.objects.visible_to(membership).filter(
        IN_REVIEW, review=membership.review, stage=stage, record=OuterRef("record")
    )
    counted = (
        Decision.objects.live()
        .filter(Exists(complete), review=membership.review, stage=stage)
        .filter(
            record__decisions__stage=stage,
            record__decisions__withdrawn_at=None,
            record__decisions__reviewer__gt=F("reviewer"),
        )
        .order_by()
        .values_list("reviewer", "record__decisions__reviewer", "vote", "record__decisions__vote")
        .annotate(n=Count("pk"))
    )
    tables: dict[tuple[int, int], list[list[int]]] = defaultdict(lambda: [[0, 0], [0, 0]])
    for first, second, vote, other, n in counted:
        tables[first, second][_side(vote)][_side(other)] += n
    people = User.objects.in_bulk({person for pair in tables for person in pair})
    found = [Pair(people[one], people[two], agreement(table)) for (one, two), table in tables.items()]
    return sorted(found, key=lambda pair: (-pair.agreement.n, str(pair.first), str(pair.second)))


def _side(vote: str) -> int:
    return EXCLUDE if vote == Decision.Vote.EXCLUDE else INCLUDE
