"""Simple stopping rules, shown beside the test. None of them states an error rate, and none stops by itself.

- n irrelevant records in a row: the rule most teams use (compared by Callaghan and Müller-Hansen 2020,
  doi:10.1186/s13643-020-01521-4).
- a share of the records: "we read half of them".
- SAFE: Boetje and van de Schoot 2024, doi:10.1186/s13643-024-02502-7. Of its four phases (a random start,
  active learning, another model, quality check) an order can show the stopping condition of the second.
- the knee: Cormack and Grossman 2016, doi:10.1145/2911451.2911510.

Labels are in the order of reading: 1 relevant, 0 not. Each `*_at` function returns the number of records
read when its rule would first stop, or None when it would not within the labels.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True)
class Safe:
    """The conditions of SAFE's second phase, each met or not; `met` when all are."""

    share_read: bool
    irrelevant_in_a_row: bool
    twice_expected: bool
    key_records_found: bool

    @property
    def met(self) -> bool:
        return self.share_read and self.irrelevant_in_a_row and self.twice_expected and self.key_records_found


def irrelevant_now(labels: ArrayLike) -> int:
    """How many records in a row, up to the last one read, were not relevant."""
    finds = np.flatnonzero(np.asarray(labels))
    read = np.asarray(labels).size
    return int(read - finds[-1] - 1) if finds.size else int(read)


def in_a_row_at(labels: ArrayLike, length: int) -> int | None:
    """When `length` irrelevant records in a row were read, after at least one relevant one."""
    starts = np.flatnonzero(np.asarray(labels)) + 1
    ends = np.append(starts[1:] - 1, np.asarray(labels).size)
    long = np.flatnonzero(ends - starts >= length)
    return int(starts[long[0]] + length) if long.size else None


def share_at(labels: ArrayLike, total: int, share: float) -> int | None:
    """When `share` of all records were read."""
    need = ceil(round(share * total, 9))
    return need if np.asarray(labels).size >= need else None


def safe(
    labels: ArrayLike,
    total: int,
    *,
    expected: float | None = None,
    key_records_left: int = 0,
    share: float = 0.1,
    length: int = 50,
) -> Safe:
    """SAFE's conditions for leaving the second phase, after all of `labels` were read.

    At least `share` of the records read; `length` irrelevant in a row; at least twice as many records read
    as relevant ones are `expected` in all (from the share in a random start; without one the condition
    counts as met); no key record left unread.
    """
    read = np.asarray(labels).size
    return Safe(
        read >= share * total,
        irrelevant_now(labels) >= length and bool(np.asarray(labels).any()),
        expected is None or read >= 2 * expected,
        key_records_left == 0,
    )


def safe_at(labels: ArrayLike, total: int, *, share: float = 0.1, length: int = 50) -> int | None:
    """When SAFE's second phase first ends (without key records and a random start)."""
    values = np.asarray(labels)
    starts = np.flatnonzero(values) + 1
    ends = np.append(starts[1:] - 1, values.size)
    moments = np.maximum(starts + length, ceil(round(share * total, 9)))
    good = np.flatnonzero(moments <= ends)
    return int(moments[good[0]]) if good.size else None


def knee_ratio(labels: ArrayLike) -> float:
    """How much steeper the curve of finds is before its knee than after it.

    The knee is the moment farthest from the straight line between the first and the last moment;
    ratio = (finds by the knee / records by the knee) / ((finds after + 1) / records after).
    """
    values = np.asarray(labels)
    read = values.size
    if read < 2 or not values.any():
        return 1.0
    finds = np.cumsum(values)
    moments = np.arange(1, read + 1)
    knee = int(np.argmax(finds * read - moments * finds[-1]))
    if knee + 1 >= read:
        return 1.0
    after = read - knee - 1
    return float((finds[knee] / (knee + 1)) / ((finds[-1] - finds[knee] + 1) / after))


def knee_at(labels: ArrayLike, *, first: int = 100, growth: float = 1.1) -> int | None:
    """When the knee rule stops: ratio at least 156 - min(finds, 150), looked at after `first` records and
    each tenth more."""
    values: NDArray[np.int64] = np.asarray(labels).astype(np.int64)
    for moment in _looks(first, values.size, growth):
        found = int(values[:moment].sum())
        if found and knee_ratio(values[:moment]) >= 156 - min(found, 150):
            return moment
    return None


def _looks(first: int, last: int, growth: float) -> Sequence[int]:
    looks, moment = [], first
    while moment <= last:
        looks.append(moment)
        moment = max(moment + 1, int(moment * growth))
    return looks


def all_at(labels: ArrayLike, total: int) -> dict[str, int | None]:
    """When each simple rule would stop, by name."""
    rules = {f"{length}_in_a_row": in_a_row_at(labels, length) for length in (50, 100, 200)}
    return rules | {
        "half_read": share_at(labels, total, 0.5),
        "safe": safe_at(labels, total),
        "knee": knee_at(labels),
    }
