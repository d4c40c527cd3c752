"""Votes in, verdict out: the method as a table of cases, and what must hold for any votes."""

from itertools import combinations_with_replacement

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screening.rules import (
    SETTLED,
    Agreement,
    Ballot,
    MaybeRule,
    Outcome,
    Policy,
    Reason,
    Ruling,
    State,
    Vote,
    decide,
)

I, E, M = Ballot(Vote.INCLUDE), Ballot(Vote.EXCLUDE), Ballot(Vote.MAYBE)  # noqa: E741
POPULATION, DESIGN, SAME_PLACE = Reason(1, 7), Reason(2, 3), Reason(2, 5)
E_POPULATION, E_DESIGN = Ballot(Vote.EXCLUDE, POPULATION), Ballot(Vote.EXCLUDE, DESIGN)
E_SAME_PLACE = Ballot(Vote.EXCLUDE, SAME_PLACE)
ONE, TWO, THREE = Policy(1), Policy(2), Policy(3)
STRICT_MAYBE = Policy(2, MaybeRule.CONFLICT)
STRICT_REASONS = Policy(2, reasons_must_agree=True)

CASES = [
    ([], TWO, State.PENDING, None),
    ([I], TWO, State.PENDING, None),
    ([E_DESIGN], TWO, State.PENDING, None),
    ([I, I], TWO, State.INCLUDED, None),
    ([E, E], TWO, State.EXCLUDED, None),
    ([I, E], TWO, State.CONFLICT, None),
    ([I], ONE, State.INCLUDED, None),
    ([E_DESIGN], ONE, State.EXCLUDED, DESIGN),
    ([I, I], THREE, State.PENDING, None),
    ([I, I, I], THREE, State.INCLUDED, None),
    ([I, I, E], THREE, State.CONFLICT, None),
    # more votes than a quorum that was lowered
    ([I, I, I], TWO, State.INCLUDED, None),
    ([I, I, E], TWO, State.CONFLICT, None),
    # maybe
    ([M, I], TWO, State.INCLUDED, None),
    ([M, M], TWO, State.INCLUDED, None),
    ([M, E], TWO, State.CONFLICT, None),
    ([M, I], STRICT_MAYBE, State.CONFLICT, None),
    ([M, M], STRICT_MAYBE, State.CONFLICT, None),
    ([M, E], STRICT_MAYBE, State.CONFLICT, None),
    ([M], STRICT_MAYBE, State.PENDING, None),
    ([I, I], STRICT_MAYBE, State.INCLUDED, None),
    # reasons
    ([E_POPULATION, E_DESIGN], TWO, State.EXCLUDED, POPULATION),
    ([E_DESIGN, E_POPULATION], TWO, State.EXCLUDED, POPULATION),
    ([E_SAME_PLACE, E_DESIGN], TWO, State.EXCLUDED, DESIGN),
    ([E, E_DESIGN], TWO, State.EXCLUDED, DESIGN),
    ([E_POPULATION, E_DESIGN], STRICT_REASONS, State.CONFLICT, None),
    ([E_DESIGN, E_DESIGN], STRICT_REASONS, State.EXCLUDED, DESIGN),
    ([E, E_DESIGN], STRICT_REASONS, State.EXCLUDED, DESIGN),
    ([E, E], STRICT_REASONS, State.EXCLUDED, None),
]


@pytest.mark.parametrize(("ballots", "policy", "state", "reason"), CASES)
def test_the_table_of_cases(ballots, policy, state, reason):
    assert decide(ballots, policy) == Outcome(state, len(ballots), reason)


@pytest.mark.parametrize("ballots", [[I, E], [I, I], [E_POPULATION, E_DESIGN], [I], []])
def test_a_ruling_stands_whatever_the_votes(ballots):
    assert decide(ballots, STRICT_REASONS, Ruling(True)) == Outcome(State.INCLUDED, len(ballots), None)
    assert decide(ballots, STRICT_REASONS, Ruling(False, DESIGN)).reason == DESIGN


def test_an_unknown_vote_is_refused():
    with pytest.raises(ValueError, match="perhaps"):
        decide([Ballot("perhaps")], ONE)


reasons = st.one_of(st.none(), st.builds(Reason, st.integers(0, 3), st.integers(1, 3)))
ballots = st.one_of(st.just(I), st.just(M), st.builds(Ballot, st.just(Vote.EXCLUDE), reasons, st.booleans()))
policies = st.builds(Policy, st.integers(1, 4), st.sampled_from(MaybeRule), st.booleans())


@given(st.lists(ballots, max_size=5), policies, st.randoms())
def test_the_order_of_votes_does_not_matter(votes, policy, random):
    shuffled = votes.copy()
    random.shuffle(shuffled)
    assert decide(votes, policy) == decide(shuffled, policy)


@given(st.lists(ballots, max_size=5), policies)
def test_pending_exactly_below_the_quorum_or_without_a_person(votes, policy):
    waits = len(votes) < policy.quorum or not any(vote.by_person for vote in votes)
    assert (decide(votes, policy).state == State.PENDING) == waits


@given(st.lists(ballots, max_size=5), policies)
def test_only_agreement_settles_and_only_an_exclusion_has_a_reason(votes, policy):
    outcome = decide(votes, policy)
    assert outcome.settled == (outcome.state in SETTLED)
    if outcome.state == State.INCLUDED:
        assert all(vote.vote != Vote.EXCLUDE for vote in votes)
    if outcome.state == State.EXCLUDED:
        assert all(vote.vote == Vote.EXCLUDE for vote in votes)
    if outcome.reason is not None:
        assert outcome.state == State.EXCLUDED
        assert outcome.reason == min(vote.reason for vote in votes if vote.reason)


