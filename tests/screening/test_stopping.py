"""The decision to stop: its numbers, its sentence, its sample, its undo, and who may."""

from datetime import date, timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from reviews.models import AuditEvent
from screening import queue
from screening.models import Decision, Round, Stage, Verdict
from screening.services import NotAllowed, removals, stopping
from screening.services.stage_settings import set_stage_settings
from screening.services.votes import cast_vote
from screening.stopping_state import State, sequence
from screening.stopping_words import Rule, decision_sentence
from tests.factories import make_record

TA = Stage.TITLE_ABSTRACT


@pytest.fixture
def single(review):
    review.quorum_title_abstract = 1
    review.save()
    return review


def screen(review, records, person, words):
    for record, word in zip(records, words, strict=False):
        vote = "include" if word == "i" else "exclude"
        cast_vote(review=review, record=record, stage=TA, reviewer=person, vote=vote)


@pytest.fixture
def screened(single, ana, ben):
    """30 records, 20 of them screened: three finds at the beginning, none since."""
    records = [make_record(single) for _ in range(30)]
    begun = timezone.now() - timedelta(hours=1)
    for place, record in enumerate(records[:20]):
        row = {"review": single, "record": record, "stage": TA}
        vote, state = ("include", "included") if place < 3 else ("exclude", "excluded")
        Decision.objects.create(**row, reviewer=ben, vote=vote)
        Verdict.objects.create(**row, state=state, votes=1, settled_at=begun + timedelta(minutes=place))
    return records


def test_told_outcomes_count_in_the_order_they_were_settled(review, ana, ben, cleo):
    records = [make_record(review) for _ in range(6)]
    screen(review, records[:4], ben, "ieie")
    assert sequence(review).labels == ()
    screen(review, [records[3], records[0]], cleo, "ei")
    screen(review, [records[2]], cleo, "e")
    seen = sequence(review)
    assert (seen.labels, seen.total) == ((0, 1), 6)
    state = State(review)
    assert state.can_leave == 2
    assert state.numbers()["unscreened"] == 4


def test_a_hidden_vote_changes_nothing_that_is_shown(review, ana, ben, cleo):
    records = [make_record(review) for _ in range(6)]
    screen(review, records[:3], ben, "iee")
    screen(review, records[:3], cleo, "iee")
    before = State(review).numbers()
    screen(review, records[3:5], ben, "ie")
    screen(review, records[3:4], cleo, "e")
    assert State(review).numbers() == before


def test_stopping_leaves_the_unread_and_writes_down_what_was_known(screened, single, ana, ben):
    removal = stopping.stop(review=single, by=ana, rule="published", target=0.6, confidence=0.5)
    assert removal.kind == "stopped"
    assert set(removal.removed.values_list("record", flat=True)) == {record.pk for record in screened[20:]}
    numbers = removal.numbers
    assert (numbers["screened"], numbers["total"], numbers["included"], numbers["removed"]) == (20, 30, 3, 10)
    assert numbers["rule_is_met"]
    assert numbers["test"]["rejected"]
    assert "after 20 of 30 records (66.7 %), by the decision of the team: the hypothesis" in removal.sentence
    assert "among the 10 records left unscreened." in removal.sentence
    assert not queue.queue(single, TA, ben).exists()
    assert AuditEvent.objects.filter(verb="screening.records_removed").count() == 1
    with pytest.raises(stopping.StoppedAlready, match="stopped already, by Ana"):
        stopping.stop(review=single, by=ana, why="again")
    new = make_record(single, "Imported later")
    assert list(queue.queue(single, TA, ben)) == [new]
    stopping.undo_stop(review=single, by=ana)
    assert queue.queue(single, TA, ben).count() == 11
    with pytest.raises(stopping.NothingStopped):
        stopping.undo_stop(review=single, by=ana)


def test_a_stop_against_the_test_needs_a_reason_and_says_so(screened, single, ana):
    with pytest.raises(stopping.NotReady, match="say why") as refused:
        stopping.stop(review=single, by=ana)
    assert refused.value.field == "why"
    removal = stopping.stop(review=single, by=ana, why="the time for the review is over.")
    assert "and against the stopping rule: the hypothesis that fewer than 95 %" in removal.sentence
    assert "could not be rejected" in removal.sentence
    assert removal.sentence.endswith("The team’s reason: The time for the review is over.")


