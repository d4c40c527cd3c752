"""The promises the database keeps, and the words its queries speak."""

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from records.models import DuplicateCandidate, ImportBatch, Record, Search
from reviews.models import Job
from tests.factories import make_batch, make_record, make_search
from tests.records.conftest import pair

State = ImportBatch.State


def refused_by_the_database(make) -> bool:
    try:
        with transaction.atomic():
            make()
    except IntegrityError:
        return True
    return False


class TestConstraints:
    def test_a_source_is_described_once_per_platform(self, review):
        Search.objects.create(review=review, source="MEDLINE", platform="Ovid")
        Search.objects.create(review=review, source="MEDLINE", platform="PubMed")
        assert refused_by_the_database(
            lambda: Search.objects.create(review=review, source="MEDLINE", platform="Ovid")
        )

    def test_the_same_file_is_in_a_review_once_unless_it_failed_or_was_undone(self, review):
        first = make_batch(review)

        def again(**fields):
            return ImportBatch.objects.create(
                review=review, search=first.search, file_name="again.ris", sha256=first.sha256, **fields
            )

        assert refused_by_the_database(again)
        again(state=State.FAILED)
        first.state, first.undone_at = State.UNDONE, timezone.now()
        first.save()
        again()

    def test_a_file_has_one_record_at_each_position(self, review):
        record = make_record(review)
        assert refused_by_the_database(
            lambda: make_record(review, batch=record.batch, position=record.position)
        )

    def test_a_record_is_not_its_own_duplicate(self, review):
        record = make_record(review)
        assert refused_by_the_database(
            lambda: Record.objects.filter(pk=record.pk).update(duplicate_of=record.pk)
        )

    def test_a_pair_is_kept_once_and_in_order(self, review):
        left, right = make_record(review), make_record(review)
        pair(left, right)
        assert refused_by_the_database(lambda: pair(left, right))
        assert refused_by_the_database(
            lambda: DuplicateCandidate.objects.create(
                review=review, left=right, right=left, score=1, rule="x"
            )
        )


class TestQueries:
    @pytest.mark.parametrize("state", [State.WAITING, State.FAILED, State.UNDONE])
    def test_only_records_of_finished_imports_are_live(self, review, state):
        record = make_record(review)
        assert [*Record.objects.live()] == [record]
        ImportBatch.objects.update(state=state)
        assert not Record.objects.live().exists()
        assert not Record.objects.unique().exists()

    def test_unique_and_duplicates_are_the_live_ones(self, review):
        first, second, third = (make_record(review) for _ in range(3))
        Record.objects.filter(pk=second.pk).update(duplicate_of=first)
        assert {*Record.objects.unique()} == {first, third}
        assert [*Record.objects.duplicates()] == [second]

    def test_a_group_counts_as_found_in_a_database_when_one_of_it_was(self, review):
        website = make_batch(review, make_search(review, "WHO", source_type="website"))
        alone, led = make_record(review, batch=website), make_record(review, batch=website)
        twin = make_record(review, batch=make_batch(review))
        Record.objects.filter(pk=twin.pk).update(duplicate_of=led)
        unique = Record.objects.unique()
        assert [*unique.identified_via_databases()] == [led]
        assert [*unique.identified_via_other_methods()] == [alone]

    def test_records_in_groups_are_those_of_merged_pairs(self, review):
        left, right, other = (make_record(review) for _ in range(3))
        pair(left, right, state="merged")
        pair(right, other, state="distinct")
        assert {*Record.objects.in_groups()} == {left, right}


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"authors": ["Nakagawa, Atsuo", "Mitsuda, Dai"], "year": 2017}, "Nakagawa 2017"),
        ({"authors": ["World Health Organization"], "year": None}, "World Health Organization"),
        ({"authors": [], "year": 2001, "title": "Rest cures"}, "Rest cures 2001"),
    ],
)
def test_a_record_is_called_by_its_first_author_and_year(fields, says):
    assert str(Record(**fields)) == says


@pytest.mark.parametrize(
    ("state", "job_state", "shown"),
    [
        ("waiting", "queued", "waiting"),
        ("waiting", "running", "waiting"),
        ("waiting", "failed", "failed"),
        ("waiting", "cancelled", "failed"),
        ("done", "done", "done"),
        ("undone", "done", "undone"),
        ("done", None, "done"),
    ],
)
def test_a_reading_that_was_given_up_is_shown_as_failed(state, job_state, shown):
    assert ImportBatch(state=state, job=Job(state=job_state) if job_state else None).present_state == shown
