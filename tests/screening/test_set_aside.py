"""Awaiting classification and ongoing: settled at full text, and neither included nor excluded."""

import pytest
from django.urls import reverse

from records.models import DuplicateCandidate
from reporting.exports import decisions, records
from screening.models import Adjudication, Decision, Report, Study, Verdict
from screening.pair_tables import pairs
from screening.queue import progress, queue
from screening.rules import Ballot, Policy, Ruling, State, decide
from screening.services import NotEligible, recount, reopen
from screening.set_aside import included_studies_of, sections, with_one_number
from tests.factories import make_record
from tests.screening.conftest import FT, TA

pytestmark = pytest.mark.django_db


@pytest.fixture
def ongoing(to_full_text, vote, ben, cleo):
    """``ongoing(record)``: both say that its study is going on; or another word."""

    def bring(record, word="ongoing", note="No results yet, expected in 2027"):
        to_full_text(record)
        for reviewer in (ben, cleo):
            vote(reviewer, record, word, stage=FT, note=note)
        return record

    return bring


@pytest.mark.parametrize(
    ("votes", "state"),
    [
        (("ongoing", "ongoing"), State.ONGOING),
        (("awaiting", "awaiting"), State.AWAITING),
        (("awaiting", "ongoing"), State.CONFLICT),
        (("ongoing", "include"), State.CONFLICT),
        (("awaiting", "exclude"), State.CONFLICT),
        (("ongoing", "maybe"), State.CONFLICT),
        (("ongoing",), State.PENDING),
    ],
)
def test_they_agree_with_their_like_alone(votes, state):
    outcome = decide([Ballot(vote) for vote in votes], Policy())
    assert outcome.state == state
    assert outcome.settled == (state in (State.ONGOING, State.AWAITING))


def test_a_resolver_may_give_them():
    assert decide([], Policy(), Ruling(False, None, "ongoing")).state == State.ONGOING
    assert decide([], Policy(), Ruling(False)).state == State.EXCLUDED


def test_no_study_is_made_and_nobody_votes_any_more(review, record, ongoing, vote, ben, cleo):
    ongoing(record)
    verdict = Verdict.objects.at(FT).get()
    assert (verdict.state, verdict.is_settled, verdict.reason) == ("ongoing", True, None)
    assert verdict in Verdict.objects.told()
    assert not Study.objects.exists()
    assert (queue(review, FT, ben).count(), progress(review, FT, ben).complete) == (0, 1)
    assert recount(review=review, by=review.memberships.get(role="owner").user)["changed"] == {}


@pytest.mark.parametrize(
    ("stage", "note", "says"),
    [(TA, "No results", "at full text only"), (FT, "  ", "Say in the note why")],
)
def test_they_need_full_text_and_a_note(to_full_text, record, vote, ben, stage, note, says):
    if stage == FT:
        to_full_text(record)
    with pytest.raises(NotEligible, match=says):
        vote(ben, record, "awaiting", stage=stage, note=note)
    assert not Decision.objects.filter(vote="awaiting").exists()


def test_a_conflict_is_resolved_so_and_opened_again(
    review, record, to_full_text, vote, resolve, ben, cleo, dora
):
    to_full_text(record)
    vote(ben, record, "include", stage=FT)
    vote(cleo, record, "ongoing", stage=FT, note="Recruiting")
    with pytest.raises(NotEligible, match="Say in the comment why"):
        resolve(record, False, stage=FT, outcome="ongoing")
    with pytest.raises(NotEligible, match="both included and ongoing"):
        resolve(record, True, stage=FT, outcome="ongoing", comment="x")
    with pytest.raises(NotEligible, match="is not an outcome"):
        resolve(record, False, stage=FT, outcome="later", comment="x")
    resolve(record, False, stage=FT, outcome="ongoing", comment="Recruits until 2027")
    assert Verdict.objects.at(FT).get().state == "ongoing"
    assert str(Adjudication.objects.get()) == "Ongoing study by Dora"
    reopen(review=review, record=record, stage=FT, by=dora, why="Results are out")
    assert Verdict.objects.at(FT).get().state == "conflict"


def test_an_included_report_that_turns_out_to_be_ongoing_leaves_its_study(
    review, record, include, vote, ben, cleo, dora
):
    include(record)
    reopen(review=review, record=record, stage=FT, by=dora, why="A protocol only")
    assert not Report.objects.exists()
    for reviewer in (ben, cleo):
        vote(reviewer, record, "awaiting", stage=FT, note="Protocol only")
    assert Verdict.objects.at(FT).get().state == "awaiting"
    assert not Study.objects.exists()


