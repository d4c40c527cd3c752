"""Pilots, checks and agreement on pages, through the API and from the shell."""

import csv
import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from screening.models import CheckVote, Decision, Round, Verdict
from screening.services import begin_pilot, open_discussion
from tests.factories import make_record
from tests.screening.conftest import TA

pytestmark = pytest.mark.django_db


def url(name, *args):
    return reverse(f"screening:{name}", args=["trd", *args])


def run(command, *args):
    out = StringIO()
    call_command(command, "--review", "trd", *args, "--json", stdout=out)
    return json.loads(out.getvalue())


@pytest.fixture
def round(review, ana, ben, cleo):
    for _ in range(4):
        make_record(review)
    return begin_pilot(review=review, stage=TA, size=2, people=[ben, cleo], by=ana, target=0.6)


@pytest.fixture
def voted(round, vote, ben, cleo):
    """ben and cleo differ on the second record."""
    agreed, disputed = [row.record for row in round.sample.select_related("record").order_by("record")]
    vote(ben, agreed, "include")
    vote(cleo, agreed, "include")
    vote(ben, disputed, "include", note="zebra-crossing")
    vote(cleo, disputed, "exclude")
    return disputed


def test_a_pilot_from_beginning_to_end(review, as_user, vote, ana, ben, cleo):
    for _ in range(4):
        make_record(review)
    lead, client = as_user(ana), as_user(ben)
    assert client.get(url("pilot_begin")).status_code == 403
    wrong = lead.post(url("pilot_begin"), {"stage": TA, "size": 2, "people": [ben.pk], "afterwards": "kept"})
    assert wrong.status_code == 422
    assert "two or more who screen" in wrong.content.decode()
    lead.post(
        url("pilot_begin"),
        {"stage": TA, "size": 2, "people": [ben.pk, cleo.pk], "afterwards": "kept", "target": 0.6},
    )
    round = Round.objects.get()
    page = url("round", round.pk)
    assert "Screen the sample" in client.get(page).content.decode()
    assert "Votes are still missing" in lead.get(page).content.decode()
    first, second = [row.record for row in round.sample.all()]
    for person in (ben, cleo):
        vote(person, first, "include")
    vote(ben, second, "include", note="zebra-crossing")
    vote(cleo, second, "exclude")
    assert "zebra" not in as_user(cleo).get(page).content.decode()
    lead.post(url("pilot_discuss", round.pk))
    seen = as_user(cleo).get(page).content.decode()
    assert "zebra-crossing" in seen
    assert second.title in seen
    told = lead.get(page).content.decode()
    assert second.title in told
    assert "zebra" not in told  # ana is not one of its people
    refused = lead.post(url("pilot_close", round.pk), {"passed": "1", "afterwards": "kept"})
    assert refused.status_code == 422
    assert "say why" in refused.content.decode()
    lead.post(url("pilot_close", round.pk), {"passed": "1", "afterwards": "reused", "why": "Talked through"})
    round.refresh_from_db()
    assert (round.state, round.afterwards, round.why) == ("passed", "reused", "Talked through")
    assert "Passed by Ana" in " ".join(lead.get(page).content.decode().split())
    assert "Pilot 1" in lead.get(url("agreement")).content.decode()


def test_excusing_and_not_passing_lead_to_another_one(round, as_user, ana, ben, cleo):
    lead = as_user(ana)
    for person in (ben, cleo):
        lead.post(url("pilot_excuse", round.pk), {"person": person.pk})
    answer = lead.post(url("pilot_close", round.pk), {"afterwards": "discarded"})
    assert answer.url == url("pilot_begin") + f"?stage={TA}"
    assert Round.objects.get().state == "repeated"
    assert lead.post(url("pilot_excuse", round.pk), {"person": "x" * 30}).status_code == 404


def test_who_sees_a_round(round, as_user, ben, dora, stan, eve):
    page = url("round", round.pk)
    assert [as_user(person).get(page).status_code for person in (ben, dora, stan, eve)] == [
        200,
        200,
        404,
        404,
    ]
    assert "No pilot" in as_user(stan).get(url("rounds")).content.decode()
    for name in ("pilot_discuss", "pilot_close", "pilot_excuse"):
        assert as_user(ben).post(url(name, round.pk)).status_code == 403


@pytest.fixture
def excluded(review, vote, ben, cleo):
    records = [make_record(review) for _ in range(2)]
    for record in records:
        vote(ben, record, "exclude", note="zebra-crossing")
        vote(cleo, record, "exclude")
    return records


def test_a_check_from_beginning_to_end(excluded, as_user, ana, ben):
    lead = as_user(ana)
    lead.post(url("check_begin"), {"stage": TA, "percent": 100, "people": [ana.pk]})
    check = Round.objects.get()
    page = lead.get(url("check_vote", check.pk)).content.decode()
    assert excluded[0].title in page
    assert "zebra" not in page
    assert "Ben" not in page
    assert (
        lead.post(url("check_vote", check.pk), {"record": excluded[0].pk, "vote": "perhaps"}).status_code
        == 422
    )
    lead.post(url("check_vote", check.pk), {"record": excluded[0].pk, "vote": "exclude"})
    lead.post(url("check_undo", check.pk))
    assert not CheckVote.objects.exists()
    lead.post(url("check_vote", check.pk), {"record": excluded[0].pk, "vote": "include"})
    lead.post(url("check_vote", check.pk), {"record": excluded[1].pk, "vote": "exclude"})
    assert lead.get(url("check_vote", check.pk)).url == url("round", check.pk)
    said = " ".join(lead.get(url("round", check.pk)).content.decode().split())
    assert "1 of 2</strong> should have been included" in said
    assert "50.0%</strong> (95% interval 1.3 to 98.7%)" in said
    lead.post(url("check_close", check.pk), {"why": "Enough"})
    lead.post(url("check_reopen", check.pk, excluded[0].pk))
    assert Verdict.objects.get(record=excluded[0]).state == "pending"
    assert as_user(ben).get(url("round", check.pk)).status_code == 404
    assert as_user(ben).post(url("check_reopen", check.pk, excluded[1].pk)).status_code == 403


