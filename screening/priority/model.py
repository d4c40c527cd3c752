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

The scores are chances as far as labels can tell (``calibrate``): a sigmoid laid over the distances that the labelled
have in models learned without them, and in which the unread count as excluded. Their sum is of the size of what is
left, mostly above it; ``benchmarks/priority.md`` says how far off. For how much is left ask ``estimates``.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from scipy import sparse

from screening.priority import balance, solver
from screening.priority.features import Features

VERSION = 1
FOLDS = 5
#: From so many included records on, what was thought before (``prior``) does not count any more.
ENOUGH_INCLUDED = 10
LEAST_SLOPE = 1e-2
RIDGE = 1e-2  # labels of one kind tell nothing of the slope: it stays near 1
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
    plain = _model(features, rows, alpha, (1.0, 0.0), included, None)
    decisions = plain.decisions(features)
    lean = _lean(prior, decisions, included)
    slope, shift = _sigmoid_for(features, rows, labels, decisions, lean)
    return replace(plain, slope=slope, shift=shift, lean=lean)


def _sigmoid_for(
    features: Features, rows: np.ndarray, labels: np.ndarray, decisions: np.ndarray, lean: np.ndarray | None
) -> tuple[float, float]:
    """Slope and shift for the distances of the model, from those in the models of the folds.

    These have seen a fifth less and lie elsewhere; both are laid upon each other by mean and spread of the unread.
    """
    apart, whole = _held_out(features, rows, labels)
    unread = np.delete(np.arange(len(features)), rows)
    if len(unread):
        stretch = float(decisions[unread].std()) / (float(whole[unread].std()) or 1.0) or 1.0
        apart = (apart - whole[unread].mean()) * stretch + decisions[unread].mean()
    added = np.zeros(len(features)) if lean is None else lean
    return calibrate(apart + added[rows], labels, decisions[unread] + added[unread])


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


def _held_out(features: Features, rows: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distances (m,) of the labelled in a model learned without their fold; mean distance (n,) in all such models."""
    fold = np.zeros(len(labels), dtype=np.int64)
    for label in (0, 1):
        where = np.flatnonzero(labels == label)
        fold[where] = np.arange(len(where)) % FOLDS
    own, apart, whole = features.own, np.zeros(len(labels)), np.zeros(len(features))
    parts = [number for number in range(FOLDS) if 0 < (fold == number).sum() < len(labels)]
    for number in parts:
        test, train = np.flatnonzero(fold == number), rows[fold != number]
        x = features.matrix[train].astype(np.float64)
        alpha = learn(x, own[train], labels[fold != number])
        reached = np.asarray(features.matrix @ (x.T @ alpha)) + alpha.sum()
        apart[test] = reached[rows[test]]
        whole += reached / len(parts)
    return apart, whole


def calibrate(apart: np.ndarray, labels: np.ndarray, unread: np.ndarray) -> tuple[float, float]:
    """Slope and shift of Platt's sigmoid over held-out distances.

    Platt 1999; Lin, Lin & Weng 2007, doi 10.1007/s10994-007-5018-6. Targets are Platt's, (n+ + 1) / (n+ + 2) and
    1 / (n- + 2), so that few labels do not promise certainty. What was read first is the best of all, and would say
    that half of everything belongs: so the ``unread`` count as excluded, together as much as all that is labelled.
    """
    included = int((labels == 1).sum())
    excluded = len(labels) - included
    low = 1 / (excluded + 2)
    target = np.r_[np.where(labels == 1, (included + 1) / (included + 2), low), np.full(len(unread), low)]
    weight = np.r_[np.ones(len(labels)), np.full(len(unread), len(labels) / max(len(unread), 1))]
    distance = np.r_[apart, unread]
    unit, middle = float(distance.std()) or 1.0, float(distance.mean())
    x = (distance - middle) / unit

    def loss(about: np.ndarray) -> float:
        reached = about[0] * x + about[1]
        return float(
            (weight * (np.logaddexp(0, reached) - target * reached)).sum() + RIDGE * (about[0] - 1) ** 2 / 2
        )

    about = np.array([1.0, 0.0])
    for _ in range(100):
        chance = _sigmoid(about[0] * x + about[1])
        error, spread = weight * (chance - target), weight * chance * (1 - chance)
        slope = (error * x).sum() + RIDGE * (about[0] - 1)
        a, b, c = (spread * x * x).sum() + RIDGE, (spread * x).sum(), spread.sum() + 1e-12
        step = np.array([c * slope - b * error.sum(), a * error.sum() - b * slope]) / (a * c - b * b)
        while np.abs(step).max() > 1e-9 and loss(about - step) > loss(about):
            step = step / 2
        about = about - step
        if np.abs(step).max() <= 1e-9:
            break
    about[0] = max(about[0], LEAST_SLOPE)  # a falling sigmoid would turn the order around
    return float(about[0]) / unit, float(about[1] - about[0] * middle / unit)


def _sigmoid(value: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-np.clip(value, -500, 500))))


def chances(decisions: np.ndarray, slope: float, shift: float) -> np.ndarray:
    """Distances as scores in (0, 1), rounded."""
    value = _sigmoid(slope * decisions + shift)
    tiny = 10.0**-DECIMALS
    return np.clip(np.round(value, DECIMALS), tiny, 1 - tiny)
