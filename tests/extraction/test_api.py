import json

import pytest
from django.urls import reverse

from extraction.models import Arm, Characteristic, Result
from tests.extraction.conftest import MEANS
from tests.factories import make_arms, make_outcome, make_study


@pytest.fixture
def api(review, as_user):
    """``api(ben, "results-correct", {...}, pk)``; ``method`` other than post or get by name."""

    def call(user, name, data=None, pk=None, method="", query=""):
        args = [review.slug] if pk is None else [review.slug, pk]
        address = reverse(f"extraction-{name}", args=args) + query
        client = as_user(user)
        if data is None:
            return getattr(client, method or "get")(address)
        return getattr(client, method or "post")(address, json.dumps(data), content_type="application/json")

    return call


@pytest.fixture
def given(study, outcome):
    experimental, comparator = study.arms.order_by("pk")
    return {
        "study": study.pk,
        "outcome": outcome.pk,
        "experimental": experimental.pk,
        "comparator": comparator.pk,
        "kind": "means",
        "values": MEANS,
    }


def test_a_program_records_corrects_verifies_and_withdraws(ben, cleo, given, api):
    answer = api(ben, "results-list", given)
    assert answer.status_code == 201
    pk = answer.json()["id"]
    assert answer.json()["is_preferred"] is True
    correction = {"values": {"mean1": 8.4}, "scale": "GRID-HDRS-17", "why": "Misread.", "seen_version": 1}
    answer = api(ben, "results-correct", correction, pk)
    assert answer.status_code == 201
    new = answer.json()
    assert (new["mean1"], new["scale"], new["version"], new["previous"]) == (8.4, "GRID-HDRS-17", 2, pk)
    stale = api(cleo, "results-correct", correction | {"values": {"sd1": 5}}, pk)
    assert stale.status_code == 409
    assert "8.2 → 8.4" in stale.json()["detail"]
    assert api(ben, "results-verify", {"seen_version": 2}, new["id"]).status_code == 403
    assert api(cleo, "results-verify", {"seen_version": 2}, new["id"]).json()["verified_by"] == cleo.pk
    assert api(cleo, "results-prefer", {}, new["id"]).status_code == 200
    assert api(cleo, "results-list", query="?current=true&verified=true").json()["count"] == 1
    assert api(cleo, "results-list", query="?verified=false").json()["count"] == 1
    gone = api(cleo, "results-withdraw", {"why": "Another trial.", "seen_version": 2}, new["id"])
    assert gone.json()["withdrawal_reason"] == "Another trial."
    assert api(cleo, "results-list", query="?current=true").json()["count"] == 0


@pytest.mark.parametrize(
    ("change", "status", "sentence"),
    [
        ({"values": MEANS | {"sd1": 0}}, 422, "must be above 0"),
        ({"values": MEANS | {"sd1": [1]}}, 422, "not a number"),
        ({"values": MEANS | {"sd1": True}}, 422, "not a number"),
        ({"values": [1, 2]}, 400, "dictionary"),
        ({"kind": "survival"}, 400, "not a valid choice"),
        ({"study": 10**30}, 400, ""),
        ({"study": "zzz"}, 400, ""),
    ],
)
def test_nonsense_is_answered_with_a_sentence(ben, given, api, change, status, sentence):
    answer = api(ben, "results-list", given | change)
    assert answer.status_code == status
    assert sentence in answer.content.decode()
    assert not Result.objects.exists()


def test_rows_of_another_review_are_unknown(ben, eve, given, api):
    foreign = eve.memberships.get().review
    arm, _ = make_arms(make_study(foreign, "Elsewhere 2020"))
    for change in ({"experimental": arm.pk}, {"study": arm.study_id}, {"outcome": make_outcome(foreign).pk}):
        assert api(ben, "results-list", given | change).status_code == 400


def test_arms_and_characteristics(ben, study, api):
    answer = api(
        ben, "arms-list", {"study": study.pk, "label": "CBT", "role": "experimental", "n_randomised": 40}
    )
    assert answer.status_code == 201
    pk = answer.json()["id"]
    change = {"label": "CBT + TAU", "role": "experimental", "n_randomised": None, "seen_version": 1}
    assert api(ben, "arms-detail", change, pk, method="put").json()["version"] == 2
    assert api(ben, "arms-detail", change, pk, method="put").status_code == 409
    assert api(ben, "arms-detail", None, pk, method="delete").status_code == 204
    assert not Arm.objects.filter(pk=pk).exists()
    fact = {"study": study.pk, "name": "therapy", "value": "CBT", "seen": ""}
    assert api(ben, "characteristics-list", fact).status_code == 200
    assert api(ben, "characteristics-list", fact | {"value": "MBCT"}).status_code == 409
    assert api(ben, "characteristics-list", fact | {"value": "", "seen": "CBT"}).status_code == 204
    assert not Characteristic.objects.exists()


def test_warnings_are_given(ben, record, api):
    result = record(ben, values=MEANS | {"sd1": 0.74})
    (warning,) = api(ben, "results-warnings", None, result.pk).json()
    assert warning["code"] == "sd_like_se"


def test_readers_read_and_strangers_do_not(stan, eve, review, given, record, ben, api):
    from tests.factories import join, make_user

    olga = join(review, make_user("olga"), "observer").user
    result = record(ben)
    assert api(olga, "results-detail", None, result.pk).status_code == 200
    assert api(olga, "results-list", given).status_code == 403
    assert api(olga, "results-prefer", {}, result.pk).status_code == 403
    assert api(stan, "results-prefer", {}, result.pk).status_code == 200
    assert api(eve, "results-list").status_code == 404
    assert api(eve, "results-detail", None, result.pk).status_code == 404
