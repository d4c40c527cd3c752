"""A linear model of what was included, learned from the labelled rows: an L2-regularised squared-hinge SVM.

Minimise over w (the last column of every row is 1 and gives the intercept)

    |w|^2 / 2 + sum_i c_i max(0, 1 - y_i w.x_i)^2,        y_i = +-1, c_i from ``balance.costs``

by Newton's method in the space of the labelled rows (Chapelle 2007, Training a support vector machine in the primal,
doi 10.1162/neco.2007.19.5.1155): w = sum_i a_i x_i, and with S the rows on the wrong side of their margin

    (K_SS + diag(1 / (2 c_S))) a_S = y_S,                  K = X X' + 1

until S stays the same. It is what scikit-learn's LinearSVC minimises (a test compares them), without the two seconds
that importing scikit-learn takes; and as S changes little between two trainings, a warm start solves it in a step or
two (``solver``). Words of one record only are no columns of X; they are in K as what they are, a part of the record
that is like no other (``Features.own``).

The scores are chances as far as labels can tell: a sigmoid laid over the distances that the labelled records have in
models learned without them (five folds). What is read first is chosen by its words and not by its label, so that it
tells of the unread, too; how well is measured in ``benchmarks/priority.md``.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy import sparse

from screening.priority import balance, solver
from screening.priority.features import Features

VERSION = 1
FOLDS = 5
#: From so many included records on, what was thought before (``prior``) does not count any more.
ENOUGH_INCLUDED = 10
LEAST_SLOPE = 1e-3  # a falling sigmoid would turn the order around
#: Scores are rounded to so many decimals: what is left differs by more than the last bits that machines disagree on.
DECIMALS = 9


@dataclass(frozen=True)
class Model:
    """What was learned. ``weights`` has one number for each term; ``slope`` and ``shift`` turn it into a chance."""

    weights: np.ndarray = field(repr=False)
    intercept: float
    slope: float
    shift: float
    digest: str
    rows: np.ndarray = field(repr=False)
    alpha: np.ndarray = field(repr=False)
    n_included: int = 0
    lean: np.ndarray | None = field(
        default=None, repr=False
    )  # what ``prior`` adds to the distance of each record

    @property
    def name(self) -> str:
        """Name and versions of everything that the numbers depend on."""
        return name()

    def decisions(self, features: Features) -> np.ndarray:
        """Signed distances (n,): positive looks like the included."""
        learned = np.asarray(features.matrix @ self.weights, dtype=float) + self.intercept
        return learned if self.lean is None else learned + self.lean

    def scores(self, features: Features) -> np.ndarray:
        """A score strictly between 0 and 1 for every record (n,), rounded to ``DECIMALS``."""
        return chances(self.decisions(features), self.slope, self.shift)

    def state(self) -> dict[str, Any]:
        """What JSON can hold and ``restore`` needs, to give the same scores for the same features."""
        return {
            "name": self.name,
            "features": self.digest,
            "rows": self.rows.tolist(),
            "alpha": self.alpha.tolist(),
            "slope": self.slope,
            "shift": self.shift,
            "n_included": self.n_included,
            "lean": None if self.lean is None else self.lean.tolist(),
        }


def name() -> str:
    return f"tf-idf + squared-hinge SVM, version {VERSION} (numpy {np.__version__})"


def fit(
    features: Features,
    rows: Sequence[int] | np.ndarray,
    labels: Sequence[int] | np.ndarray,
    *,
    seed: int = 0,
    prior: np.ndarray | None = None,
) -> Model:
    """Learn from ``labels`` (1 included, 0 excluded) of ``rows`` (positions in ``features``).

    ``seed`` is kept for callers that pass one to every part; nothing here is random. ``prior`` are scores of
    ``cold_start`` for all records (n,): with k records included, they move a record by 1 / (1 + k) of what the model
    does, as if they were one more included record, and with ``ENOUGH_INCLUDED`` not any more. Raises
    ValueError when rows and labels do not match, a row is unknown or named twice, or nothing is labelled.
    """
    rows, labels = _checked(features, rows, labels)
    x, own = features.matrix[rows].astype(np.float64), features.own[rows]
    alpha = learn(x, own, labels)
    included = int(labels.sum())
    learned = _model(features, rows, alpha, (1.0, 0.0), included, None)
    lean = _lean(prior, learned.decisions(features), included)
    apart = _held_out(x, own, labels) + (0.0 if lean is None else lean[rows])
    return _model(features, rows, alpha, calibrate(apart, labels), included, lean)


def _lean(prior: np.ndarray | None, decisions: np.ndarray, included: int) -> np.ndarray | None:
    if prior is None or included >= ENOUGH_INCLUDED or not np.ptp(prior):
        return None
    if len(prior) != len(decisions):
        raise ValueError(f"The prior has {len(prior)} scores for {len(decisions)} records.")
    return np.asarray((prior - prior.mean()) / prior.std() * decisions.std() / (1 + included))


def restore(features: Features, state: dict[str, Any]) -> Model:
    """The model of which ``state`` was kept. ValueError when it belongs to other features or another version."""
    if state["features"] != features.digest or state["name"].split(" (")[0] != name().split(" (")[0]:
        raise ValueError("This model was learned from other texts, or by another version of the program.")
    rows, alpha = np.array(state["rows"], dtype=np.int64), np.array(state["alpha"], dtype=float)
    lean = None if state["lean"] is None else np.array(state["lean"])
    return _model(features, rows, alpha, (state["slope"], state["shift"]), state["n_included"], lean)


def _model(
    features: Features,
    rows: np.ndarray,
    alpha: np.ndarray,
    sigmoid: tuple[float, float],
    included: int,
    lean: np.ndarray | None,
) -> Model:
    weights = np.asarray(features.matrix[rows].T @ alpha, dtype=float)
    return Model(weights, float(alpha.sum()), *sigmoid, features.digest, rows, alpha, included, lean)


def _checked(
    features: Features, rows: Sequence[int] | np.ndarray, labels: Sequence[int] | np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    found, values = np.asarray(rows, dtype=np.int64), np.asarray(labels, dtype=np.int64)
    if found.shape != values.shape or found.ndim != 1:
        raise ValueError(f"Each row needs a label: {found.size} rows, {values.size} labels.")
    if not len(found):
        raise ValueError("Nothing to learn from: no record is labelled.")
    if found.min() < 0 or found.max() >= len(features):
        raise ValueError(f"Rows must be between 0 and {len(features) - 1}.")
    if len(np.unique(found)) != len(found):
        raise ValueError("A row is named twice.")
    if not np.isin(values, (0, 1)).all():
        raise ValueError("Labels are 1 (included) or 0 (excluded).")
    order = np.argsort(found)  # the same labels give the same sums, in whichever order they came
    return found[order], values[order]


def learn(
    x: sparse.csr_matrix, own: np.ndarray, labels: np.ndarray, start: np.ndarray | None = None
) -> np.ndarray:
    """The a of the equation above (m,) for rows ``x`` (float64), their ``own`` and labels 1 or 0 (see solver)."""
    sign = np.where(labels == 1, 1.0, -1.0)
    return solver.minimise(x, own, sign, balance.costs(labels), start)


def _held_out(x: sparse.csr_matrix, own: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Distances (m,) that each record has in a model that was learned without its fold."""
    fold = np.zeros(len(labels), dtype=np.int64)
    for label in (0, 1):
        where = np.flatnonzero(labels == label)
        fold[where] = np.arange(len(where)) % FOLDS
    apart = np.zeros(len(labels))
    for out in range(FOLDS):
        test, train = np.flatnonzero(fold == out), np.flatnonzero(fold != out)
        if not len(test) or not len(train):
            continue
        rows = x[train]
        part = learn(rows, own[train], labels[train])
        apart[test] = np.asarray(x[test] @ (rows.T @ part)) + part.sum()
    return apart