def test_the_page_of_conflicts_offers_them_at_full_text(
    review, record, to_full_text, vote, as_user, ben, cleo, dora
):
    to_full_text(record)
    vote(ben, record, "include", stage=FT)
    vote(cleo, record, "awaiting", stage=FT, note="Abstract only")
    client, url = as_user(dora), reverse("screening:conflict", args=["trd", FT, record.pk])
    assert 'value="ongoing"' in client.get(url).content.decode()
    refused = client.post(url, {"included": "awaiting"})
    assert (refused.status_code, "Say in the comment why" in refused.content.decode()) == (422, True)
    client.post(url, {"included": "awaiting", "comment": "Asked the authors"})
    assert Verdict.objects.at(FT).get().state == "awaiting"


def test_the_studies_page_counts_studies_and_reports_of_each(review, ongoing, include, as_user, ben, eve):
    for number in range(2):
        ongoing(make_record(review, f"Report {number}", registry_ids=["NCT00000001"]))
    linked = [
        ongoing(make_record(review, f"Linked {number}"), "awaiting", "Abstract only") for number in range(2)
    ]
    DuplicateCandidate.objects.create(
        review=review, left=linked[0], right=linked[1], score=0.5, state=DuplicateCandidate.State.LINKED
    )
    study = include(make_record(review, "The results", registry_ids=["NCT00000001"]))
    found = {section.state: section for section in sections(review)}
    assert [(len(found[state].groups), found[state].reports) for state in ("ongoing", "awaiting")] == [
        (1, 2)
    ] * 2
    assert found["ongoing"].groups[0].notes == ["No results yet, expected in 2027"]
    assert found["ongoing"].groups[0].study == study
    text = as_user(ben).get(reverse("screening:studies", args=["trd"])).content.decode()
    assert text.count("1 study, 2 reports") == 2
    assert "1 study included, 1 report" in text
    told = as_user(ben).get("/api/reviews/trd/studies/set-aside/").json()
    assert [(each["state"], len(each["records"]), each["study"]) for each in told] == [
        ("awaiting", 2, None),
        ("ongoing", 2, study.pk),
    ]
    assert as_user(eve).get("/api/reviews/trd/studies/set-aside/").status_code == 404


def test_another_report_of_an_included_study_is_recognised_and_put_there_with_one_click(
    review, include, to_full_text, vote, as_user, ben, cleo
):
    study = include(make_record(review, "The results", registry_ids=["NCT00000001"]))
    other = to_full_text(make_record(review, "A follow-up", registry_ids=["nct00000001"]))
    unknown = make_record(review, "Unknown")
    assert included_studies_of(review, [other, unknown, study.reports.get().record]) == {other.pk: study}
    client = as_user(ben)
    told = f'another report of the study <a href="{reverse("screening:study", args=["trd", study.pk])}">'
    for name, args in (("full_text", [other.pk]), ("screen_record", [FT, other.pk])):
        assert told in client.get(reverse(f"screening:{name}", args=["trd", *args])).content.decode()
    for reviewer in (ben, cleo):
        vote(reviewer, other, "include", stage=FT)
    page = client.get(reverse("screening:full_text", args=["trd", other.pk])).content.decode()
    assert f"Put it under {study}" in page
    listed = client.get(reverse("screening:studies", args=["trd"])).content.decode()
    assert "One trial register number, several studies" in listed
    client.post(reverse("screening:study_group", args=["trd", study.pk]), {"reports": other.report.pk})
    assert study.reports.count() == 2
    assert included_studies_of(review, [other]) == {}
    assert with_one_number(review) == []


def test_they_leave_in_exports_and_filters(review, record, ongoing, as_user, ben):
    ongoing(record)
    member = review.memberships.get(user=ben)
    assert ",ongoing," in "".join(records.as_csv(member))
    assert "No results yet" in "".join(decisions.as_csv(member))
    page = as_user(ben).get(reverse("screening:records", args=["trd"]), {"full_text": "ongoing"})
    assert [row.pk for row in page.context["page_obj"]] == [record.pk]
    assert "Ongoing study" in page.content.decode()


def test_a_colleague_is_not_told_before_it_is_complete(
    review, record, to_full_text, vote, as_user, ben, cleo
):
    to_full_text(record)
    vote(cleo, record, "ongoing", stage=FT, note="secret-remark")
    assert sections(review) == []
    assert not pairs(review.memberships.get(user=ben), FT)
    page = as_user(ben).get(reverse("screening:studies", args=["trd"])).content.decode()
    assert "secret-remark" not in page
