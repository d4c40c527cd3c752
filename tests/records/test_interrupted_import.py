"""A reading that is killed, overtaken or cancelled doubles nothing and leaves nothing."""

from datetime import timedelta

import pytest
from django.utils import timezone

from records.models import ImportBatch, Record
from records.services import import_file, read_batch, reading
from reviews import jobs
from reviews.models import Job
from tests.records.conftest import ris, stored_files, uploaded

TWO = ris({"TI": "A trial of rest", "AU": "Silva, Ana", "PY": "2019"}, {"TI": "Yoga at work", "PY": "2020"})


@pytest.fixture
def running(review, search, ana, monkeypatch):
    """A worker that has stored half the file and then fell silent: (batch, its progress)."""
    monkeypatch.setattr(reading, "BATCH_SIZE", 1)
    batch = import_file(review=review, search=search, file=uploaded(TWO), by=ana)
    progress = jobs.Progress(jobs.claim(batch.job_id))
    real = Record.objects.bulk_create
    calls = []

    def die_on_the_second(rows):
        calls.append(rows)
        if len(calls) == 2:
            raise SystemExit
        return real(rows)

    with monkeypatch.context() as dying:
        dying.setattr(Record.objects, "bulk_create", die_on_the_second)
        with pytest.raises(SystemExit):
            read_batch(batch=batch, progress=progress)
    assert batch.records.count() == 1
    return batch, progress


def lease_ends():
    Job.objects.update(lease_until=timezone.now() - timedelta(seconds=1))


def test_the_next_worker_begins_anew_and_doubles_nothing(running):
    batch, _ = running
    lease_ends()
    jobs.perform(batch.job_id)
    batch.refresh_from_db()
    assert (batch.state, batch.records_read) == ("done", 2)
    assert [record.position for record in Record.objects.live().order_by("position")] == [1, 2]


@pytest.mark.core
def test_the_first_worker_waking_up_writes_and_clears_nothing(running):
    batch, first = running
    lease_ends()
    second = jobs.Progress(jobs.claim(batch.job_id))
    with pytest.raises(jobs.Superseded):
        read_batch(batch=ImportBatch.objects.get(pk=batch.pk), progress=first)
    assert batch.records.count() == 1
    read_batch(batch=ImportBatch.objects.get(pk=batch.pk), progress=second)
    with pytest.raises(jobs.Superseded):
        reading._give_up(batch, first, reading.Findings(), ImportBatch.State.FAILED, keep_file=False)
    assert Record.objects.live().count() == 2
    assert len(stored_files()) == 1


def test_a_worker_that_lost_its_job_between_two_chunks_stores_no_more(review, search, ana, monkeypatch):
    monkeypatch.setattr(reading, "BATCH_SIZE", 1)
    batch = import_file(review=review, search=search, file=uploaded(TWO), by=ana)
    first = jobs.Progress(jobs.claim(batch.job_id))
    real = Record.objects.bulk_create

    def lose_it(rows):
        monkeypatch.setattr(Record.objects, "bulk_create", real)
        found = real(rows)
        lease_ends()
        jobs.claim(batch.job_id)
        return found

    monkeypatch.setattr(Record.objects, "bulk_create", lose_it)
    with pytest.raises(jobs.Superseded):
        read_batch(batch=batch, progress=first)
    assert batch.records.count() == 1


@pytest.mark.usefixtures("running")
def test_given_up_after_three_deaths_it_bars_nobody(bring_in):
    Job.objects.update(attempts=jobs.MAX_ATTEMPTS)
    lease_ends()
    jobs.sweep()
    assert bring_in(TWO).state == "done"
    assert Record.objects.count() == 2, "what the dead worker left is cleared"


def test_cancelled_half_way_it_keeps_no_record_and_may_be_retried(review, search, ana, monkeypatch, work):
    monkeypatch.setattr(reading, "BATCH_SIZE", 1)
    batch = import_file(review=review, search=search, file=uploaded(TWO), by=ana)
    step = jobs.Progress.step

    def cancel_at_the_second(progress, done, *args, **kwargs):
        if done == 2:
            jobs.request_cancel(batch.job)
        step(progress, done, *args, **kwargs)

    with monkeypatch.context() as cancelling:
        cancelling.setattr(jobs.Progress, "step", cancel_at_the_second)
        jobs.perform(batch.job_id)
    batch.refresh_from_db()
    assert (batch.state, batch.job.state, batch.records.count()) == ("failed", "cancelled", 0)
    jobs.retry(batch.job)
    work()
    assert Record.objects.live().count() == 2


def test_reading_a_finished_import_again_changes_nothing(bring_in):
    batch = bring_in(TWO)
    assert read_batch(batch=batch, progress=jobs.Progress(batch.job)) == {}
    assert Record.objects.count() == 2
