"""From scored pairs to what merges and what is asked, so that no group holds records that contradict each other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from .normalise import Prepared
from .objections import is_hard
from .partition import Partition
from .score import Pair, weigh

_CONTRADICTED = 0.25
_DOUBTFUL = 0.6
_MOST_FACES = 20
_HELD = "would join records that contradict each other"


def settle(pairs: list[Pair], by_id: dict[Any, Prepared], merge: float, groups: Partition) -> list[Pair]:
    """Group from the surest pair down; the rest is asked, one pair for any two groups.

    `pairs` come surest first. A pair that would join records that contradict each other is lowered below `merge`.
    """
    faces = _Faces(groups, by_id, merge)
    kept, asked = [], []
    for pair in pairs:
        if pair.score < merge:
            asked.append(pair)
        elif groups.find(pair.left_id) == groups.find(pair.right_id):
            kept.append(pair)
        elif groups.must_not_meet(pair.left_id, pair.right_id):
            continue
        elif faces.contradict(pair):
            asked.append(replace(pair, score=round(merge - 0.01, 4), reasons=(*pair.reasons, _HELD)))
        else:
            faces.join(pair)
            kept.append(pair)
    asked.sort(key=lambda p: (-p.score, str(p.left_id), str(p.right_id)))
    settled: set[frozenset] = set()
    for pair in asked:
        ends = frozenset((groups.find(pair.left_id), groups.find(pair.right_id)))
        if len(ends) == 2 and ends not in settled and not groups.must_not_meet(*ends):
            settled.add(ends)
            kept.append(pair)
    return kept


class _Faces:
    """The different records of each group. Copies that say the same count once, so that a group of a thousand
    copies has a handful of faces, and a join costs the same in groups of any size."""

    def __init__(self, groups: Partition, by_id: dict[Any, Prepared], merge: float):
        self._groups, self._by_id, self._merge = groups, by_id, merge
        self._faces: dict[Any, dict[tuple, Prepared]] = {}

    def join(self, pair: Pair) -> None:
        both = {**self._of(pair.left_id), **self._of(pair.right_id)}
        self._groups.join(pair.left_id, pair.right_id)
        self._faces[self._groups.find(pair.left_id)] = dict(list(both.items())[:_MOST_FACES])

    def contradict(self, pair: Pair) -> bool:
        left, right = self._of(pair.left_id), self._of(pair.right_id)
        if len(left) == len(right) == 1:
            return False
        return any(
            _contradict(one, two, self._merge)
            for face, one in left.items()
            for other, two in right.items()
            if face != other
        )

    def _of(self, item: Any) -> dict[tuple, Prepared]:
        root = self._groups.find(item)
        if root not in self._faces:
            members: Iterable[Any] = self._groups.members(root)
            known = [self._by_id[member] for member in members if member in self._by_id]
            self._faces[root] = dict([(_face(record), record) for record in known][:_MOST_FACES])
        return self._faces[root]


def _face(record: Prepared) -> tuple:
    return (record.title, record.notice, record.families, record.year, record.journal, record.volume, record.issue,
            record.ranges, record.doi, record.pmid, record.type)  # fmt: skip


def _contradict(left: Prepared, right: Prepared, merge: float) -> bool:
    """True when the two may not stand in one group: little agrees, or a rule objects that outweighs a link."""
    score, against = weigh(left, right)
    if score < _CONTRADICTED:
        return True
    return score < merge and bool(against) and (score < _DOUBTFUL or any(is_hard(why) for _, why in against))
