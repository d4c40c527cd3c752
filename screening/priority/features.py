"""Texts into numbers: words and pairs of neighbouring words, weighted by how much they tell (tf-idf).

The vectoriser of scikit-learn does the same work with strings as keys: it holds every pair of words that occurs
once (nine in ten) in a dictionary, which costs gigabytes at 50,000 records, and importing it costs two seconds in
every process. Here a pair is one integer, so that counting is sorting; ``benchmarks/priority.md`` has both figures.
"""

import hashlib
import json
import re
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, pairwise
from math import log
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from scipy import sparse

#: Changes whenever the same texts would give other numbers.
VERSION = 1
SETTINGS: dict[str, Any] = {
    "version": VERSION,
    "title_weight": 2,  # a word of the title counts as so many words of the abstract
    "max_share": 0.95,  # terms in more of the records than this tell nothing
    "min_records": 2,  # terms of one record cannot carry over to another
}
_WORD = re.compile(r"\w\w+")
_SHIFT = 32


@dataclass(frozen=True)
class Features:
    """The records as rows of weights, all of length one.

    ``matrix`` is CSR, float32, records x terms; ``terms[j]`` is the word or pair of words of column j; ``digest`` is
    the sha256 of texts and settings: equal digests mean equal numbers.
    """

    matrix: sparse.csr_matrix
    terms: list[str]
    digest: str
    idf: np.ndarray = field(repr=False)

    def __len__(self) -> int:
        return int(self.matrix.shape[0])

    @property
    def own(self) -> np.ndarray:
        """What is missing to length one in each row, squared (n,): the weight of words that no other record has."""
        matrix = self.matrix
        rows = np.repeat(np.arange(len(self)), np.diff(matrix.indptr))
        squares = np.bincount(rows, matrix.data.astype(float) ** 2, minlength=len(self))
        return np.clip(1 - squares, 0, 1)

    def save(self, path: Path | str) -> None:
        """Write one file that ``load`` reads (numpy's npz, nothing executable in it)."""
        with open(path, "wb") as out:
            np.savez(
                out,
                data=self.matrix.data,
                indices=self.matrix.indices,
                indptr=self.matrix.indptr,
                shape=np.array(self.matrix.shape),
                idf=self.idf,
                terms=np.frombuffer("\n".join(self.terms).encode(), dtype=np.uint8),
                digest=np.array(self.digest),
            )

    @classmethod
    def load(cls, path: Path | str) -> "Features":
        """Read what ``save`` wrote. Raises OSError where there is no file, ValueError when it is no such thing."""
        try:
            with np.load(path, allow_pickle=False) as stored:
                shape = tuple(int(side) for side in stored["shape"])
                matrix = sparse.csr_matrix((stored["data"], stored["indices"], stored["indptr"]), shape=shape)
                text = stored["terms"].tobytes().decode()
                return cls(matrix, text.split("\n") if text else [], str(stored["digest"]), stored["idf"])
        except (BadZipFile, EOFError, KeyError) as error:  # cut short, empty, or of an older version
            raise ValueError(f"{path} does not hold the words of records as numbers.") from error


def build(titles: Sequence[str], abstracts: Sequence[str], keywords: Sequence[str] | None = None) -> Features:
    """Weigh the words of every record: tf-idf, sublinear, words and pairs, rows of length one.

    The weight of a term is (1 + ln tf) x (1 + ln((1 + n) / (1 + df))); a record of no known word has a row of zeros.
    Keywords, where given, count as words of the abstract. The three sequences have one entry for each record
    (ValueError otherwise); None counts as empty.
    """
    columns = [titles, abstracts] + ([keywords] if keywords is not None else [])
    if len({len(column) for column in columns}) != 1:
        sizes = ", ".join(str(len(column)) for column in columns)
        raise ValueError(f"Titles, abstracts and keywords must be equally many, not {sizes}.")
    rows, terms, counts, names = _counted(titles, abstracts, keywords)
    matrix, idf, kept = _weighted(rows, terms, counts, len(titles), len(names))
    return Features(matrix, _spelled(kept, names), digest(titles, abstracts, keywords), idf)


def digest(titles: Sequence[str], abstracts: Sequence[str], keywords: Sequence[str] | None = None) -> str:
    """The digest that ``build`` would give, in a fraction of its time."""
    sha = hashlib.sha256(json.dumps(SETTINGS, sort_keys=True).encode())
    for text in chain(titles, ["\x1d"], abstracts, ["\x1d"], keywords if keywords is not None else ()):
        sha.update((text or "").encode("utf-8", "surrogatepass"))
        sha.update(b"\x1e")
    return sha.hexdigest()


