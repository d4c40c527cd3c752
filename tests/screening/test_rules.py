"""Votes in, verdict out: the method as a table of cases, and what must hold for any votes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screening.rules import SETTLED, Ballot, MaybeRule, Outcome, Policy, Reason, Ruling, State, Vote, decide

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
ballots = st.one_of(st.just(I), st.just(M), st.builds(Ballot, st.just(Vote.EXCLUDE), reasons))
policies = st.builds(Policy, st.integers(1, 4), st.sampled_from(MaybeRule), st.booleans())


@given(st.lists(ballots, max_size=5), policies, st.randoms())
def test_the_order_of_votes_does_not_matter(votes, policy, random):
    shuffled = votes.copy()
    random.shuffle(shuffled)
    assert decide(votes, policy) == decide(shuffled, policy)


@given(st.lists(ballots, max_size=5), policies)
def test_pending_exactly_below_the_quorum(votes, policy):
    assert (decide(votes, policy).state == State.PENDING) == (len(votes) < policy.quorum)


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
