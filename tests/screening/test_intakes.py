"""Earlier decisions and records of an earlier review: said of a file, done by the record, taken back as a whole."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from reviews.models import AuditEvent
from screening import earlier, pair_tables
from screening.models import Decision, Intake, Placement, Stage, Study, Verdict
from screening.queue import progress, queue
from screening.services import (
    NotAllowed,
    NotEligible,
    SaidAlready,
    begin_intake,
    carry_out,
    recount,
    reopen,
    undo_intake,
)
from tests.factories import make_batch, make_reason, make_record, make_search
from tests.screening.conftest import FT, TA

pytestmark = pytest.mark.django_db
Kind = Intake.Kind
TA_WORDS = "title and abstract"


def said_by(name, decision, reason="", stage=""):
    return {"by": name, "decision": decision, "reason": reason, "stage": stage}


@pytest.fixture
def rayyan(review):
    """A file of four: both include, both exclude, they differ, one without decisions."""
    batch = make_batch(review, make_search(review, "Rayyan"), records_read=4)

    def row(title, *decisions):
        return make_record(review, title, batch=batch, earlier=list(decisions))

    batch.both = row("Both in", said_by("Ben", "include"), said_by("Cleo", "include"))
    batch.out = row(
        "Both out",
        said_by("Ben", "exclude", "Wrong population, wrong dose"),
        said_by("Cleo", "exclude", "No adults"),
    )
    batch.differ = row(
        "They differ", said_by("Ben", "include"), said_by("Cleo", "exclude", "Wrong Population")
    )
    batch.none = row("No decision")
    return batch


@pytest.fixture
def say(review, ana):
    def bring(batch, kind, by=None, **more):
        intake = begin_intake(review=review, batch=batch, kind=kind, by=by or ana, **more)
        return intake, carry_out(intake=intake)

    return bring


def states(stage=TA):
    return {v.record.title: v.state for v in Verdict.objects.at(stage).select_related("record")}


def test_what_was_found_is_counted_by_person(review, rayyan):
    make_record(
        review, "ASReview", batch=make_batch(review), earlier=[said_by("", "include", stage="full text")]
    )
    latest, first = earlier.found_in(review)
    assert latest.people[""].at_full_text == 1
    assert first.records == 3
    assert {name: dict(person.votes) for name, person in first.people.items()} == {
        "Ben": {"include": 2, "exclude": 1},
        "Cleo": {"include": 1, "exclude": 2},
    }


def test_votes_are_taken_over_person_by_person(review, rayyan, say, ana, ben, cleo):
    known = make_reason(review, "wrong population")
    intake, done = say(rayyan, Kind.VOTES, people={"Ben": ben.pk, "Cleo": cleo.pk})
    assert done == {"taken": 3, "left": 0}
    assert states() == {"Both in": "included", "Both out": "excluded", "They differ": "conflict"}
    out = Decision.objects.get(record=rayyan.out, reviewer=ben)
    assert (out.reason, out.note, out.intake) == (known, "Wrong population, wrong dose", intake)
    assert [reason.label for reason in review.exclusion_reasons.all()] == ["wrong population", "No adults"]
    assert rayyan.both.full_text.state == "sought"
    assert list(queue(review, TA, ben)) == [rayyan.none]
    lead = review.memberships.get(user=ana)
    (pair,) = pair_tables.pairs(lead, TA)
    assert pair.agreement.table == ((1, 1), (0, 1))


def test_said_twice_it_is_the_same_and_another_word_is_refused(review, rayyan, say, ben, cleo):
    people = {"Ben": ben.pk, "Cleo": cleo.pk}
    first, _ = say(rayyan, Kind.VOTES, people=people)
    events = AuditEvent.objects.count()
    again, done = say(rayyan, Kind.VOTES, people=people)
    assert (again, done) == (first, {"taken": 3, "left": 0})
    assert Decision.objects.count() == 6
    assert AuditEvent.objects.count() == events + 1  # that it was gone through again
    with pytest.raises(SaidAlready, match="Take that back first"):
        say(rayyan, Kind.IGNORED)


def test_taken_back_nothing_of_it_counts(review, rayyan, say, ana, ben, cleo):
    intake, _ = say(rayyan, Kind.VOTES, people={"Ben": ben.pk, "Cleo": cleo.pk})
    assert undo_intake(review=review, intake=intake, by=ana) == {"taken_back": 3, "kept": []}
    assert set(states().values()) == {"pending"}
    assert not Decision.objects.live().exists()
    assert Decision.objects.count() == 6
    assert queue(review, TA, ben).count() == 4
    assert recount(review=review, by=ana) == {"changed": {}, "kept": []}
    with pytest.raises(SaidAlready):
        undo_intake(review=review, intake=intake, by=ana)
    say(rayyan, Kind.VOTES, people={"Ben": ben.pk})
    assert Decision.objects.live().count() == 3


def test_what_later_work_rests_on_stays_and_is_told(review, rayyan, say, vote, ana, ben, cleo):
    from screening.services import set_full_text_state

    intake, _ = say(rayyan, Kind.VOTES, people={"Ben": ben.pk, "Cleo": cleo.pk})
    set_full_text_state(review=review, record=rayyan.both, state="retrieved", by=ana)
    vote(ben, rayyan.both, "include", stage=FT)
    done = undo_intake(review=review, intake=intake, by=ana)
    assert done["taken_back"] == 2
    assert "has full-text votes" in done["kept"][0]
    intake.refresh_from_db()
    assert intake.undone_at is None
    assert states()["Both in"] == "included"


def test_a_record_somebody_voted_on_here_is_left(review, rayyan, say, vote, ben, cleo):
    vote(cleo, rayyan.both, "exclude")
    _, done = say(rayyan, Kind.VOTES, people={"Ben": ben.pk})
    assert done == {"taken": 2, "left": 1}
    assert Decision.objects.live().get(record=rayyan.both).reviewer == cleo


def test_two_files_of_one_record_bring_two_votes(review, say, ben, cleo):
    """One reviewer's export each: the second file's record was merged into the first's."""
    one, two = make_batch(review), make_batch(review)
    leader = make_record(review, "Same", batch=one, earlier=[said_by("ben", "include")])
    make_record(review, "Same", batch=two, earlier=[said_by("cleo", "include")], duplicate_of=leader)
    say(one, Kind.VOTES, people={"ben": ben.pk})
    say(two, Kind.VOTES, people={"cleo": cleo.pk})
    assert states() == {"Same": "included"}


