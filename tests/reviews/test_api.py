"""The same verbs for programs: the same rights, the same refusals."""

import pytest
from django.db import transaction
from rest_framework.test import APIClient

from reviews import services
from reviews.audit import record_event
from reviews.models import Job, Membership
from tests.factories import make_reason

ROOT = "/api/reviews/"
TRD = "/api/reviews/trd/"
LISTS = ["criteria", "reasons", "outcomes", "members", "history", "jobs"]
CRITERION = {"kind": "include", "element": "design", "text": "Randomised trials"}


@pytest.fixture
def api():
    """``api(ana)`` is a client with ana's token."""

    def sign_in(user) -> APIClient:
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Token {services.api_token(user=user)}")
        return client

    return sign_in


@pytest.mark.parametrize("path", ["", *[f"{name}/" for name in LISTS]])
def test_a_member_reads_and_a_stranger_gets_404(path, review, ben, eve, api):
    assert api(ben).get(TRD + path).status_code == 200
    assert api(eve).get(TRD + path).status_code == 404
    assert APIClient().get(TRD + path).status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "data"),
    [
        ("patch", "", {"population": "Adults"}),
        ("post", "criteria/", CRITERION),
        ("post", "criteria/reorder/", {"ids": []}),
        ("post", "reasons/", {"label": "Wrong design"}),
        ("post", "outcomes/", {"name": "Severity"}),
        ("post", "members/invite/", {"email": "x@example.org", "role": "reviewer"}),
    ],
)
def test_writing_needs_the_right(method, path, data, review, ana, ben, eve, api):
    def send(user) -> int:
        return getattr(api(user), method)(TRD + path, data, format="json").status_code

    assert send(ben) == 403
    assert send(eve) == 404
    assert not review.events.exists()
    assert send(ana) in {200, 201, 204}


class TestReviews:
    def test_list_is_ones_own(self, review, ben, eve, api):
        assert [row["slug"] for row in api(ben).get(ROOT).json()["results"]] == ["trd"]
        assert [row["slug"] for row in api(eve).get(ROOT).json()["results"]] == ["other"]

    def test_open(self, eve, api):
        answer = api(eve).post(ROOT, {"title": "Yoga"}, format="json")
        assert (answer.status_code, answer.json()["slug"]) == (201, "yoga")
        assert Membership.objects.get(review__slug="yoga").role == "owner"
        assert api(eve).post(ROOT, {"title": "Yoga", "slug": "yoga"}, format="json").status_code == 422

    def test_amend(self, review, ana, api):
        sent = {"population": "Adults", "why": "Pilot"}
        assert api(ana).patch(TRD, sent, format="json").json()["population"] == "Adults"
        assert review.events.first().detail["why"] == "Pilot"
        for wrong in ({"quorum_full_text": 0}, {"quorum_full_text": "many"}, {"maybe_rule": "coin"}):
            assert api(ana).patch(TRD, wrong, format="json").status_code == 400
        api(ana).patch(TRD, {"slug": "stolen", "protocol_version": 9}, format="json")
        review.refresh_from_db()
        assert (review.slug, review.protocol_version) == ("trd", 1)


class TestLists:
    def test_criteria(self, review, ana, api):
        client = api(ana)
        row = client.post(TRD + "criteria/", CRITERION, format="json").json()
        path = f"{TRD}criteria/{row['id']}/"
        assert client.patch(path, {"text": "RCTs", "why": "w"}, format="json").json()["text"] == "RCTs"
        assert client.post(path + "retire/").json()["retired_at"]
        assert client.patch(path, {"text": "x"}, format="json").status_code == 422
        assert client.post(path + "restore/").json()["retired_at"] is None
        answer = client.post(TRD + "criteria/", CRITERION | {"text": "rcts"}, format="json")
        assert (answer.status_code, answer.json()) == (
            422,
            {"detail": "The protocol already has this criterion."},
        )

    def test_reasons(self, review, ana, api):
        client = api(ana)
        one, two = make_reason(review, "a"), make_reason(review, "b", order=2)
        assert (
            client.post(TRD + "reasons/reorder/", {"ids": [two.pk, one.pk]}, format="json").status_code == 204
        )
        assert [row["label"] for row in client.get(TRD + "reasons/").json()["results"]] == ["b", "a"]
        assert client.post(TRD + "reasons/reorder/", {"ids": [two.pk]}, format="json").status_code == 409
        path = f"{TRD}reasons/{one.pk}/"
        assert client.patch(path, {"label": "c"}, format="json").json()["label"] == "c"
        assert client.post(path + "retire/").json()["retired_at"]

    def test_outcomes(self, review, ana, api):
        client = api(ana)
        row = client.post(TRD + "outcomes/", {"name": "Severity", "unit": "points"}, format="json").json()
        assert (row["kind"], row["direction"]) == ("continuous", "lower")
        path = f"{TRD}outcomes/{row['id']}/"
        assert client.patch(path, {"is_primary": True}, format="json").json()["is_primary"] is True
        assert client.patch(path, {"minimal_important_difference": -1}, format="json").status_code == 422

    def test_a_row_of_another_review_is_not_there(self, review, ana, eve, api):
        foreign = make_reason(Membership.objects.get(user=eve).review)
        assert api(ana).patch(f"{TRD}reasons/{foreign.pk}/", {"label": "x"}, format="json").status_code == 404


