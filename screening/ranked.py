"""The order in which records come to one person at a stage, and what a ranking says of one record.

    order_for(review, stage, ben)              None: as they came
    order_for(review, stage, ben).ids          the records, first to read first; those it does not name come after
    shown_to(review, stage, ben)               the ranking itself, without its lists: when, from how many, which terms
    score_of(review, stage, ben, record.pk)    between 0 and 1, None where it does not rank the record
    explain(review, stage, ben, record)        which terms moved it

Whose ranking it is depends on what the person may know and on nothing else (docs/priority.md). What a process has
read and put in order it keeps: a ranking is written once and never changed.
"""

from __future__ import annotations

import time
from array import array
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, lru_cache
from typing import NamedTuple

from django.db.models import Q

from records.models import Record
from reviews.models import Membership, Review, User
from reviews.permissions import Permission
from screening.models import Ranking, RankingQuerySet, StageSettings
from screening.services.guards import NotEligible
from screening.services.rankings import corpus
from screening.services.rounds import records_at
from screening.services.stage_settings import settings_of

#: A random order looks for new records this often; until then they come last.
LOOK_AGAIN_SECONDS = 60
KEPT = 32


@dataclass(frozen=True)
class RankedOrder:
    """``ids`` in the order they come; ``likely`` and ``scores`` are the ranking's own, the most likely first.

    One that is ``shuffled`` has no top: people go on behind their latest vote, as in id order.
    """

    ids: array[int] = field(repr=False)
    likely: array[int] = field(repr=False)
    scores: array[float] = field(repr=False)
    shuffled: bool = False

    @cached_property
    def score(self) -> dict[int, float]:
        """By record."""
        return dict(zip(self.likely, self.scores, strict=True))

    def behind(self, record: int) -> int:
        """The place behind ``record``; the beginning when it is not among them."""
        try:
            return self.ids.index(record) + 1
        except ValueError:
            return 0


class Explained(NamedTuple):
    """Terms with their part in the model's distance, the strongest first; positive speaks for inclusion.

    ``sentence`` says how exact that is, or why there are none.
    """

    score: float | None
    terms: list[tuple[str, float]]
    sentence: str


class Head(NamedTuple):
    """A ranking without its lists, as much as choosing one needs."""

    pk: int
    reviewer: int | None
    kind: str
    n_labelled: int
    created_at: datetime


def order_for(review: Review, stage: str, reviewer: User) -> RankedOrder | None:
    """The order of the stage by its settings; None where records come as they came, or nothing is ranked yet."""
    settings = settings_of(review, stage)
    if settings.order == StageSettings.Order.OLDEST:
        return None
    if settings.order == StageSettings.Order.RANDOM:
        return _random(review, stage, settings.order_seed)
    return _read(review, stage, reviewer, settings)


def ranking_order(review: Review, stage: str, reviewer: User) -> RankedOrder | None:
    """The most likely first, whatever the order of the stage is: what scores and sorting by them need."""
    likely = StageSettings(order=StageSettings.Order.LIKELY)
    return _read(review, stage, reviewer, likely)


def shown_to(review: Review, stage: str, reviewer: User) -> Ranking | None:
    """The ranking that this person is shown, without its lists."""
    head = _head(review, stage, reviewer)
    return Ranking.objects.light().filter(pk=head.pk).first() if head else None


def score_of(review: Review, stage: str, reviewer: User, record: int) -> float | None:
    order = ranking_order(review, stage, reviewer)
    return order.score.get(record) if order else None


def may_see_scores(membership: Membership, stage: str) -> bool:
    """Whether the stage shows scores to those who screen; who leads sees them in any case."""
    if Permission.AMEND_PROTOCOL in membership.may:
        return True
    return settings_of(membership.review, stage).scores_shown != StageSettings.Scores.HIDDEN


