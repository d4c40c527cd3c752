"""People join and leave mid-way: votes stay, places are free, records go to others, conflicts are not orphaned."""

from datetime import timedelta

import pytest
from django.utils import timezone

from reviews.models import AuditEvent, Membership
from reviews.services import change_role, open_work, remove_member, restore_member
from screening import queue
from screening.models import Allocation, Assignment, Claim, Decision, Verdict
from screening.services import cast_vote, set_stage_settings, settings_of
from screening.services.people import notes_on_people, without_resolver
from screening.services.places import house_of
from tests.factories import join, make_record, make_user
from tests.screening.conftest import TA

pytestmark = pytest.mark.django_db


@pytest.fixture
def assign(review, ana):
    def assign(record, *people):
        lot = Allocation.objects.create(review=review, stage=TA, way="pairs", by=ana)
        for person in people:
            Assignment.objects.create(allocation=lot, review=review, record=record, stage=TA, reviewer=person)
        return lot

    return assign


@pytest.fixture
def leave(ana):
    def leave(person):
        return remove_member(membership=Membership.objects.get(user=person, review__slug="trd"), by=ana)

    return leave


def live(person):
    return Assignment.objects.live().filter(reviewer=person).count()


def test_a_leavers_vote_stays_and_others_give_the_second(review, record, vote, leave, ben, cleo):
    vote(ben, record, "include")
    leave(ben)
    assert queue.queue(review, TA, cleo).get() == record
    vote(cleo, record, "include")
    assert Verdict.objects.get(record=record, stage=TA).state == "included"
    assert Decision.objects.live().filter(record=record).count() == 2


def test_places_kept_for_a_leaver_are_free_at_once(review, record, vote, leave, ana, ben, cleo):
    vote(ana, record, "include")
    until = timezone.now() + timedelta(minutes=20)
    Claim.objects.create(review=review, record=record, stage=TA, reviewer=ben, until=until)
    leave(ben)
    assert not Claim.objects.filter(reviewer=ben).exists()
    vote(cleo, record, "include")


def test_what_was_assigned_goes_to_others_and_comes_back_with_the_member(
    review, assign, vote, leave, ana, ben, cleo
):
    voted, waiting = make_record(review), make_record(review)
    dan = join(review, make_user("dan"), "reviewer").user
    for record in (voted, waiting):
        assign(record, ben, cleo)
    vote(ben, voted, "include")
    assert not queue.queue(review, TA, dan).exists()
    left = leave(ben)
    assert (live(ben), live(cleo)) == (0, 1)
    assert list(queue.queue(review, TA, dan)) == [waiting]
    (event,) = AuditEvent.objects.filter(verb="reviews.member_removed")
    assert event.detail["given_back"] == ["2 assignments of Ben ended; the records go to others."]
    restore_member(membership=left, by=ana)
    assert (live(ben), live(cleo)) == (2, 2)


def test_where_only_assigned_records_are_screened_the_lead_is_told(
    review, record, assign, leave, ana, ben, cleo
):
    set_stage_settings(review=review, stage=TA, changes={"assigned_only": True}, by=ana)
    assign(record, ben, cleo)
    leave(ben)
    assert live(cleo) == 1
    (event,) = AuditEvent.objects.filter(verb="reviews.member_removed")
    assert "share out anew" in event.detail["given_back"][1]


def test_a_role_that_may_not_screen_gives_the_same_back(review, record, assign, ana, ben):
    assign(record, ben)
    member = Membership.objects.get(user=ben)
    change_role(membership=member, role="reviewer", by=ana)
    assert live(ben) == 1
    change_role(membership=member, role="observer", by=ana)
    assert live(ben) == 0


def test_must_screen_that_names_only_leavers_blocks_nobody(review, record, vote, leave, ana, ben, cleo, dora):
    set_stage_settings(review=review, stage=TA, changes={"must_screen": [ben], "quorum": 1}, by=ana)
    review.refresh_from_db()
    assert not queue.queue(review, TA, cleo).exists()
    leave(ben)
    assert house_of(review, TA).must_screen == frozenset()
    assert queue.queue(review, TA, cleo).exists()
    cast_vote(review=review, record=record, stage=TA, reviewer=cleo, vote="include")
    (note,) = notes_on_people(Membership.objects.select_related("review").get(user=dora))
    assert "must screen at title and abstract left" in note


def test_what_is_open_of_somebody_is_told_without_their_votes(
    review, assign, vote, as_user, ana, ben, cleo, dora, eve
):
    assigned, open_, complete = (make_record(review) for _ in range(3))
    assign(assigned, ben)
    for person in (ben, cleo):
        vote(person, complete, "include")
    for record in (complete, open_):
        assign(record, ben)
    vote(ben, open_, "include")
    set_stage_settings(review=review, stage=TA, changes={"must_screen": [ben]}, by=ana)
    member = Membership.objects.get(user=ben)
    said = open_work(member)
    assert said == [
        "2 records assigned to Ben at title and abstract are not complete.",
        "Ben alone is named among those who must screen at title and abstract.",
    ]
    page = as_user(ana).get(f"/reviews/trd/team/?work={member.pk}").content.decode()
    assert said[0] in page
    assert said[0] not in as_user(cleo).get(f"/reviews/trd/team/?work={member.pk}").content.decode()
    api = f"/api/reviews/trd/members/{member.pk}/open-work/"
    assert as_user(ana).get(api).json()["sentences"] == said
    assert as_user(cleo).get(api).status_code == 403
    assert as_user(eve).get(api).status_code == 404
    removed = as_user(ana).post(f"/reviews/trd/team/{member.pk}/remove/", follow=True).content.decode()
    assert said[1] in removed


def test_a_conflict_without_a_resolver_is_said_beforehand_and_tells_of_none(
    review, record, vote, as_user, ana, ben, dora, leave
):
    assert without_resolver(review, TA) == ""
    leave(dora)
    assert without_resolver(review, TA) == ""
    vote(ana, make_record(review), "include")
    said = without_resolver(review, TA)
    assert "Ana, who may resolve conflicts at title and abstract, also votes there" in said
    vote(ana, record, "include")
    vote(ben, record, "exclude")
    assert without_resolver(review, TA) == said
    for name in ("conflicts", "screening/settings"):
        assert "Ana, who may resolve conflicts" in as_user(ana).get(f"/reviews/trd/{name}/").content.decode()
    set_stage_settings(review=review, stage=TA, changes={"third_person": False}, by=ana)
    assert without_resolver(review, TA) == ""
    assert Verdict.objects.to_resolve_by(ana).count() == 1


def test_settings_of_a_stage_without_a_row_name_nobody(review):
    assert settings_of(review, TA).pk is None
    assert house_of(review, TA).must_screen == frozenset()
