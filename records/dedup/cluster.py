"""From pairs to groups, and which record of a group stands for it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .normalise import Comparable
from .score import Pair


class Groups:
    """Disjoint sets with their members (union by size)."""

    def __init__(self) -> None:
        self._parent: dict[Any, Any] = {}
        self._members: dict[Any, list[Any]] = {}

    def find(self, item: Any) -> Any:
        root = item
        while self._parent.setdefault(root, root) != root:
            root = self._parent[root]
        while self._parent[item] != root:
            self._parent[item], item = root, self._parent[item]
        self._members.setdefault(root, [root])
        return root

    def members(self, item: Any) -> list[Any]:
        return self._members[self.find(item)]

    def join(self, left: Any, right: Any) -> None:
        a, b = self.find(left), self.find(right)
        if a == b:
            return
        if len(self._members[a]) < len(self._members[b]):
            a, b = b, a
        self._parent[b] = a
        self._members[a] += self._members.pop(b)

    def all(self) -> list[set[Any]]:
        return [set(members) for members in self._members.values() if len(members) > 1]


def cluster(pairs: Iterable[Pair], threshold: float) -> list[set[Any]]:
    """Ids joined, directly or through others, by pairs that score at least `threshold`; largest group first."""
    groups = Groups()
    for pair in pairs:
        if pair.score >= threshold:
            groups.join(pair.left_id, pair.right_id)
    return sorted(groups.all(), key=lambda group: (-len(group), min(map(str, group))))


def choose_primary(records: Iterable[Comparable]) -> Any:
    """The id of the most complete record: abstract and identifiers first, then full names and other fields.

    Ties go to the lower id (as text), so that the choice does not depend on the order of the records.
    """
    return min(records, key=lambda record: (-completeness(record), str(record.id))).id


def completeness(record: Comparable) -> float:
    """How much of a record is filled in; an abstract and a DOI weigh most, longer text breaks ties."""
    weights = (
        (record.abstract, 6), (record.doi, 4), (record.pmid, 3), (record.title, 3), (record.authors, 3),
        (record.journal, 2), (record.year, 2), (record.volume, 1), (record.pages, 1), (record.issue, 1),
        (record.pmcid, 1),
    )  # fmt: skip
    filled = sum(weight for value, weight in weights if value)
    full_names = sum(len(name) > 12 for name in record.authors or ()) / (len(record.authors or ()) or 1)
    kind = {"article": 2.0, "": 1.0, "conference": 0.5, "preprint": 0.0, "register": 0.0}.get(
        record.type or "", 1.0
    )
    return filled + full_names + kind + min(len(record.abstract or ""), 5000) / 10000
