"""Who gets which records when they are shared out. No Django here: numbers in, pairs out, the same for the same seed.

A record has room for some people; those who have it already (a vote, an assignment that stays) take room and never
get it again.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, cycle
from typing import NamedTuple


class Share(NamedTuple):
    record: int
    person: int


@dataclass(frozen=True)
class Pool:
    """Records in their order, ``room`` people for each, less those in ``holders`` ({record: people who have it})."""

    records: Sequence[int]
    room: int
    holders: Mapping[int, frozenset[int]] = field(default_factory=dict)

    def held(self, record: int) -> frozenset[int]:
        return self.holders.get(record, frozenset())

    def free(self, record: int) -> int:
        return max(self.room - len(self.held(record)), 0)


def by_number(pool: Pool, wanted: Mapping[int, int], seed: int) -> list[Share]:
    """Each person so many records, drawn at random; fewer where the pool has no more room for them.

    All records get their first person before any gets a second one.
    """
    shuffled = list(pool.records)
    random.Random(seed).shuffle(shuffled)  # noqa: S311 (a draw to repeat, no secret)
    places = [record for layer in range(pool.room) for record in shuffled if pool.free(record) > layer]
    given: list[Share] = []
    for person, number in wanted.items():
        own: set[int] = set()
        left: list[int] = []
        for record in places:
            if len(own) < number and record not in own and person not in pool.held(record):
                own.add(record)
            else:
                left.append(record)
        given += [Share(record, person) for record in shuffled if record in own]
        places = left
    return given


def by_percent(pool: Pool, percent: Mapping[int, float], seed: int) -> list[Share]:
    """Each person so many per cent of the records of the pool (rounded)."""
    return by_number(
        pool, {person: round(len(pool.records) * each / 100) for person, each in percent.items()}, seed
    )


def to_all(pool: Pool, people: Sequence[int]) -> list[Share]:
    """Every record to every person who has not got it."""
    return [
        Share(record, person)
        for record in pool.records
        for person in people
        if person not in pool.held(record)
    ]


def split(pool: Pool, people: Sequence[int], seed: int) -> list[Share]:
    """At random and evenly: each record to as many people as it has room for, those with the least first."""
    dice = random.Random(seed)  # noqa: S311 (a draw to repeat, no secret)
    shuffled = list(pool.records)
    dice.shuffle(shuffled)
    load = dict.fromkeys(people, 0)
    given: list[Share] = []
    for record in shuffled:
        held = pool.held(record)
        ready = sorted(
            (person for person in people if person not in held),
            key=lambda person: (load[person], dice.random()),
        )
        for person in ready[: pool.free(record)]:
            load[person] += 1
            given.append(Share(record, person))
    return given


def in_pairs(pool: Pool, people: Sequence[int], seed: int) -> list[Share]:
    """Every combination of people in turn (pairs if a record has room for two), so that all work with all.

    Where somebody has the record already, those of the combination with the least take the room that is left.
    """
    dice = random.Random(seed)  # noqa: S311 (a draw to repeat, no secret)
    shuffled = list(pool.records)
    dice.shuffle(shuffled)
    groups = list(combinations(people, min(pool.room, len(people))))
    dice.shuffle(groups)
    turn = cycle(groups)
    load = dict.fromkeys(people, 0)
    given: list[Share] = []
    for record in shuffled:
        if not pool.free(record):
            continue
        ready = [person for person in next(turn) if person not in pool.held(record)]
        for person in sorted(ready, key=load.__getitem__)[: pool.free(record)]:
            load[person] += 1
            given.append(Share(record, person))
    return given
