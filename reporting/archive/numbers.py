"""Which number a row has in an archive: 1, 2, 3 in the order of the keys, so that it says nothing of an installation.

A number that is none of a row's (the row is gone, but the history still names it) is given from -1 downwards, in the
order in which they are met: below zero is no row anywhere.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterable

from django.db import connections

from reporting.archive.tables import PEOPLE, REVIEW, tables
from reviews.models import Review


class Numbers:
    """The numbers of one table for its keys."""

    def __init__(self, keys: Iterable[int]):
        self._keys = array("q", keys)
        self._gone: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._keys)

    def of(self, key: int) -> int | None:
        """The number of the row with this key, if it is in the archive."""
        place = bisect_left(self._keys, key)
        return place + 1 if place < len(self._keys) and self._keys[place] == key else None

    def of_any(self, key: int) -> int:
        """The same, or the number of one that is gone."""
        return self.of(key) or self._gone.setdefault(key, -1 - len(self._gone))


class PeopleNumbers(Numbers):
    """People have no order of their own: see reporting.archive.people."""

    def __init__(self, keys: Iterable[int]):
        super().__init__(())
        self._place = {key: number for number, key in enumerate(keys, 1)}

    def __len__(self) -> int:
        return len(self._place)

    def of(self, key: int) -> int | None:
        return self._place.get(key)


class AllNumbers(dict[str, Numbers]):
    """The numbers of every table; one that is not in an archive, but named by the history, has none but gone rows."""

    def __missing__(self, name: str) -> Numbers:
        return self.setdefault(name, Numbers(()))


def numbers_of(review: Review, people: Iterable[int]) -> AllNumbers:
    """The numbers of every table of a review; ``people`` are the keys of its people in their order."""
    found = AllNumbers({PEOPLE: PeopleNumbers(people), REVIEW: Numbers([review.pk])})
    for name, table in tables().items():
        if name not in found:
            found[name] = Numbers(table.rows(review).values_list("pk", flat=True).iterator(10_000))
    return found


def reserve(name: str, count: int) -> list[int]:
    """``count`` free keys of a table in ascending order, inside the transaction that writes the rows.

    PostgreSQL takes them from the table's sequence. On SQLite the transaction is the only one that writes, so they
    follow the largest key that the table ever had.
    """
    if not count:
        return []
    connection, table = connections["default"], tables()[name].model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
                [connection.ops.quote_name(table), count],
            )
            return sorted(key for (key,) in cursor.fetchall())
        cursor.execute("SELECT max(seq) FROM sqlite_sequence WHERE name = %s", [table])
        last = cursor.fetchone()[0] or 0
        return list(range(last + 1, last + 1 + count))
