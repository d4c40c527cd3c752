import json

import pytest
from django.urls import reverse

from appraisal.models import Assessment
from tests.appraisal.conftest import LOW, METAPSY
from tests.factories import make_study

KEY = METAPSY.key


@pytest.fixture
def api(review, as_user):
    """``api(ben, "start", {...})`` posts to a verb; without data it reads."""

    def call(user, verb="list", data=None, pk=None):
        args = [review.slug] if pk is None else [review.slug, pk]
        address = reverse(f"appraisal-assessments-{verb}", args=args)
        client = as_user(user)
        if data is None:
            return client.get(address)
        return client.post(address, json.dumps(data), content_type="application/json")

    return call


def test_a_program_does_what_a_page_does(review, study, ben, cleo, dora, api):
    for assessor in (ben, cleo):
        answer = api(assessor, "list", {"study": study.pk, "instrument": KEY})
        assert answer.status_code == 201
        pk = answer.json()["id"]
        for domain, value in LOW.items():
            answer = api(assessor, "answer", {"domain": domain, "value": value, "support": "p. 3"}, pk)
            assert answer.status_code == 200
        answer = api(assessor, "complete", {}, pk)
        assert answer.json()["state"] == "complete"
    answer = api(dora, "consensus", {"study": study.pk, "instrument": KEY, "values": LOW})
    assert answer.status_code == 200
    body = answer.json()
    assert {one["domain"]: one["value"] for one in body["judgements"]} == LOW
    changed = api(
        dora,
        "consensus",
        {"study": study.pk, "instrument": KEY, "values": LOW | {"itt": "high"}, "seen": body["stamp"]},
    )
    assert changed.status_code == 200
    stale = api(
        dora, "consensus", {"study": study.pk, "instrument": KEY, "values": LOW, "seen": body["stamp"]}
    )
    assert stale.status_code == 409
    assert api(ben, "list").json()["count"] == 3


@pytest.mark.parametrize(
    ("verb", "data", "status"),
    [
        ("answer", {"domain": "weather", "value": "low"}, 422),
        ("answer", {"domain": "itt"}, 400),
        ("complete", {}, 422),
    ],
)
def test_nonsense_is_answered_with_a_sentence(ben, draft, api, verb, data, status):
    answer = api(ben, verb, data, draft(ben).pk)
    assert answer.status_code == status
    assert answer.json()


def test_a_study_of_another_review_is_unknown(ben, eve, api):
    foreign = make_study(eve.memberships.get().review, "Elsewhere 2020")
    answer = api(ben, "list", {"study": foreign.pk, "instrument": KEY})
    assert answer.status_code == 400
    assert not Assessment.objects.exists()


def test_members_without_the_role_read_and_strangers_do_not_even_that(stan, eve, ben, study, draft, api):
    mine = draft(ben)
    assert api(stan, "list").status_code == 200
    assert api(stan, "list", {"study": study.pk, "instrument": KEY}).status_code == 403
    assert api(eve, "list").status_code == 404
    assert api(eve, "reopen", {}, mine.pk).status_code == 404


def test_the_instruments_are_described(review, ben, as_user):
    answer = as_user(ben).get(reverse("appraisal-instruments-list", args=[review.slug])).json()
    assert [tool["key"] for tool in answer] == ["rob1", "metapsy_rob1"]
    assert len(answer[0]["domains"]) == 7
