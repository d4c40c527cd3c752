"""A duplicate that a person meets while screening: marked, counted, taken back with its own votes."""

import pytest
from django.urls import reverse

from records.models import DuplicateCandidate, Record
from records.services import NotACandidate
from reporting.prisma import flow_counts
from reviews.models import AuditEvent
from screening import likely, pair_tables
from screening.models import Decision, FullText, Report, Study, Verdict
from screening.queue import progress, queue
from screening.services import (
    NotAllowed,
    NotEligible,
    OutcomeLost,
    mark_duplicate,
    recount,
    unmark_duplicate,
)
from tests.factories import make_batch, make_record, make_search
from tests.screening.conftest import FT, TA

pytestmark = pytest.mark.django_db


@pytest.fixture
def twin(review, record):
    """The record again, from another source."""
    embase = make_batch(review, make_search(review, "Embase"))
    return make_record(
        review, "Psilocybin for depression: a randomized trial", batch=embase, authors=["Nakagawa, A."]
    )


@pytest.fixture
def mark(review, ben):
    def bring(record, of, by=None, **more):
        return mark_duplicate(review=review, record=record, of=of, by=by or ben, **more)

    return bring


def problems(review):
    return flow_counts(review).problems()


def counted(membership, stage=TA):
    return [
        (pair.first.name, pair.second.name, pair.agreement.n) for pair in pair_tables.pairs(membership, stage)
    ]


def test_it_leaves_every_queue_at_once_and_counts_as_a_duplicate(review, record, twin, mark, ben, cleo):
    before = flow_counts(review)
    marked = mark(twin, record, stage=TA)
    assert (marked.stays, marked.left) == (record, twin)
    for reviewer in (ben, cleo):
        assert list(queue(review, TA, reviewer)) == [record]
    counts = flow_counts(review)
    assert (counts.duplicates, counts.awaiting_screening) == (1, before.awaiting_screening - 1)
    assert counts.identified == before.identified
    assert problems(review) == []
    told = AuditEvent.objects.filter(target_type="records.record", target_id=str(twin.pk))
    assert [(event.actor, event.verb) for event in told] == [(ben, "screening.duplicate_marked")]
    assert f"duplicate of record {record.pk} while screening at title and abstract" in told[0].sentence


def test_taken_back_each_record_has_its_own_votes_and_outcome(
    review, record, twin, mark, vote, ben, cleo, ana
):
    for reviewer in (ben, cleo):
        vote(reviewer, twin, "exclude")
    vote(ben, record, "include")
    marked = mark(twin, record, stays=record, anyway=True)
    assert not Record.objects.unique().filter(pk=twin.pk).exists()
    assert flow_counts(review).excluded == 0
    back = unmark_duplicate(review=review, pair=marked.pair, by=cleo)
    assert back == twin
    assert recount(review=review, by=ana) == {"changed": {}, "kept": []}
    states = dict(Verdict.objects.values_list("record", "state"))
    assert states == {twin.pk: "excluded", record.pk: "pending"}
    assert Decision.objects.live().filter(record=twin).count() == 2
    assert flow_counts(review).excluded == 1
    assert problems(review) == []
    assert marked.pair.__class__.objects.get(pk=marked.pair.pk).state == DuplicateCandidate.State.WAITING


def test_its_votes_leave_the_agreement_and_come_back(review, record, twin, mark, vote, ben, cleo, ana):
    lead = review.memberships.get(user=ana)
    for reviewer in (ben, cleo):
        vote(reviewer, record, "include")
        vote(reviewer, twin, "include")
    assert counted(lead) == [("Ben", "Cleo", 2)]
    marked = mark(twin, record)
    assert counted(lead) == [("Ben", "Cleo", 1)]
    unmark_duplicate(review=review, pair=marked.pair, by=ben)
    assert counted(lead) == [("Ben", "Cleo", 2)]


def test_an_adjudicated_record_and_one_with_a_study_keep_theirs(
    review, record, twin, mark, conflict, resolve, include, vote, ben, cleo
):
    conflict(twin)
    resolve(twin, True)
    study = include(record)
    marked = mark(record, twin)  # the record with the study is further along, so it stays
    assert (marked.stays, marked.left) == (record, twin)
    assert FullText.objects.current().count() == 1
    assert list(Study.objects.current()) == [study]
    assert flow_counts(review).sought == 1
    assert problems(review) == []
    unmark_duplicate(review=review, pair=marked.pair, by=ben)
    assert FullText.objects.current().count() == 2
    assert Verdict.objects.get(record=twin, stage=TA).state == "included"
    assert (flow_counts(review).sought, problems(review)) == (2, [])


