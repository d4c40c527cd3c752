"""De-duplication: normalise, block, score, cluster. Pure Python: nothing here knows about Django.

    pairs = find_pairs(new_records, against=earlier_records)
    groups = cluster(pairs, MERGE_THRESHOLD)          # merged by itself
    to_ask = [p for p in pairs if p.score < MERGE_THRESHOLD]
    keep = choose_primary(records_of_one_group)

`tests/records/dedup/test_labelled_sets.py` holds what is reached on the labelled sets of the literature.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any

from .cluster import choose_primary, cluster
from .collector import collector_paused
from .normalise import Comparable, DedupRecord, Prepared, prepare, without_shared_dois
from .partition import Partition
from .score import MERGE_THRESHOLD, REVIEW_THRESHOLD, Pair, verdict
from .settle import settle

__all__ = [
    "MERGE_THRESHOLD",
    "REVIEW_THRESHOLD",
    "Comparable",
    "DedupRecord",
    "Pair",
    "Partition",
    "Prepared",
    "choose_primary",
    "cluster",
    "find_pairs",
    "prepare",
]

_TICK = 5000


@collector_paused()
def find_pairs(
    records: Iterable[Comparable | Prepared],
    *,
    against: Iterable[Comparable | Prepared] | None = None,
    merge: float = MERGE_THRESHOLD,
    review: float = REVIEW_THRESHOLD,
    together: Iterable[Collection[Any]] = (),
    apart: Iterable[tuple[Any, Any]] = (),
    tick: Callable[[int], None] | None = None,
) -> list[Pair]:
    """Pairs that score at least `review`, best first; ids within a pair are in the order of their text.

    With `against`, pairs among those earlier records are left out: only what the new records bring. Both may be any
    iterables, and hold what `prepare` made of a record instead of the record: earlier records kept that way (about
    1.5 kB each) cost next to nothing when the next import comes.
    A pair is lowered below `merge` when merging it would put two contradicting records into one group, and
    pairs that a merge already settles are left out, so what lies below `merge` is the queue for a person.
    `together` are groups of ids that stand already, `apart` pairs of ids that a person keeps out of one group; pairs
    that would bring such two together are left out. `tick`, if given, hears every few thousand comparisons how
    many were made; what it raises ends the search.
    """
    from .block import candidate_pairs  # numpy: a tenth of a second that models and pages need not wait for

    earlier = sorted(map(prepare, against or ()), key=_id_as_text)
    newer = sorted(map(prepare, records), key=_id_as_text)
    prepared = without_shared_dois([*earlier, *newer])
    found: list[Pair] = []
    for compared, (i, j) in enumerate(candidate_pairs(prepared, len(earlier))):
        if tick and compared % _TICK == 0:
            tick(compared)
        left, right = prepared[i], prepared[j]
        if _id_as_text(left) > _id_as_text(right):  # a new record before an earlier one
            left, right = right, left
        score, rule, reasons = verdict(left, right, review)
        if score >= review:
            found.append(Pair(left.id, right.id, score, rule, reasons))
    found.sort(key=lambda p: (-p.score, str(p.left_id), str(p.right_id)))
    return settle(found, {p.id: p for p in prepared}, merge, Partition(together, apart))


def _id_as_text(record: Prepared) -> str:
    return str(record.id)
