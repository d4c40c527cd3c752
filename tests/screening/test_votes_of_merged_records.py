"""Merging after screening, and undoing it: votes stay with the record they were cast on."""

import pytest

from records.services import (
    choose_primary,
    dissolve,
    merge_all_above,
    merge_candidate,
    reopen_candidate,
    undo_lot,
    words_about,
)
from screening.models import Decision, Stage, Verdict
from screening.queue import queue
from tests.factories import make_record
from tests.records.conftest import pair, text

TA = Stage.TITLE_ABSTRACT


@pytest.fixture
def screened(review, vote, ben, cleo):
    """Two records that may be one: the first included, the second excluded, each by two people."""
    first, second = make_record(review), make_record(review)
    for record, word in ((first, "include"), (second, "exclude")):
        vote(ben, record, word)
        vote(cleo, record, word)
    return first, second


def standing(review):
    """What counts now: {record: state} of the records in the review."""
    verdicts = Verdict.objects.filter(record__in=review.records.unique(), stage=TA)
    return dict(verdicts.values_list("record", "state"))


def votes():
    return [*Decision.objects.order_by("pk").values("pk", "record", "reviewer", "vote", "withdrawn_at")]


def test_while_merged_the_votes_on_the_one_that_leads_count(review, ana, screened):
    first, second = screened
    before = votes()
    candidate = pair(first, second)
    merge_candidate(candidate=candidate, by=ana, primary=second, anyway=True)
    assert standing(review) == {second.pk: "excluded"}
    reopen_candidate(candidate=candidate, by=ana)
    assert standing(review) == {first.pk: "included", second.pk: "excluded"}
    assert votes() == before, "no vote was moved, changed or lost"


def test_an_unscreened_one_that_leads_goes_to_screening_and_the_votes_come_back(review, ana, ben, screened):
    first, _ = screened
    fresh = make_record(review)
    candidate = pair(first, fresh)
    merge_candidate(candidate=candidate, by=ana, primary=fresh, anyway=True)
    assert [*queue(review, TA, ben).values_list("pk", flat=True)] == [fresh.pk]
    choose_primary(record=first, by=ana)
    assert [*queue(review, TA, ben)] == []
    assert standing(review)[first.pk] == "included"
    dissolve(record=first, by=ana)
    assert [*queue(review, TA, ben).values_list("pk", flat=True)] == [fresh.pk]


def test_a_vote_cast_while_merged_stays_with_the_leader(review, ana, ben, cleo, vote):
    first, second = make_record(review), make_record(review)
    candidate = pair(first, second)
    merge_candidate(candidate=candidate, by=ana, primary=first)
    vote(ben, first, "include")
    vote(cleo, first, "include")
    reopen_candidate(candidate=candidate, by=ana)
    assert standing(review) == {first.pk: "included"}
    assert [*queue(review, TA, ben).values_list("pk", flat=True)] == [second.pk]


def test_many_merges_undone_at_once_give_all_votes_back(review, ana, screened):
    first, second = screened
    pair(first, second, score=0.9)
    before, counted = votes(), standing(review)
    event = merge_all_above(review=review, score=0.8, by=ana)
    assert len(standing(review)) == 1
    undo_lot(review=review, event=event, by=ana)
    assert (votes(), standing(review)) == (before, counted)


def test_the_rule_is_said_before_the_undo_where_there_is_work_on_either(review, as_user, ana, screened):
    first, second = screened
    candidate = pair(first, second)
    assert words_about([first.pk, second.pk]).keys() == {first.pk, second.pk}
    client = as_user(ana)
    pages = ["/reviews/trd/duplicates/"]
    shown = [text(client.get(path)) for path in pages]
    merge_candidate(candidate=candidate, by=ana, primary=first)
    pages = ["/reviews/trd/duplicates/merged/", f"/reviews/trd/duplicates/groups/{first.pk}/"]
    for page in [*shown, *(text(client.get(path)) for path in pages)]:
        assert "Votes stay with the record they were cast on" in page
        assert "included at title and abstract" in page
        assert "excluded at title and abstract" in page


def test_a_vote_on_a_record_that_is_not_complete_is_nobodys_business(review, as_user, ana, ben, vote):
    first, second = make_record(review), make_record(review)
    vote(ben, first, "include")
    pair(first, second)
    page = as_user(ana).get("/reviews/trd/duplicates/").content.decode()
    assert words_about([first.pk, second.pk]) == {}
    assert "includ" not in page.split("<main")[1].split("</main>")[0]
