"""Real threads on a real database: one file is imported once, and groups stay flat."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from records.models import ImportBatch, Record
from records.services import (
    AlreadyImported,
    deduplicate,
    import_file,
    merge_candidate,
    request_deduplication,
)
from reviews import jobs
from reviews.errors import Refused
from reviews.models import Job
from tests.factories import make_batch, make_record, make_search
from tests.records.conftest import pair, ris, stored_files, undo, uploaded
from tests.records.groups import check_the_groups

pytestmark = [pytest.mark.core, pytest.mark.django_db(transaction=True)]
ONE = ris({"TI": "A trial of rest", "AU": "Silva, Ana", "PY": "2019"})


def at_once(*calls):
    """Run every call in a thread of its own, all released at the same moment; returns results or exceptions."""
    barrier = threading.Barrier(len(calls))

    def run(call):
        try:
            barrier.wait(timeout=10)
            return call()
        except Refused as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


@pytest.fixture(autouse=True)
def _no_broker(settings):
    settings.CELERY_BROKER_URL = ""


def test_the_same_file_at_the_same_moment_is_imported_once(review, ana):
    search = make_search(review)

    def bring():
        return import_file(review=review, search=search, file=uploaded(ONE), by=ana)

    answers = at_once(*[bring] * 6)
    assert Counter(type(answer) for answer in answers) == {ImportBatch: 1, AlreadyImported: 5}
    assert "exactly this file is being imported at this moment" in str(
        next(answer for answer in answers if isinstance(answer, AlreadyImported))
    )
    assert (ImportBatch.objects.count(), Job.objects.count(), len(stored_files())) == (1, 1, 1)


def test_two_workers_that_hear_the_same_bell_read_the_file_once(review, ana):
    batch = import_file(review=review, search=make_search(review), file=uploaded(ONE), by=ana)
    at_once(*[lambda: jobs.perform(batch.job_id)] * 4)
    batch.refresh_from_db()
    assert (batch.state, Record.objects.live().count()) == ("done", 1)


def test_decisions_on_one_group_at_the_same_moment_make_no_chain(review, ana, ben):
    for _ in range(5):
        a, b, c, d = (make_record(review) for _ in range(4))
        pairs = [pair(a, b), pair(b, c), pair(c, d), pair(a, d)]
        answers = at_once(*[lambda each=each: merge_candidate(candidate=each, by=ben) for each in pairs])
        assert sum(isinstance(answer, Record) for answer in answers) == 3, (
            "the fourth has nothing left to decide"
        )
        check_the_groups(review)


def test_two_searches_for_duplicates_and_an_undo_at_the_same_moment_add_up(review, ana):
    batches = [make_batch(review) for _ in range(3)]
    for batch in batches:
        for number in range(5):
            make_record(
                review, f"Trial {number} of rest", batch=batch, authors=["Silva, A."], doi=f"10.1/{number}"
            )

    def search():
        return deduplicate(review=review, by=ana)

    at_once(search, search, lambda: undo(batches[0], by=ana))
    deduplicate(review=review, by=ana)
    assert (review.records.unique().count(), review.records.duplicates().count()) == (5, 5)
    check_the_groups(review)


def test_asking_for_a_search_while_a_worker_takes_the_waiting_one_leaves_none_out(review, ana):
    """Whoever finishes an import either holds the waiting search back until its records show, or asks for another."""
    request_deduplication(review=review, by=ana)
    waiting = Job.objects.get()
    _, again = at_once(lambda: jobs.perform(waiting.pk), lambda: request_deduplication(review=review, by=ana))
    waiting.refresh_from_db()
    assert waiting.state == "done"
    assert again == waiting or Job.objects.waiting().get() == again