def test_the_same_through_the_api(excluded, voted, round, as_user, ana, ben, cleo, stan):
    base = "/api/reviews/trd/rounds/"
    lead = as_user(ana)
    assert as_user(ben).get(base).json()["count"] == 1
    assert as_user(stan).get(base).json()["count"] == 0
    assert [part["done"] for part in lead.get(f"{base}{round.pk}/parts/").json()] == [2, 2]
    assert as_user(ben).get(f"{base}{round.pk}/agreement/").status_code == 403
    assert lead.post(f"{base}{round.pk}/discuss/").json()["discussed_at"]
    found = as_user(ben).get(f"{base}{round.pk}/agreement/").json()
    assert (found["disputed"], found["kappa"]) == ([voted.pk], 0)
    closed = lead.post(f"{base}{round.pk}/close/", {"passed": False}, content_type="application/json")
    assert closed.json()["state"] == "repeated"
    begun = lead.post(
        f"{base}check/", {"stage": TA, "percent": 100, "people": [ana.pk]}, content_type="application/json"
    ).json()
    check = f"{base}{begun['id']}/"
    left = lead.get(f"{check}next/").json()
    answer = {"record": left[0]["id"], "included": True}
    assert lead.post(f"{check}answer/", answer, content_type="application/json").status_code == 204
    assert lead.get(f"{check}result/").json()["records"] == [left[0]["id"]]
    assert lead.post(f"{check}undo/").status_code == 204
    assert lead.get(f"{check}agreement/").status_code == 404
    assert lead.get("/api/reviews/trd/progress/").json()["lead"]["stages"][0]["total"] == 6
    assert as_user(ben).get("/api/reviews/trd/progress/").json()["lead"] is None
    wrong = lead.post(
        f"{base}pilot/",
        {"stage": TA, "size": 2, "people": [ben.pk, stan.pk]},
        content_type="application/json",
    )
    assert (wrong.status_code, "Stan may not screen" in wrong.json()["detail"]) == (422, True)


def test_agreement_of_the_stage_counts_each_vote_once(round, voted, vote, as_user, review, ana, ben, cleo):
    """Kept pilot votes count with the others and in their pilot; the CSV has both."""
    lead = as_user(ana)
    open_discussion(round=round, by=ana)
    lead.post(url("pilot_close", round.pk), {"passed": "1", "afterwards": "kept", "why": "Fine"})
    for record in [make_record(review) for _ in range(2)]:
        vote(ben, record, "exclude")
        vote(cleo, record, "maybe")
    answer = lead.get(url("agreement_csv") + "?maybe=apart")
    rows = list(csv.DictReader(StringIO(answer.content.decode("utf-8-sig"))))
    parts = {row["part"]: row for row in rows}
    assert parts["all"]["records"] == "4"
    assert parts["pair"]["counts"] == "1 0 1 / 0 0 0 / 0 2 0"
    assert parts["pair"]["name"] == "Ben and Cleo"
    assert parts["pilot 1"]["counts"] == "1 0 1 / 0 0 0 / 0 0 0"
    assert float(parts["pair"]["raw"]) == 0.25
    assert sum(int(row["records"]) for row in rows if row["part"] == "period") == 4
    folded = run("agreement", "--stage", TA)["rows"]
    assert {row["part"]: row.get("counts") for row in folded}["pair"] == "1 1 / 2 0"
    page = lead.get(url("agreement") + "?maybe=apart").content.decode()
    assert "A maybe is an answer of its own" in page
    assert as_user(ben).get(url("agreement_csv")).status_code == 403


def test_pilots_and_checks_from_the_shell(review, vote, ana, ben, cleo, tmp_path):
    for _ in range(3):
        make_record(review)
    stage = ("--stage", TA)
    with pytest.raises(CommandError, match="No pilot is open"):
        run("pilot", *stage)
    people = ("--people", "ben@example.org,cleo@example.org")
    begun = run("pilot", *stage, "--size", "1", "--seed", "7", *people)
    assert (begun["records"], begun["seed"], begun["left"]) == (1, 7, {"Ben": 1, "Cleo": 1})
    with pytest.raises(CommandError, match="Votes are missing from Ben"):
        run("pilot", *stage, "--discuss")
    for person in (ben, cleo):
        vote(person, Round.objects.get().sample.get().record, "exclude")
    run("pilot", *stage, "--excuse", "cleo@example.org")
    assert run("pilot", *stage, "--discuss")["disputed"] == []
    assert run("pilot", *stage, "--pass", "--afterwards", "kept")["state"] == "passed"
    check = run("check_exclusions", *stage, "--percent", "100", "--people", "ana@example.org")
    (record,) = check["left"]["Ana"]
    file = tmp_path / "answers.csv"
    file.write_text(f"record_id,vote\n{record},include\n")
    done = run("check_exclusions", *stage, "--answers", str(file), "--reviewer", "ana@example.org", "--close")
    assert (done["state"], done["wrong"], done["records"]) == ("passed", 1, [record])
    found = run("screening_progress")
    assert found["lead"]["stages"][0]["done"] == 1
    assert Decision.objects.live().count() == 2
