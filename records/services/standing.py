"""The groups of a review as they stand, who may not meet in one, and which groups a person is asked about already."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from django.db.models import QuerySet
from django.utils import timezone

from records.dedup import Pair, Partition
from records.models import DuplicateCandidate
from records.services.downstream import steps_of
from reviews.models import Review, User

State = DuplicateCandidate.State
CHUNK = 500
PARTED = "records.group_dissolved"


class Proposed(NamedTuple):
    """A pair that is stored."""

    pk: int
    left_id: int
    right_id: int
    state: str
    score: float
    decided_by: int | None

    @property
    def is_reopened(self) -> bool:
        return self.state == State.WAITING and self.decided_by is not None


class Standing:
    """What was decided up to now; ``join`` and ``ask`` say of one pair after the other what it would add.

    A pair that a person opened again waits for a person: with ``reopened_apart`` its records do not meet meanwhile,
    nor do any two of a group that a person parted.
    Nothing is written. To be read inside ``take_turn`` when what it says is to be stored.
    """

    def __init__(self, review: Review, *, reopened_apart: bool = True):
        self.ids: set[int] = set()
        groups: dict[int, list[int]] = defaultdict(list)
        self._leaders: dict[int, int | None] = dict(review.records.live().values_list("pk", "duplicate_of"))
        for pk, leader in self._leaders.items():
            self.ids.add(pk)
            groups[leader or pk].append(pk)
        self.together = [members for members in groups.values() if len(members) > 1]
        names = ("pk", "left_id", "right_id", "state", "score", "decided_by")
        pairs = [Proposed(*row) for row in review.duplicate_candidates.values_list(*names)]
        self.apart = [
            (pair.left_id, pair.right_id)
            for pair in pairs
            if pair.state in DuplicateCandidate.APART or (reopened_apart and pair.is_reopened)
        ]
        self.known = {(pair.left_id, pair.right_id) for pair in pairs}
        self._groups = Partition(self.together, self.apart)
        self._waiting = [(pair.left_id, pair.right_id) for pair in pairs if pair.state == State.WAITING]
        self._asked: set[frozenset[int]] | None = None
        self._parted: dict[int, set[int]] = defaultdict(set)
        if reopened_apart:
            for event, detail in review.events.filter(verb=PARTED).values_list("pk", "detail"):
                for member in self.ids.intersection(detail["members"]):
                    self._parted[self._groups.find(member)].add(event)

    def join(self, left: int, right: int) -> bool:
        """Put both ends into one group; False if they are in one already or may not meet."""
        if self.are_one(left, right) or self._groups.must_not_meet(left, right):
            return False
        ends = self._groups.find(left), self._groups.find(right)
        if self._parted[ends[0]] & self._parted[ends[1]]:
            return False
        self._groups.join(left, right)
        self._parted[self._groups.find(left)] = self._parted[ends[0]] | self._parted[ends[1]]
        return True

    def ask(self, left: int, right: int) -> bool:
        """Whether a person should see the pair: nobody decided it, and its groups have no other pair to decide."""
        if self._asked is None:
            self._asked = {self._groups_of(*ends) for ends in self._waiting}
        groups = self._groups_of(left, right)
        if ordered(left, right) in self.known or self.are_one(left, right) or groups in self._asked:
            return False
        if self._groups.must_not_meet(left, right):
            return False
        self._asked.add(groups)
        return True

    def outcomes_leave(self, ends: Iterable[tuple[int, int]]) -> int:
        """Of how many records of these joined pairs an outcome that everybody may see counts no more then."""
        leading = {pk for pair in ends for pk in pair}
        leading = {leader or pk for pk, leader in self._leaders.items() if pk in leading}
        begun = Counter(self._groups.find(pk) for pk in steps_of(leading))
        return sum(count - 1 for count in begun.values())

    def settle(self, pairs: Iterable[Pair], merge_at: float, ask_at: float) -> tuple[list[Pair], list[Pair]]:
        """Of ``pairs`` (surest first) those that merge two groups, and those that are new questions."""
        present = [pair for pair in pairs if pair.left_id in self.ids and pair.right_id in self.ids]
        certain = [
            pair for pair in present if pair.score >= merge_at and self.join(pair.left_id, pair.right_id)
        ]
        doubtful = (pair for pair in present if ask_at <= pair.score < merge_at)
        return certain, [pair for pair in doubtful if self.ask(pair.left_id, pair.right_id)]

    def are_one(self, left: int, right: int) -> bool:
        """Whether both are in one group by what was joined up to now."""
        return self._groups.find(left) == self._groups.find(right)

    def _groups_of(self, left: int, right: int) -> frozenset[int]:
        return frozenset((self._groups.find(left), self._groups.find(right)))


def ordered(left: int, right: int) -> tuple[int, int]:
    """The two ids as a stored pair has them."""
    return (left, right) if left < right else (right, left)


def store_pairs(review: Review, pairs: Iterable[Pair], state: str) -> None:
    """Write pairs that the comparison found: merged by rule, or waiting for a person."""
    now = timezone.now() if state == State.MERGED else None
    DuplicateCandidate.objects.bulk_create(
        _rows(review, pairs, state, now),
        batch_size=CHUNK,
        # a pair that waited for a person may have become certain
        update_conflicts=True,
        unique_fields=["left", "right"],
        update_fields=["score", "rule", "reasons", "state", "automatic", "decided_at"],
    )


def _rows(
    review: Review, pairs: Iterable[Pair], state: str, now: datetime | None
) -> Iterator[DuplicateCandidate]:
    for pair in pairs:
        left, right = ordered(pair.left_id, pair.right_id)
        yield DuplicateCandidate(
            review=review,
            left_id=left,
            right_id=right,
            score=pair.score,
            rule=pair.rule,
            reasons=list(pair.reasons),
            state=state,
            automatic=state == State.MERGED,
            decided_at=now,
        )


def decide_all(
    pairs: Iterable[int], state: str, *, by: User | None, at: datetime | None, automatic: bool
) -> None:
    """Write one decision on many stored pairs (ids); a waiting pair with ``by`` is one that a person opened again."""
    for rows in those_of(DuplicateCandidate.objects.all(), pairs):
        rows.update(state=state, decided_by=by, decided_at=at, automatic=automatic)


def those_of(rows: QuerySet, ids: Iterable[int]) -> Iterator[QuerySet]:
    """``rows`` with these ids, in pieces that a database takes."""
    wanted = list(ids)
    for start in range(0, len(wanted), CHUNK):
        yield rows.filter(pk__in=wanted[start : start + CHUNK])
