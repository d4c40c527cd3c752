"""Certainty for programs: a finding, two ratings, a consensus and the table, without a page."""

import pytest

from certainty.models import Finding, Grade
from tests.certainty.conftest import TRIALS
from tests.factories import join, make_user


@pytest.fixture
def api(review, as_user):
    """``api(ben, "findings/3/begin/", given)`` posts as ben, or gets without ``given``."""

    def call(user, path, given=None, expect=200, method="post"):
        client, address = as_user(user), f"/api/reviews/{review.slug}/{path}"
        answer = (
            client.get(address)
            if given is None and method == "post"
            else getattr(client, method)(address, given, content_type="application/json")
        )
        assert answer.status_code == expect, answer.content
        return answer.json() if answer.content else None

    return call


def rate_all(api, user, finding, expect_level, **changes):
    grade = api(user, f"findings/{finding}/begin/", {}, 201)
    path = f"grades/{grade['id']}/"
    grade = api(user, f"{path}accept/", {"seen_version": grade["version"]})
    for domain in ("risk_of_bias", "indirectness", "publication_bias", *changes):
        sent = {"domain": domain, "change": changes.get(domain, 0), "reason": "As discussed."}
        grade = api(user, f"{path}rate/", sent | {"seen_version": grade["version"]})
    grade = api(user, f"{path}complete/", {"seen_version": grade["version"]})
    assert grade["level"] == expect_level
    return grade


def test_from_the_offer_to_the_table(api, review, plan, trials, run, ben, cleo, dora, stan, eve, as_user):
    run()
    (offer,) = api(ben, "findings/offers/")
    assert (offer["studies"], offer["finished"]) == (len(TRIALS), True)
    finding = api(ben, "findings/", {"plan": offer["plan"], **offer["offered"]}, 201)
    assert finding["intervention"] == "therapy"
    found = api(stan, f"findings/{finding['id']}/evidence/")
    assert found["start"]["start"] == "high"
    assert {one["domain"]: one["change"] for one in found["suggestions"]}["imprecision"] == -1

    rate_all(api, ben, finding["id"], "moderate")
    assert api(cleo, "grades/")["results"] == []
    assert api(cleo, f"findings/{finding['id']}/comparison/")["ratings"] == []
    rate_all(api, cleo, finding["id"], "low", indirectness=-1)
    both = api(stan, f"findings/{finding['id']}/comparison/")
    assert both["differing"] == ["indirectness"]

    agreed = {
        "start": "high",
        "changes": {
            **dict.fromkeys(("risk_of_bias", "inconsistency", "indirectness", "publication_bias"), 0),
            "imprecision": -1,
        },
        "reasons": {"imprecision": "Too few people."},
        "stamp": both["stamp"],
    }
    refused = api(cleo, f"findings/{finding['id']}/consensus/", agreed, 403)
    assert "indirectness" in refused["detail"]
    settled = api(dora, f"findings/{finding['id']}/consensus/", agreed, 201)
    assert (settled["kind"], settled["level"]) == ("consensus", "moderate")
    assert api(dora, f"findings/{finding['id']}/consensus/", agreed, 409)
    (row,) = api(stan, "findings/summary/")["rows"]
    assert (row["level"], row["participants"]) == ("moderate", 1360)
    assert api(stan, "findings/profile/")["rows"]
    kappas = {one["key"]: one for one in api(stan, "findings/agreement/")}
    assert (kappas["level"]["n"], kappas["level"]["same"]) == (1, 0)
    assert as_user(eve).get(f"/api/reviews/{review.slug}/findings/").status_code == 404


def test_a_rating_is_changed_looked_at_and_taken_back(api, finding, trials, agree, ben, cleo):
    grade = api(ben, f"findings/{finding.pk}/begin/", {}, 201)
    path = f"grades/{grade['id']}/"
    started = api(ben, f"{path}start/", {"start": "low", "reason": "Not concealed.", "seen_version": 1})
    raised = {"domain": "large_effect", "change": 1, "reason": "Large.", "seen_version": 2}
    api(ben, f"{path}rate/", raised)
    agree(trials[0], "high")
    shown = api(ben, path)
    assert "Ade 2001" in shown["stale"][0]
    assert started["level"] == "low"
    assert shown["level"] == "moderate"
    assert shown["cautions"] == []
    assert api(ben, f"{path}look-again/", {"seen_version": 3})["version"] == 4
    (left,) = api(ben, path)["stale"]
    assert "Run it again" in left
    assert api(ben, f"{path}unrate/", {"domain": "large_effect", "seen_version": 4})["steps"] == []
    assert api(ben, f"{path}unrate/", {"domain": "large_effect", "seen_version": 4}, 409)
    accepted = api(ben, f"{path}accept/", {"domain": "imprecision", "seen_version": 5})
    assert accepted["steps"][0]["change"] == -1
    assert api(ben, f"{path}complete/", {"seen_version": 6}, 422)["detail"].startswith("Not complete yet.")
    api(cleo, path, expect=404)
    api(ben, path, method="delete", expect=204)
    assert not Grade.objects.current().exists()


def test_findings_are_changed_ordered_retired_and_restored(api, finding, outcome, ben, stan, ana):
    path = f"findings/{finding.pk}/"
    changed = {"seen_version": 1, "baselines": [{"label": "low", "per_1000": 20}], "importance": "important"}
    assert api(ben, f"{path}change/", changed)["version"] == 2
    assert api(ben, f"{path}change/", changed, 409)
    assert api(ben, f"{path}change/", {"seen_version": 2, "baselines": [{"per_1000": 2000}]}, 422)
    other = {"outcome": outcome.pk, "intervention": "therapy", "comparison": "nothing"}
    second = api(ben, "findings/", other, 201)
    ordered = api(ben, "findings/order/", {"ids": [second["id"], finding.pk]})
    assert [one["id"] for one in ordered] == [second["id"], finding.pk]
    assert api(ben, f"{path}retire/", {})["retired_at"]
    assert api(ben, f"{path}restore/", {})["retired_at"] is None
    assert Finding.objects.live().count() == 2


def test_who_may_not_rate_may_not_add(api, finding, review):
    olga = join(review, make_user("olga"), "observer").user
    api(olga, "findings/", {"plan": finding.plan_id}, 403)
    api(olga, f"findings/{finding.pk}/begin/", {}, 403)
    assert api(olga, "findings/")["count"] == 1
