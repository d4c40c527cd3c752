"""Scores before anything is labelled: how near a record is to what the protocol asks for."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np

from screening.priority.features import Features, words


def scores(
    features: Features,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    known: Iterable[int] = (),
) -> np.ndarray:
    """A score in (0, 1) for every record (n,): 0.5 where nothing is known to speak for it or against it.

    ``include`` and ``exclude`` are texts of the protocol (question, criteria, terms), ``known`` the rows of records
    that are known to belong. The score is the mean cosine with the included texts and known rows, less half of that
    with the excluded ones, by its rank among the records.
    """
    wanted = [_row(features, text) for text in include if words(text)]
    unwanted = [_row(features, text) for text in exclude if words(text)]
    rows = np.array(sorted(set(known)), dtype=np.int64)
    near = np.zeros(len(features))
    for vector in wanted:
        near += features.matrix @ vector / len(wanted)
    if len(rows):
        near += np.asarray(features.matrix @ (features.matrix[rows].T @ np.ones(len(rows)))) / len(rows)
    for vector in unwanted:
        near -= 0.5 * (features.matrix @ vector) / len(unwanted)
    near = np.round(near, 9)
    if not len(near) or near.max() == near.min():
        return np.full(len(near), 0.5)
    _, level, size = np.unique(near, return_inverse=True, return_counts=True)
    middle = np.cumsum(size) - (size - 1) / 2  # ties share the middle of their places
    return np.round((middle[level] - 0.5) / len(near) * 0.98 + 0.01, 9)


def _row(features: Features, text: str) -> np.ndarray:
    """The text as a row of the features, of length one (zeros when none of its words occurs)."""
    place = _places(features)
    found = words(text)
    columns = [place[term] for term in _terms(found) if term in place]
    row = np.zeros(len(features.terms))
    for column in columns:
        row[column] += 1
    used = row > 0
    row[used] = (1 + np.log(row[used])) * features.idf[used]
    length = float(np.sqrt((row * row).sum()))
    return row / length if length else row


def _terms(found: list[str]) -> list[str]:
    return found + [f"{a} {b}" for a, b in pairwise(found)]


def _places(features: Features) -> dict[str, int]:
    return {term: column for column, term in enumerate(features.terms)}
