"""Who could read the votes of a conflict does not vote on its record afterwards."""

import pytest

from reviews.services import change_role
from screening.models import Decision
from screening.queue import next_record, progress, queue
from screening.services import NotEligible, undo_vote
from tests.factories import make_record
from tests.screening.conftest import TA

pytestmark = pytest.mark.django_db


@pytest.fixture
def free_again(review, conflict, record, ben):
    """A conflict of which one voter took the vote back, so that a place is free."""
    conflict(record)
    undo_vote(review=review, stage=TA, reviewer=ben, record=record)
    return record


def test_an_adjudicator_made_a_reviewer_does_not_vote_on_what_they_read(review, free_again, vote, ana, dora):
    change_role(membership=review.memberships.get(user=dora), role="reviewer", by=ana)
    with pytest.raises(NotEligible, match="was in conflict at title and abstract while you could read"):
        vote(dora, free_again, "include")
    assert not Decision.objects.filter(reviewer=dora).exists()


def test_an_owner_who_could_read_it_does_not_vote_either(free_again, vote, ana):
    with pytest.raises(NotEligible, match="as a resolver"):
        vote(ana, free_again, "include")


def test_it_is_in_no_queue_and_no_counter_of_theirs(review, free_again, ana, ben):
    other = make_record(review)
    assert [*queue(review, TA, ana)] == [other]
    assert next_record(review, TA, ana, after=other.pk) == other
    assert progress(review, TA, ana).left == 1
    assert [*queue(review, TA, ben)] == [free_again, other]
    assert progress(review, TA, ben).left == 2


def test_the_voters_and_who_never_resolved_go_on(review, free_again, vote, ben, cleo):
    vote(cleo, free_again, "maybe")
    vote(ben, free_again, "include")
    assert free_again.verdicts.get(stage=TA).state == "included"


def test_a_vote_taken_back_without_a_conflict_keeps_nobody_out(review, record, vote, ana, ben):
    vote(ben, record, "exclude")
    undo_vote(review=review, stage=TA, reviewer=ben, record=record)
    vote(ana, record, "include")
    assert record.decisions.live().count() == 1