@given(st.lists(ballots, min_size=1, max_size=5), policies)
def test_stricter_rules_never_settle_what_was_open(votes, policy):
    strict = Policy(policy.quorum, MaybeRule.CONFLICT, True)
    if decide(votes, strict).settled:
        assert decide(votes, policy) == decide(votes, strict)


#: The whole table for one to three votes: I include, E exclude, M maybe; outcome i included, x excluded, c conflict.
#: Columns: the rule all, majority, any include, each with maybe as include and as neither side.
TABLE = """
I    i i  i i  i i
E    x x  x x  x x
M    i c  i c  i c
II   i i  i i  i i
IE   c c  c c  i i
IM   i c  i c  i i
EE   x x  x x  x x
EM   c c  c c  i c
MM   i c  i c  i c
III  i i  i i  i i
IIE  c c  i i  i i
IIM  i c  i i  i i
IEE  c c  x x  i i
IEM  c c  i c  i i
IMM  i c  i c  i i
EEE  x x  x x  x x
EEM  c c  x x  i c
EMM  c c  i c  i c
MMM  i c  i c  i c
"""
ROWS = [line.split() for line in TABLE.strip().splitlines()]
COLUMNS = [(agreement, maybe) for agreement in Agreement for maybe in MaybeRule]
LETTERS = {"I": I, "E": E, "M": M, "i": State.INCLUDED, "x": State.EXCLUDED, "c": State.CONFLICT}


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_the_whole_table_of_rules(row):
    """Each row of the table with a quorum of as many votes, and with a lower one: votes beyond it count as well."""
    votes, *outcomes = row
    ballots = [LETTERS[letter] for letter in votes]
    for (agreement, maybe), letter in zip(COLUMNS, outcomes, strict=True):
        expected = LETTERS[letter]
        for quorum in range(1, len(ballots) + 1):
            policy = Policy(quorum, maybe, agreement=agreement)
            assert decide(ballots, policy).state == expected, (votes, policy)
        assert decide(ballots, Policy(len(ballots) + 1, maybe, agreement=agreement)).state == State.PENDING


def test_the_table_leaves_no_case_out():
    every = {"".join(votes) for n in (1, 2, 3) for votes in combinations_with_replacement("IEM", n)}
    assert {row[0] for row in ROWS} == every


@pytest.mark.parametrize("maybe", MaybeRule)
@pytest.mark.parametrize("quorum", range(1, 10))
def test_a_tie_is_a_conflict_and_one_more_than_half_decides(quorum, maybe):
    majority = Policy(quorum, maybe, agreement=Agreement.MAJORITY)
    half = quorum // 2
    includes, excludes = [I] * (quorum - half), [E] * half
    tied = State.CONFLICT if quorum % 2 == 0 else State.INCLUDED
    assert decide([*includes, *excludes], majority).state == tied
    assert decide([I] * (half + 1) + [E] * (quorum - half - 1), majority).state == State.INCLUDED
    assert decide([E] * (half + 1) + [I] * (quorum - half - 1), majority).state == State.EXCLUDED


@pytest.mark.parametrize(
    ("votes", "agreement", "state", "stands"),
    [
        ([E_POPULATION, E_DESIGN, I], Agreement.MAJORITY, State.CONFLICT, None),
        ([E_DESIGN, E_DESIGN, I], Agreement.MAJORITY, State.EXCLUDED, DESIGN),
        ([E_DESIGN, E_DESIGN, E_POPULATION], Agreement.MAJORITY, State.EXCLUDED, DESIGN),
        ([E_DESIGN, E_DESIGN, E_POPULATION], Agreement.ALL, State.CONFLICT, None),
        ([E_DESIGN, E_DESIGN, E_POPULATION], Agreement.ANY_INCLUDE, State.CONFLICT, None),
        ([E_DESIGN, E_DESIGN, E], Agreement.ALL, State.EXCLUDED, DESIGN),
        ([E_DESIGN, E, E], Agreement.MAJORITY, State.EXCLUDED, DESIGN),
        ([E_POPULATION, E_DESIGN, I], Agreement.ANY_INCLUDE, State.INCLUDED, None),
    ],
)
def test_reasons_that_must_agree_under_each_rule(votes, agreement, state, stands):
    policy = Policy(3, reasons_must_agree=True, agreement=agreement)
    assert decide(votes, policy) == Outcome(state, 3, stands)
    if state == State.CONFLICT:
        hierarchical = decide(votes, Policy(3, agreement=agreement))
        assert hierarchical == Outcome(State.EXCLUDED, 3, POPULATION)


@pytest.mark.parametrize("word", [Vote.AWAITING, Vote.ONGOING])
def test_what_is_set_aside_agrees_with_its_like_only(word):
    aside = Ballot(word)
    assert decide([aside, aside], TWO).state == word
    assert decide([aside, E], TWO).state == State.CONFLICT
    assert decide([aside, aside, E], Policy(3, agreement=Agreement.MAJORITY)).state == word
    assert decide([aside, I], Policy(2, agreement=Agreement.ANY_INCLUDE)).state == State.INCLUDED
    assert decide([aside, E], Policy(2, agreement=Agreement.ANY_INCLUDE)).state == State.CONFLICT