class TestMembers:
    def test_addresses_are_for_who_manages(self, review, ana, ben, api):
        def emails(user) -> set:
            return {row["email"] for row in api(user).get(TRD + "members/").json()["results"]}

        assert emails(ana) == {"ana@example.org", "ben@example.org"}
        assert emails(ben) == {""}

    def test_role_leave_and_come_back(self, review, ana, ben, api):
        path = f"{TRD}members/{Membership.objects.get(user=ben).pk}/"
        assert api(ben).patch(path, {"role": "owner"}, format="json").status_code == 403
        assert api(ana).patch(path, {"role": "observer"}, format="json").json()["role"] == "observer"
        assert api(ana).patch(path, {"role": "emperor"}, format="json").status_code == 400
        assert api(ana).delete(path).status_code == 204
        assert api(ben).get(TRD).status_code == 404
        assert api(ana).post(path + "restore/").json()["left_at"] is None

    def test_invite_gives_the_link_once(self, review, ana, api):
        sent = {"email": "nora@example.org", "role": "reviewer"}
        answer = api(ana).post(TRD + "members/invite/", sent, format="json")
        token = answer.json()["link"].rstrip("/").rpartition("/")[2]
        assert services.find_invitation(token).email == "nora@example.org"


def test_history_keeps_the_blinding(review, ana, ben, api):
    with transaction.atomic():
        record_event(review=review, actor=ben, verb="screening.vote_cast", sentence="voted", blinded=True)
        record_event(review=review, actor=ana, verb="records.imported", sentence="imported a file")
    assert [row["sentence"] for row in api(ana).get(TRD + "history/").json()["results"]] == [
        "imported a file"
    ]
    assert len(api(ben).get(TRD + "history/").json()["results"]) == 2
    found = api(ben).get(TRD + "history/?verb=screening.vote_cast").json()["results"]
    assert [row["sentence"] for row in found] == ["voted"]


def test_jobs(review, ana, ben, cleo, api):
    job = Job.objects.create(review=review, task="x.y", key="k", label="Count", requested_by=ben)
    path = f"{TRD}jobs/{job.pk}/"
    assert api(cleo).get(path).json()["state"] == "queued"
    assert api(cleo).post(path + "cancel/").status_code == 403
    assert api(ben).post(path + "cancel/").json()["state"] == "cancelled"
    assert api(ben).post(path + "cancel/").status_code == 422
    assert api(ana).post(path + "retry/").json()["state"] == "queued"
    assert "traceback" not in api(ana).get(path).json()
    assert api(ana).get(f"{TRD}jobs/?state=done").json()["results"] == []


def test_a_renewed_token_replaces_the_old(review, ben):
    old = services.api_token(user=ben)
    assert services.api_token(user=ben) == old
    new = services.api_token(user=ben, renew=True)

    def status(token) -> int:
        return APIClient().get(TRD, headers={"Authorization": f"Token {token}"}).status_code

    assert (status(old), status(new)) == (401, 200)


def test_ten_more_rows_cost_no_more_queries(review, ana, api, django_assert_max_num_queries):
    client = api(ana)
    for number in range(12):
        make_reason(review, f"Reason {number}", number)
        Job.objects.create(review=review, task="x.y", key=str(number), label="Count")
    for name in LISTS:
        with django_assert_max_num_queries(6):
            client.get(f"{TRD}{name}/")