def test_no_more_votes_than_the_quorum(review, say, ana, ben, cleo):
    batch = make_batch(review)
    make_record(review, "Three", batch=batch, earlier=[said_by(name, "include") for name in "abc"])
    say(batch, Kind.VOTES, people={"a": ana.pk, "b": ben.pk, "c": cleo.pk})
    assert Decision.objects.count() == 2


def test_a_person_who_says_both_says_nothing(review, say, ben):
    batch = make_batch(review)
    make_record(review, "Both ways", batch=batch, earlier=[said_by("a", "include"), said_by("a", "exclude")])
    assert say(batch, Kind.VOTES, people={"a": ben.pk})[1] == {"taken": 0, "left": 1}


def test_outcomes_of_an_earlier_review_are_nobodys_vote(review, rayyan, say, ana, ben):
    rayyan.full = make_record(
        review,
        "Out at full text",
        batch=rayyan,
        earlier=[said_by("Ben", "exclude", "Wrong design", stage="full text")],
    )
    intake, done = say(rayyan, Kind.OUTCOMES, why="Review of 2019")
    assert done == {"taken": 3, "left": 1}
    assert states() == {"Both in": "included", "Both out": "excluded", "Out at full text": "included"}
    assert states(FT) == {"Out at full text": "excluded"}
    assert Verdict.objects.get(record=rayyan.full, stage=FT).reason.label == "Wrong design"
    assert not Decision.objects.exists()
    assert pair_tables.pairs(review.memberships.get(user=ana), TA) == []
    assert set(queue(review, TA, ben)) == {rayyan.differ, rayyan.none}
    assert undo_intake(review=review, intake=intake, by=ana)["kept"] == []
    assert set(states().values()) == {"pending"}
    assert queue(review, TA, ben).count() == 5


@pytest.mark.parametrize(
    ("kind", "title", "full"),
    [
        (Kind.FULL_TEXT, "included", None),
        (Kind.INCLUDED, "included", "included"),
        (Kind.EXCLUDED, "excluded", None),
    ],
)
def test_a_file_comes_in_at_a_later_stage(kind, title, full, review, rayyan, say, ana, ben):
    intake, done = say(rayyan, kind, why="Previous version, 2019")
    assert done == {"taken": 4, "left": 0}
    assert set(states().values()) == {title}
    assert set(states(FT).values()) == ({full} if full else set())
    assert Study.objects.count() == (4 if full else 0)
    assert queue(review, TA, ben).count() == 0
    assert progress(review, TA, ben).complete == 4
    told = AuditEvent.objects.filter(target_id=str(rayyan.both.pk), verb="screening.record_placed")
    assert "Previous version, 2019" in told[0].sentence
    assert recount(review=review, by=ana) == {"changed": {}, "kept": []}
    assert undo_intake(review=review, intake=intake, by=ana)["kept"] == []
    assert set(states().values()) == {"pending"}
    assert Study.objects.count() == 0


