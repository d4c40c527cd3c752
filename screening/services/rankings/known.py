"""What an order may be learned from: this module is the whole of its blinding (docs/priority.md has the argument).

Outcomes that are told to everybody, and, for an order that one person is shown, this person's own votes that stand.
No query here asks about a vote of anybody else, not even how many there are.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Max

from records.models import Record
from reviews.models import Review, User
from screening.models import Decision, DecisionQuerySet, Stage, Verdict, VerdictQuerySet
from screening.services.rounds import records_at

#: What the model is told of an outcome or a vote. A report that awaits classification says nothing yet.
LABEL: dict[str, int] = {
    Verdict.State.INCLUDED: 1,
    Verdict.State.ONGOING: 1,
    Verdict.State.EXCLUDED: 0,
    Decision.Vote.INCLUDE: 1,
    Decision.Vote.MAYBE: 1,
    Decision.Vote.EXCLUDE: 0,
}


@dataclass(frozen=True)
class Known:
    """Labels by record id, and the records of the stage that wait, as far as the reviewer can tell, in id order."""

    labels: dict[int, int]
    waiting: list[int]
    extent: list[int]

    @property
    def included(self) -> int:
        return sum(self.labels.values())


def known_to(review: Review, stage: str, reviewer: User | None = None) -> Known:
    """What everybody may know of ``stage``, with ``reviewer`` also what this person said there."""
    labels, closed = _of_stage(review, stage, reviewer)
    if stage == Stage.FULL_TEXT:
        labels = _with_earlier(review, reviewer, labels)
    ids = list(records_at(review, stage).order_by("pk").values_list("pk", flat=True))
    return Known(labels, [pk for pk in ids if pk not in closed], extent_of(review, stage))


def extent_of(review: Review, stage: str) -> list[int]:
    """How many records are at the stage and the latest of all: other numbers when records came or went."""
    latest = Record.objects.unique().filter(review=review).aggregate(last=Max("pk"))["last"]
    return [records_at(review, stage).order_by().count(), latest or 0]


def told(review: Review, stage: str) -> VerdictQuerySet:
    """Outcomes at the stage that everybody may know, of records that are screened for themselves."""
    return Verdict.objects.told().filter(review=review, stage=stage, record__duplicate_of=None)


def own_votes(review: Review, stage: str, reviewers: User | Iterable[int]) -> DecisionQuerySet:
    """Votes that people (not a model) cast, which stand."""
    people = [reviewers.pk] if isinstance(reviewers, User) else list(reviewers)
    return Decision.objects.live().filter(review=review, stage=stage, reviewer__in=people, model="")


def numbers(review: Review, stage: str) -> dict[int | None, tuple[int, int]]:
    """How many labels at ``stage`` everybody may know (under None), and each person who has votes that nobody else
    may know yet, and how many of them are inclusions: what ``known_to`` gives for the stage itself, counted.
    """
    states = dict(told(review, stage).order_by().values_list("state").annotate(Count("pk")))
    shared = _summed(states)
    unsettled = Verdict.objects.filter(review=review, stage=stage).exclude(state__in=Verdict.SETTLED)
    votes = Decision.objects.live().filter(
        review=review,
        stage=stage,
        model="",
        record__in=unsettled.filter(record__in=Record.objects.unique().values("pk")).values("record"),
    )
    cast: dict[int, dict[str, int]] = {}
    for person, vote, number in votes.order_by().values_list("reviewer", "vote").annotate(Count("pk")):
        cast.setdefault(person, {})[vote] = number
    found: dict[int | None, tuple[int, int]] = {None: shared}
    for person, own in cast.items():
        labels, included = _summed(own)
        found[person] = (shared[0] + labels, shared[1] + included)
    return found


def _summed(counts: dict[str, int]) -> tuple[int, int]:
    labels = sum(number for name, number in counts.items() if name in LABEL)
    return labels, sum(number for name, number in counts.items() if LABEL.get(name) == 1)


def _of_stage(review: Review, stage: str, reviewer: User | None) -> tuple[dict[int, int], set[int]]:
    """Labels of the stage, and the records that do not wait there any more: settled, or with one's own vote."""
    outcomes = dict(told(review, stage).order_by().values_list("record", "state"))
    if reviewer is not None:
        cast = own_votes(review, stage, reviewer).order_by().values_list("record", "vote")
        outcomes = dict(cast) | outcomes
    return {pk: LABEL[said] for pk, said in outcomes.items() if said in LABEL}, set(outcomes)


def _with_earlier(review: Review, reviewer: User | None, labels: dict[int, int]) -> dict[int, int]:
    """At full text also what was excluded before; and while nothing is included there, what was included before."""
    earlier, _ = _of_stage(review, Stage.TITLE_ABSTRACT, reviewer)
    first = not any(labels.values())
    return {pk: said for pk, said in earlier.items() if said == 0 or first} | labels