def words(text: str | None) -> list[str]:
    """Lower-case words of at least two characters, in their order."""
    return _WORD.findall((text or "").lower())


def _counted(
    titles: Sequence[str], abstracts: Sequence[str], keywords: Sequence[str] | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[str]]:
    """(row, term) pairs, ordered, with their weighted counts; and the words by number.

    A word's term is its number; a pair's is (first + 1) << 32 | second.
    """
    numbers: dict[str, int] = {}
    found_rows: list[np.ndarray] = []
    found_terms: list[np.ndarray] = []
    found_counts: list[np.ndarray] = []
    for start in range(0, len(titles), 1000):  # bounded memory: counts are kept, tokens are not
        rows: array[int] = array("q")
        terms: array[int] = array("q")
        weights: array[int] = array("q")
        for row in range(start, min(start + 1000, len(titles))):
            for text, weight in _fields(row, titles, abstracts, keywords):
                ids = [numbers.setdefault(word, len(numbers)) for word in words(text)]
                terms.extend(ids)
                terms.extend((a + 1) << _SHIFT | b for a, b in pairwise(ids))
                size = max(2 * len(ids) - 1, 0)
                rows.extend([row] * size)
                weights.extend([weight] * size)
        row_of, term_of, count = _summed(np.array(rows), np.array(terms), np.array(weights))
        found_rows.append(row_of.astype(np.int32))
        found_terms.append(term_of)
        found_counts.append(count.astype(np.float32))
    if not found_rows:
        return np.empty(0, np.int32), np.empty(0, np.int64), np.empty(0, np.float32), []
    return (
        np.concatenate(found_rows),
        np.concatenate(found_terms),
        np.concatenate(found_counts),
        list(numbers),
    )


def _fields(
    row: int, titles: Sequence[str], abstracts: Sequence[str], keywords: Sequence[str] | None
) -> Iterator[tuple[str, int]]:
    yield titles[row], SETTINGS["title_weight"]
    yield abstracts[row], 1
    if keywords is not None:
        yield keywords[row], 1


def _summed(
    rows: np.ndarray, terms: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Equal (row, term) pairs once each, with the sum of their weights."""
    if not len(rows):
        return rows.astype(np.int64), terms.astype(np.int64), weights.astype(float)
    order = np.lexsort((terms, rows))
    rows, terms, weights = rows[order], terms[order], weights[order]
    first = np.flatnonzero(np.r_[True, (rows[1:] != rows[:-1]) | (terms[1:] != terms[:-1])])
    return rows[first], terms[first], np.add.reduceat(weights, first)


def _weighted(
    rows: np.ndarray, terms: np.ndarray, counts: np.ndarray, n: int, n_words: int
) -> tuple[sparse.csr_matrix, np.ndarray, np.ndarray]:
    """The matrix, the idf of its columns, and the terms that its columns stand for."""
    kept, column, df = np.unique(terms, return_inverse=True, return_counts=True)
    idf = 1 + np.log((1 + n) / (1 + df))
    weight = _log_counts(counts) * idf[column]
    # Rows have length one before rare terms leave: a record of rare words is no closer to others for it.
    length = np.sqrt(np.bincount(rows, weight * weight, minlength=n))
    weight = weight / length[rows] if len(rows) else weight
    useful = (df >= SETTINGS["min_records"]) & (df <= max(SETTINGS["max_share"] * n, SETTINGS["min_records"]))
    place = np.cumsum(useful) - 1
    stay = useful[column]
    indptr = np.r_[0, np.cumsum(np.bincount(rows[stay], minlength=n))]
    matrix = sparse.csr_matrix(
        (weight[stay].astype(np.float32), place[column[stay]].astype(np.int32), indptr.astype(np.int64)),
        shape=(n, int(useful.sum())),
    )
    return matrix, idf[useful].astype(np.float32), kept[useful]


def _log_counts(counts: np.ndarray) -> np.ndarray:
    """1 + ln of whole numbers, each taken once."""
    table = np.array([0.0] + [1 + log(count) for count in range(1, int(counts.max(initial=0)) + 1)])
    return table[counts.astype(np.int64)]


def _spelled(terms: np.ndarray, names: list[str]) -> list[str]:
    low = (1 << _SHIFT) - 1
    return [
        names[term] if term <= low else f"{names[(term >> _SHIFT) - 1]} {names[term & low]}"
        for term in terms.tolist()
    ]
