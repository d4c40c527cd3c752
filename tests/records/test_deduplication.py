"""Duplicates are merged, told apart and parted again, and the groups always add up."""

import pytest
from django.utils import timezone

from records.dedup import MERGE_THRESHOLD, Pair
from records.models import DuplicateCandidate, ImportBatch, Record
from records.queue import pairs_to_decide
from records.services import (
    deduplicate,
    deduplication,
    request_deduplication,
)
from reviews import jobs
from tests.factories import make_batch, make_record, make_search
from tests.records.groups import check_the_groups, fresh, groups

State = DuplicateCandidate.State
TRIAL = {
    "authors": ["Cladder-Micus, Mira B.", "Speckens, Anne E. M."],
    "year": 2018,
    "journal": "Depression and Anxiety",
    "volume": "35",
    "issue": "10",
    "pages": "914-924",
    "doi": "10.1002/da.22788",
}
TITLE = "Mindfulness-based cognitive therapy for chronic, treatment-resistant depression: a randomized trial"


class TestSearchForDuplicates:
    def test_certain_pairs_merge_and_doubtful_ones_wait(self, review, ana):
        first = make_record(review, TITLE, **TRIAL)
        second = make_record(review, TITLE.upper(), **{**TRIAL, "doi": ""})
        thesis = make_record(
            review, TITLE, authors=["Cladder-Micus, M."], year=2016, journal="", type="thesis"
        )
        other = make_record(review, "Exercise in older adults with knee pain")
        outcome = deduplicate(review=review, by=ana)
        assert outcome == {"records": 4, "merged": 1, "to_decide": 1}
        fresh(first, second, thesis, other)
        assert (first.duplicate_of, second.duplicate_of) == (None, first)
        assert (thesis.duplicate_of, other.duplicate_of) == (None, None)
        candidate = DuplicateCandidate.objects.get(state=State.MERGED)
        assert (candidate.automatic, candidate.decided_by, candidate.score >= MERGE_THRESHOLD) == (
            True,
            None,
            True,
        )
        assert candidate.reasons
        assert candidate.decided_at is not None
        assert [*pairs_to_decide(review)] == [DuplicateCandidate.objects.get(state=State.WAITING).pk]
        check_the_groups(review)

    def test_it_leaves_one_line_in_the_history(self, review, ana, three, looks_alike):
        looks_alike({(three[0], three[1]): 1.0})
        deduplicate(review=review, by=ana)
        event = review.events.get(verb="records.deduplicated")
        assert (event.actor, event.sentence) == (
            ana,
            "searched 3 records for duplicates: 1 merged, 0 to decide.",
        )

    def test_repeated_it_changes_nothing(self, review, ana, three, looks_alike):
        looks_alike({(three[0], three[1]): 1.0, (three[1], three[2]): 0.7})
        deduplicate(review=review, by=ana)
        before = groups(review), [*DuplicateCandidate.objects.values()]
        assert deduplicate(review=review, by=ana) == {"records": 3, "merged": 0, "to_decide": 0}
        assert (groups(review), [*DuplicateCandidate.objects.values()]) == before

    def test_pairs_in_a_row_make_one_flat_group(self, review, ana, three, looks_alike):
        a, b, c = three
        looks_alike({(a, b): 1.0, (b, c): 0.99, (a, c): 0.98})
        assert deduplicate(review=review, by=ana)["merged"] == 2
        assert groups(review) == {frozenset((a.pk, b.pk, c.pk))}
        assert DuplicateCandidate.objects.count() == 2, "one pair explains each removed record"
        check_the_groups(review)

    def test_of_records_that_came_together_the_most_complete_of_a_database_stays(
        self, review, ana, looks_alike
    ):
        website = make_batch(review, make_search(review, "WHO", source_type="website"))
        full = make_record(review, "A trial", batch=website, abstract="Long", doi="10.1/a", volume="1")
        bare = make_record(review, "A trial", batch=make_batch(review))
        fuller = make_record(review, "A trial", batch=bare.batch, pages="1")
        looks_alike({(full, bare): 1.0, (bare, fuller): 1.0})
        deduplicate(review=review, by=ana)
        fresh(full, bare, fuller)
        assert (full.duplicate_of, bare.duplicate_of, fuller.duplicate_of) == (fuller, fuller, None)
        assert (fuller.doi, fuller.filled["doi"], fuller.abstract) == ("10.1/a", full.pk, "Long")

    def test_blanks_of_the_one_that_stays_are_filled_and_nothing_else(self, review, ana, looks_alike):
        stays = make_record(review, "A trial", abstract="Long", doi="10.1/a", volume="7")
        lends = make_record(review, "A trial", volume="7", pages="1-9", keywords=["rest"])
        looks_alike({(stays, lends): 1.0})
        deduplicate(review=review, by=ana)
        fresh(stays)
        assert (stays.volume, stays.pages, stays.keywords) == ("7", "1-9", ["rest"])
        assert stays.filled == {"pages": lends.pk, "keywords": lends.pk}

    @pytest.mark.parametrize(
        ("own", "lent"),
        [
            ({}, True),
            ({"volume": "7"}, True),
            ({"volume": "8"}, False),
            ({"pages": "200"}, False),
            ({"issue": "2"}, False),
        ],
    )
    def test_journal_volume_issue_and_pages_are_lent_together_or_not_at_all(
        self, review, ana, looks_alike, own, lent
    ):
        own = {"journal": ""} | own
        thesis = make_record(review, "Rest", batch=make_batch(review, compared_at=timezone.now()), **own)
        place = {"journal": "Sleep", "volume": "7", "pages": "1-9"}
        article = make_record(review, "Rest", doi="10.1/a", batch=make_batch(review), **place)
        looks_alike({(thesis, article): 1.0})
        deduplicate(review=review, by=ana)
        fresh(thesis)
        has = {name: getattr(thesis, name) for name in ("journal", "volume", "issue", "pages")}
        blank = dict.fromkeys(has, "")
        assert has == (blank | place if lent else blank | own)
        assert thesis.doi == "10.1/a"

    def test_a_record_with_an_outcome_stays_whichever_was_first(self, review, ana, looks_alike, monkeypatch):
        first = make_record(review, batch=make_batch(review, compared_at=timezone.now()))
        later = make_record(review, batch=make_batch(review))
        monkeypatch.setattr("records.services.downstream.STEPS", [lambda ids: {later.pk: 2}])
        looks_alike({(first, later): 1.0})
        deduplicate(review=review, by=ana)
        assert (fresh(first).duplicate_of, fresh(later).duplicate_of) == (later, None)

    def test_a_later_import_joins_the_group_and_takes_nobodys_place(self, review, ana, looks_alike):
        first, second = make_record(review, "A trial"), make_record(review, "A trial")
        looks_alike({(first, second): 1.0})
        deduplicate(review=review, by=ana)
        later = make_record(
            review, "A trial", batch=make_batch(review), abstract="Long", doi="10.1/a", volume="1", pages="1"
        )
        looks_alike({(first, second): 1.0, (second, later): 1.0})  # found by the member that was removed
        assert deduplicate(review=review, by=ana)["merged"] == 1
        fresh(first, second, later)
        assert (first.duplicate_of, second.duplicate_of, later.duplicate_of) == (None, first, first)
        assert first.doi == "10.1/a"
        check_the_groups(review)

    def test_a_record_that_stood_alone_keeps_its_place_against_a_fuller_later_one(
        self, review, ana, looks_alike
    ):
        early = make_record(review, "A trial", batch=make_batch(review))
        looks_alike({})
        deduplicate(review=review, by=ana)
        later = make_record(review, "A trial", batch=make_batch(review), abstract="Long", doi="10.1/a")
        looks_alike({(early, later): 1.0})
        deduplicate(review=review, by=ana)
        assert fresh(later).duplicate_of == early

    def test_records_are_compared_as_they_were_read(self, review, ana, three, looks_alike, monkeypatch):
        a, b, _ = three
        Record.objects.filter(pk=a.pk).update(abstract="Long", pages="1-9")
        Record.objects.filter(pk=b.pk).update(doi="10.1/b")
        looks_alike({(a, b): 1.0})
        deduplicate(review=review, by=ana)
        fresh(a, b)
        assert (a.doi, a.filled) == ("10.1/b", {"doi": b.pk})
        seen = {}
        monkeypatch.setattr(
            deduplication,
            "find_pairs",
            lambda records, **how: seen.update({r.id: r.doi for r in records}) or [],
        )
        deduplicate(review=review, by=ana)
        assert (seen[a.pk], seen[b.pk]) == ("", "10.1/b")

    def test_records_of_running_and_undone_imports_take_no_part(self, review, ana):
        for state in (ImportBatch.State.WAITING, ImportBatch.State.UNDONE, ImportBatch.State.FAILED):
            batch = make_batch(review)
            make_record(review, TITLE, batch=batch, **TRIAL)
            ImportBatch.objects.filter(pk=batch.pk).update(state=state)
        make_record(review, TITLE, batch=make_batch(review), **TRIAL)
        assert deduplicate(review=review, by=ana) == {"records": 1, "merged": 0, "to_decide": 0}

    def test_another_review_is_not_touched(self, review, ana, eve):
        other = eve.memberships.get().review
        make_record(other, TITLE, **TRIAL)
        make_record(review, TITLE, **TRIAL)
        assert deduplicate(review=review, by=ana)["merged"] == 0

    def test_a_pair_to_ask_about_becomes_certain(self, review, ana, three, looks_alike):
        a, b, _ = three
        looks_alike({(a, b): 0.7})
        deduplicate(review=review, by=ana)
        looks_alike({(a, b): 0.99})
        deduplicate(review=review, by=ana)
        candidate = DuplicateCandidate.objects.get()
        assert (candidate.state, candidate.score, candidate.automatic) == (State.MERGED, 0.99, True)
        check_the_groups(review)

    def test_one_question_is_asked_about_two_groups(self, review, ana, looks_alike):
        a, b, c, d = (make_record(review, "A trial") for _ in range(4))
        looks_alike({(a, b): 1.0, (c, d): 1.0, (a, c): 0.8, (b, d): 0.7, (a, d): 0.6})
        assert deduplicate(review=review, by=ana) == {"records": 4, "merged": 2, "to_decide": 1}
        assert DuplicateCandidate.objects.get(state=State.WAITING).score == 0.8

    def test_many_pairs_cost_few_queries(self, review, ana, looks_alike, django_assert_max_num_queries):
        batch = make_batch(review)
        records = [make_record(review, f"Trial {number}", batch=batch) for number in range(120)]
        scores = dict.fromkeys(zip(records[::2], records[1::2], strict=True), 1.0)
        looks_alike(scores | {(records[n], records[n + 2]): 0.7 for n in range(0, 100, 2)})
        with django_assert_max_num_queries(30):
            assert deduplicate(review=review, by=ana) == {"records": 120, "merged": 60, "to_decide": 50}
        check_the_groups(review)


class TestRequest:
    def test_asked_twice_while_one_waits_it_is_one_job(self, review, ana, ben):
        first = request_deduplication(review=review, by=ana)
        assert request_deduplication(review=review, by=ben) == first
        jobs.perform(first.pk)
        assert request_deduplication(review=review, by=ben) != first

    def test_cancelled_while_it_compares_it_writes_nothing(self, review, ana, three, monkeypatch):
        job = request_deduplication(review=review, by=ana)

        def find_pairs(records, **how):
            jobs.request_cancel(job)
            return [Pair(three[0].pk, three[1].pk, 1.0, "rule", ())]

        monkeypatch.setattr(deduplication, "find_pairs", find_pairs)
        jobs.perform(job.pk)
        job.refresh_from_db()
        assert job.state == "cancelled"
        assert not DuplicateCandidate.objects.exists()
