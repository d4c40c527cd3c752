"""Votes in, verdict out. No Django here: the method of dual screening as one function and a table of cases.

The rules, in the order they are asked:

1. A resolver's ruling stands, whatever the votes are.
2. Fewer votes than the quorum: pending.
3. A maybe counts as an include (``MaybeRule.INCLUDE``) or makes a conflict (``MaybeRule.CONFLICT``).
4. All include: included. Some include and some exclude: conflict.
5. All exclude: excluded, for the reason that comes first in the review's list among the reasons given. With
   ``reasons_must_agree`` two different reasons are a conflict; a vote without a reason contradicts none.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Vote(StrEnum):
    INCLUDE = "include"
    EXCLUDE = "exclude"
    MAYBE = "maybe"


class State(StrEnum):
    PENDING = "pending"
    CONFLICT = "conflict"
    INCLUDED = "included"
    EXCLUDED = "excluded"


class MaybeRule(StrEnum):
    INCLUDE = "include"
    CONFLICT = "conflict"


class Reason(NamedTuple):
    """An exclusion reason by its place in the list; equal places are told apart by id."""

    order: int
    id: int


class Ballot(NamedTuple):
    """One live vote; only an exclusion carries a reason."""

    vote: str
    reason: Reason | None = None


class Ruling(NamedTuple):
    """The resolver's word on a conflict."""

    included: bool
    reason: Reason | None = None


@dataclass(frozen=True)
class Policy:
    """How a review decides at one stage. ``quorum`` is the number of votes a record needs, 1 or more."""

    quorum: int = 2
    maybe: str = MaybeRule.INCLUDE
    reasons_must_agree: bool = False


class Outcome(NamedTuple):
    """Where the record stands, on how many votes, and for which reason if excluded."""

    state: State
    votes: int
    reason: Reason | None = None

    @property
    def settled(self) -> bool:
        return self.state in SETTLED


SETTLED = frozenset({State.INCLUDED, State.EXCLUDED})


def decide(ballots: Iterable[Ballot], policy: Policy, ruling: Ruling | None = None) -> Outcome:
    """The outcome of the live votes of one record at one stage; the order of the votes does not matter."""
    ballots = list(ballots)
    count = len(ballots)
    if ruling is not None:
        return Outcome(State.INCLUDED if ruling.included else State.EXCLUDED, count, ruling.reason)
    if count < policy.quorum:
        return Outcome(State.PENDING, count)
    sides = {_side(ballot.vote, policy) for ballot in ballots}
    if sides == {Vote.INCLUDE}:
        return Outcome(State.INCLUDED, count)
    if sides != {Vote.EXCLUDE}:
        return Outcome(State.CONFLICT, count)
    reasons = sorted({ballot.reason for ballot in ballots if ballot.reason is not None})
    if policy.reasons_must_agree and len(reasons) > 1:
        return Outcome(State.CONFLICT, count)
    return Outcome(State.EXCLUDED, count, reasons[0] if reasons else None)


def _side(vote: str, policy: Policy) -> Vote:
    """The side a vote is on: a maybe that may not count as an include stays a maybe, and so makes a conflict."""
    if vote == Vote.MAYBE and policy.maybe == MaybeRule.INCLUDE:
        return Vote.INCLUDE
    return Vote(vote)