def explain(review: Review, stage: str, reviewer: User, record: Record, k: int = 8) -> Explained:
    """Which terms moved ``record`` in the ranking that ``reviewer`` is shown.

    The caller asks ``may_see_scores`` first. Raises NotEligible where nothing is ranked yet.
    """
    shown = shown_to(review, stage, reviewer)
    if shown is None or shown.about.get("start") == "nothing":
        raise NotEligible("Nothing is ranked yet at this stage.")
    score = score_of(review, stage, reviewer, record.pk)
    state = shown.about.get("state")
    if not state:
        return Explained(score, [], _no_terms(shown))
    from screening.priority import explain as words  # numpy and scipy: only who asks waits for them
    from screening.priority import model

    features = corpus.load(review, shown.about["features"])
    ids = list(Record.objects.unique().filter(review=review).order_by("pk").values_list("pk", flat=True))
    if features is None or corpus.digest_of(ids) != shown.about.get("rows") or record.pk not in ids:
        raise NotEligible(
            "Records or their texts changed since: this is explained when the order is learned anew."
        )
    try:
        fitted = model.restore(features, state)
    except (KeyError, ValueError) as error:  # kept by an earlier version of the program
        raise NotEligible("An earlier version learned this: it is explained when learned anew.") from error
    terms = words.explain(fitted, features, ids.index(record.pk), k)
    return Explained(score, terms, "Exact: with all other terms of the record they add up to its place.")


def _no_terms(ranking: Ranking) -> str:
    if ranking.kind == Ranking.Kind.IMPORTED:
        return "The order came with a file, which does not say why."
    return "No model yet: the score is how near the words of the record are to those of the protocol."


def _read(review: Review, stage: str, reviewer: User, settings: StageSettings) -> RankedOrder | None:
    for _ in range(2):  # one that was replaced between the two questions is looked for again
        head = _head(review, stage, reviewer)
        if head is None:
            return None
        try:
            how = (settings.order, settings.order_seed, settings.random_share)
            return _arranged(head.pk, head.created_at, *how)
        except Ranking.DoesNotExist:
            continue
    return None


def _head(review: Review, stage: str, reviewer: User) -> Head | None:
    """The newest for everybody, or one's own where it was learned from more; what came with a file goes first."""
    rows = _newest(
        Ranking.objects.filter(Q(reviewer=None) | Q(reviewer=reviewer), review=review, stage=stage)
    )
    shared = next((row for row in rows if row.reviewer is None), None)
    own = next((row for row in rows if row.reviewer is not None), None)
    if own is None or (shared and shared.kind == Ranking.Kind.IMPORTED):
        return shared
    return own if shared is None or own.n_labelled > shared.n_labelled else shared


def _newest(rows: RankingQuerySet) -> list[Head]:
    fields = ("pk", "reviewer", "kind", "n_labelled", "created_at")
    return [Head(*row) for row in rows.order_by("-pk").values_list(*fields)]


@lru_cache(maxsize=KEPT)
def _arranged(pk: int, created_at: datetime, mode: str, seed: int, share: int) -> RankedOrder:
    """Read and put in order once in a process; ``created_at`` tells it from another row that had the same key."""
    from screening.priority import strategy  # numpy: a process whose reviews come as they came does without

    ranking = Ranking.objects.only("order", "scores").get(pk=pk, created_at=created_at)
    likely, scores = array("q", ranking.order), array("d", ranking.scores)
    if mode == StageSettings.Order.LIKELY:
        return RankedOrder(likely, likely, scores)
    places = strategy.arrange(scores, ranking.order, mode=mode, seed=seed, random_share=share / 100)
    return RankedOrder(array("q", (likely[place] for place in places.tolist())), likely, scores)


_shuffled: OrderedDict[tuple, tuple[float, RankedOrder]] = OrderedDict()


def _random(review: Review, stage: str, seed: int) -> RankedOrder:
    """The same for everybody; each record's place depends on seed and record alone, so new ones move no other."""
    key = (review.pk, review.created_at, str(stage), seed)
    read_at, order = _shuffled.get(key, (0.0, None))
    if order is None or read_at < time.monotonic() - LOOK_AGAIN_SECONDS:
        order = _shuffle(review, stage, seed)
        _shuffled[key] = (time.monotonic(), order)
        if len(_shuffled) > KEPT:
            _shuffled.popitem(last=False)
    return order


def _shuffle(review: Review, stage: str, seed: int) -> RankedOrder:
    from screening.priority import strategy

    ids = list(records_at(review, stage).order_by("pk").values_list("pk", flat=True))
    places = strategy.arrange([0.5] * len(ids), ids, mode="random", seed=seed)
    order = array("q", (ids[place] for place in places.tolist()))
    return RankedOrder(order, order, array("d", [0.5] * len(ids)), shuffled=True)