def test_reopening_a_placed_record_brings_it_to_screening(review, rayyan, say, dora, ben):
    say(rayyan, Kind.INCLUDED, why="2019")
    verdict = reopen(review=review, record=rayyan.both, stage=TA, by=dora, why="To be read again")
    assert verdict.state == "pending"
    assert not Placement.objects.live().filter(record=rayyan.both).exists()
    assert not Study.objects.filter(reports__record=rayyan.both).exists()
    assert list(queue(review, TA, ben)) == [rayyan.both]
    _hold(rayyan.out)
    with pytest.raises(NotEligible, match="has its PDF"):
        reopen(review=review, record=rayyan.out, stage=TA, by=dora, why="x")


def _hold(record):
    record.full_text.file = "x.pdf"
    record.full_text.save()


def test_prior_knowledge_is_shown_after_a_vote_only_unless_said_otherwise(
    review, rayyan, say, vote, ana, ben
):
    member = review.memberships.get(user=ben)
    assert earlier.shown_to(member, rayyan.both) == []
    intake, done = say(rayyan, Kind.PRIOR)
    assert done == {"taken": 3, "left": 0}
    assert earlier.shown_to(member, rayyan.both) == []
    vote(ben, rayyan.both, "exclude")
    assert [each["decision"] for each in earlier.shown_to(member, rayyan.both)] == ["include", "include"]
    undo_intake(review=review, intake=intake, by=ana)
    assert earlier.shown_to(member, rayyan.both) == []
    say(rayyan, Kind.PRIOR, shown_first=True)
    assert len(earlier.shown_to(member, rayyan.out)) == 2
    assert not Verdict.objects.settled().exists()


@pytest.mark.parametrize("who", ["ben", "dora", "stan", "eve"])
def test_only_who_manages_the_team_may(who, review, rayyan, say, request):
    with pytest.raises(NotAllowed):
        say(rayyan, Kind.IGNORED, by=request.getfixturevalue(who))


def test_nonsense_is_refused_with_a_sentence(review, rayyan, say, ana, ben, stan, eve):
    undone = make_batch(review)
    undone.state = "undone"
    undone.save()
    empty = make_batch(review)
    cases = [
        (undone, Kind.INCLUDED, {"why": "x"}, "not in this review"),
        (empty, Kind.PRIOR, {}, "No earlier decisions were found"),
        (rayyan, Kind.INCLUDED, {"why": "  "}, "where these records come from"),
        (rayyan, "nonsense", {}, "is none of"),
        (rayyan, Kind.VOTES, {}, "at least one person"),
        (rayyan, Kind.VOTES, {"people": {"Nobody": ben.pk}}, "no decisions of “Nobody”"),
        (rayyan, Kind.VOTES, {"people": {"Ben": stan.pk}}, "a present member who may screen"),
        (rayyan, Kind.VOTES, {"people": {"Ben": eve.pk}}, "a present member who may screen"),
        (rayyan, Kind.VOTES, {"people": {"Ben": ben.pk, "Cleo": ben.pk}}, "cannot be the same member"),
    ]
    for batch, kind, more, sentence in cases:
        with pytest.raises(NotEligible, match=sentence):
            say(batch, kind, **more)
    assert not Intake.objects.exists()


def test_an_earlier_vote_is_blinded_like_any_other(review, rayyan, say, ana, ben, cleo, dora):
    say(rayyan, Kind.VOTES, people={"Ben": ben.pk})
    for person in (ana, cleo, dora):
        member = review.memberships.get(user=person)
        assert not Decision.objects.visible_to(member).exists()
        told = AuditEvent.objects.visible_to(person).values_list("sentence", "detail")
        assert "include" not in str(list(told))
    assert AuditEvent.objects.visible_to(ben).filter(verb="screening.vote_taken_over").count() == 3


def test_the_last_vote_to_undo_is_one_cast_here(review, rayyan, say, vote, as_user, ben):
    other = make_record(review, "Cast here")
    vote(ben, other, "include")
    say(rayyan, Kind.VOTES, people={"Ben": ben.pk})
    as_user(ben).post(reverse("screening:undo", args=["trd", TA]))
    assert Decision.objects.live().filter(record=other).count() == 0
    assert Decision.objects.live().filter(reviewer=ben).count() == 3


