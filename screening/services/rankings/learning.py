"""Learning one order."""

from __future__ import annotations

import hashlib
import json
import time
from typing import TYPE_CHECKING, NamedTuple

from django.db import transaction

from reviews.jobs import Progress
from reviews.models import Criterion, Review, User
from screening.models import Ranking, TermList
from screening.services.rankings.corpus import Corpus, corpus_of
from screening.services.rankings.known import known_to
from screening.services.stage_settings import settings_of

if TYPE_CHECKING:
    import numpy as np

    from screening.priority.features import Features
    from screening.priority.model import Model

#: Decimals of a score that are kept: more would not part two records, and take a third of the room again.
DECIMALS = 6
TERMS = 20


class Scored(NamedTuple):
    """A score for each row; ``model`` is None where the protocol alone spoke, ``scores`` too where nothing did."""

    scores: np.ndarray | None
    model: Model | None
    name: str


def learn(
    *,
    review: Review,
    stage: str,
    reviewer: User | None = None,
    by: User | None = None,
    progress: Progress | None = None,
    corpus: Corpus | None = None,
) -> Ranking:
    """Rank what waits at ``stage`` by what everybody may know, with ``reviewer`` also by their own votes.

    It takes the place of the earlier ones of the same stage and reviewer. While nothing is included or nothing is
    excluded yet, the protocol's words and the known includes speak (``about["start"]`` is "protocol", not
    "decisions"); where these tell nothing either it is "nothing", the order is empty, and records come as they came.
    ``corpus`` saves reading the texts when several are learned one after the other.
    """
    started = time.perf_counter()
    known = known_to(review, stage, reviewer)
    corpus = corpus or corpus_of(review)
    seed = settings_of(review, stage).order_seed
    rows = corpus.rows_of([*known.labels, *known.waiting])
    waiting = [pk for pk in known.waiting if pk in rows]
    labels = {pk: said for pk, said in sorted(known.labels.items()) if pk in rows}
    words = protocol_words(review)
    found = _score(words, corpus.features, {rows[pk]: said for pk, said in labels.items()}, seed)
    order, scores = _ordered(found, waiting, rows)
    made = Ranking(
        review=review,
        stage=stage,
        reviewer=reviewer,
        by=by,
        seed=seed,
        model=found.name[:200],
        order=order,
        scores=scores,
        labels=[[pk, said] for pk, said in labels.items()],
        n_labelled=len(labels),
        n_included=sum(labels.values()),
        about=_about(found, corpus)
        | {"ranked": len(order), "extent": known.extent, "protocol": digest_of(words)},
    )
    made.about["seconds"] = round(time.perf_counter() - started, 2)
    return replace_older(made, progress)


def replace_older(made: Ranking, progress: Progress | None = None) -> Ranking:
    """Save a ranking; those of the same stage and person before it go."""
    with transaction.atomic():
        if progress:
            progress.hold()
        made.save()
        older = Ranking.objects.filter(review=made.review, stage=made.stage, reviewer=made.reviewer)
        older.filter(pk__lt=made.pk).delete()
    return made


def protocol_words(review: Review) -> tuple[list[str], list[str]]:
    """Texts of the protocol that say what is looked for, and what is not: question, criteria, the review's terms."""
    include = [review.title, review.question, review.population, review.intervention]
    include += [review.comparator, review.study_designs]
    exclude: list[str] = []
    for kind, text in review.criteria.filter(retired_at=None).order_by("pk").values_list("kind", "text"):
        (include if kind == Criterion.Kind.INCLUDE else exclude).append(text)
    lists = TermList.objects.in_use().filter(review=review, owner=None).order_by("pk")
    for kind, terms in lists.values_list("kind", "terms"):
        if kind != TermList.Kind.OTHER:
            (include if kind == TermList.Kind.INCLUDE else exclude).append(" ".join(terms).replace("*", ""))
    return [text for text in include if text.strip()], [text for text in exclude if text.strip()]


def digest_of(words: tuple[list[str], list[str]]) -> str:
    """Another one when the protocol says something else."""
    return hashlib.sha256(json.dumps(words).encode()).hexdigest()[:16]


def _score(
    words: tuple[list[str], list[str]], features: Features, labels: dict[int, int], seed: int
) -> Scored:
    """``labels`` by row of ``features``; ``words`` as ``protocol_words`` gives them."""
    from screening.priority import cold_start, model

    included = [row for row, said in labels.items() if said]
    before = cold_start.scores(features, *words, included)
    if 0 < len(included) < len(labels):
        fitted = model.fit(features, list(labels), list(labels.values()), seed=seed, prior=before)
        return Scored(fitted.scores(features), fitted, fitted.name)
    if not len(before) or before.min() == before.max():
        return Scored(None, None, "")
    return Scored(before, None, f"Words of the protocol and known includes, {model.name()}")


def _ordered(found: Scored, waiting: list[int], rows: dict[int, int]) -> tuple[list[int], list[float]]:
    from screening.priority import strategy

    if found.scores is None:
        return [], []
    kept = found.scores[[rows[pk] for pk in waiting]].round(DECIMALS)
    places = strategy.arrange(kept, waiting, mode="likely")
    return [waiting[place] for place in places.tolist()], kept[places].tolist()


def _about(found: Scored, corpus: Corpus) -> dict:
    from screening.priority import explain

    fitted, features = found.model, corpus.features
    return {
        "start": "decisions" if fitted else "nothing" if found.scores is None else "protocol",
        "terms": explain.strongest_terms(fitted, features, TERMS) if fitted else [],
        "state": fitted.state() if fitted else None,
        "features": features.digest,
        "rows": corpus.digest,
    }
