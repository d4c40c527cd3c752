"""Duplicates are merged, told apart and parted again, and the groups always add up."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from records.dedup import MERGE_THRESHOLD, Pair
from records.ledger import HEADER, rows
from records.models import DuplicateCandidate, ImportBatch, Record
from records.queue import first_behind, pairs_to_decide
from records.services import (
    DecidedMeanwhile,
    NotACandidate,
    deduplicate,
    deduplication,
    mark_distinct,
    merge,
    merge_candidate,
    reopen_candidate,
    request_deduplication,
    split,
    undo_import,
)
from records.services.groups import BLANK, FILLABLE
from reviews import jobs
from reviews.errors import Refused
from tests.factories import join, make_batch, make_record, make_review, make_search, make_user
from tests.records.conftest import pair

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


def check_the_groups(review) -> None:
    """What must hold whatever was done: no chains, only members lend, unique and duplicates are all that is live."""
    live = {record.pk: record for record in review.records.live()}
    for record in review.records.select_related("duplicate_of"):
        if record.duplicate_of:
            assert record.duplicate_of.duplicate_of_id is None, "a duplicate points at a duplicate"
            assert {record.pk, record.duplicate_of_id} <= live.keys(), "a record that left is in a group"
            assert record.filled == {}, "a duplicate keeps what it borrowed"
        for name, lender in record.filled.items():
            assert live[lender].duplicate_of_id == record.pk, "lent by a record that is not of the group"
            assert getattr(record, name) == getattr(live[lender], name)
    unique = {*review.records.unique().values_list("pk", flat=True)}
    duplicates = {*review.records.duplicates().values_list("pk", flat=True)}
    assert (unique | duplicates, unique & duplicates) == (live.keys(), set())
    group = {pk: record.duplicate_of_id or pk for pk, record in live.items()}
    for candidate in review.duplicate_candidates.all():
        if {candidate.left_id, candidate.right_id} <= live.keys():
            together = group[candidate.left_id] == group[candidate.right_id]
            assert together or candidate.state != State.MERGED, "a merged pair is not in one group"
            assert not (together and candidate.state == State.DISTINCT), "a pair told apart is in one group"
    for pk in pairs_to_decide(review):
        candidate = review.duplicate_candidates.get(pk=pk)
        assert candidate.state == State.WAITING
        assert group[candidate.left_id] != group[candidate.right_id]
    assert [row[1] for row in rows(review) if row[2] == ""] == [], (
        "a removed record has no reason in the ledger"
    )


def groups(review) -> set[frozenset[int]]:
    found: dict[int, set[int]] = {}
    for record in review.records.live():
        found.setdefault(record.duplicate_of_id or record.pk, set()).add(record.pk)
    return {frozenset(group) for group in found.values()}


def fresh(*records):
    for record in records:
        record.refresh_from_db()
    return records[0] if len(records) == 1 else records


@pytest.fixture
def three(review):
    return [make_record(review, f"A trial {number}") for number in range(3)]


@pytest.fixture
def looks_alike(monkeypatch):
    """``looks_alike({(left, right): score})`` decides which pairs the comparison finds."""

    def set_scores(scores):
        def find_pairs(records):
            here = {record.id for record in records}
            found = [
                Pair(*sorted((left.pk, right.pk)), score, "rule", ("reason",))
                for (left, right), score in scores.items()
                if {left.pk, right.pk} <= here
            ]
            return sorted(found, key=lambda found: -found.score)

        monkeypatch.setattr(deduplication, "find_pairs", find_pairs)

    return set_scores


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
        lends = make_record(review, "A trial", volume="8", pages="1-9", keywords=["rest"])
        looks_alike({(stays, lends): 1.0})
        deduplicate(review=review, by=ana)
        fresh(stays)
        assert (stays.volume, stays.pages, stays.keywords) == ("7", "1-9", ["rest"])
        assert stays.filled == {"pages": lends.pk, "keywords": lends.pk}

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
            deduplication, "find_pairs", lambda records: seen.update({r.id: r.doi for r in records}) or []
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
        with django_assert_max_num_queries(25):
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

        def find_pairs(records):
            jobs.request_cancel(job)
            return [Pair(three[0].pk, three[1].pk, 1.0, "rule", ())]

        monkeypatch.setattr(deduplication, "find_pairs", find_pairs)
        jobs.perform(job.pk)
        job.refresh_from_db()
        assert job.state == "cancelled"
        assert not DuplicateCandidate.objects.exists()


class TestToldApart:
    def test_a_pair_is_never_proposed_or_merged_again(self, review, ana, ben, three, looks_alike):
        a, b, _ = three
        mark_distinct(candidate=pair(a, b), by=ben)
        looks_alike({(a, b): 1.0})
        assert deduplicate(review=review, by=ana) == {"records": 3, "merged": 0, "to_decide": 0}
        candidate = DuplicateCandidate.objects.get()
        assert (candidate.state, candidate.decided_by) == (State.DISTINCT, ben)
        assert review.events.get(verb="records.told_apart").actor == ben

    def test_not_through_a_third_record_either(self, review, ana, three, looks_alike):
        a, b, c = three
        mark_distinct(candidate=pair(a, b), by=ana)
        looks_alike({(a, c): 1.0, (b, c): 0.99})
        assert deduplicate(review=review, by=ana) == {"records": 3, "merged": 1, "to_decide": 0}
        assert groups(review) == {frozenset((a.pk, c.pk)), frozenset((b.pk,))}

    def test_not_through_two_groups_either(self, review, ana, looks_alike):
        a, b, c, d = (make_record(review) for _ in range(4))
        mark_distinct(candidate=pair(a, b), by=ana)
        looks_alike({(a, c): 1.0, (b, d): 0.99, (c, d): 0.98})
        assert deduplicate(review=review, by=ana)["merged"] == 2
        assert groups(review) == {frozenset((a.pk, c.pk)), frozenset((b.pk, d.pk))}

    def test_a_question_about_their_groups_is_not_asked(self, review, ana, three, looks_alike):
        a, b, c = three
        mark_distinct(candidate=pair(a, b), by=ana)
        looks_alike({(a, c): 1.0, (b, c): 0.8})
        assert deduplicate(review=review, by=ana)["to_decide"] == 0

    def test_a_person_cannot_join_them_through_a_third_one(self, review, ana, ben, three):
        a, b, c = three
        mark_distinct(candidate=pair(a, b), by=ana)
        merge_candidate(candidate=pair(a, c), by=ana)
        third = pair(b, c)
        assert [*pairs_to_decide(review)] == []
        with pytest.raises(
            NotACandidate, match=r"were told apart by Ana\. Undo that under Not duplicates first\."
        ):
            merge_candidate(candidate=third, by=ben)
        with pytest.raises(NotACandidate, match="were told apart by Ana"):
            merge(review=review, records=[b, c], primary=b, by=ben)
        check_the_groups(review)

    def test_a_merge_that_a_person_undid_waits_for_a_person(self, review, ana, three, looks_alike):
        a, b, c = three
        looks_alike({(a, b): 1.0, (b, c): 0.99, (a, c): 0.98})
        deduplicate(review=review, by=ana)
        undone = DuplicateCandidate.objects.get(left=b, right=c)
        reopen_candidate(candidate=undone, by=ana)
        assert deduplicate(review=review, by=ana) == {"records": 3, "merged": 0, "to_decide": 0}
        assert groups(review) == {frozenset((a.pk, b.pk)), frozenset((c.pk,))}
        assert [*pairs_to_decide(review)] == [undone.pk]


class TestDecisions:
    def test_the_same(self, review, ana, ben, three):
        a, b, _ = three
        candidate = pair(a, b)
        kept = merge_candidate(candidate=candidate, by=ben)
        fresh(candidate, a, b)
        assert (candidate.state, candidate.decided_by, candidate.automatic) == (State.MERGED, ben, False)
        assert {a.duplicate_of, b.duplicate_of} == {None, kept}
        event = review.events.get(verb="records.merged")
        assert (event.actor, event.detail["kept"]) == (ben, kept.pk)
        check_the_groups(review)

    @pytest.mark.parametrize("side", [0, 1])
    def test_a_person_may_choose_which_stays_and_it_stays_for_good(
        self, review, ana, three, looks_alike, side
    ):
        chosen, other, third = three[side], three[1 - side], three[2]
        assert merge_candidate(candidate=pair(chosen, other), by=ana, primary=chosen) == chosen
        looks_alike({(other, third): 1.0})
        deduplicate(review=review, by=ana)
        assert {fresh(record).duplicate_of for record in (other, third)} == {chosen}

    def test_two_groups_become_one(self, review, ana):
        a, b, c, d = (make_record(review) for _ in range(4))
        merge_candidate(candidate=pair(a, b), by=ana, primary=a)
        merge_candidate(candidate=pair(c, d), by=ana, primary=c)
        assert merge_candidate(candidate=pair(b, d), by=ana, primary=d) == c, "the group of d is led by c"
        assert {fresh(record).duplicate_of for record in (a, b, d)} == {c}
        check_the_groups(review)

    def test_one_that_is_not_of_the_pair_cannot_stay(self, review, ana, three):
        a, b, c = three
        with pytest.raises(NotACandidate, match="must be one of the two"):
            merge_candidate(candidate=pair(a, b), by=ana, primary=c)

    @pytest.mark.parametrize("verb", [merge_candidate, mark_distinct])
    def test_decided_by_somebody_meanwhile(self, ana, ben, three, verb):
        candidate = pair(three[0], three[1])
        mark_distinct(candidate=candidate, by=ben)
        with pytest.raises(DecidedMeanwhile, match="was told apart meanwhile") as refusal:
            verb(candidate=candidate, by=ana)
        assert refusal.value.status == 409

    def test_settled_through_other_pairs_meanwhile(self, ana, three):
        a, b, c = three
        last = pair(a, c)
        merge_candidate(candidate=pair(a, b), by=ana)
        merge_candidate(candidate=pair(b, c), by=ana)
        with pytest.raises(DecidedMeanwhile, match="nothing is left to decide"):
            merge_candidate(candidate=last, by=ana)
        with pytest.raises(NotACandidate, match="Undo the wrong one of those under Merged"):
            mark_distinct(candidate=last, by=ana)

    def test_a_record_whose_import_was_undone_cannot_be_merged(self, review, ana):
        here, gone = make_record(review), make_record(review, batch=make_batch(review))
        candidate = pair(here, gone)
        undo_import(batch=gone.batch, by=ana)
        assert [*pairs_to_decide(review)] == []
        with pytest.raises(NotACandidate, match="was undone meanwhile"):
            merge_candidate(candidate=candidate, by=ana)

    def test_records_may_be_merged_by_hand(self, review, ana, three):
        a, b, c = three
        assert merge(review=review, records=three, primary=b, by=ana, why="seen in the paper") == b
        assert {fresh(a).duplicate_of, fresh(c).duplicate_of} == {b}
        event = review.events.get(verb="records.merged")
        assert event.detail == {"kept": b.pk, "removed": [a.pk, c.pk], "why": "seen in the paper"}
        check_the_groups(review)

    def test_by_hand_takes_two_records_of_this_review(self, review, ana, three, eve):
        a, b, c = three
        foreign = make_record(eve.memberships.get().review)
        for records, primary in (([a], a), ([a, b], c), ([a, foreign], a)):
            with pytest.raises(NotACandidate, match="Choose at least two records of this review"):
                merge(review=review, records=records, primary=primary, by=ana)
        merge(review=review, records=[a, b], primary=a, by=ana)
        with pytest.raises(NotACandidate, match="in one group already"):
            merge(review=review, records=[a, b], primary=b, by=ana)


class TestUndo:
    def test_a_merge_that_is_undone_gives_everything_back(self, review, ana):
        stays, goes = (
            make_record(review, "A trial", doi="10.1/a"),
            make_record(review, "A trial", pages="1-9"),
        )
        before = [*Record.objects.values(*FILLABLE, "filled", "duplicate_of")]
        candidate = pair(stays, goes)
        merge_candidate(candidate=candidate, by=ana)
        assert [*Record.objects.values(*FILLABLE, "filled", "duplicate_of")] != before
        reopen_candidate(candidate=candidate, by=ana)
        assert [*Record.objects.values(*FILLABLE, "filled", "duplicate_of")] == before
        fresh(candidate)
        assert (candidate.state, candidate.decided_by, candidate.decided_at) == (State.WAITING, None, None)
        assert review.events.get(verb="records.pair_reopened").detail["was"] == "merged"

    def test_each_side_of_an_undone_pair_keeps_its_own(self, review, ana):
        a, b, c, d = (make_record(review) for _ in range(4))
        ab, bc, cd = pair(a, b), pair(b, c), pair(c, d)
        for candidate in (ab, bc, cd):
            merge_candidate(candidate=candidate, by=ana)
        reopen_candidate(candidate=bc, by=ana)
        assert groups(review) == {frozenset((a.pk, b.pk)), frozenset((c.pk, d.pk))}
        check_the_groups(review)

    def test_a_pair_told_apart_waits_again(self, review, ana, three):
        candidate = pair(three[0], three[1])
        mark_distinct(candidate=candidate, by=ana)
        assert [*pairs_to_decide(review)] == []
        reopen_candidate(candidate=candidate, by=ana)
        assert [*pairs_to_decide(review)] == [candidate.pk]

    def test_a_waiting_pair_has_nothing_to_undo(self, ana, three):
        with pytest.raises(DecidedMeanwhile, match="there is nothing to undo"):
            reopen_candidate(candidate=pair(three[0], three[1]), by=ana)

    def test_a_record_taken_out_stays_out_and_the_rest_stays_together(self, review, ana, looks_alike):
        a, b, c, d = (make_record(review, "A trial") for _ in range(4))
        scores = {(a, b): 1.0, (b, c): 0.99, (b, d): 0.98}
        looks_alike(scores)
        deduplicate(review=review, by=ana)
        out = b if fresh(b).duplicate_of else a
        leader = out.duplicate_of
        split(record=out, by=ana)
        rest = frozenset({a.pk, b.pk, c.pk, d.pk} - {out.pk})
        assert groups(review) == {frozenset((out.pk,)), rest}
        assert fresh(leader).duplicate_of is None, "the group keeps its leader"
        looks_alike(scores | {(a, c): 0.97, (c, d): 0.96, (a, d): 0.95})
        deduplicate(review=review, by=ana)
        assert groups(review) == {frozenset((out.pk,)), rest}
        assert review.events.get(verb="records.split").detail == {"record": out.pk, "from": sorted(rest)}
        check_the_groups(review)

    def test_a_record_that_stands_for_itself_cannot_be_taken_out(self, ana, three):
        with pytest.raises(NotACandidate, match="is not marked as a duplicate"):
            split(record=three[0], by=ana)

    def test_records_joined_only_by_an_import_that_is_undone_stay_together(self, review, ana):
        a, c = make_record(review), make_record(review)
        between = make_record(review, batch=make_batch(review))
        for candidate in (pair(a, between), pair(between, c)):
            merge_candidate(candidate=candidate, by=ana)
        undo_import(batch=between.batch, by=ana)
        assert groups(review) == {frozenset((a.pk, c.pk))}
        check_the_groups(review)


class TestQueue:
    def test_the_most_alike_come_first_and_skipping_goes_on_behind(self, review, two_pairs, ana):
        alike, less = two_pairs
        queue = pairs_to_decide(review)
        assert [*queue] == [alike.pk, less.pk]
        assert first_behind(queue, None) == alike.pk
        assert first_behind(queue, alike) == less.pk
        assert first_behind(queue, less) is None
        mark_distinct(candidate=alike, by=ana)
        assert first_behind(pairs_to_decide(review), alike) == less.pk, "also when the skipped one is decided"


class TestLedger:
    def test_each_removed_record_has_its_reason(self, review, ana, ben, three, looks_alike):
        a, b, c = three
        looks_alike({(a, b): 0.99})
        deduplicate(review=review, by=ana)
        kept = next(record for record in (fresh(a, b)) if record.duplicate_of is None)
        gone = b if kept == a else a
        merge_candidate(candidate=pair(gone, c, score=0.7), by=ben)
        first, second = (dict(zip(HEADER, row, strict=True)) for row in rows(review))
        assert first["kept_id"] == second["kept_id"] == kept.pk
        assert (first["removed_id"], first["matched_with_id"], first["decided"]) == (
            gone.pk,
            kept.pk,
            "automatic",
        )
        assert (first["score"], first["rule"], first["reasons"], first["decided_by"]) == (
            0.99,
            "rule",
            "reason",
            "",
        )
        assert (second["removed_id"], second["matched_with_id"], second["decided"]) == (
            c.pk,
            gone.pk,
            "human",
        )
        assert (second["decided_by"], second["reasons"]) == ("Ben", "same title; same year")
        assert second["decided_at"].startswith("20")
        assert (second["kept_source"], second["removed_title"]) == ("MEDLINE", c.title)

    def test_ten_more_cost_no_more_queries(self, review, ana, django_assert_num_queries):
        for _ in range(11):
            a, b = make_record(review), make_record(review)
            merge_candidate(candidate=pair(a, b), by=ana)
        with django_assert_num_queries(3):
            assert len([*rows(review)]) == 11


OPERATIONS = st.lists(
    st.tuples(
        st.sampled_from(["merge", "left", "apart", "reopen", "split", "by hand", "search", "undo import"]),
        st.integers(0, 7),
        st.integers(0, 7),
    ),
    min_size=1,
    max_size=14,
)
SCORES = st.dictionaries(
    st.tuples(st.integers(0, 7), st.integers(0, 7)).filter(lambda ends: ends[0] < ends[1]),
    st.sampled_from([0.6, 0.8, 0.96, 0.99, 1.0]),
    max_size=12,
)


class TestWhateverIsDone(TestCase):
    """Random decisions, searches and undone imports on eight records of four imports."""

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(scores=SCORES, operations=OPERATIONS)
    def test_the_groups_add_up(self, scores, operations):
        review = make_review("random")
        ana = join(review, make_user("random"), "owner").user
        batches = [make_batch(review) for _ in range(4)]
        records = [
            make_record(
                review, f"T{n}", batch=batches[n % 4], pages=str(n) * (n % 3), doi=f"10.1/{n}" * (n % 2)
            )
            for n in range(8)
        ]
        as_read = {record.pk: {name: getattr(record, name) for name in FILLABLE} for record in records}
        for verb, one, other in operations:
            left, right = sorted((records[one], records[other]), key=lambda record: record.pk)
            candidate = DuplicateCandidate.objects.filter(left=left, right=right).first()
            if candidate is None and left != right and verb in ("merge", "left", "apart"):
                candidate = pair(left, right)
            try:
                if verb == "search":
                    search(review, ana, scores, records)
                elif verb == "undo import":
                    undo_import(batch=batches[one % 4], by=ana)
                elif verb == "split":
                    split(record=left, by=ana)
                elif verb == "by hand":
                    merge(review=review, records=[left, right], primary=right, by=ana)
                elif candidate and verb == "merge":
                    merge_candidate(candidate=candidate, by=ana)
                elif candidate and verb == "left":
                    merge_candidate(candidate=candidate, by=ana, primary=left)
                elif candidate and verb == "apart":
                    mark_distinct(candidate=candidate, by=ana)
                elif candidate:
                    reopen_candidate(candidate=candidate, by=ana)
            except Refused:
                pass  # refusing is fine; what was refused must have left no trace either
            check_the_groups(review)
        for record in review.records.all():
            own = {n: BLANK[n] if n in record.filled else getattr(record, n) for n in FILLABLE}
            assert own == as_read[record.pk], "what was read is what remains"


def search(review, by, scores, records):
    found = [
        Pair(records[one].pk, records[other].pk, score, "rule", ()) for (one, other), score in scores.items()
    ]
    real = deduplication.find_pairs
    deduplication.find_pairs = lambda compared: sorted(found, key=lambda pair: -pair.score)
    try:
        deduplicate(review=review, by=by)
        again = deduplicate(review=review, by=by)
        assert (again["merged"], again["to_decide"]) == (0, 0), "a second search finds nothing new"
    finally:
        deduplication.find_pairs = real
