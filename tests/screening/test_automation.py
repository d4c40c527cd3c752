"""A model as one of the reviewers: off by default, never alone, blind both ways, and told apart everywhere."""

import json

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from reviews import jobs
from reviews.models import AuditEvent, Membership
from screening import pair_tables
from screening.automated import ADDRESS, account, cast_at, lots_at, recall_in_words, sentence
from screening.disputes import dispute
from screening.models import Decision, StageSettings, Verdict
from screening.queue import queue
from screening.services import (
    AlreadyDecided,
    NotAllowed,
    automation,
    begin_pilot,
    set_stage_settings,
)
from screening.services.automation import AutomationRefused, NothingToWithdraw, cast, plan, withdraw
from tests.factories import join, make_record, make_user
from tests.screening.conftest import TA

pytestmark = pytest.mark.django_db
SLEEP, STEEL = "Tea for sleep of nurses with insomnia", "Cracks in steel beams of old bridges"


@pytest.fixture
def settled(review, monkeypatch):
    """Eight records about sleep are included, twelve about bridges excluded: enough here."""
    monkeypatch.setattr(automation, "LEAST_INCLUDED", 8)
    monkeypatch.setattr(automation, "LEAST_EXCLUDED", 12)
    made = {"included": [SLEEP] * 8, "excluded": [STEEL] * 12}
    for state, titles in made.items():
        for number, title in enumerate(titles):
            Verdict.objects.create(
                review=review,
                record=make_record(review, f"{title}, part {number}"),
                stage=TA,
                state=state,
                votes=2,
                settled_at=timezone.now(),
            )


@pytest.fixture
def on(review, ana, settled):
    changes = {"automation_votes": True}
    return set_stage_settings(review=review, stage=TA, changes=changes, by=ana, why="A test")


@pytest.fixture
def steel(review):
    return [make_record(review, f"{STEEL}, part {number}") for number in range(3)]


@pytest.fixture
def sleep(review):
    return make_record(review, f"{SLEEP}, part 1")


def by_model(record):
    return Decision.objects.live().filter(record=record).exclude(model="")


def test_it_is_off_and_says_what_it_needs(review, ana, steel):
    with pytest.raises(AutomationRefused, match="off"):
        plan(review=review)
    set_stage_settings(review=review, stage=TA, changes={"automation_votes": True}, by=ana)
    with pytest.raises(AutomationRefused, match=r"0 included and 0 excluded.*30 and 100"):
        cast(review=review, by=ana)
    assert not Decision.objects.exists()


@pytest.mark.parametrize(
    ("changes", "because"),
    [
        ({"quorum": 1}, "alone"),
        ({"scores_shown": StageSettings.Scores.STARS}, "independent"),
        ({"reason_required": True}, "reason"),
    ],
)
def test_it_is_refused_where_its_vote_would_not_be_one_of_several(review, ana, on, changes, because):
    set_stage_settings(review=review, stage=TA, changes=changes, by=ana)
    review.refresh_from_db()
    with pytest.raises(AutomationRefused, match=because):
        plan(review=review)


def test_it_votes_to_exclude_what_it_finds_unlikely_and_decides_nothing_alone(
    review, ana, ben, vote, on, steel, sleep
):
    run = cast(review=review, by=ana, recall=1)
    assert set(run.records) == {record.pk for record in steel}
    assert run.result["taken"] == 3
    assert (run.result["included"], run.result["missed"], run.result["excluded"]) == (8, 0, 12)
    decision = by_model(steel[0]).get()
    assert (decision.vote, decision.reviewer.email) == ("exclude", ADDRESS)
    assert decision.model.startswith("tf-idf")
    assert not decision.reviewer.is_active
    assert not decision.reviewer.has_usable_password()
    assert not Membership.objects.filter(user=decision.reviewer).exists()
    assert Verdict.objects.get(record=steel[0]).state == "pending"
    assert not by_model(sleep).exists()
    vote(ben, steel[0], "exclude")
    assert Verdict.objects.get(record=steel[0]).state == "excluded"
    vote(ben, steel[1], "include")
    assert Verdict.objects.get(record=steel[1]).state == "conflict"
    assert "1 record at title and abstract" in sentence(review)
    assert cast(review=review, by=ana, recall=1).result["taken"] == 0


def test_votes_of_models_alone_settle_nothing_when_the_quorum_falls(review, ana, on, steel):
    from screening.services import recount

    cast(review=review, by=ana, recall=1)
    set_stage_settings(review=review, stage=TA, changes={"quorum": 1, "automation_votes": False}, by=ana)
    review.refresh_from_db()
    recount(review=review, by=ana)
    assert Verdict.objects.get(record=steel[0]).state == "pending"


def test_what_it_votes_does_not_depend_on_hidden_votes(review, ben, vote, on, steel, sleep):
    before = plan(review=review)
    vote(ben, steel[0], "include")
    vote(ben, sleep, "exclude")
    assert plan(review=review) == before


def test_after_an_order_by_likelihood_it_says_that_the_recall_does_not_hold(review, ana, on, steel):
    assert not plan(review=review).numbers["by_likelihood"]
    set_stage_settings(review=review, stage=TA, changes={"order": StageSettings.Order.LIKELY}, by=ana)
    numbers = plan(review=review).numbers
    assert numbers["by_likelihood"]
    assert "misses a larger share" in recall_in_words(numbers)


