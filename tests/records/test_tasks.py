"""The doorways of the worker: known by name, harmless when repeated, truthful about how they ended."""

import pytest

from records.models import Record
from records.services import import_file, request_deduplication
from reviewapp.celery import app
from reviews import jobs
from reviews.models import Job
from tests.factories import make_record, make_search
from tests.records.conftest import CUT_XML, ris, uploaded
from tests.servers import wait_for

ONE = ris({"TI": "A trial of rest", "AU": "Silva, Ana", "PY": "2019", "DO": "10.1000/rest"})


@pytest.fixture
def batch(review, ana):
    return import_file(review=review, search=make_search(review), file=uploaded(ONE), by=ana)


def test_the_worker_knows_both(batch, review, ana):
    request_deduplication(review=review, by=ana)
    app.loader.import_default_modules()
    assert {job.task for job in Job.objects.all()} == {"records.import", "records.deduplicate"}
    assert {job.task for job in Job.objects.all()} <= app.tasks.keys() & jobs.HANDLERS.keys()


def test_an_import_rung_for_twice_is_done_once(batch):
    jobs.perform(batch.job_id)
    jobs.perform(batch.job_id)
    batch.job.refresh_from_db()
    assert (batch.job.state, batch.job.attempts) == ("done", 1)
    assert Record.objects.live().count() == 1
    assert Job.objects.filter(task="records.deduplicate").count() == 1


def test_a_bell_for_a_job_that_is_gone_is_ignored(db):
    jobs.perform(4711)


def test_a_refused_reading_ends_as_a_failed_job_with_its_sentence(review, ana):
    batch = import_file(review=review, search=make_search(review), file=uploaded(CUT_XML, "cut.xml"), by=ana)
    jobs.perform(batch.job_id)
    batch.job.refresh_from_db()
    assert batch.job.state == "failed"
    assert "cut.xml" in batch.job.error
    assert batch.job.traceback == ""


def test_a_search_for_duplicates_stores_its_counts(review, ana):
    for _ in range(2):
        make_record(review, "A trial of rest", authors=["Silva, Ana"], doi="10.1/rest")
    job = request_deduplication(review=review, by=ana)
    jobs.perform(job.pk)
    job.refresh_from_db()
    assert job.state == "done"
    assert job.result == {
        "records": 2,
        "merged": 1,
        "to_decide": 0,
        "url": f"/reviews/{review.slug}/duplicates/",
        "label": "Show the pairs to decide",
    }


@pytest.mark.slow
@pytest.mark.core
@pytest.mark.django_db(transaction=True)
def test_a_real_worker_reads_an_upload_and_looks_for_duplicates(celery_worker_process, review, ana):
    batch = import_file(review=review, search=make_search(review), file=uploaded(ONE), by=ana)
    again = import_file(
        review=review, search=make_search(review, "Embase"), file=uploaded(ONE + b"\n", "embase.ris"), by=ana
    )
    wait_for(lambda: not review.jobs.unfinished().exists(), "all jobs done", seconds=40)
    for each in (batch, again):
        each.refresh_from_db()
        assert each.state == "done"
    assert (review.records.unique().count(), review.records.duplicates().count()) == (1, 1)
