"""The same verbs for programs, with the same rules and sentences."""

import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from screening.models import Decision, FullText, Study, Verdict
from tests.factories import make_reason, make_record, make_review
from tests.screening.conftest import FT, TA

pytestmark = pytest.mark.django_db
BASE = "/api/reviews/trd"
JSON = {"content_type": "application/json"}
LISTS = ["decisions", "queue", "verdicts", "conflicts", "full-texts", "studies", "agreement"]


def test_lists_open_for_those_who_may_and_only_them(review, record, include, as_user, ana, ben, stan, eve):
    include(record)
    for name in LISTS:
        address = f"{BASE}/{name}/"
        assert as_user(ana).get(address).status_code == 200, name
        assert as_user(eve).get(address).status_code == 404, name
        needs = {"queue": "screen", "conflicts": "adjudicate", "agreement": "adjudicate"}.get(name)
        assert as_user(stan).get(address).status_code == (403 if needs else 200), name
        assert as_user(ben).get(address).status_code == (403 if needs == "adjudicate" else 200), name


def test_a_visitor_gets_nothing(client, review):
    for name in LISTS:
        assert client.get(f"{BASE}/{name}/").status_code in {401, 403}


def test_a_vote_is_cast_once_and_taken_back(review, record, as_user, ben):
    client = as_user(ben)
    data = {"record": record.pk, "stage": TA, "vote": "include", "key": str(uuid.uuid4()), "note": "yes"}
    first, again = (client.post(f"{BASE}/decisions/", data, **JSON) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    undone = client.post(f"{BASE}/decisions/{first.json()['id']}/undo/")
    assert undone.json()["withdrawn_at"]
    assert client.post(f"{BASE}/decisions/{first.json()['id']}/undo/").status_code == 200
    assert not Decision.objects.live().exists()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"vote": "perhaps"}, "not a valid choice"),
        ({"record": 10**9}, "object does not exist"),
        ({"reason": 10**9}, "object does not exist"),
        ({"key": "x"}, "valid UUID"),
        ({"note": "x\x00"}, "Null characters"),
    ],
)
def test_a_wrong_vote_is_refused_at_its_field(record, as_user, ben, change, says):
    data = {"record": record.pk, "stage": TA, "vote": "include"} | change
    response = as_user(ben).post(f"{BASE}/decisions/", data, **JSON)
    assert response.status_code == 400
    assert says in str(response.json()[next(iter(change))])


def test_records_and_reasons_of_another_review_do_not_exist_here(record, as_user, ben):
    elsewhere = make_review("elsewhere")
    for change in ({"record": make_record(elsewhere).pk}, {"reason": make_reason(elsewhere).pk}):
        data = {"record": record.pk, "stage": TA, "vote": "exclude"} | change
        assert as_user(ben).post(f"{BASE}/decisions/", data, **JSON).status_code == 400


def test_refusals_come_with_sentence_and_status(review, record, reason, vote, as_user, ben, cleo, ana, stan):
    vote(ben, record, "include")
    vote(cleo, record, "include")
    data = {"record": record.pk, "stage": TA, "vote": "exclude"}
    response = as_user(ben).post(f"{BASE}/decisions/", data, **JSON)
    assert (response.status_code, "complete" in response.json()["detail"]) == (409, True)
    response = as_user(ben).post(f"{BASE}/decisions/", data | {"stage": FT}, **JSON)
    assert (response.status_code, "has not been retrieved" in response.json()["detail"]) == (422, True)
    assert as_user(stan).post(f"{BASE}/decisions/", data, **JSON).status_code == 403
    other = Decision.objects.get(reviewer=cleo)
    response = as_user(ben).post(f"{BASE}/decisions/{other.pk}/undo/")
    assert (response.status_code, response.json()["detail"]) == (
        403,
        "Only your own votes can be taken back by you.",
    )


def test_the_queue_hands_out_records_in_turn(review, record, as_user, ben):
    second = make_record(review, "Second")
    client = as_user(ben)
    found = client.get(f"{BASE}/queue/").json()
    assert found["record"]["id"] == record.pk
    assert found["progress"] == {"total": 2, "left": 2, "done": 0, "complete": 0}
    assert client.get(f"{BASE}/queue/?after={record.pk}").json()["record"]["id"] == second.pk
    assert client.get(f"{BASE}/queue/?stage=full_text").json()["record"] is None
    assert client.get(f"{BASE}/queue/?stage=third").status_code == 400