def test_nobody_is_told_where_it_voted_before_the_record_is_complete(review, ana, ben, cleo, vote, on, steel):
    cast(review=review, by=ana, recall=1)
    for member in Membership.objects.filter(review=review):
        assert not Decision.objects.visible_to(member).exclude(model="").exists()
        told = AuditEvent.objects.visible_to(member.user).filter(verb="screening.vote_cast")
        assert not told.filter(actor_name__startswith="Automation").exists()
    assert set(queue(review, TA, ben)) == set(queue(review, TA, cleo)) >= set(steel)


def test_it_takes_no_place_that_is_kept(review, ana, ben, cleo, vote, on, steel):
    from screening.queue import ahead

    set_stage_settings(review=review, stage=TA, changes={"must_screen": [cleo]}, by=ana)
    vote(ben, steel[0], "exclude")  # the last place waits for cleo
    shown = ahead(review, TA, cleo, without=[steel[0].pk], count=1)[0]
    vote(ben, shown, "exclude")  # and this one she has open
    assert cast(review=review, by=ana, recall=1).result["taken"] == 1
    assert not by_model(steel[0]).exists()
    assert not by_model(shown).exists()


def test_never_in_a_pilot(review, ana, ben, cleo, on, steel):
    begin_pilot(review=review, stage=TA, size=1, people=[ben, cleo], by=ana)
    with pytest.raises(AutomationRefused, match="pilot"):
        cast(review=review, by=ana)


def test_taken_back_where_nobody_could_learn_from_it(review, ana, ben, vote, on, steel):
    cast(review=review, by=ana, recall=1)
    vote(ben, steel[0], "exclude")
    vote(ben, steel[1], "include")
    assert withdraw(review=review, by=ana) == {"withdrawn": 1, "stay": 2}
    assert by_model(steel[0]).exists()
    assert by_model(steel[1]).exists()
    assert Verdict.objects.get(record=steel[2]).votes == 0
    assert lots_at(review, TA).get().undone_at
    event = AuditEvent.objects.get(verb="screening.automation_withdrawn")
    assert "2 stay" in event.sentence
    with pytest.raises(AlreadyDecided):
        automation._cast(review, steel[1], account(), lots_at(review, TA).get())


def test_agreement_of_people_has_no_vote_of_it(review, ana, ben, cleo, vote, on, steel):
    lead = Membership.objects.get(review=review, user=ana)
    for person in (ben, cleo):
        vote(person, steel[0], "exclude")
    before = [pair_tables.pairs(lead, TA), pair_tables.overall(lead, TA)]
    run = cast(review=review, by=ana, recall=1)
    vote(ben, steel[1], "exclude")
    assert run.result["taken"] == 2
    assert [pair_tables.pairs(lead, TA), pair_tables.overall(lead, TA)] == before
    (beside,) = pair_tables.with_model(lead, TA)
    assert (beside.first, beside.second, beside.agreement.n) == (ben, account(), 1)


def test_a_conflict_names_it_and_hides_the_person(review, ana, ben, vote, on, steel):
    cast(review=review, by=ana, recall=1)
    vote(ben, steel[0], "include")
    found = dispute(join(review, make_user("rita"), "adjudicator"), steel[0], TA)
    assert [ballot.name for ballot in found.ballots] == ["Automation", "Reviewer A"]


def test_only_who_amends_the_protocol(review, ben, on, steel):
    for act in (cast, withdraw):
        with pytest.raises(NotAllowed):
            act(review=review, by=ben)


def test_nothing_to_take_back(review, ana, on):
    with pytest.raises(NothingToWithdraw):
        withdraw(review=review, by=ana)


def test_the_page_leads_from_off_to_votes_and_back(client, review, ana, settled, steel):
    def post(name, **given):
        answer = client.post(reverse(f"screening:{name}", args=[review.slug]), given, follow=True)
        for job in review.jobs.unfinished():
            jobs.perform(job.pk)
        return answer.content.decode()

    client.force_login(ana)
    page = reverse("screening:automation", args=[review.slug])
    assert "It is off" in client.get(page).content.decode()
    assert "is off" in post("automation_plan", recall="0.98")
    post("automation_switch", automation_votes="on", why="To save time")
    post("automation_plan", recall="0.98")
    assert "up to 3 records" in client.get(page).content.decode()
    post("automation_cast", recall="0.98")
    assert cast_at(review, TA).cast == 3
    assert "asked for by Ana" in client.get(page).content.decode()
    post("automation_withdraw")
    assert cast_at(review, TA).cast == 0


def test_programs_and_the_shell_do_the_same(as_user, review, ana, settled, steel, capsys):
    base = f"/api/reviews/{review.slug}/automation"
    client = as_user(ana)
    state = client.get(f"{base}/").json()
    assert (state["on"], state["included"], state["excluded"], state["runs"]) == (False, 8, 12, [])
    assert "is off" in client.post(f"{base}/plan/").json()["detail"]
    call_command("automation", "--review", review.slug, "--on", "--json")
    assert json.loads(capsys.readouterr().out)["why_not"] == ""
    job = client.post(f"{base}/cast/", {"recall": 1}, content_type="application/json")
    assert job.status_code == 202
    jobs.perform(job.json()["job"])
    state = client.get(f"{base}/").json()
    assert state["votes"] == {"cast": 3, "complete": 0, "overruled": 0}
    assert state["runs"][0]["result"]["taken"] == 3
    call_command("automation", "--review", review.slug, "--withdraw", "--json")
    assert json.loads(capsys.readouterr().out) == {"review": review.slug, "withdrawn": 3, "stay": 0}
