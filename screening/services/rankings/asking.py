"""Rankings in the background: when somebody asks, and as decisions come. Nothing here is on the path of a vote."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from reviews.audit import record_event
from reviews.jobs import Progress, enqueue
from reviews.models import Job, Membership, Review, User
from reviews.permissions import Permission
from screening.models import Ranking, Stage, StageSettings
from screening.services.gates import SCREENERS
from screening.services.guards import NotAllowed, NotEligible, require, stage_label
from screening.services.rankings.corpus import corpus_of
from screening.services.rankings.known import extent_of, numbers
from screening.services.rankings.learning import digest_of, learn, protocol_words

TASK = "screening.rank"
#: One order is not learned again sooner than this, nor than so many times as long as it took: it costs little of a
#: processor also where texts change all the time, as while duplicates are merged.
AGAIN_AFTER, REST = timedelta(seconds=20), 5
#: By how much the labels must have grown: this many, or this share of them.
NEW, NEW_SHARE = 10, 0.05


class RankingsDue(NamedTuple):
    """Whose order is due: a stage, and the id of a person, or None for the one that everybody may be shown."""

    review: Review
    stage: str
    reviewer: int | None


class Has(NamedTuple):
    """What is known of the ranking that somebody has, without its lists."""

    kind: str
    n_labelled: int
    start: str | None
    protocol: str | None
    extent: list | None
    seconds: float | None
    at: datetime

    @property
    def rests(self) -> bool:
        return self.at + max(AGAIN_AFTER, REST * timedelta(seconds=self.seconds or 0)) > timezone.now()


@transaction.atomic
def request_ranking(*, review: Review, stage: str, by: User) -> Job:
    """Learn the order of a stage anew in the background, for everybody and for ``by``; one that waits is the same.

    Whoever screens or leads may ask; an order taken from a file is replaced by who leads. Raises NotAllowed (403).
    """
    _require_asker(review, stage, by)
    params = {"stage": str(stage), "person": by.pk}
    waiting = review.jobs.unfinished().filter(task=TASK, params=params).first()
    if waiting:
        return waiting
    _record_asked(review, stage, by)
    label = f"Learn the order of {stage_label(stage)}"
    return enqueue(review=review, task=TASK, label=label, params=params, by=by)


def rank_now(*, review: Review, stage: str, by: User) -> Ranking:
    """The same, here and now; returns the ranking for everybody."""
    _require_asker(review, stage, by)
    with transaction.atomic():
        _record_asked(review, stage, by)
    return learn_for(review=review, stage=stage, by=by)


def learn_for(*, review: Review, stage: str, by: User | None, progress: Progress | None = None) -> Ranking:
    """The order for everybody, and the one of ``by`` where they have votes that nobody else may know yet."""
    corpus = corpus_of(review)
    shared = learn(review=review, stage=stage, by=by, progress=progress, corpus=corpus)
    if by is not None and by.pk in numbers(review, stage):
        learn(review=review, stage=stage, reviewer=by, by=by, progress=progress, corpus=corpus)
    return shared


def _require_asker(review: Review, stage: str, by: User) -> None:
    may = require(review, by, Permission.VIEW).may
    if stage not in Stage.values:
        raise NotEligible(f"“{stage}” is none of {', '.join(Stage.values)}.", field="stage")
    if not may & {Permission.SCREEN, Permission.AMEND_PROTOCOL}:
        raise NotAllowed("Learning an order anew is for who screens or leads.")
    shared = Ranking.objects.filter(review=review, stage=stage, reviewer=None).light().first()
    if shared and shared.kind == Ranking.Kind.IMPORTED and Permission.AMEND_PROTOCOL not in may:
        raise NotAllowed("The order came with a file: who leads the review decides when it is learned anew.")


def _record_asked(review: Review, stage: str, by: User) -> None:
    record_event(
        review=review,
        actor=by,
        verb="screening.ranking_requested",
        sentence=f"asked for the order of {stage_label(stage)} to be learned anew",
        target=review,
        detail={"stage": str(stage)},
    )


def after_order_changed(*, review: Review, stage: str, by: User) -> Job | None:
    """To be called when the order of a stage was set: a learned one is learned at once if there is none yet."""
    row = StageSettings.objects.filter(review=review, stage=stage, order__in=StageSettings.LEARNED)
    if not row.exists() or Ranking.objects.filter(review=review, stage=stage, reviewer=None).exists():
        return None
    return request_ranking(review=review, stage=stage, by=by)


def rank_due() -> int:
    """Learn what is due, a review at a time; returns how many orders were learned. Rung every few seconds.

    A review that another worker is busy with is left to it.
    """
    learned = 0
    rows = StageSettings.objects.filter(
        order__in=StageSettings.LEARNED, review__archived_at=None
    ).select_related("review")
    stages: dict[Review, list[str]] = {}
    for row in rows.order_by("review", "pk"):
        stages.setdefault(row.review, []).append(row.stage)
    for review, of_review in stages.items():
        found = [each for stage in of_review for each in due(review, stage)]
        if not found:
            continue
        with _alone(review) as mine:
            learned += _learn_all(review, found) if mine else 0
    return learned


def due(review: Review, stage: str) -> list[RankingsDue]:
    """Whose orders are due at a stage, everybody's first; each by what its person may know, and by nothing else."""
    rows = Ranking.objects.filter(review=review, stage=stage).order_by("pk")
    fields = (
        "kind",
        "n_labelled",
        "about__start",
        "about__protocol",
        "about__extent",
        "about__seconds",
        "created_at",
    )
    have = {row[0]: Has(*row[1:]) for row in rows.values_list("reviewer", *fields)}
    shared = have.get(None)
    if shared and shared.kind == Ranking.Kind.IMPORTED:
        return []
    extent = extent_of(review, stage)
    here = {None, *_screeners(review)}
    found = []
    for person, (labels, included) in numbers(review, stage).items():
        own = have.get(person)
        if person not in here or (own and own.rests):
            continue
        known = [each for each in (own, shared) if each]
        best = max(known, key=lambda each: each.n_labelled, default=None)
        if best is None or best.extent != extent or _says_more(review, best, labels, included):
            found.append(RankingsDue(review, stage, person))
    return found


def _says_more(review: Review, has: Has, labels: int, included: int) -> bool:
    """Whether so much was decided (or taken back) since; at once when a first model can be learned, or when the
    protocol was changed on which all rests so far."""
    if has.start != "decisions":
        return 0 < included < labels or has.protocol != digest_of(protocol_words(review))
    return abs(labels - has.n_labelled) >= max(NEW, NEW_SHARE * has.n_labelled)


def _screeners(review: Review) -> list[int]:
    present = Membership.objects.present().filter(review=review, role__in=SCREENERS)
    return list(present.values_list("user", flat=True))


def _learn_all(review: Review, found: list[RankingsDue]) -> int:
    corpus, people = (
        corpus_of(review),
        User.objects.in_bulk([each.reviewer for each in found if each.reviewer]),
    )
    for each in found:
        reviewer = people[each.reviewer] if each.reviewer else None
        learn(review=review, stage=each.stage, reviewer=reviewer, corpus=corpus)
    return len(found)


@contextmanager
def _alone(review: Review) -> Iterator[bool]:
    """Whether this process is the only one (of this machine) that learns for the review; ends with the process."""
    path = Path(settings.RANKING_CACHE) / str(review.pk) / "lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