def test_at_full_text_the_report_is_sought_once(review, record, twin, mark, to_full_text, vote, ben, cleo):
    to_full_text(record)
    to_full_text(twin)
    vote(ben, twin, "include", stage=FT)
    marked = mark(twin, record, stage=FT)
    assert marked.stays == record
    assert list(queue(review, FT, cleo)) == [record]
    assert progress(review, FT, cleo).total == 1
    assert (flow_counts(review).sought, problems(review)) == (1, [])
    unmark_duplicate(review=review, pair=marked.pair, by=cleo)
    assert set(queue(review, FT, cleo)) == {record, twin}
    assert list(queue(review, FT, ben)) == [record]  # his vote on the twin is there again


def test_losing_an_outcome_must_be_said_yes_to(review, record, twin, mark, include):
    study = include(record)
    with pytest.raises(OutcomeLost, match=f"included at full text.*a report of the study {study}"):
        mark(record, twin, stays=twin)
    assert Record.objects.unique().count() == 2
    marked = mark(record, twin, stays=twin, anyway=True)
    assert marked.stays == twin
    assert not Study.objects.current().exists()
    assert Report.objects.filter(study=study).exists()
    assert (flow_counts(review).studies, problems(review)) == (0, [])
    unmark_duplicate(review=review, pair=marked.pair, by=review.memberships.first().user)
    assert list(Study.objects.current()) == [study]


def test_open_votes_do_not_move_the_choice_of_who_stays(review, record, twin, mark, vote, cleo):
    """A vote that nobody may see must not show in which record stays."""
    vote(cleo, record, "include")
    assert mark(record, twin).stays == twin


def test_a_group_comes_along_and_a_third_record_joins_it(review, record, twin, mark):
    third = make_record(review, "Psilocybin in depression")
    mark(twin, record)
    marked = mark(third, twin)  # the twin stands for its group
    assert marked.stays == record
    assert set(record.duplicates.all()) == {twin, third}
    with pytest.raises(NotEligible, match="are one already"):
        mark(third, record)
    assert (flow_counts(review).duplicates, problems(review)) == (2, [])


def test_who_may_and_who_may_not(review, record, twin, mark, stan, eve, dora):
    for person, said in ((stan, "may not do this"), (eve, "not a member")):
        with pytest.raises(NotAllowed, match=said):
            mark(record, twin, by=person)
    assert mark(record, twin, by=dora).stays == twin


def test_told_apart_records_are_refused_with_who_did_it(review, record, twin, mark, ana):
    DuplicateCandidate.objects.create(
        review=review, left=record, right=twin, score=0.6, rule="x", state="distinct", decided_by=ana
    )
    with pytest.raises(NotACandidate, match="told apart by Ana"):
        mark(record, twin)
    assert likely.likely(record) == []


def test_likely_ones_come_first_and_words_find_the_rest(review, record, twin):
    other = make_record(review, "Sleep after surgery", authors=["Müller, K."], year=2011, doi="10.1000/zzz")
    assert [one.record for one in likely.likely(record)] == [twin]
    assert likely.likely(record)[0].reasons
    for words in ("müller 2011", "https://doi.org/10.1000/ZZZ", "surgery sleep"):
        assert [one.record for one in likely.found_by(record, words)] == [other], words
    assert likely.found_by(record, "no such thing") == []


