import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from appraisal import services
from appraisal.instruments import BUILT_IN
from appraisal.models import Assessment
from appraisal.registry import tools_of
from tests.appraisal.conftest import LOW, METAPSY, OWN, ROB2_ANSWERS, ROB2_LOW, own_tool
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

    call.client = as_user
    return call


def test_a_program_does_what_a_page_does(review, study, ben, cleo, dora, api):
    for assessor in (ben, cleo):
        answer = api(assessor, "list", {"study": study.pk, "instrument": KEY})
        assert answer.status_code == 201
        pk = answer.json()["id"]
        for domain, value in LOW.items():
            answer = api(assessor, "judge", {"domain": domain, "value": value, "support": "p. 3"}, pk)
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
        ("judge", {"domain": "weather", "value": "low"}, 422),
        ("judge", {"domain": "itt"}, 400),
        ("answer", {"question": "1.1", "value": "Y"}, 422),
        ("together", {"yes": True}, 422),
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


def test_the_instruments_on_offer_are_described(review, ana, ben, as_user):
    address = reverse("appraisal-instruments-list", args=[review.slug])
    assert [tool["key"] for tool in as_user(ben).get(address).json()] == list(BUILT_IN)
    for key in ("rob2", "rob1"):
        services.add_tool(review=review, key=key, by=ana)
    rob2, rob1 = as_user(ben).get(address).json()
    assert (rob2["per_result"], rob2["overall_levels"][0]["key"]) == (True, "low")
    assert rob2["questions"][0]["options"]["PY"] == "Probably yes"
    assert len(rob1["domains"]) == 7
    assert (rob1["questions"], rob1["overall_levels"]) == ([], [])


def test_a_program_assesses_a_result_question_by_question(review, study, outcome, ben, api):
    place = {"study": study.pk, "instrument": "rob2", "outcome": outcome.pk, "time_point": "6 months"}
    assert api(ben, "list", place | {"outcome": None}).status_code == 422
    body = api(ben, "list", place | {"result_label": "SMD -0.4"}).json()
    pk = body["id"]
    assert (body["outcome_name"], body["result_label"], body["outdated"]) == ("Depression", "SMD -0.4", False)
    for question, value in (ROB2_LOW | ROB2_ANSWERS["D1"]["some_concerns"]).items():
        assert api(ben, "answer", {"question": question, "value": value}, pk).status_code == 200
    api(ben, "answer", {"question": "5.1", "value": "N", "quote": "No protocol", "page": "2"}, pk)

    stand = api(ben, "proposals", pk=pk).json()
    assert stand["shown"][:3] == ["1.1", "1.2", "1.3"]
    assert {one["domain"]: one["level"] for one in stand["proposals"]}["D5"] == "some_concerns"
    assert stand["missing"][0].startswith("Still to be judged")
    assert api(ben, "judge", {"domain": "D1", "value": "high"}, pk).status_code == 422
    accepted = api(ben, "accept-proposals", {}, pk).json()
    assert len(accepted["judgements"]) == 5
    assert api(ben, "together", {"yes": True}, pk).json()["several_together"] is True
    api(ben, "name-result", {"result_label": "SMD -0.5"}, pk)
    assert api(ben, "accept-proposals", {}, pk).json()["judgements"][-1]["value"] == "high"
    assert api(ben, "complete", {}, pk).json()["state"] == "complete"
    assert api(ben, "take-over-version", {}, pk).status_code == 200
    address = reverse("appraisal-assessments-detail", args=[review.slug, pk])
    assert api.client(ben).delete(address).status_code == 422
    api(ben, "reopen", {}, pk)
    assert api.client(ben).delete(address).status_code == 204
    assert not Assessment.objects.exists()


def test_agreed_levels_are_listed_by_study(review, study, outcome, ben, cleo, dora, assess, api):
    assess(ben), assess(cleo)
    address = reverse("appraisal-assessments-levels", args=[review.slug])
    assert api.client(ben).get(address).json() == []
    agreed = services.reconcile(study=study, instrument=KEY, by=dora, values=LOW)
    (found,) = api.client(ben).get(address, {"outcome": outcome.pk, "time_point": ""}).json()
    assert found == {
        "study": study.pk,
        "instrument": KEY,
        "values": LOW,
        "overall": "",
        "source": "study",
        "assessment": agreed.pk,
    }
    assert api.client(ben).get(address, {"outcome": 0}).status_code == 400


def test_a_file_of_one_s_own_assessments_is_taken_in(review, study, ben, api):
    text = (
        b"study,sequence_generation,allocation_concealment,blinding_assessors,itt\nNakagawa 2017,1,1,sr,1\n"
    )
    address = reverse("appraisal-assessments-import-file", args=[review.slug])
    for status in (201, 422):
        file = SimpleUploadedFile("rob.csv", text)
        answer = api.client(ben).post(address, {"file": file, "instrument": KEY})
        assert answer.status_code == status
    assert Assessment.objects.get().assessor == ben


def test_a_program_builds_a_tool_of_one_s_own(review, ana, ben, as_user):
    def call(method, name, data=None, user=ana, **kwargs):
        address = reverse(f"appraisal-risk-of-bias-tools-{name}", args=[review.slug, *kwargs.values()])
        return getattr(as_user(user), method)(
            address, json.dumps(data or {}), content_type="application/json"
        )

    assert call("post", "begin-draft", {"data": OWN}, user=ben).status_code == 403
    (version,) = call("post", "begin-draft", {"data": own_tool(domains=[])}).json()["versions"]
    assert "'domains' needs one domain" in version["fault"]
    data = {"data": OWN, "seen": version["stamp"]}
    assert call("put", "draft", data, key="own").json()["versions"][0]["fault"] == ""
    assert call("put", "draft", data | {"data": own_tool(name="X")}, key="own").status_code == 409
    assert call("post", "publish", {"note": "First"}, key="own").json()["versions"][0]["note"] == "First"
    assert call("post", "publish", key="own").status_code == 404  # there is no draft
    assert call("patch", "detail", {"designs": ["cohort"]}, key="own").json()["designs"] == ["cohort"]
    assert call("post", "list", {"key": "rob2"}).status_code == 201
    assert call("post", "retire", key="rob2").json()["retired_at"]
    assert [tool.key for tool in tools_of(review)] == ["own"]
    call("post", "begin-draft", {"data": own_tool(name="Next")})
    assert call("post", "discard-draft", key="own").status_code == 204
    address = reverse("appraisal-risk-of-bias-tools-list", args=[review.slug])
    assert [one["key"] for one in as_user(ben).get(address).json()] == ["own", "rob2"]


def test_the_number_of_queries_does_not_grow(
    review, study, ben, cleo, assess, api, django_assert_max_num_queries
):
    for label in ("A 2001", "B 2002", "C 2003"):
        other = make_study(review, label)
        assess(ben, on=other), assess(cleo, on=other)
    client, address = api.client(ben), reverse("appraisal-assessments-list", args=[review.slug])
    client.get(address)
    with django_assert_max_num_queries(8):
        assert client.get(address).json()["count"] == 6
