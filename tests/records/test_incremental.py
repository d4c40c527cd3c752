"""A new import is compared with all that is there, and what a person said outlives an undone import."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from records.models import DuplicateCandidate, ImportBatch
from records.queue import pairs_to_decide
from records.services import (
    deduplicate,
    deduplication,
    link_reports,
    mark_distinct,
    merge_candidate,
    reopen_candidate,
    request_deduplication,
    undo_import,
)
from reviews import jobs
from tests.factories import join, make_batch, make_record, make_review, make_user
from tests.records.conftest import pair, ris
from tests.records.groups import check_the_groups, fresh, groups

State = DuplicateCandidate.State


class TestOnlyNew:
    def test_only_the_new_are_compared_with_all_others(self, review, ana, looks_alike):
        a, b = make_record(review), make_record(review)
        looks_alike({})
        deduplicate(review=review, by=ana)
        new = make_record(review, batch=make_batch(review))
        looks_alike({(a, b): 1.0, (b, new): 0.8})
        assert deduplicate(review=review, by=ana, only_new=True) == {
            "records": 1,
            "merged": 0,
            "to_decide": 1,
        }
        assert "searched 1 record, compared with all others, for duplicates" in (
            review.events.filter(verb="records.deduplicated").first().sentence
        )
        assert deduplicate(review=review, by=ana, only_new=True)["records"] == 0
        assert deduplicate(review=review, by=ana)["merged"] == 1, "a whole search compares all"

    def test_the_first_time_all_are_new(self, review, ana, three, looks_alike):
        looks_alike({(three[0], three[1]): 1.0})
        assert deduplicate(review=review, by=ana, only_new=True)["merged"] == 1

    def test_records_named_are_compared_anew(self, review, ana, three, looks_alike):
        looks_alike({})
        deduplicate(review=review, by=ana)
        a, b, c = three
        looks_alike({(a, b): 1.0, (b, c): 0.7})
        assert deduplicate(review=review, by=ana, records=[c.pk]) == {
            "records": 1,
            "merged": 0,
            "to_decide": 1,
        }

    def test_a_new_record_finds_its_group_by_any_member(self, review, ana):
        first = make_record(
            review,
            "Mindfulness for chronic depression: a trial",
            doi="10.1000/a",
            pages="1-9",
            authors=["Nakagawa, A."],
        )
        second = make_record(
            review,
            "Mindfulness for chronic depression: a trial",
            doi="10.1000/a",
            pmid="123",
            authors=["Nakagawa, A."],
        )
        make_record(review, "Exercise for knee pain")
        deduplicate(review=review, by=ana)
        later = make_record(
            review, "Mindfulness for depression", pmid="123", batch=make_batch(review), authors=second.authors
        )
        later.authors = second.authors
        later.save()
        deduplicate(review=review, by=ana, only_new=True)
        leader = fresh(first).duplicate_of or first
        candidate = review.duplicate_candidates.filter(right=later).get()
        assert candidate.left_id in {first.pk, second.pk}
        assert fresh(later).duplicate_of == leader or candidate.pk in pairs_to_decide(review)

    def test_a_pair_told_apart_hides_no_weaker_one(self, review, ana):
        """The rest of the group is asked about although its most alike member was told apart."""
        trial = {"authors": ["Silva, Ana"], "doi": "", "journal": "Lancet", "volume": "1", "pages": "1-9"}
        title = "Mindfulness-based cognitive therapy for chronic depression: a randomised trial"
        a, b = make_record(review, title, **trial), make_record(review, title, **trial)
        mark_distinct(candidate=pair(a, b), by=ana)
        make_record(review, title, authors=["Silva, Ana"], year=2016, journal="", type="thesis")
        deduplicate(review=review, by=ana)
        assert len(pairs_to_decide(review)) == 2
        assert groups(review) == {frozenset((pk,)) for pk in review.records.values_list("pk", flat=True)}


class TestRequests:
    def test_a_whole_search_asked_for_while_a_part_waits_is_a_whole_one(self, review, ana, three):
        job = request_deduplication(review=review, by=ana, only_new=True)
        assert request_deduplication(review=review, by=ana, records=[three[0].pk]) == job
        job.refresh_from_db()
        assert job.params == {"only_new": True, "records": [three[0].pk]}
        assert request_deduplication(review=review, by=ana) == job
        job.refresh_from_db()
        assert job.params == {}
        request_deduplication(review=review, by=ana, only_new=True)
        job.refresh_from_db()
        assert job.params == {}, "and stays one"
        jobs.perform(job.pk)
        job.refresh_from_db()
        assert (job.result["records"], job.result["merged"], job.result["to_decide"]) == (3, 0, 0)
        assert job.result["url"] == "/reviews/trd/duplicates/"

    def test_an_import_asks_for_its_new_records_only(self, review, bring_in):
        bring_in(ris("Rest"))
        bring_in(ris("Yoga"), "more.ris")
        last = review.events.filter(verb="records.deduplicated").first()
        assert (last.detail["only_new"], last.detail["records"]) == (True, 1)

    def test_cancelled_while_it_reads_or_compares_it_writes_nothing(self, review, ana, three, monkeypatch):
        job = request_deduplication(review=review, by=ana)

        def find_pairs(records, *, tick, **how):
            list(records)
            jobs.request_cancel(job)
            monkeypatch.setattr(deduplication.time, "monotonic", lambda: 1e12)
            tick(5000)
            raise AssertionError("it went on")

        monkeypatch.setattr(deduplication, "find_pairs", find_pairs)
        jobs.perform(job.pk)
        job.refresh_from_db()
        assert (job.state, DuplicateCandidate.objects.count()) == ("cancelled", 0)


TWO = ris({"TI": "A trial of rest", "PY": "2018", "DO": "10.1/a"}, {"TI": "A trial of rest", "PY": "2019"})


class TestRemembered:
    @pytest.mark.parametrize("decide", [mark_distinct, link_reports])
    def test_told_apart_they_stay_so_when_the_file_comes_again(self, review, ana, ben, bring_in, decide):
        batch = bring_in(TWO)
        left, right = batch.records.order_by("pk")
        DuplicateCandidate.objects.all().delete()
        candidate = pair(left, right)
        decide(candidate=candidate, by=ben)
        decided = fresh(candidate)
        undo_import(batch=batch, by=ana, confirm=1) if _loses(batch) else undo_import(batch=batch, by=ana)
        again = bring_in(TWO)
        new = DuplicateCandidate.objects.get(left__batch=again)
        assert (new.state, new.decided_by, new.decided_at, new.score) == (
            decided.state,
            ben,
            decided.decided_at,
            candidate.score,
        )
        assert [*pairs_to_decide(review)] == []
        assert "kept 1 pairs apart" in review.events.get(verb="records.apart_remembered").sentence
        deduplicate(review=review, by=ana)
        assert DuplicateCandidate.objects.filter(left__batch=again).count() == 1
        check_the_groups(review)

    def test_also_against_a_record_that_stayed(self, review, ana, bring_in):
        stays = make_record(review, "A trial of rest", year=2018)
        batch = bring_in(ris({"TI": "Rest", "PY": "2018"}))
        mark_distinct(candidate=pair(stays, batch.records.get()), by=ana)
        undo_import(batch=batch, by=ana, confirm=1) if _loses(batch) else undo_import(batch=batch, by=ana)
        again = bring_in(ris({"TI": "Rest", "PY": "2018"}) + b"\n").records.get()
        assert DuplicateCandidate.objects.get(left=stays, right=again).state == "distinct"

    def test_a_merge_that_was_undone_is_not_made_again_by_rule(self, review, ana, ben, bring_in, looks_alike):
        stays = make_record(review, "A trial of rest", year=2018)
        batch = bring_in(ris({"TI": "Rest", "PY": "2018"}))
        candidate = pair(stays, batch.records.get())
        merge_candidate(candidate=candidate, by=ben)
        reopen_candidate(candidate=candidate, by=ben)
        undo_import(batch=batch, by=ana, confirm=1) if _loses(batch) else undo_import(batch=batch, by=ana)
        again = bring_in(ris({"TI": "Rest", "PY": "2018"}) + b"\n").records.get()
        looks_alike({(stays, again): 1.0})
        assert deduplicate(review=review, by=ana)["merged"] == 0
        made = DuplicateCandidate.objects.get(left=stays, right=again)
        assert (made.state, made.decided_by) == ("waiting", ben)
        assert [*pairs_to_decide(review)] == [made.pk]

    def test_what_was_decided_on_the_new_ones_stands(self, review, ana, bring_in):
        stays = make_record(review, "A trial of rest", year=2018)
        batch = bring_in(ris({"TI": "Rest", "PY": "2018"}))
        mark_distinct(candidate=pair(stays, batch.records.get()), by=ana)
        undo_import(batch=batch, by=ana, confirm=1) if _loses(batch) else undo_import(batch=batch, by=ana)
        again = make_record(review, "Rest", year=2018, authors=[], journal="", batch=make_batch(review))
        merge_candidate(candidate=pair(stays, again), by=ana)
        deduplicate(review=review, by=ana)
        assert DuplicateCandidate.objects.get(left=stays, right=again).state == "merged"
        assert not review.events.filter(verb="records.apart_remembered").exists()

    def test_a_twin_that_was_there_before_did_not_come_again(self, review, ana, bring_in):
        stays = make_record(review, "A trial of rest", year=2018)
        twin = make_record(review, "Rest", year=2018, authors=[], journal="", batch=make_batch(review))
        batch = bring_in(ris({"TI": "Rest", "PY": "2018"}))
        mark_distinct(candidate=pair(stays, batch.records.get()), by=ana)
        undo_import(batch=batch, by=ana, confirm=1) if _loses(batch) else undo_import(batch=batch, by=ana)
        deduplicate(review=review, by=ana)
        assert not DuplicateCandidate.objects.filter(left=stays, right=twin, state="distinct").exists()

    def test_a_record_that_reads_otherwise_is_another_one(self, review, ana, bring_in):
        stays = make_record(review, "A trial of rest", year=2018)
        batch = bring_in(ris({"TI": "Rest", "PY": "2018"}))
        mark_distinct(candidate=pair(stays, batch.records.get()), by=ana)
        undo_import(batch=batch, by=ana, confirm=1) if _loses(batch) else undo_import(batch=batch, by=ana)
        again = bring_in(ris({"TI": "Rest", "PY": "2019"})).records.get()
        assert not DuplicateCandidate.objects.filter(right=again, state="distinct").exists()


def _loses(batch):
    from records.services import what_undo_loses

    return what_undo_loses(batch).confirm


TITLES = [
    "Mindfulness-based cognitive therapy for chronic depression: a randomised trial",
    "Mindfulness based cognitive therapy for chronic depression",
    "Exercise in older adults with pain of the knee: a pilot study",
    "Editorial",
]
RECORDS = st.lists(
    st.fixed_dictionaries(
        {
            "title": st.sampled_from(TITLES),
            "authors": st.sampled_from([["Silva, Ana", "Berg, Ben"], ["Silva, A."], ["Wang, X."]]),
            "year": st.sampled_from([2017, 2018, 2020]),
            "journal": st.sampled_from(["Lancet", "The Lancet", "Journal of Pain"]),
            "volume": st.sampled_from(["", "35"]),
            "pages": st.sampled_from(["", "1-9", "914-924"]),
            "doi": st.sampled_from(["", "10.1000/a"]),
            "type": st.sampled_from(["article", "conference"]),
        }
    ),
    min_size=2,
    max_size=9,
)


class TestPieceByPiece(TestCase):
    """What comes out does not depend on whether files come one by one or together."""

    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(entries=RECORDS, cut=st.integers(0, 9))
    def test_as_in_one_search(self, entries, cut):
        one, ana = _review(entries, [len(entries)])
        deduplicate(review=one, by=ana)
        other, ana = _review(entries, [cut, len(entries)])
        first, *_ = other.import_batches.order_by("pk")
        ImportBatch.objects.filter(review=other).exclude(pk=first.pk).update(state="waiting")
        deduplicate(review=other, by=ana, only_new=True)
        ImportBatch.objects.filter(review=other).update(state="done")
        deduplicate(review=other, by=ana, only_new=True)
        again = deduplicate(review=other, by=ana)
        assert (again["merged"], again["to_decide"]) == (0, 0), "a whole search finds nothing more"
        check_the_groups(other)
        if not _held(one) and not _held(other):
            assert _by_position(other) == _by_position(one)


def _held(review):
    """Where records contradict each other, what came first decides which of them may join a group."""
    return any(
        "contradict" in reason for pair in review.duplicate_candidates.all() for reason in pair.reasons
    )


def _review(entries, cuts):
    number = make_review.__globals__["_numbers"]
    review = make_review(f"pieces{next(number)}")
    ana = join(review, make_user(f"pieces{next(number)}"), "owner").user
    start = 0
    for end in cuts:
        batch = make_batch(review)
        for position, entry in enumerate(entries[start:end], start):
            # each work has a DOI of its own: whose it is when several bear it depends on which of them are there
            doi = entry["doi"] and entry["doi"] + str(max(0, TITLES.index(entry["title"]) - 1))
            make_record(review, batch=batch, position=position, **entry | {"doi": doi})
        start = max(start, end)
    return review, ana


def _by_position(review):
    """Groups, and the groups that a person is asked about, by the places of their records in the file."""
    place = dict(review.records.values_list("pk", "position"))
    found = {pk: group for group in groups(review) for pk in group}
    asked = review.duplicate_candidates.filter(pk__in=pairs_to_decide(review))
    named = {frozenset(place[pk] for pk in group) for group in found.values()}
    return named, {
        frozenset(frozenset(place[pk] for pk in found[end]) for end in (pair.left_id, pair.right_id))
        for pair in asked
    }