def test_conflicts_are_resolved_without_names(review, record, conflict, as_user, dora):
    conflict(record)
    client = as_user(dora)
    found = client.get(f"{BASE}/conflicts/").json()["results"][0]
    assert sorted(ballot["vote"] for ballot in found["ballots"]) == ["exclude", "include"]
    assert "Ben" not in str(found)
    assert "Cleo" not in str(found)
    address = f"{BASE}/conflicts/{found['id']}/adjudicate/"
    assert client.post(address, {"included": True, "comment": "c"}, **JSON).status_code == 204
    assert client.post(address, {"included": True}, **JSON).status_code == 404
    verdict = client.get(f"{BASE}/verdicts/").json()["results"][0]
    assert verdict["state"] == "included"
    assert (
        client.post(f"{BASE}/verdicts/{verdict['id']}/reopen/", {"why": "Wrong"}, **JSON).status_code == 204
    )
    assert Verdict.objects.get().state == "conflict"


def test_full_texts_by_record(record, vote, as_user, ben, cleo, stan):
    vote(ben, record, "include")
    vote(cleo, record, "include")
    client, address = as_user(ben), f"{BASE}/full-texts/{record.pk}/"
    response = client.patch(address, {"state": "not_retrieved"}, **JSON)
    assert (response.status_code, "Say why" in response.json()["detail"]) == (422, True)
    assert as_user(stan).patch(address, {"state": "requested"}, **JSON).status_code == 403
    assert client.patch(address, {"state": "requested"}, **JSON).json()["state"] == "requested"
    assert client.get(f"{address}file/").status_code == 422
    file = SimpleUploadedFile("a.pdf", b"%PDF-1.4\n")
    assert client.post(f"{address}file/", {"file": file}).json()["state"] == "retrieved"
    assert b"".join(client.get(f"{address}file/").streaming_content) == b"%PDF-1.4\n"
    assert FullText.objects.get().file_name == "a.pdf"


def test_studies_are_renamed_grouped_and_separated(review, include, as_user, ben, stan):
    first, second = include(make_record(review)), include(make_record(review))
    client, report = as_user(ben), second.reports.get()
    assert client.patch(f"{BASE}/studies/{first.pk}/", {"label": second.label}, **JSON).status_code == 409
    assert client.patch(f"{BASE}/studies/{first.pk}/", {"label": "One"}, **JSON).json()["label"] == "One"
    grouped = client.post(f"{BASE}/studies/{first.pk}/group/", {"reports": [report.pk]}, **JSON)
    assert len(grouped.json()["reports"]) == 2
    assert Study.objects.count() == 1
    apart = client.post(f"{BASE}/studies/separate/", {"report": report.pk}, **JSON)
    assert apart.json()["reports"][0]["record"] == report.record_id
    assert as_user(stan).post(f"{BASE}/studies/separate/", {"report": report.pk}, **JSON).status_code == 403


def test_agreement_per_pair(review, vote, as_user, ben, cleo, dora):
    for word in ("include", "exclude"):
        record = make_record(review)
        vote(ben, record, word)
        vote(cleo, record, word)
    pair = as_user(dora).get(f"{BASE}/agreement/").json()[0]
    assert (pair["first"], pair["second"], pair["agreement"]["table"]) == ("Ben", "Cleo", [[1, 0], [0, 1]])
    assert pair["agreement"]["kappa"]["value"] == 1


def test_duplicates_are_found_marked_and_taken_back(review, record, as_user, ben, stan):
    twin = make_record(review, record.title, authors=record.authors)
    api, base = as_user(ben), "/api/reviews/trd/marked-duplicates/"
    (proposal,) = api.get(f"{base}likely/?record={record.pk}").json()
    assert proposal["record"] == twin.pk
    assert set(proposal) == {"record", "title", "authors", "year", "doi", "reasons"}
    assert api.get(f"{base}likely/?record={record.pk}&q=psilocybin").json()[0]["record"] == twin.pk
    made = api.post(base, {"record": record.pk, "of": twin.pk}, content_type="application/json")
    assert (made.status_code, made.json()["stays"]) == (201, twin.pk)
    assert [row["id"] for row in api.get(base).json()["results"]] == [made.json()["id"]]
    assert as_user(stan).post(base, {}, content_type="application/json").status_code == 403
    assert api.post(f"{base}{made.json()['id']}/undo/").status_code == 204
    assert api.get(base).json()["results"] == []
    wrong = api.post(base, {"record": record.pk, "of": 0}, content_type="application/json")
    assert wrong.status_code == 400
