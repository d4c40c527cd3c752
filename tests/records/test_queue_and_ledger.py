"""Which pairs wait for a person, and why each removed record was removed."""

from records.ledger import HEADER, removed, rows
from records.models import DuplicateCandidate
from records.queue import first_behind, last_before, pairs_to_decide
from records.services import deduplicate, mark_distinct, merge_candidate, set_thresholds
from tests.factories import make_record
from tests.records.conftest import pair
from tests.records.groups import fresh

State = DuplicateCandidate.State


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

    def test_one_may_go_back(self, review, two_pairs, ana):
        alike, less = two_pairs
        queue = pairs_to_decide(review)
        assert (last_before(queue, less), last_before(queue, alike), last_before(queue, None)) == (
            alike.pk,
            None,
            None,
        )
        mark_distinct(candidate=less, by=ana)
        assert last_before(pairs_to_decide(review), less) == alike.pk, "also from one that is decided"


def _rows(review, pairs=None):
    return [dict(zip(HEADER, row, strict=True)) for row in rows(review, pairs)]


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

    def test_it_says_which_thresholds_held(self, review, ana, ben, looks_alike):
        a, b, c, d = (make_record(review) for _ in range(4))
        looks_alike({(a, b): 0.99})
        deduplicate(review=review, by=ana)
        set_thresholds(review=review, merge_at=0.9, ask_at=0.6, by=ana)
        merge_candidate(candidate=pair(c, d, score=0.7), by=ben)
        held = {row["score"]: (row["merge_at"], row["ask_at"]) for row in _rows(review)}
        assert held == {0.99: (0.95, 0.5), 0.7: (0.9, 0.6)}

    def test_of_pairs_named_it_has_only_those(self, review, ana, three):
        a, b, c = three
        kept = merge_candidate(candidate=(first := pair(a, b)), by=ana, primary=a)
        merge_candidate(candidate=(second := pair(b, c)), by=ana, primary=a if kept == a else b)
        assert [row["removed_id"] for row in _rows(review, {second.pk})] == [c.pk]
        assert [record.pk for record in removed(review, {first.pk})] == [b.pk]
        assert [record.pk for record in removed(review)] == [b.pk, c.pk]
        assert [*rows(review, set())] == []

    def test_ten_more_cost_no_more_queries(self, review, ana, django_assert_num_queries):
        for _ in range(11):
            a, b = make_record(review), make_record(review)
            merge_candidate(candidate=pair(a, b), by=ana)
        with django_assert_num_queries(4):
            assert len([*rows(review)]) == 11