def test_who_may_not_and_what_makes_no_sense_is_refused(screened, single, ana, ben):
    for refused in (stopping.stop, stopping.undo_stop, stopping.close_sample):
        with pytest.raises(NotAllowed):
            refused(review=single, by=ben)
    with pytest.raises(NotAllowed):
        stopping.begin_sample(review=single, by=ben, size=5)
    for asked, field in (
        ({"rule": "guess"}, "rule"),
        ({"target": 95}, "target"),
        ({"confidence": 1}, "confidence"),
    ):
        with pytest.raises(stopping.NotReady) as refusal:
            stopping.stop(review=single, by=ana, why="x", **asked)
        assert refusal.value.field == field
    screen(single, screened[20:], ben, "e" * 10)
    with pytest.raises(removals.NothingToRemove, match="has a vote already"):
        stopping.stop(review=single, by=ana, why="x")


def test_a_sample_comes_first_and_counts_when_all_of_it_is_read(screened, single, ana, ben):
    round = stopping.begin_sample(review=single, by=ana, size=4, seed=7)
    assert (round.pool, round.found_before) == (10, 3)
    drawn = sorted(round.sample.values_list("record", flat=True))
    ahead = [record.pk for record in queue.ahead(single, TA, ben, count=10)]
    assert sorted(ahead[:4]) == drawn
    assert len(set(ahead)) == 10
    with pytest.raises(stopping.SampleOpen, match="4 of its 4 records wait"):
        stopping.stop(review=single, by=ana, why="now")
    with pytest.raises(stopping.SampleOpen):
        stopping.begin_sample(review=single, by=ana, size=2)
    with pytest.raises(stopping.NotReady, match="say why"):
        stopping.close_sample(review=single, by=ana)
    screen(single, [record for record in screened if record.pk in drawn], ben, "eeee")
    state = State(single, rule="sample", target=0.6, confidence=0.6)
    assert state.sample.result.left_low == 0
    assert state.sample.result.recall_at_least >= 0.6
    removal = stopping.stop(review=single, by=ana, rule="sample", target=0.6, confidence=0.6)
    assert removal.numbers["removed"] == 6
    assert (
        "a random sample of 4 of 10 unscreened records held no relevant record, so that at least"
        in removal.sentence
    )
    round.refresh_from_db()
    assert round.state == Round.State.PASSED
    assert sorted(Round.objects.visible_to(single.memberships.get(user=ben))) == [round]


def numbers(**changes):
    test = {"form": "published", "p": 0.0312, "level": 0.05, "rejected": True}
    estimate = {"expected": 2.2, "low": 0, "high": 9}
    return {
        "total": 4310, "screened": 1240, "unscreened": 3070, "included": 98, "rule": Rule.PUBLISHED.value,
        "rule_is_met": True, "target": 0.95, "confidence": 0.95, "test": test, "estimate": estimate, "sample": None,
    } | changes  # fmt: skip


def said(removed=3070, why="", **changes):
    return decision_sentence(numbers(**changes), removed=removed, on=date(2026, 5, 3), why=why)


def test_the_sentence_a_journal_accepts():
    assert said() == (
        "Title and abstract screening was stopped on 3 May 2026 after 1,240 of 4,310 records (28.8 %), by the "
        "decision of the team: the hypothesis that fewer than 95 % of the relevant records had been found was "
        "rejected (hypergeometric test of Callaghan and Müller-Hansen 2020, p = 0.031, level 0.05); an estimated "
        "2 (0 to 9) relevant records remain among the 3,070 records left unscreened."
    )
    assert "among the 3,000 records left unscreened and the 70 still being finished." in said(removed=3000)
    assert "by the decision of the team: 100 records in a row had been irrelevant, a rule of thumb" in said(
        rule="100_in_a_row"
    )
    assert "the rule “Knee of the curve of finds” was not met; the hyp" in said(
        rule="knee", rule_is_met=False
    )
    assert "so that nothing can be said of recall; the number of relevant records" in said(
        included=0, estimate=None
    )
    corrected = {"form": "repeated_looks", "p": 0.00001, "level": 0.05, "rejected": True}
    assert "p < 0.001 after correction for repeated looks, level 0.05)" in said(
        rule="repeated_looks", test=corrected
    )
    assert said(why="no time.").endswith("left unscreened. The team’s reason: No time.")


