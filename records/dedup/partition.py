"""Groups of records of which some may never meet, because a person told them apart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any

from .cluster import Groups


class Partition(Groups):
    """Disjoint sets that know which of them must stay apart.

    `together` are groups of ids that stand already, `apart` pairs of ids that never come into one group, whatever
    else joins them. A pair of `apart` whose ends stand together already holds nothing back.
    """

    def __init__(
        self, together: Iterable[Collection[Any]] = (), apart: Iterable[tuple[Any, Any]] = ()
    ) -> None:
        super().__init__()
        self._apart: dict[Any, set[Any]] = defaultdict(set)
        for group in together:
            first, *others = group
            self.find(first)
            for other in others:
                super().join(first, other)
        for left, right in apart:
            self._apart[self.find(left)].add(right)
            self._apart[self.find(right)].add(left)

    def must_not_meet(self, left: Any, right: Any) -> bool:
        """Whether some member of one group is kept apart from some member of the other."""
        few, other = sorted(
            (self.find(left), self.find(right)), key=lambda group: len(self._apart.get(group, ()))
        )
        return few != other and any(self.find(item) == other for item in self._apart.get(few, ()))

    def join(self, left: Any, right: Any) -> None:
        """Make one group of two. Ask `must_not_meet` first."""
        one, other = self.find(left), self.find(right)
        if one == other:
            return
        few, many = sorted((self._apart.pop(one, set()), self._apart.pop(other, set())), key=len)
        super().join(one, other)
        many |= few
        if many:
            self._apart[self.find(one)] = many
