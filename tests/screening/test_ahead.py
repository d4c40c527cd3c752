"""Giving records out: never more than the quorum on one, each place kept for a while."""

from datetime import timedelta

import pytest
from django.utils import timezone

from screening import queue
from screening.models import Allocation, Assignment, Claim, Round, StageSettings
from screening.services import AlreadyDecided, NotEligible, postpone, release, undo_vote
from tests.factories import join, make_record, make_user
from tests.screening.conftest import TA

pytestmark = pytest.mark.django_db


@pytest.fixture
def six(review):
    return [make_record(review, f"Record {number}") for number in range(6)]


@pytest.fixture
def fran(review):
    return join(review, make_user("fran"), "reviewer").user


@pytest.fixture
def ahead(review):
    """``ahead(ben, 2)`` gives numbers of records, as in their titles."""

    def ask(person, count=6, **more):
        found = queue.ahead(review, TA, person, count=count, **more)
        return [int(record.title.split()[-1]) for record in found]

    return ask


def lapse():
    Claim.objects.update(until=timezone.now() - timedelta(seconds=1))


def settings(review, **fields):
    people = fields.pop("must_screen", [])
    row, _ = StageSettings.objects.update_or_create(review=review, stage=TA, defaults=fields)
    row.must_screen.set(people)


def assign(review, records, people, by):
    lot = Allocation.objects.create(review=review, stage=TA, way="count", by=by)
    for record in records:
        for person in people:
            Assignment.objects.create(allocation=lot, review=review, record=record, stage=TA, reviewer=person)


def open_pilot(review, records, people, by):
    pilot = Round.objects.create(review=review, stage=TA, number=1, size=len(records), seed=1, by=by)
    pilot.people.set(people)
    for record in records:
        pilot.sample.create(record=record)
    return pilot


def test_it_gives_what_follows_and_goes_on_from_the_start(ahead, six, vote, ben):
    assert ahead(ben, 3) == [0, 1, 2]
    assert ahead(ben, 3, without=[row.pk for row in six[:3]]) == [3, 4, 5]
    assert ahead(ben, 3, after=six[3].pk) == [4, 5, 0]
    vote(ben, six[2], "include")
    assert ahead(ben, 6) == [3, 4, 5, 0, 1]


def test_a_third_person_gets_none_of_the_places_kept_for_two(ahead, six, ben, cleo, fran):
    assert ahead(ben, 2) == ahead(cleo, 2) == [0, 1]
    assert ahead(fran, 2) == [2, 3]
    lapse()
    assert ahead(fran, 3, after=0) == [0, 1, 2]


def test_a_kept_place_refuses_others_until_it_lapses(ahead, six, vote, ben, cleo, fran):
    ahead(ben, 1)
    ahead(cleo, 1)
    with pytest.raises(AlreadyDecided, match="is being read by as many others"):
        vote(fran, six[0], "include")
    lapse()
    vote(fran, six[0], "include")
    vote(ben, six[0], "include")
    with pytest.raises(AlreadyDecided, match="is complete"):
        vote(cleo, six[0], "include")


def test_who_lost_the_place_may_vote_if_one_is_free(ahead, six, vote, ben, cleo, fran):
    ahead(ben, 1)
    lapse()
    assert ahead(cleo, 1) == [0]
    vote(ben, six[0], "exclude")
    assert not Claim.objects.filter(reviewer=ben).exists()
    assert ahead(fran, 1) == [1]


@pytest.mark.parametrize("gesture", ["release", "postpone", "vote"])
def test_a_place_is_given_back(review, ahead, six, vote, ben, cleo, fran, gesture):
    ahead(ben, 1)
    ahead(cleo, 1)
    here = {"review": review, "stage": TA, "reviewer": ben}
    if gesture == "release":
        assert release(**here) == 1
    elif gesture == "postpone":
        postpone(**here, record=six[0])
    else:
        vote(ben, six[0], "include")
        undo_vote(**here)
        assert ahead(fran, 1) == [1]  # it is in view again
        release(review=review, stage=TA, reviewer=fran)
        release(**here, records=[six[0].pk])
    assert ahead(fran, 1) == [0]


def test_what_is_in_view_is_kept_for_longer(ahead, six, ben):
    ahead(ben, 1)
    soon = timezone.now() + timedelta(minutes=2)
    Claim.objects.update(until=soon)
    ahead(ben, 1, without=[six[0].pk])
    assert Claim.objects.get(record=six[0]).until > soon + timedelta(minutes=10)


