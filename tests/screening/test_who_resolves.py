"""Who resolves a stage's conflicts: by role, by name in its settings, and what voters see of them."""

import pytest
from django.urls import reverse
from django.utils import timezone

from reviews.models import Membership
from screening.models import Verdict
from screening.services import AlreadyDecided, NotAllowed, adjudicate, cast_vote, settings_of, undo_vote
from screening.services.stage_settings import gone_of
from tests.factories import join, make_record, make_user
from tests.screening.conftest import TA

PAGE = "/reviews/trd/screening/settings/"
pytestmark = pytest.mark.django_db


def state(record, stage=TA):
    return Verdict.objects.get(record=record, stage=stage).state


def conflicts_of(person):
    membership = Membership.objects.get(user=person)
    return (
        Verdict.objects.to_resolve_by(person).count(),
        Verdict.objects.visible_to(membership).conflicts().count(),
    )


def test_those_named_resolve_and_nobody_else_sees_anything(
    review, record, conflict, change, as_user, ana, dora, resolve
):
    conflict(record)
    assert conflicts_of(dora) == conflicts_of(ana) == (1, 1)
    change(may_resolve=[dora])
    assert (conflicts_of(dora), conflicts_of(ana)) == ((1, 1), (0, 0))
    client = as_user(ana)
    assert client.get("/api/reviews/trd/conflicts/").json()["count"] == 0
    assert not client.get("/api/reviews/trd/verdicts/").json()["results"]
    page = client.get(reverse("screening:conflict", args=["trd", TA, record.pk]))
    assert page.status_code == 302
    with pytest.raises(NotAllowed, match="those named in its settings"):
        resolve(record, True, by=ana)
    resolve(record, True)


def test_where_those_named_left_conflicts_are_not_orphaned(review, record, conflict, change, ana, dora):
    conflict(record)
    change(may_resolve=[dora])
    Membership.objects.filter(user=dora).update(left_at=timezone.now())
    assert conflicts_of(ana) == (1, 1)
    assert gone_of(settings_of(review, TA), "may_resolve") == [dora]
    adjudicate(review=review, record=record, stage=TA, adjudicator=ana, included=True)


def test_a_named_resolver_with_another_role_does_not_count(
    review, record, conflict, change, as_user, ana, dora
):
    conflict(record)
    change(may_resolve=[dora])
    Membership.objects.filter(user=dora).update(role="reviewer")
    assert (conflicts_of(ana)[0], Verdict.objects.to_resolve_by(dora).count()) == (1, 0)
    assert "Dora is named among those who may resolve" in as_user(ana).get(PAGE).content.decode()


def test_voters_resolve_only_by_setting_and_then_their_vote_stands(review, record, vote, change, ana, ben):
    vote(ana, record, "include")
    vote(ben, record, "exclude")
    assert conflicts_of(ana) == (0, 0)
    change(third_person=False)
    assert conflicts_of(ana) == (1, 1)
    for act in (
        lambda: cast_vote(review=review, record=record, stage=TA, reviewer=ana, vote="exclude"),
        lambda: undo_vote(review=review, stage=TA, reviewer=ana, record=record),
    ):
        with pytest.raises(AlreadyDecided, match="your own vote stands"):
            act()
    adjudicate(review=review, record=record, stage=TA, adjudicator=ana, included=False)
    assert state(record) == "excluded"


def test_a_voter_who_is_not_named_stays_blinded(review, record, vote, change, ana, ben, dora):
    vote(ana, record, "include")
    vote(ben, record, "exclude")
    change(third_person=False, may_resolve=[dora])
    assert conflicts_of(ana) == (0, 0)
    vote(ana, record, "exclude")
    assert state(record) == "excluded"


def test_managers_who_join_later_resolve_what_voters_cannot(review, record, vote, conflict, ana):
    vote(ana, record, "include")
    manager = join(review, make_user("mia"), "manager").user
    conflict_of_ana = make_record(review)
    conflict(conflict_of_ana)
    assert conflicts_of(manager) == (1, 1)
