"""Screening a labelled set again in the order of the model: what would it have saved?

The loop is that of real screening: a few known records to begin with (priors), the model puts the rest in order, the
first is read and its label becomes known, the model learns again. While little is known it learns after every
record; later after each batch, which grows with what is known, because one label among hundreds changes little.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from screening.priority import balance, features, model, strategy
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
    if priors is None:
        priors = draw_priors(labels, seed=seed, included=prior_included, excluded=prior_excluded)
    _check(titles, abstracts, known, priors)
    order = _read_all(known, features.build(titles, abstracts, keywords), list(priors), seed, progress)
    after = [int(label) for label in known[order[len(priors) :]]]
    return Simulation(
        order=order,
        priors=[int(row) for row in priors],
        metrics=metrics(after),
        model=model.name(),
        stops={},
        seconds=time.perf_counter() - began,
    )


def _check(titles: Sequence[str], abstracts: Sequence[str], known: np.ndarray, priors: Sequence[int]) -> None:
    if not len(titles) == len(abstracts) == len(known):
        raise ValueError(f"{len(titles)} titles, {len(abstracts)} abstracts and {len(known)} labels.")
    if not np.isin(known, (0, 1)).all():
        raise ValueError("A label is 1 (included) or 0 (excluded).")
    if len(set(priors)) != len(priors) or any(not 0 <= row < len(known) for row in priors):
        raise ValueError("A prior is a place in the list, and each is named once.")
    if known.sum() == known[list(priors)].sum():
        raise ValueError("No included record is left to be found.")


def _read_all(
    known: np.ndarray,
    features: Features,
    priors: list[int],
    seed: int,
    progress: Callable[[int, int], None] | None,
) -> list[int]:
    """The rows in the order they are read, the priors first."""
    order, left = list(priors), np.ones(len(known), dtype=bool)
    left[order] = False
    learner = Learner(features)
    learner.add(order, known[order])
    while left.any():
        rows = np.flatnonzero(left)
        mode = "likely" if order else "random"
        places = strategy.arrange(learner.decisions()[rows], rows, mode=mode, seed=seed)
        best = rows[places[: batch_size(len(order))]]
        learner.add(best, known[best])
        order += best.tolist()
        left[best] = False
        if progress:
            progress(len(order), len(known))
    return order


class Learner:
    """A model that goes on learning: what was worked out for the records before is kept.

    It gives the order that ``model.fit`` would give on the same labels: the same equations, of which the products of
    the new rows with the old ones are added and which start from the support of the last solution.
    """

    def __init__(self, features: Features):
        self._matrix = features.matrix
        self._rows = np.empty(0, dtype=np.int64)
        self._labels = np.empty(0, dtype=np.int8)
        self._kernel = np.empty((64, 64))
        self._support = np.empty(0, dtype=bool)

    def add(self, rows: Sequence[int] | np.ndarray, labels: Sequence[int] | np.ndarray) -> None:
        """The labels (1 or 0) of these rows are known from now on."""
        before, size = len(self._rows), len(self._rows) + len(rows)
        self._rows = np.r_[self._rows, np.asarray(rows, dtype=np.int64)]
        self._labels = np.r_[self._labels, np.asarray(labels, dtype=np.int8)]
        self._support = np.r_[self._support, np.ones(len(rows), dtype=bool)]
        if size > len(self._kernel):
            grown = np.empty((2 * size, 2 * size))
            grown[:before, :before] = self._kernel[:before, :before]
            self._kernel = grown
        if len(rows):
            products = (self._matrix[self._rows] @ self._matrix[self._rows[before:]].T).toarray() + 1.0
            self._kernel[:size, before:size] = products
            self._kernel[before:size, :size] = products.T

    def decisions(self) -> np.ndarray:
        """A number for every record (n,), the higher the more like the included; all 0 while nothing is known."""
        size = len(self._rows)
        if not size:
            return np.zeros(self._matrix.shape[0])
        sign = np.where(self._labels == 1, 1.0, -1.0)
        cost = model.C * balance.weights(self._labels)
        alpha = model.solve(self._kernel[:size, :size], sign, cost, self._support)
        self._support = alpha != 0
        weights = self._matrix[self._rows].T @ alpha
        return np.asarray(self._matrix @ weights, dtype=float) + float(alpha.sum())


def batch_size(n_labelled: int) -> int:
    """How many records are read before the model learns again."""
    return 1 if n_labelled < EVERY_RECORD_UNTIL else max(1, n_labelled // BATCH_SHARE)