def test_the_page_says_where_screening_stands_and_takes_the_decision(
    screened, single, as_user, ana, ben, eve
):
    page = "/reviews/trd/priority/stopping/"
    assert as_user(eve).get(page).status_code == 404
    read = as_user(ben).get(page).content.decode()
    assert '20</span><span class="label">of 30 screened' in read
    assert "An owner or a manager" in read
    client = as_user(ana)
    given = {"rule": "repeated_looks", "target": 0.95, "confidence": 0.95, "why": ""}
    answer = client.post(f"{page}stop/", given)
    assert answer.status_code == 422
    assert "say why" in answer.content.decode()
    assert (
        client.get(page, {"rule": "published", "target": 60, "confidence": 50}).context["state"].rule_is_met
    )
    client.post(f"{page}stop/", given | {"why": "Enough."})
    assert "Screening was stopped" in client.get(page).content.decode()
    listed = client.get("/reviews/trd/records/?title_abstract=unread")
    assert listed.content.decode().count("Left unread</span>") == 10
    record = client.get(f"/reviews/trd/records/{screened[25].pk}/").content.decode()
    assert "left unread at title and abstract" in record
    assert "Bring it back" in record
    client.post(f"/reviews/trd/records/{screened[25].pk}/bring-back/")
    assert queue.queue(single, TA, ben).get() == screened[25]
    assert as_user(ben).post(f"{page}undo/").status_code == 403
    client.post(f"{page}undo/", {"number": "1"})
    assert queue.queue(single, TA, ben).count() == 10
    client.post(f"{page}sample/", {"size": 3})
    assert Round.objects.get().sample.count() == 3
    assert client.get(f"/reviews/trd/rounds/{Round.objects.get().pk}/").status_code == 302
    client.post(f"{page}sample/end/", {"why": "A mistake."})
    assert Round.objects.get().state == Round.State.REPEATED


def test_before_the_first_outcome_the_page_says_what_will_be_there(review, as_user, ana):
    page = as_user(ana).get("/reviews/trd/priority/stopping/").content.decode()
    assert "Nothing can be said yet" in page


def test_programs_and_the_shell_do_the_same(screened, single, as_user, ana, ben, capsys):
    base = "/api/reviews/trd/stopping/"
    client = as_user(ana)
    told = as_user(ben).get(base, {"rule": "published", "target": 0.6, "confidence": 0.5}).json()
    assert (told["screened"], told["total"], told["rule_is_met"]) == (20, 30, True)
    assert as_user(ben).post(f"{base}stop/", {"why": "x"}).status_code == 403
    assert client.post(f"{base}stop/", {}).status_code == 422
    stopped = client.post(f"{base}stop/", {"why": "Enough."})
    assert stopped.status_code == 201
    listed = client.get("/api/reviews/trd/removals/").json()["results"]
    assert [row["sentence"] for row in listed] == [stopped.json()["sentence"]]
    out = client.get(f"/api/reviews/trd/removals/{listed[0]['id']}/records/").json()["records"]
    assert out == [record.pk for record in screened[20:]]
    assert client.post(f"{base}bring-back/", {"record": out[0]}).status_code == 204
    assert client.post(f"{base}undo/", {}).json()["undone_by"] == ana.pk
    assert client.post(f"{base}sample/", {"size": 2}).json()["kind"] == "sample"
    assert client.post(f"{base}end-sample/", {"why": "x"}).json()["state"] == "repeated"
    asked = ["--review", "trd"]
    call_command("check_unscreened", *asked, "--size", "2", "--seed", "3")
    call_command("check_unscreened", *asked, "--end", "--why", "A mistake")
    call_command("stopping", *asked, "--target", "0.9")
    call_command("stop_screening", *asked, "--why", "Enough")
    call_command("undo_stop", *asked, "--records", str(out[1]))
    call_command("undo_stop", *asked, "--json")
    said = capsys.readouterr().out
    assert "Sample 2 (seed 3): 0 of 2 read, 0 relevant." in said
    assert "Test of recall (target 90 %): p " in said
    assert "Title and abstract screening was stopped" in said
    assert '"back": 9' in said


@pytest.mark.parametrize(
    ("order", "says"),
    [
        ("oldest", "as they were imported"),
        ("uncertain", "likely ones are left for later"),
        ("likely", ""),
        ("random", ""),
    ],
)
def test_an_order_that_may_be_worse_than_a_lottery_is_pointed_out(screened, single, ana, order, says):
    set_stage_settings(review=single, stage=TA, by=ana, changes={"order": order})
    caution = State(single).numbers()["test"]["caution"]
    assert says in caution
    assert bool(caution) == bool(says)
