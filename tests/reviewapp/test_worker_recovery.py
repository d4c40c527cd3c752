"""Work outlives the worker and the broker: kill -9, start again, and each job is done once."""

import time

import psutil
import pytest

from reviews import jobs
from reviews.models import AuditEvent, Job
from tests.factories import make_review
from tests.servers import wait_for

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
QUICK = {
    "JOB_LEASE_SECONDS": 4,
    "JOB_HEARTBEAT_SECONDS": 1,
    "JOB_RESEND_SECONDS": 2,
    "JOB_JANITOR_SECONDS": 1,
    "include": "tests.reviewapp.slow_jobs",
}


def ask_for(seconds):
    return jobs.enqueue(
        review=make_review(), task="tests.slow", label="Slow", params={"seconds": seconds}, by=None
    )


def state(job):
    job.refresh_from_db()
    return job.state


def wait_until(job, wanted, seconds=30):
    wait_for(lambda: state(job) == wanted, f"job {wanted}", seconds=seconds)


@pytest.mark.core
def test_a_worker_killed_in_the_middle_and_started_again_finishes_the_job_once(start_worker):
    worker = start_worker(**QUICK)
    job = ask_for(seconds=3)
    wait_for(lambda: state(job) == "running" and job.done > 3, "the job under way", seconds=15)
    worker.kill()
    assert state(job) == "running"
    worker.start()
    wait_until(job, "done")
    assert job.attempts == 2
    assert AuditEvent.objects.filter(verb="tests.slow").count() == 1


def test_kill_9_of_the_main_process_alone_takes_the_job_process_with_it(start_worker):
    worker = start_worker(**QUICK)
    job = ask_for(seconds=20)
    wait_for(lambda: state(job) == "running" and job.done > 1, "the job under way", seconds=15)
    children = psutil.Process(worker.pid).children(recursive=True)
    assert len(children) >= 3, "two job processes and beat"
    psutil.Process(worker.pid).kill()
    _, alive = psutil.wait_procs(children, timeout=5)
    assert alive == []


def test_jobs_asked_for_while_the_broker_is_down_run_when_it_is_back(start_worker, broker):
    start_worker(**QUICK)
    broker.kill()
    asked = time.monotonic()
    job = ask_for(seconds=0.1)
    assert time.monotonic() - asked < 2, "the page must not wait for the broker"
    assert state(job) == "queued"
    broker.start()
    wait_until(job, "done")
    assert job.attempts == 1


def test_a_broker_killed_while_jobs_run_loses_none(start_worker, broker):
    start_worker(**QUICK)
    review = make_review()
    asked = [
        jobs.enqueue(review=review, task="tests.slow", label=f"Slow {n}", params={"seconds": 0.5}, by=None)
        for n in range(8)
    ]
    wait_for(lambda: Job.objects.filter(state="running").exists(), "a job under way", seconds=15)
    broker.kill()
    broker.start()
    for job in asked:
        wait_until(job, "done", seconds=60)
    assert AuditEvent.objects.filter(verb="tests.slow").count() == len(asked)


@pytest.mark.core
def test_work_in_parts_ends_once_although_its_worker_is_killed(start_worker):
    worker = start_worker(**QUICK | {"JOB_LEASE_SECONDS": 2})
    job = jobs.enqueue(
        review=make_review(),
        task="tests.shared",
        label="Shared",
        params={"parts": 5, "seconds": 0.6},
        by=None,
    )
    wait_for(lambda: job.parts.filter(state="running", done__gt=2).exists(), "a part under way", seconds=15)
    worker.kill()
    assert state(job) == "waiting"
    worker.start()
    wait_until(job, "done")
    assert (job.result, job.done, job.total) == ({"parts": [1, 2, 3, 4, 5]}, 50, 50)
    assert max(job.parts.values_list("attempts", flat=True)) == 2, "what was cut off was done again"
    assert AuditEvent.objects.filter(verb="tests.shared").count() == 1
