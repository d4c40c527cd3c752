"""Whose turn which record is."""

import pytest

from screening import queue
from screening.models import Stage
from screening.services import set_full_text_state, undo_vote
from tests.factories import join, make_batch, make_record, make_user
from tests.screening.conftest import FT, TA, undo_import

pytestmark = pytest.mark.django_db


@pytest.fixture
def three(review):
    return [make_record(review, title) for title in ("One", "Two", "Three")]


def titles(review, person, stage=TA):
    return [record.title for record in queue.queue(review, stage, person)]


def test_one_sees_what_one_has_not_voted_on(review, three, vote, ben, cleo):
    vote(ben, three[0], "include")
    assert titles(review, ben) == ["Two", "Three"]
    assert titles(review, cleo) == ["One", "Two", "Three"]
    undo_vote(review=review, stage=TA, reviewer=ben)
    assert titles(review, ben) == ["One", "Two", "Three"]


def test_a_third_person_gets_no_record_with_its_votes_conflict_or_not(review, three, vote, ben, cleo):
    fran = join(review, make_user("fran"), "reviewer").user
    vote(ben, three[0], "include")
    vote(cleo, three[0], "include")
    vote(ben, three[1], "include")
    vote(cleo, three[1], "exclude")
    vote(ben, three[2], "include")
    assert titles(review, fran) == ["Three"]
    vote(fran, three[2], "include")
    assert titles(review, cleo) == []


def test_duplicates_and_undone_imports_leave(review, three, ben):
    make_record(review, "Copy", duplicate_of=three[0])
    undone = make_record(review, "Undone", batch=make_batch(review))
    undo_import(undone.batch)
    assert titles(review, ben) == ["One", "Two", "Three"]


def test_full_text_takes_what_was_retrieved(review, three, vote, ben, cleo):
    for record in three[:2]:
        vote(ben, record, "include")
        vote(cleo, record, "include")
    assert titles(review, ben, FT) == []
    set_full_text_state(review=review, record=three[0], state="retrieved", by=ben)
    assert titles(review, ben, FT) == ["One"]


def test_next_goes_on_behind_ones_last_vote_and_wraps(review, three, vote, ben):
    def following(after=None):
        found = queue.next_record(review, TA, ben, after)
        return found and found.title

    assert following() == "One"
    assert following(three[0].pk) == "Two"
    vote(ben, three[1], "include")
    assert following() == "Three"
    assert following(three[2].pk) == "One"
    vote(ben, three[2], "include")
    assert following() == "One"
    assert following(three[0].pk) == "One"
    vote(ben, three[0], "include")
    assert following() is None


@pytest.mark.parametrize("stage", Stage)
def test_progress_counts_what_the_queue_holds(review, three, vote, include, ben, cleo, stage):
    """By subtraction and by asking the queue: the same number in every situation."""
    fran = join(review, make_user("fran"), "reviewer").user
    vote(ben, three[0], "include")
    vote(cleo, three[0], "exclude")
    vote(ben, three[1], "maybe")
    include(make_record(review))
    late = make_record(review)
    vote(ben, late, "include")
    vote(cleo, late, "include")
    set_full_text_state(review=review, record=late, state="retrieved", by=ben)
    vote(ben, late, "include", stage=FT)
    gone = make_record(review, duplicate_of=None)
    vote(ben, gone, "include")
    gone.duplicate_of = three[0]
    gone.save()
    for person in (ben, cleo, fran):
        progress = queue.progress(review, stage, person)
        assert progress.left == queue.queue(review, stage, person).count()
        assert progress.total == queue.candidates(review, stage).count()
    own = queue.progress(review, stage, ben)
    assert (own.total, own.done, own.complete) == ((5, 5, 2) if stage == TA else (2, 2, 1))