def test_put_off_comes_last_in_the_order_of_putting_off(review, ahead, six, vote, ben, cleo):
    for number in (1, 0):
        postpone(review=review, stage=TA, reviewer=ben, record=six[number])
    assert ahead(ben) == [2, 3, 4, 5, 1, 0]
    postpone(review=review, stage=TA, reviewer=ben, record=six[1])
    assert ahead(ben) == [2, 3, 4, 5, 0, 1]
    assert ahead(cleo) == [0, 1, 2, 3, 4, 5]
    vote(ben, six[0], "include")
    undo_vote(review=review, stage=TA, reviewer=ben)
    assert ahead(ben, after=0) == [0, 2, 3, 4, 5, 1]
    assert queue.progress(review, TA, ben).left == 6


def test_the_last_place_waits_for_those_who_must_screen(review, ahead, six, vote, ben, cleo, fran, dora, ana):
    settings(review, must_screen=[fran])
    vote(ben, six[0], "include")
    assert ahead(cleo, 1, after=0) == [1]  # ben has one place of the first record, fran's waits
    with pytest.raises(NotEligible, match="one of those who must screen"):
        vote(cleo, six[0], "include")
    assert queue.progress(review, TA, cleo).left == queue.queue(review, TA, cleo).count() == 5
    assert ahead(fran, 1) == [0]
    vote(fran, six[0], "include")
    assert ahead(ben, 1, after=0) == [2]  # cleo holds the free place of the second
    assert ahead(fran, 2) == [1, 2]
    assert ahead(ana, 1, after=0) == [3]
    vote(fran, six[1], "include")
    vote(cleo, six[1], "include")


def test_with_a_quorum_of_one_everything_is_for_those_who_must_screen(review, ahead, six, ben, fran):
    review.quorum_title_abstract = 1
    review.save()
    settings(review, must_screen=[fran])
    assert ahead(ben) == []
    assert ahead(fran) == [0, 1, 2, 3, 4, 5]


def test_assigned_records_are_for_those_assigned(review, ahead, six, vote, ana, ben, cleo, fran):
    assign(review, six[:2], [ben, cleo], ana)
    assert ahead(fran, 2) == [2, 3]
    with pytest.raises(NotEligible, match="is assigned to others"):
        vote(fran, six[0], "include")
    settings(review, assigned_only=True)
    release(review=review, stage=TA, reviewer=fran)
    assert ahead(fran) == []
    assert ahead(ben) == [0, 1]
    assert queue.progress(review, TA, ben).left == 2
    with pytest.raises(NotEligible, match="assigned to nobody yet"):
        vote(fran, six[4], "include")


def test_a_pilot_closes_the_stage_to_all_else(review, ahead, six, vote, ana, ben, cleo, fran):
    vote(ben, six[0], "include")
    pilot = open_pilot(review, six[2:4], [ben, cleo, ana], ana)
    assert ahead(ben) == ahead(cleo) == ahead(ana) == [2, 3]
    assert ahead(fran) == []
    with pytest.raises(NotEligible, match="you are not part of it"):
        vote(fran, six[2], "include")
    with pytest.raises(NotEligible, match="not in its sample"):
        vote(cleo, six[0], "include")
    assert vote(ben, six[2], "include").round == pilot
    assert vote(ben, six[2], "exclude").round == pilot
    assert vote(ben, six[0], "exclude").round is None
    progress = queue.progress(review, TA, ben)
    assert (progress.total, progress.left, progress.done, progress.complete) == (2, 1, 1, 0)


def test_a_lower_quorum_leaves_nobody_waiting_for_each_other(review, ahead, six, vote, ben, cleo):
    ahead(ben, 1)
    ahead(cleo, 1)
    review.quorum_title_abstract = 1
    review.save()
    with pytest.raises(AlreadyDecided, match="is being read"):
        vote(cleo, six[0], "include")
    vote(ben, six[0], "include")


def test_the_order_is_the_same_whatever_others_voted(review, ahead, six, vote, ben, cleo):
    vote(cleo, six[1], "exclude")
    vote(cleo, six[3], "include")
    vote(cleo, six[4], "maybe")
    assert ahead(ben) == [0, 1, 2, 3, 4, 5]


def test_more_rows_and_more_claims_cost_no_more_queries(
    review, six, vote, ben, cleo, fran, django_assert_max_num_queries
):
    queue.ahead(review, TA, cleo, count=6)
    for number in range(20):
        vote(fran, make_record(review, f"Record {number + 6}"), "include")
    with django_assert_max_num_queries(18) as asked:
        queue.ahead(review, TA, ben, count=5)
    before = len(asked)
    release(review=review, stage=TA, reviewer=ben)
    for number in range(20):
        make_record(review, f"Record {number + 26}")
    queue.ahead(review, TA, cleo, count=20)
    with django_assert_max_num_queries(before):
        queue.ahead(review, TA, ben, count=15)
