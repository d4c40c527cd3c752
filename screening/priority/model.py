"""A linear model of what was included, learned from the labelled rows: an L2-regularised squared-hinge SVM.

Minimise over w (the last column of every row is 1 and gives the intercept)

    |w|^2 / 2 + C sum_i c_i max(0, 1 - y_i w.x_i)^2,        y_i = +-1, c_i from ``balance.weights``

by Newton's method in the space of the labelled rows (Chapelle 2007, Training a support vector machine in the primal,
doi 10.1162/neco.2007.19.5.1155): w = sum_i a_i x_i, and with S the rows on the wrong side of their margin

    (K_SS + diag(1 / (2 C c_S))) a_S = y_S,                  K = X X' + 1

until S stays the same. It is what scikit-learn's LinearSVC minimises (a test compares them), without the second that
importing scikit-learn takes; and as S changes little between two trainings, a warm start solves it in a step or two.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy import linalg

from screening.priority import balance
from screening.priority.features import Features

VERSION = 1
C = 0.11
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

    @property
    def name(self) -> str:
        """Name and versions of everything that the numbers depend on."""
        return name()

    def decisions(self, features: Features) -> np.ndarray:
        """Signed distances (n,): positive looks like the included."""
        return np.asarray(features.matrix @ self.weights, dtype=float) + self.intercept

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
    ``cold_start`` for all records: while few are labelled, they are mixed in. Raises ValueError when rows and labels
    do not match, a row is unknown or named twice, or nothing is labelled.
    """
    rows, labels = _checked(features, rows, labels)
    x = features.matrix[rows]
    kernel = np.asarray((x @ x.T).todense(), dtype=float) + 1.0
    sign = np.where(labels == 1, 1.0, -1.0)
    cost = C * balance.weights(labels)
    alpha = solve(kernel, sign, cost)
    slope, shift = calibrate(kernel, alpha, sign, cost)
    return _model(features, rows, alpha, slope, shift, int(labels.sum()))


def restore(features: Features, state: dict[str, Any]) -> Model:
    """The model of which ``state`` was kept. ValueError when it belongs to other features or another version."""
    if state["features"] != features.digest or state["name"].split(" (")[0] != name().split(" (")[0]:
        raise ValueError("This model was learned from other texts, or by another version of the program.")
    rows, alpha = np.array(state["rows"], dtype=np.int64), np.array(state["alpha"], dtype=float)
    return _model(features, rows, alpha, state["slope"], state["shift"], state["n_included"])


def _model(
    features: Features, rows: np.ndarray, alpha: np.ndarray, slope: float, shift: float, included: int
) -> Model:
    weights = np.asarray(features.matrix[rows].T @ alpha, dtype=float)
    return Model(weights, float(alpha.sum()), slope, shift, features.digest, rows, alpha, included)


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


def solve(
    kernel: np.ndarray, sign: np.ndarray, cost: np.ndarray, start: np.ndarray | None = None
) -> np.ndarray:
    """The a of the equation above, (m,). ``start`` (m,) marks rows thought to be within their margin."""
    inside = np.ones(len(sign), dtype=bool) if start is None else start.astype(bool)
    alpha = np.zeros(len(sign))
    for _ in range(50):
        alpha = np.zeros(len(sign))
        held = np.flatnonzero(inside)
        if len(held):
            system = kernel[np.ix_(held, held)]
            system[np.diag_indices(len(held))] += 1 / (2 * cost[held])
            alpha[held] = linalg.solve(system, sign[held], assume_a="pos")
        now = sign * (kernel @ alpha) < 1
        if (now == inside).all():
            break
        inside = now
    return alpha


def calibrate(
    kernel: np.ndarray, alpha: np.ndarray, sign: np.ndarray, cost: np.ndarray
) -> tuple[float, float]:
    """Slope and shift of Platt's sigmoid over distances that leave the record itself out.

    Leaving record i out moves its distance to y_i - a_i / (K_SS + D)^-1_ii (closed form, S held fixed). Targets are
    Platt's, (n+ + 1) / (n+ + 2) and 1 / (n- + 2), so that few labels do not promise certainty.
    """
    held = np.flatnonzero(alpha)
    apart = kernel @ alpha
    if len(held):
        system = kernel[np.ix_(held, held)]
        system[np.diag_indices(len(held))] += 1 / (2 * cost[held])
        apart[held] = sign[held] - alpha[held] / np.diag(linalg.inv(system))
    included, excluded = int((sign > 0).sum()), int((sign < 0).sum())
    target = np.where(sign > 0, (included + 1) / (included + 2), 1 / (excluded + 2))
    slope, shift = 1.0, 0.0
    ridge = np.diag([1e-2, 1e-6])
    for _ in range(100):
        chance = 1 / (1 + np.exp(-np.clip(slope * apart + shift, -500, 500)))
        gradient = np.array([((chance - target) * apart).sum(), (chance - target).sum()])
        gradient += ridge @ np.array([slope - 1.0, shift])
        spread = np.maximum(chance * (1 - chance), 1e-9)
        cross = (spread * apart).sum()
        hessian = np.array([[(spread * apart * apart).sum(), cross], [cross, spread.sum()]]) + ridge
        step = np.linalg.solve(hessian, gradient)
        step *= min(1.0, 2.0 / float(np.abs(step).max() or 1.0))
        slope, shift = slope - float(step[0]), shift - float(step[1])
        if np.abs(step).max() < 1e-10:
            break
    return max(slope, 1e-3), shift  # a falling sigmoid would turn the order around


def chances(decisions: np.ndarray, slope: float, shift: float) -> np.ndarray:
    """Distances as scores in (0, 1), rounded."""
    value = 1 / (1 + np.exp(-np.clip(slope * decisions + shift, -500, 500)))
    tiny = 10.0**-DECIMALS
    return np.clip(np.round(value, DECIMALS), tiny, 1 - tiny)