def test_ten_more_records_cost_no_more_queries(
    review, record, twin, ben, as_user, django_assert_max_num_queries
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    url, client = reverse("screening:screen_duplicate", args=["trd", TA, record.pk]), as_user(ben)
    client.get(url)
    with CaptureQueriesContext(connection) as before:
        client.get(url)
    for _ in range(10):
        make_record(review, "Unlike anything")
    with django_assert_max_num_queries(len(before)):
        client.get(url)


def test_on_the_screen_the_next_record_comes_and_undo_brings_it_back(review, record, twin, as_user, ben):
    third = make_record(review, "Another trial")
    client, htmx = as_user(ben), {"HX-Request": "true"}
    panel = client.get(reverse("screening:screen_duplicate", args=["trd", TA, record.pk]), headers=htmx)
    assert f"keep {twin.pk}" in panel.text
    assert "<html" not in panel.text
    answer = client.post(
        reverse("screening:screen_mark", args=["trd", TA, record.pk]), {"of": twin.pk}, headers=htmx
    )
    assert answer.status_code == 200
    assert answer.headers["HX-Push-Url"].endswith(f"/{twin.pk}/")  # next in the queue
    pair = DuplicateCandidate.objects.get()
    unmark = reverse("screening:screen_unmark", args=["trd", TA, pair.pk])
    assert unmark in answer.text
    back = client.post(unmark, headers=htmx)
    assert back.headers["HX-Push-Url"].endswith(f"/{record.pk}/")
    assert set(queue(review, TA, ben)) == {record, twin, third}


def test_it_works_without_script(review, record, twin, as_user, ben):
    client = as_user(ben)
    assert (
        f"keep {twin.pk}"
        in client.get(reverse("screening:screen_duplicate", args=["trd", TA, record.pk])).text
    )
    answer = client.post(
        reverse("screening:screen_mark", args=["trd", TA, record.pk]), {"of": twin.pk}, follow=True
    )
    assert f"{twin.pk} stays" in answer.text
    pair = DuplicateCandidate.objects.get()
    assert reverse("screening:screen_unmark", args=["trd", TA, pair.pk]) in answer.text
    client.post(reverse("screening:screen_unmark", args=["trd", TA, pair.pk]))
    assert Record.objects.unique().count() == 2


def test_nonsense_is_refused_with_a_sentence(review, record, twin, as_user, ben, eve, stan):
    url = reverse("screening:screen_mark", args=["trd", TA, record.pk])
    client = as_user(ben)
    for body, said in (
        ({}, "Choose the record"),
        ({"of": 0}, "not in this review"),
        ({"of": record.pk}, "one already"),
    ):
        answer = client.post(url, body)
        assert answer.status_code == 422, body
        assert said in answer.text, body
    assert as_user(stan).post(url, {"of": twin.pk}).status_code == 403
    assert as_user(eve).post(url, {"of": twin.pk}).status_code == 404
    assert client.get(url).status_code == 405
    assert Record.objects.unique().count() == 2


def test_a_loss_asks_first_on_the_page(review, record, twin, include, as_user, ben):
    include(record)
    client, url = as_user(ben), reverse("screening:record_mark", args=["trd", record.pk])
    asked = client.post(url, {"of": twin.pk, "stays": "other"})
    assert asked.status_code == 409
    assert "Let it leave all the same" in asked.text
    done = client.post(url, {"of": twin.pk, "stays": "other", "anyway": "on"}, follow=True)
    assert "was merged as a duplicate into" in done.text
    assert Record.objects.unique().get() == twin


def test_undo_of_the_last_vote_passes_over_a_record_that_left(review, record, twin, mark, vote, as_user, ben):
    vote(ben, record, "include")
    vote(ben, twin, "exclude")
    mark(twin, record)
    as_user(ben).post(reverse("screening:undo", args=["trd", TA]))
    assert Decision.objects.live().get(reviewer=ben).record == twin


def test_a_pair_held_together_by_others_is_not_taken_back_alone(review, record, twin, mark, ben):
    """In a ring of three pairs, cutting one leaves all three together: nothing is done, and it is said why."""
    third = make_record(review, "Psilocybin in depression")
    first = mark(twin, record).pair
    mark(third, record)
    left, right = sorted((twin, third), key=lambda each: each.pk)
    DuplicateCandidate.objects.create(
        review=review, left=left, right=right, score=1, rule="x", state="merged", automatic=True
    )
    with pytest.raises(NotEligible, match="through other pairs"):
        unmark_duplicate(review=review, pair=first, by=ben)
    first.refresh_from_db()
    assert first.state == DuplicateCandidate.State.MERGED


def test_the_group_that_came_along_goes_back_with_its_leader(review, record, twin, mark, ben):
    third = make_record(review, "Psilocybin in depression")
    mark(third, twin)
    joined = mark(twin, record, stays=record).pair
    assert set(record.duplicates.all()) == {twin, third}
    assert unmark_duplicate(review=review, pair=joined, by=ben) == twin
    third.refresh_from_db()
    assert third.duplicate_of == twin


def test_taken_back_at_full_text_a_record_that_is_not_there_yet_lets_the_next_one_come(
    review, record, twin, mark, to_full_text, as_user, ben
):
    to_full_text(record)
    pair = mark(record, twin, stage=FT).pair  # the twin leaves: it was only at title and abstract
    done = as_user(ben).post(reverse("screening:screen_unmark", args=["trd", FT, pair.pk]), follow=True)
    assert "both records are there again" in done.text
    assert done.redirect_chain[-1][0].endswith(f"/{record.pk}/")
    again = as_user(ben).post(
        reverse("screening:screen_unmark", args=["trd", FT, pair.pk]), headers={"HX-Request": "true"}
    )
    assert again.status_code == 409
    assert "nothing to undo" in again.text
