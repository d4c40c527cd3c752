"""Votes in, verdict out. No Django here: the method of dual screening as one function and a table of cases.

The rules, in the order they are asked:

1. A resolver's ruling stands, whatever the votes are.
2. Fewer votes than the quorum, or none by a person (a model cast them): pending. Also under rules that could be sure
   earlier (two of three includes, say): an outcome that came before the last vote would tell the last reviewer what
   the others voted.
3. A maybe is an include (``MaybeRule.INCLUDE``) or on neither side (``MaybeRule.CONFLICT``): it then agrees with
   nobody, so that a record with a maybe is a conflict unless the rest decides by the agreement rule.
4. Which side wins, by the agreement rule:

   - ``ALL``: all votes are on one side.
   - ``MAJORITY``: more than half of all votes, maybes counted, are on one side; a tie is a conflict.
   - ``ANY_INCLUDE``: one include is enough; without any, all votes must be on one side.

   Where no side wins: conflict.
5. Excluded: for the reason that comes first in the review's list among the reasons given. With
   ``reasons_must_agree`` different reasons are a conflict, but under ``MAJORITY`` a reason that more than half of the
   exclusions with a reason give stands. An exclusion without a reason contradicts none.

All live votes count, also those beyond the quorum (it was lowered, somebody left, a pilot had more people): each was
cast blinded and in earnest, and to leave some out one would have to choose which. More votes can only make the rules
harder to satisfy (all), or nearer to what the team thinks (majority).
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Vote(StrEnum):
    INCLUDE = "include"
    EXCLUDE = "exclude"
    MAYBE = "maybe"
    AWAITING = "awaiting"
    ONGOING = "ongoing"


class State(StrEnum):
    PENDING = "pending"
    CONFLICT = "conflict"
    INCLUDED = "included"
    EXCLUDED = "excluded"
    AWAITING = "awaiting"
    ONGOING = "ongoing"


class MaybeRule(StrEnum):
    INCLUDE = "include"
    CONFLICT = "conflict"


class Agreement(StrEnum):
    ALL = "all"
    MAJORITY = "majority"
    ANY_INCLUDE = "any_include"


class Reason(NamedTuple):
    """An exclusion reason by its place in the list; equal places are told apart by id."""

    order: int
    id: int


class Ballot(NamedTuple):
    """One live vote; only an exclusion carries a reason. ``by_person``: no model cast it."""

    vote: str
    reason: Reason | None = None
    by_person: bool = True


class Ruling(NamedTuple):
    """The resolver's word on a conflict; ``outcome`` if it is neither included nor excluded."""

    included: bool
    reason: Reason | None = None
    outcome: str = ""

    @property
    def state(self) -> State:
        return State(self.outcome or (State.INCLUDED if self.included else State.EXCLUDED))


@dataclass(frozen=True)
class Policy:
    """How a review decides at one stage. ``quorum`` is the number of votes a record needs, 1 or more."""

    quorum: int = 2
    maybe: str = MaybeRule.INCLUDE
    reasons_must_agree: bool = False
    agreement: str = Agreement.ALL


class Outcome(NamedTuple):
    """Where the record stands, on how many votes, and for which reason if excluded."""

    state: State
    votes: int
    reason: Reason | None = None

    @property
    def settled(self) -> bool:
        return self.state in SETTLED


#: Neither included nor excluded, yet settled: votes of full text only, which agree with their like alone.
SET_ASIDE = {Vote.AWAITING: State.AWAITING, Vote.ONGOING: State.ONGOING}
SETTLED = frozenset({State.INCLUDED, State.EXCLUDED, *SET_ASIDE.values()})
#: The outcome of a side that wins.
WON = {Vote.INCLUDE: State.INCLUDED, Vote.EXCLUDE: State.EXCLUDED} | SET_ASIDE


def decide(ballots: Iterable[Ballot], policy: Policy, ruling: Ruling | None = None) -> Outcome:
    """The outcome of the live votes of one record at one stage; the order of the votes does not matter."""
    ballots = list(ballots)
    count = len(ballots)
    if ruling is not None:
        return Outcome(ruling.state, count, ruling.reason)
    if count < policy.quorum or not any(ballot.by_person for ballot in ballots):
        return Outcome(State.PENDING, count)
    winner = _winner(Counter(_side(ballot.vote, policy) for ballot in ballots), policy.agreement)
    if winner is None:
        return Outcome(State.CONFLICT, count)
    if winner != Vote.EXCLUDE:
        return Outcome(WON[winner], count)
    reasons = [ballot.reason for ballot in ballots if ballot.reason is not None]
    if not reasons:
        return Outcome(State.EXCLUDED, count)
    reason = _agreed(reasons, policy.agreement) if policy.reasons_must_agree else min(reasons)
    return Outcome(State.CONFLICT if reason is None else State.EXCLUDED, count, reason)


def _side(vote: str, policy: Policy) -> Vote:
    """The side a vote is on: a maybe that may not count as an include stays a maybe, which is no side."""
    if vote == Vote.MAYBE and policy.maybe == MaybeRule.INCLUDE:
        return Vote.INCLUDE
    return Vote(vote)


def _winner(sides: Counter[Vote], agreement: str) -> Vote | None:
    """The side that wins; None for a conflict."""
    if agreement == Agreement.ANY_INCLUDE and sides[Vote.INCLUDE]:
        return Vote.INCLUDE
    first, votes = sides.most_common(1)[0]
    enough = 2 * votes > sides.total() if agreement == Agreement.MAJORITY else votes == sides.total()
    return first if enough and first in WON else None


def _agreed(reasons: list[Reason], agreement: str) -> Reason | None:
    """The reason that the exclusions agree on; None if they do not."""
    first, given = Counter(reasons).most_common(1)[0]
    enough = 2 * given > len(reasons) if agreement == Agreement.MAJORITY else given == len(reasons)
    return first if enough else None