def calibrate(apart: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
    """Slope and shift of Platt's sigmoid over held-out distances, by Newton's method.

    Platt 1999; Lin, Lin & Weng 2007, doi 10.1007/s10994-007-5018-6.

    Targets are Platt's, (n+ + 1) / (n+ + 2) and 1 / (n- + 2), so that few labels do not promise certainty.
    """
    included = int((labels == 1).sum())
    excluded = len(labels) - included
    target = np.where(labels == 1, (included + 1) / (included + 2), 1 / (excluded + 2))
    about = np.array([1.0, 0.0])
    ridge = np.array([1e-1, 1e-6])  # of one label there is no slope to be learned
    x = np.stack([apart, np.ones(len(apart))])
    for _ in range(100):
        chance = _sigmoid(about[0] * apart + about[1])
        gradient = (x * (chance - target)).sum(axis=1) + ridge * (about - [1.0, 0.0])
        spread = np.maximum(chance * (1 - chance), 1e-9)
        a, b, c = (spread * apart * apart).sum() + ridge[0], (spread * apart).sum(), spread.sum() + ridge[1]
        step = np.array([c * gradient[0] - b * gradient[1], a * gradient[1] - b * gradient[0]]) / (
            a * c - b * b
        )
        about = about - step * min(1.0, 2.0 / max(float(np.abs(step).max()), 1e-300))
        if np.abs(step).max() < 1e-12:
            break
    return max(float(about[0]), LEAST_SLOPE), float(about[1])


def _sigmoid(value: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-np.clip(value, -500, 500))))


def chances(decisions: np.ndarray, slope: float, shift: float) -> np.ndarray:
    """Distances as scores in (0, 1), rounded."""
    value = _sigmoid(slope * decisions + shift)
    tiny = 10.0**-DECIMALS
    return np.clip(np.round(value, DECIMALS), tiny, 1 - tiny)
