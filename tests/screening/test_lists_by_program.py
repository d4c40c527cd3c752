"""Saved searches and votes on many records through the API and the shell."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from screening.models import Decision, SavedSearch, Verdict
from screening.services import adjudicate
from tests.factories import make_reason, make_record
from tests.screening.conftest import TA

pytestmark = pytest.mark.django_db
BASE = "/api/reviews/trd"


@pytest.fixture
def api():
    def sign_in(user):
        client = APIClient()
        client.force_authenticate(user)
        return client

    return sign_in


@pytest.fixture
def two(review):
    return [make_record(review, "A protocol"), make_record(review, "A trial")]


def test_searches(api, two, ben, cleo, eve):
    client = api(ben)
    made = client.post(f"{BASE}/saved-searches/", {"name": "Trials", "query": "q=trial"}, format="json")
    assert made.status_code == 201
    here = f"{BASE}/saved-searches/{made.data['id']}/"
    assert client.get(f"{here}found/").data == {"count": 1, "records": [two[1].pk]}
    assert api(cleo).get(here).status_code == 404
    assert api(eve).get(here).status_code == 404
    assert client.patch(here, {"shared": True}, format="json").data["shared"]
    assert api(cleo).get(here).data["name"] == "Trials"
    refused = api(cleo).delete(here)
    assert (refused.status_code, "only they can change it" in refused.data["detail"]) == (403, True)
    assert client.delete(here).status_code == 204
    assert api(cleo).get(here).status_code == 404
    assert client.post(f"{here}restore/").status_code == 200
    assert SavedSearch.objects.live().count() == 1


def test_lots(api, two, ben, cleo, stan):
    client = api(ben)
    asked = {"stage": TA, "query": "q=protocol"}
    counts = client.post(f"{BASE}/vote-lots/preview/", asked, format="json").data
    assert counts == {"taken": 1, "complete": 0, "mine": 0, "elsewhere": 0}
    key = "8f14e45f-ceea-4e7a-9d2b-1f0c3a5b7d90"
    for _ in range(2):
        made = client.post(f"{BASE}/vote-lots/", asked | {"vote": "exclude", "key": key}, format="json")
        assert (made.status_code, made.data["records"], made.data["result"]["taken"]) == (201, 1, 1)
    assert Decision.objects.count() == 1
    assert api(cleo).get(f"{BASE}/vote-lots/{made.data['id']}/").status_code == 404
    assert api(stan).get(f"{BASE}/vote-lots/").status_code == 403
    undone = client.post(f"{BASE}/vote-lots/{made.data['id']}/undo/").data
    assert (undone["result"]["undone"], undone["result"]["kept"]) == (1, 0)
    by_id = client.post(
        f"{BASE}/vote-lots/", {"stage": TA, "records": [two[1].pk], "vote": "maybe"}, format="json"
    )
    assert by_id.data["result"]["taken"] == 1


@pytest.mark.parametrize(
    ("asked", "status", "says"),
    [
        ({}, 400, "either query or records"),
        ({"query": "q=(a"}, 422, "is not closed"),
        ({"query": "", "records": []}, 400, "either query or records"),
        ({"records": [10**9]}, 400, "does not exist"),
    ],
)
def test_nonsense_is_refused(api, two, ben, asked, status, says):
    answer = api(ben).post(f"{BASE}/vote-lots/", {"stage": TA, "vote": "include"} | asked, format="json")
    assert (answer.status_code, says in json.dumps(answer.data)) == (status, True)
    assert not Decision.objects.exists()


def test_the_last_resolution_is_taken_back(review, api, conflict, two, dora, ben):
    conflict(two[0])
    adjudicate(review=review, record=two[0], stage=TA, adjudicator=dora, included=False)
    assert api(ben).post(f"{BASE}/conflicts/undo/", {"stage": TA}, format="json").status_code == 403
    assert api(dora).post(f"{BASE}/conflicts/undo/", {"stage": TA}, format="json").data == {
        "record": two[0].pk
    }
    assert Verdict.objects.get(record=two[0]).state == "conflict"
    again = api(dora).post(f"{BASE}/conflicts/undo/", {"stage": TA}, format="json")
    assert (again.status_code, "no resolution" in again.data["detail"]) == (422, True)


def shell(*words) -> dict:
    out = StringIO()
    call_command(
        "vote_many", "--review", "trd", "--reviewer", "ben@example.org", *words, "--json", stdout=out
    )
    return json.loads(out.getvalue())


def test_the_command_previews_votes_and_takes_back(review, two, ben):
    reason = make_reason(review, "Protocol only")
    search = ("--search", "q=ti:protocol")
    assert shell(*search, "--preview") == {
        "review": "trd", "taken": 1, "mine": 0, "complete": 0, "elsewhere": 0,
    }  # fmt: skip
    done = shell(*search, "--vote", "exclude", "--reason", "protocol ONLY", "--note", "n")
    assert (done["votes"], done["refused"]) == (1, 0)
    assert Decision.objects.values_list("record", "reason", "note").get() == (two[0].pk, reason.pk, "n")
    assert shell("--undo", str(done["lot"])) == {"review": "trd", "lot": done["lot"], "undone": 1, "kept": 0}
    SavedSearch.objects.create(review=review, owner=ben, name="Batch", query="q=trial")
    assert shell("--saved", "Batch", "--vote", "maybe")["votes"] == 1


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--vote", "include"], "Say which records"),
        (["--search", "q=a"], "Say which vote"),
        (["--saved", "Nothing", "--vote", "include"], "sees no saved search"),
        (["--search", "q=a", "--vote", "exclude", "--reason", "x"], "is not a reason"),
        (["--search", "q=(a", "--vote", "include"], "is not closed"),
        (["--undo", "99"], "has no lot 99"),
    ],
)
def test_the_command_says_what_is_wrong(two, ben, words, says):
    with pytest.raises(CommandError, match=says):
        shell(*words)