def test_on_the_pages_it_is_said_done_and_taken_back(review, rayyan, as_user, ana, ben, cleo, work):
    client = as_user(ana)
    listed = client.get(reverse("screening:intakes", args=["trd"]))
    assert "Nothing yet" in listed.text
    url = reverse("screening:intake", args=["trd", rayyan.pk])
    page = client.get(url).text
    assert "Votes of Ben" in page
    assert f'<option value="{ben.pk}" selected>' in page  # the member of that name
    body = {"form": "earlier", "kind": "votes", "person_0": ben.pk, "person_1": cleo.pk}
    assert client.post(url, body).status_code == 302
    assert Decision.objects.count() == 0
    assert [job.state for job in work()] == ["done"]
    assert "3 records taken in" in client.get(url).text
    client.post(reverse("screening:intake_undo", args=["trd", Intake.objects.get().pk]))
    assert [job.state for job in work()] == ["done"]
    assert "taken back by Ana" in client.get(url).text


def test_on_the_page_a_wrong_word_is_answered_at_its_field(review, rayyan, as_user, ana, ben):
    client, url = as_user(ana), reverse("screening:intake", args=["trd", rayyan.pk])
    for body, said in (
        ({"form": "stage", "kind": "included", "why": ""}, "This field is required"),
        ({"form": "earlier", "kind": "votes", "person_0": "0"}, "Select a valid choice"),
        ({"form": "earlier", "kind": "votes"}, "at least one person"),
        ({}, "This field is required"),
    ):
        answer = client.post(url, body)
        assert answer.status_code == 422, body
        assert said in answer.text, body
    assert as_user(ben).get(url).status_code == 403


def test_pages_cost_no_more_queries_with_ten_more_files(
    review, rayyan, as_user, ana, django_assert_max_num_queries
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client, url = as_user(ana), reverse("screening:intakes", args=["trd"])
    client.get(url)
    with CaptureQueriesContext(connection) as before:
        client.get(url)
    for _ in range(10):
        make_record(review, batch=make_batch(review), earlier=[said_by("x", "include")])
    with django_assert_max_num_queries(len(before)):
        client.get(url)


def test_the_api_says_the_same(review, rayyan, as_user, ana, ben, eve, work):
    api, base = as_user(ana), "/api/reviews/trd/intakes/"
    (found,) = api.get(f"{base}found/").json()
    assert found["people"][0] == {"name": "Ben", "include": 2, "exclude": 1, "maybe": 0, "at_full_text": 0}
    body = {"batch": rayyan.pk, "kind": "votes", "people": {"Ben": ben.pk}}
    made = api.post(base, body, content_type="application/json")
    assert made.status_code == 202
    work()
    assert api.get(f"{base}{made.json()['id']}/").json()["result"] == {"taken": 3, "left": 0}
    assert api.post(f"{base}{made.json()['id']}/undo/").status_code == 202
    work()
    assert not Decision.objects.live().exists()
    assert as_user(ben).get(base).status_code == 403
    assert as_user(eve).get(base).status_code == 404
    wrong = api.post(base, body | {"kind": "included", "people": {}}, content_type="application/json")
    assert (wrong.status_code, "where these records come from" in wrong.json()["detail"]) == (422, True)


def test_the_command_says_the_same(review, rayyan, ana, ben):
    def run(*args):
        out = StringIO()
        call_command("take_in", "--review", "trd", "--file", rayyan.file_name, *args, stdout=out)
        return out.getvalue()

    done = json.loads(run("--as", "votes", "--person", "Ben=ben@example.org", "--json"))
    assert done == {"review": "trd", "file": rayyan.file_name, "as": "votes", "taken": 3, "left": 0}
    assert "3 records taken back" in run("--as", "votes", "--undo")
    assert "4 records taken in" in run("--as", "excluded", "--why", "2019")
    with pytest.raises(CommandError, match="was not said"):
        run("--as", "votes", "--undo")
    with pytest.raises(CommandError, match="No import of 'trd' is called"):
        call_command("take_in", "--review", "trd", "--file", "nothing.ris", "--as", "prior")


def test_stages_have_names_in_files():
    assert earlier.stage_of(said_by("", "include", stage="full text")) == Stage.FULL_TEXT
    assert earlier.stage_of(said_by("", "include", stage=TA_WORDS)) == Stage.TITLE_ABSTRACT
