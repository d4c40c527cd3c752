"""Which pairs wait for a person, and why each removed record was removed."""

from records.ledger import HEADER, rows
from records.models import DuplicateCandidate
from records.queue import first_behind, pairs_to_decide
from records.services import deduplicate, mark_distinct, merge_candidate
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
