"""Screening a labelled set again in the order of the model: what would it have saved?

The loop is that of real screening: a few known records to begin with (priors), the model puts the rest in order, the
first is read and its label becomes known, the model learns again. While little is known it learns after every
record; later after each batch, which grows with what is known, because one label among hundreds changes little.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from screening.priority import features, model, stopping, strategy
from screening.priority.features import Features
from screening.priority.metrics import Metrics, metrics

#: Up to so many labels the model learns after every record; then after each further 1 / BATCH_SHARE of them.
EVERY_RECORD_UNTIL = 100
BATCH_SHARE = 50


@dataclass(frozen=True)
class Simulation:
    """What came of it; places are those of the records in what was given, counted from 0."""

    order: list[int]  #: every record as it was read, the priors first
    priors: list[int]
    metrics: Metrics  #: of what was read after the priors
    model: str  #: name and version of what ranked
    stops: dict[str, dict] = field(
        default_factory=dict
    )  #: rule -> where it would have stopped, with which recall
    seconds: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """The figures as JSON can hold them: shares in percent, numbers of records without the priors.

        ``stops`` says of each rule after how many records it stops (None: never) and the recall by then.
        """
        rounded = {
            key: round(value, 4) if isinstance(value, float) else value for key, value in self.metrics.items()
        }
        stops = {
            rule: {
                "stopped_at": stop["stopped_at"],
                "recall": round(100 * stop["recall"], 4),
                "read": round(100 * stop["read"], 4),
            }
            for rule, stop in self.stops.items()
        }
        return rounded | {"stops": stops, "model": self.model, "seconds": round(self.seconds, 3)}

    def labels_in_order(self, labels: Sequence[int]) -> list[int]:
        """Labels as they came to be known, without those of the priors."""
        return [int(labels[row]) for row in self.order[len(self.priors) :]]


def draw_priors(labels: Sequence[int], *, seed: int, included: int = 1, excluded: int = 1) -> list[int]:
    """So many included and excluded records, drawn with the seed: the same on every machine.

    ValueError when there are not as many.
    """
    rng = np.random.default_rng(seed)
    known = np.asarray(labels)
    drawn: list[int] = []
    for label, wanted, word in ((1, included, "included"), (0, excluded, "excluded")):
        rows = np.flatnonzero(known == label)
        if wanted > len(rows):
            raise ValueError(f"{wanted} {word} priors were asked for; there are {len(rows)} {word} records.")
        drawn += sorted(int(row) for row in rng.permutation(rows)[:wanted])
    return drawn


def simulate(
    titles: Sequence[str],
    abstracts: Sequence[str],
    labels: Sequence[int],
    *,
    seed: int = 0,
    priors: Sequence[int] | None = None,
    prior_included: int = 1,
    prior_excluded: int = 1,
    keywords: Sequence[str] | None = None,
    progress: Callable[[int, int], None] | None = None,
    rules: bool = True,
) -> Simulation:
    """Read all records in the order of a model that learns on the way.

    ``labels`` are 1 (included) or 0. ``priors`` are places of the records that are known at the start; without them
    ``draw_priors`` chooses with ``seed``. ``progress(read, total)`` is called after each batch and may raise to stop.
    With ``rules`` the stopping rules are asked, too. Deterministic for what is given and the versions in ``model``.
    ValueError for nothing included, and for priors that are not there.
    """
    began = time.perf_counter()
    known = np.asarray(labels, dtype=np.int8)
    _check_table(titles, abstracts, known)
    if priors is None:
        priors = draw_priors(labels, seed=seed, included=prior_included, excluded=prior_excluded)
    _check_priors(known, priors)
    order = _read_all(known, features.build(titles, abstracts, keywords), list(priors), seed, progress)
    after = [int(label) for label in known[order[len(priors) :]]]
    return Simulation(
        order=order,
        priors=[int(row) for row in priors],
        metrics=metrics(after),
        model=model.name(),
        stops=stopping.rules_in_order(after, len(after)) if rules else {},
        seconds=time.perf_counter() - began,
    )


def _check_table(titles: Sequence[str], abstracts: Sequence[str], known: np.ndarray) -> None:
    if not len(titles) == len(abstracts) == len(known):
        raise ValueError(f"{len(titles)} titles, {len(abstracts)} abstracts and {len(known)} labels.")
    if not np.isin(known, (0, 1)).all():
        raise ValueError("A label is 1 (included) or 0 (excluded).")


def _check_priors(known: np.ndarray, priors: Sequence[int]) -> None:
    if len(set(priors)) != len(priors) or any(not 0 <= row < len(known) for row in priors):
        raise ValueError("A prior is a place in the list, and each is named once.")
    if known.sum() == known[list(priors)].sum():
        raise ValueError("All included records are known at the start: none is left to be found. Name fewer.")


def _read_all(
    known: np.ndarray,
    features: Features,
    priors: list[int],
    seed: int,
    progress: Callable[[int, int], None] | None,
) -> list[int]:
    """The rows in the order they are read, the priors first.

    After the last included record the rest is read in the order of that moment: no figure hangs on it.
    """
    order, left = list(priors), np.ones(len(known), dtype=bool)
    left[order] = False
    learner = Learner(features)
    learner.add(order, known[order])
    while left.any():
        rows = np.flatnonzero(left)
        mode = "likely" if order else "random"
        places = strategy.arrange(learner.decisions()[rows], rows, mode=mode, seed=seed)
        best = rows[places[: batch_size(len(order)) if known[rows].any() else len(rows)]]
        learner.add(best, known[best])
        order += best.tolist()
        left[best] = False
        if progress:
            progress(len(order), len(known))
    return order


class Learner:
    """A model that goes on learning: what ``model.fit`` would learn, each training begun at the last solution."""

    def __init__(self, features: Features):
        self._matrix = features.matrix.astype(np.float64)
        self._own = features.own
        self._rows = np.empty(0, dtype=np.int64)
        self._labels = np.empty(0, dtype=np.int8)
        self._alpha = np.empty(0)

    def add(self, rows: Sequence[int] | np.ndarray, labels: Sequence[int] | np.ndarray) -> None:
        """The labels (1 or 0) of these rows are known from now on."""
        self._rows = np.r_[self._rows, np.asarray(rows, dtype=np.int64)]
        self._labels = np.r_[self._labels, np.asarray(labels, dtype=np.int8)]
        self._alpha = np.r_[self._alpha, np.full(len(rows), np.nan)]

    def decisions(self) -> np.ndarray:
        """A number for every record (n,), the higher the more like the included; all 0 while nothing is known."""
        if not len(self._rows):
            return np.zeros(self._matrix.shape[0])
        x = self._matrix[self._rows]
        self._alpha = model.learn(x, self._own[self._rows], self._labels, self._alpha)
        return np.asarray(self._matrix @ (x.T @ self._alpha)) + self._alpha.sum()


def batch_size(n_labelled: int) -> int:
    """How many records are read before the model learns again."""
    return 1 if n_labelled < EVERY_RECORD_UNTIL else max(1, n_labelled // BATCH_SHARE)
