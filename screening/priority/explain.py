"""Which terms moved a record towards inclusion or away from it."""

import numpy as np

from screening.priority.features import Features
from screening.priority.model import Model

PROTOCOL = "words of the protocol and known includes"


def explain(model: Model, features: Features, row: int, k: int = 8) -> list[tuple[str, float]]:
    """The ``k`` terms of record ``row`` with the largest part in its distance, the strongest first.

    Exact: the parts of all its terms and the model's intercept add up to ``model.decisions(features)[row]``. Positive
    parts speak for inclusion. Terms whose part is nothing are left out. While few records are included, what the
    protocol adds is a part of its own, by the name ``PROTOCOL``.
    """
    start, end = features.matrix.indptr[row], features.matrix.indptr[row + 1]
    columns = features.matrix.indices[start:end]
    parts = _strongest(features, columns, features.matrix.data[start:end] * model.weights[columns], k)
    if model.lean is None:
        return parts
    return sorted([*parts, (PROTOCOL, float(model.lean[row]))], key=lambda part: -abs(part[1]))[:k]


def strongest_terms(model: Model, features: Features, k: int = 20) -> list[tuple[str, float]]:
    """The ``k`` terms that weigh most in the model as a whole: weight x mean weight of the term in all records."""
    mean = np.asarray(features.matrix.mean(axis=0)).ravel()
    return _strongest(features, np.arange(len(features.terms)), model.weights * mean, k)


def _strongest(features: Features, columns: np.ndarray, parts: np.ndarray, k: int) -> list[tuple[str, float]]:
    parts = np.round(np.asarray(parts, dtype=float), 9)
    order = np.lexsort((columns, -np.abs(parts)))[:k]
    return [(features.terms[columns[at]], float(parts[at])) for at in order if parts[at]]
