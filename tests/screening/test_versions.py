"""Each vote keeps its version of the protocol, and the versions can be read with their criteria as they were."""

import pytest

from reviews.models import Membership
from reviews.services import add_criterion, edit_criterion, restore_criterion, retire_criterion
from screening.versions import versions_of
from tests.factories import make_record

pytestmark = pytest.mark.django_db
PAGE = "/reviews/trd/screening/versions/"


@pytest.fixture
def story(review, record, vote, ana, ben, cleo):
    """Version 1 with two criteria and ben's vote, 2 with a changed and a retired one and cleo's, 3 with one back."""
    adults = add_criterion(review=review, by=ana, kind="include", element="population", text="Adults")
    trials = add_criterion(review=review, by=ana, kind="include", element="design", text="Trials")
    review.refresh_from_db()
    vote(ben, record, "include")
    edit_criterion(criterion=adults, by=ana, changes={"text": "Adults and adolescents"}, why="Too few trials")
    retire_criterion(criterion=trials, by=ana)
    review.refresh_from_db()
    vote(cleo, record, "include")
    restore_criterion(criterion=trials, by=ana)
    review.refresh_from_db()
    return record


def test_criteria_as_they_were_then(review, story, ana):
    assert review.protocol_version == 3
    third, second, first = versions_of(review, Membership.objects.get(user=ana))
    texts = [[row["text"] for row in version.criteria] for version in (first, second, third)]
    assert [sorted(each) for each in texts] == [
        ["Adults", "Trials"],
        ["Adults and adolescents"],
        ["Adults and adolescents", "Trials"],
    ]
    assert (second.reasons, second.authors) == (["Too few trials"], ["Ana"])
    assert [len(each.events) for each in (first, second, third)] == [2, 2, 1]
    assert [each.votes for each in (first, second, third)] == [1, 1, 0]


def test_the_pages(review, story, vote, as_user, ana, ben, cleo, eve):
    page = as_user(ana).get(PAGE).content.decode()
    assert "Too few trials" in page
    assert f'{PAGE}2/"' in page
    listed = as_user(ana).get(f"{PAGE}1/").content.decode()
    assert (story.title in listed, "Ben" in listed, "Cleo" in listed.split("<table")[1]) == (
        True,
        True,
        False,
    )
    told = as_user(ana).get(f"/reviews/trd/records/{story.pk}/").content.decode()
    assert "protocol version 1" in told
    assert "protocol version 2" in told
    assert f'href="{PAGE}"' in as_user(ben).get("/reviews/trd/protocol/").content.decode()
    assert as_user(ana).get(f"{PAGE}4/").status_code == 404
    assert as_user(eve).get(PAGE).status_code == 404


def test_votes_on_open_records_are_counted_for_their_reviewer_alone(review, vote, as_user, ana, ben, cleo):
    record = make_record(review)
    vote(ben, record, "include")
    for person, seen in ((ben, 1), (cleo, 0), (ana, 0)):
        (version,) = versions_of(review, Membership.objects.get(user=person))
        assert version.votes == seen
        assert (record.title in as_user(person).get(f"{PAGE}1/").content.decode()) == bool(seen)


def test_more_records_ask_no_more(review, vote, as_user, ben, django_assert_max_num_queries):
    client = as_user(ben)
    for _ in range(3):
        vote(ben, make_record(review), "include")
        with django_assert_max_num_queries(8):
            client.get(f"{PAGE}1/")


def test_by_program_a_vote_has_its_version(story, as_user, ben):
    votes = as_user(ben).get("/api/reviews/trd/decisions/").json()["results"]
    assert [(vote["protocol_version"], vote["answers"]) for vote in votes] == [(1, {}), (2, {})]
