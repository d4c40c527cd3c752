"""Background work: the row is the truth, the broker a doorbell."""

import threading
import time
from datetime import timedelta

import pytest
from celery import Celery, current_app
from django.core.exceptions import PermissionDenied
from django.db import OperationalError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from reviews import jobs, services
from reviews.errors import Refused
from reviews.models import Job, Membership

HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture(autouse=True)
def handlers(monkeypatch):
    """``handlers["reviews.test"] = function(job, progress)`` is what the test's jobs do."""
    current_app.loader.import_default_modules()  # now, or the rooms' handlers would enter the test's own table
    monkeypatch.setattr(jobs, "HANDLERS", {"reviews.test": lambda job, progress: {"did": job.params}})
    return jobs.HANDLERS


@pytest.fixture
def rung(monkeypatch):
    """The ids that reached the broker."""
    ids = []
    monkeypatch.setattr(jobs.current_app, "send_task", lambda task, args, **options: ids.append(args[0]))
    return ids


@pytest.fixture
def ask(review, ben, rung):
    def enqueue(key="", **params) -> Job:
        return jobs.enqueue(review=review, task="reviews.test", label="Count", params=params, by=ben, key=key)

    return enqueue


def fresh(job) -> Job:
    return Job.objects.get(pk=job.pk)


def end_lease(job) -> None:
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def member(user) -> Membership:
    return Membership.objects.get(user=user, review__slug="trd")


class TestEnqueue:
    def test_rings_after_the_commit_only(self, ask, rung, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks(execute=True):
            job = ask(n=3)
            assert rung == []
        assert rung == [job.pk]
        assert (job.state, job.params) == ("queued", {"n": 3})

    def test_the_same_key_is_the_same_work(self, ask, rung, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks(execute=True):
            one, two, other = ask("k"), ask("k"), ask("l")
        assert one == two != other
        assert rung == [one.pk, other.pk]

    def test_without_key_every_call_is_new(self, ask):
        assert ask() != ask()

    @pytest.mark.parametrize("place", ["+socket:///tmp/no-such-broker.sock", "://127.0.0.1:1/0"])
    def test_a_dead_broker_costs_little_and_loses_nothing(self, review, place, caplog, monkeypatch):
        dead = Celery(set_as_current=False)
        dead.config_from_object("django.conf:settings", namespace="CELERY")
        dead.conf.update(broker_url=f"redis{place}", broker_write_url=f"redis{place}")
        monkeypatch.setattr(jobs, "current_app", dead)
        job = Job.objects.create(review=review, task="reviews.test", key="k", label="Count")
        started = time.monotonic()
        jobs.ring(job)
        assert time.monotonic() - started < 1
        assert "the broker does not answer" in caplog.text
        assert "no-such-broker" in caplog.text or "127.0.0.1:1" in caplog.text
        assert fresh(job).state == "queued"


class TestPerform:
    def test_does_the_work_once(self, ask, work, handlers):
        done = []
        handlers["reviews.test"] = lambda job, progress: done.append(job.pk)
        job = ask()
        work()
        jobs.perform(job.pk)
        assert done == [job.pk]
        assert fresh(job).state == "done"
        assert fresh(job).percent == 100

    def test_counts_units_and_keeps_the_result(self, ask, work, handlers):
        seen = []

        def count(job, progress):
            for number in range(1, 4):
                progress.step(number, 3, f"Study {number}")
                seen.append((fresh(job).percent, fresh(job).message))
            return {"url": "/somewhere/"}

        handlers["reviews.test"] = count
        ask()
        (job,) = work()
        assert seen == [(33, "Study 1"), (66, "Study 2"), (99, "Study 3")]
        assert (job.result, job.done, job.total, job.message) == ({"url": "/somewhere/"}, 3, 3, "")

    def test_a_refusal_is_its_sentence_without_traceback(self, ask, work, handlers):
        def refuse(job, progress):
            raise Refused("Line 3 has no title. Mend it and import again.")

        handlers["reviews.test"] = refuse
        ask()
        (job,) = work()
        assert (job.state, job.traceback) == ("failed", "")
        assert job.error == "Line 3 has no title. Mend it and import again."

    def test_a_fault_of_ours_hides_its_words_from_the_user(self, ask, work, handlers):
        handlers["reviews.test"] = lambda job, progress: 1 / 0
        ask()
        (job,) = work()
        assert job.state == "failed"
        assert f"job {job.pk}" in job.error
        assert "ZeroDivisionError" not in job.error
        assert "ZeroDivisionError" in job.traceback

    def test_a_busy_database_is_asked_again(self, review, ben, rung, monkeypatch):
        done, real = [], jobs.claim

        @jobs.job_task("reviews.patient")
        def patient(job, progress):
            done.append(job.pk)

        refusals = [OperationalError("database is locked")] * 2

        def claim(job_id):
            if refusals:
                raise refusals.pop()
            return real(job_id)

        monkeypatch.setattr(jobs, "claim", claim)
        job = jobs.enqueue(review=review, task="reviews.patient", label="Wait", params={}, by=ben)
        patient.apply(args=[job.pk])
        assert (done, refusals) == ([job.pk], [])

    def test_an_unknown_task_or_row_harms_nothing(self, ask, work, handlers):
        handlers.clear()
        ask()
        (job,) = work()
        assert job.state == "failed"
        jobs.perform(10**9)

    def test_the_result_and_its_rows_are_written_together(self, ask, work, handlers, review):
        def write():
            review.criteria.create(kind="include", element="other", text="half-saved")
            raise ValueError

        handlers["reviews.test"] = lambda job, progress: progress.complete({}, write=write)
        ask()
        (job,) = work()
        assert job.state == "failed"
        assert not review.criteria.exists()


class TestClaim:
    def test_twice_gives_one(self, ask):
        job = ask()
        first, second = jobs.claim(job.pk), jobs.claim(job.pk)
        assert (first.state, first.attempts) == ("running", 1)
        assert second is None

    @pytest.mark.django_db(transaction=True)
    def test_by_eight_threads_gives_one(self, ask):
        job = ask()
        start, claims = threading.Barrier(8), []

        def claim():
            start.wait()
            try:
                claims.append(jobs.claim(job.pk))
            finally:
                connection.close()

        threads = [threading.Thread(target=claim) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(claims) == 8
        assert len([claim for claim in claims if claim]) == 1
        assert fresh(job).attempts == 1

    def test_a_lease_that_ended_is_taken_over_and_the_old_worker_writes_nothing(self, ask):
        job = ask()
        old = jobs.Progress(jobs.claim(job.pk))
        end_lease(job)
        new = jobs.Progress(jobs.claim(job.pk))
        assert fresh(job).attempts == 2
        written = []
        for act in (
            lambda: old.step(1, 2),
            lambda: old.complete({"by": "old"}, write=lambda: written.append(1)),
        ):
            with pytest.raises(jobs.Superseded):
                act()
        old.fail("old")
        old.cancelled()
        assert written == []
        assert fresh(job).state == "running"
        new.complete({"by": "new"})
        assert (fresh(job).state, fresh(job).result) == ("done", {"by": "new"})

    def test_a_live_lease_and_finished_work_are_left_alone(self, ask):
        job = ask()
        progress = jobs.Progress(jobs.claim(job.pk))
        assert jobs.claim(job.pk) is None
        progress.complete()
        assert jobs.claim(job.pk) is None

    @pytest.mark.django_db(transaction=True)
    def test_the_heartbeat_keeps_a_long_computation(self, ask, settings, handlers):
        settings.JOB_LEASE_SECONDS, settings.JOB_HEARTBEAT_SECONDS = 1, 0.2
        taken_over = []

        def compute(job, progress):
            time.sleep(1.6)
            taken_over.append(jobs.claim(job.pk))

        handlers["reviews.test"] = compute
        job = ask()
        jobs.perform(job.pk)
        assert taken_over == [None]
        assert fresh(job).state == "done"


class TestSweep:
    def test_three_deaths_are_given_up_with_a_sentence(self, ask, rung):
        job = ask()
        for _ in range(3):
            assert jobs.claim(job.pk)
            end_lease(job)
        assert jobs.claim(job.pk) is None
        assert jobs.sweep()["failed"] == 1
        assert fresh(job).state == "failed"
        assert "The worker died 3 times" in fresh(job).error
        assert rung == []

    def test_rings_again_for_who_waits_too_long_and_whose_worker_died(self, ask, rung, settings):
        patient, lost, dead, alive = ask(), ask(), ask(), ask()
        jobs.claim(dead.pk), jobs.claim(alive.pk)
        end_lease(dead)
        ago = timezone.now() - timedelta(seconds=settings.JOB_RESEND_SECONDS + 1)
        Job.objects.filter(pk__in=[lost.pk, alive.pk]).update(rung_at=ago)
        assert jobs.sweep() == {"failed": 0, "rung": 2}
        assert sorted(rung) == [lost.pk, dead.pk]
        assert patient.pk not in rung


class TestCancelAndRetry:
    def test_queued_work_is_cancelled_at_once(self, ask, ben, work):
        job = services.cancel_job(job=ask(), membership=member(ben))
        assert job.state == "cancelled"
        assert work() == []

    def test_running_work_is_cancelled_at_its_next_step(self, ask, ben, work, handlers):
        after = []

        def count(job, progress):
            progress.step(1, 3)
            services.cancel_job(job=job, membership=member(ben))
            progress.step(2, 3)
            after.append("went on")

        handlers["reviews.test"] = count
        ask()
        (job,) = work()
        assert (job.state, job.done, after) == ("cancelled", 2, [])

    def test_waiting_is_told_and_ends_when_the_work_is_cancelled(self, ask, ben, work, handlers, monkeypatch):
        slept = []

        def sleep(seconds):
            slept.append(seconds)
            if len(slept) == 2:
                assert fresh(job).message == "Busy"
                services.cancel_job(job=fresh(job), membership=member(ben))

        def wait(job, progress):
            progress.step(1, 3)
            progress.wait(60, "Busy")

        handlers["reviews.test"] = wait
        monkeypatch.setattr(jobs.time, "sleep", sleep)
        job = ask()
        (done,) = work()
        assert (done.state, done.done, slept) == ("cancelled", 1, [1.0, 1.0])

    def test_a_moment_between_two_requests_is_not_told(self, ask, work, handlers, monkeypatch):
        def wait(job, progress):
            progress.step(1, 3, "Asking")
            progress.wait(0.01, "Busy")
            assert fresh(job).message == "Asking"

        handlers["reviews.test"] = wait
        ask()
        (job,) = work()
        assert (job.state, job.error) == ("done", "")

    def test_finished_work_is_not(self, ask, ben, work):
        job = ask()
        work()
        for verb in (services.cancel_job, services.retry_job):
            with pytest.raises(services.JobRefused):
                verb(job=job, membership=member(ben))
        assert fresh(job).state == "done"

    def test_failed_work_can_be_tried_again(
        self, ask, ben, work, handlers, django_capture_on_commit_callbacks, rung
    ):
        handlers["reviews.test"] = lambda job, progress: 1 / 0
        job = ask()
        work()
        handlers["reviews.test"] = lambda job, progress: {"fine": True}
        with django_capture_on_commit_callbacks(execute=True):
            services.retry_job(job=job, membership=member(ben))
        assert rung[-1] == job.pk
        again = fresh(job)
        assert (again.state, again.attempts, again.error, again.traceback) == ("queued", 0, "", "")
        (done,) = work()
        assert (done.state, done.result) == ("done", {"fine": True})

    def test_is_for_who_asked_and_who_manages(self, ask, ana, ben, cleo):
        job = ask()
        for verb in (services.cancel_job, services.retry_job):
            with pytest.raises(PermissionDenied), transaction.atomic():
                verb(job=job, membership=member(cleo))
        assert services.cancel_job(job=job, membership=member(ana)).state == "cancelled"
        assert job.review.events.first().sentence == "cancelled “Count”"


class TestPages:
    def url(self, name, job):
        return reverse(f"reviews:{name}", args=["trd", job.pk])

    def test_polls_while_unfinished_and_stops_with_286(self, ask, ben, as_user, work):
        job = ask()
        client = as_user(ben)
        waiting = client.get(self.url("job", job), **HTMX)
        assert waiting.status_code == 200
        assert 'hx-trigger="every 1s"' in waiting.content.decode()
        assert "<html" not in waiting.content.decode()
        work()
        finished = client.get(self.url("job", job), **HTMX)
        assert finished.status_code == 286
        assert "hx-trigger" not in finished.content.decode()

    def test_the_page_shows_units_and_links_to_the_result(self, ask, ben, as_user, work, handlers):
        handlers["reviews.test"] = lambda job, progress: {"url": "/reviews/trd/team/"}
        job = ask()
        Job.objects.filter(pk=job.pk).update(state="running", done=30, total=120)
        page = as_user(ben).get(self.url("job", job)).content.decode()
        assert 'value="25"' in page
        assert "30 of 120" in page
        Job.objects.filter(pk=job.pk).update(state="queued")
        work()
        assert 'href="/reviews/trd/team/"' in as_user(ben).get(self.url("job", job)).content.decode()

    def test_cancel_and_retry_by_button(self, ask, ben, cleo, eve, as_user):
        job = ask()
        assert as_user(cleo).post(self.url("job_cancel", job)).status_code == 403
        assert as_user(eve).post(self.url("job_cancel", job)).status_code == 404
        assert self.url("job_cancel", job) not in as_user(cleo).get(self.url("job", job)).content.decode()
        assert self.url("job_cancel", job) in as_user(ben).get(self.url("job", job)).content.decode()
        assert as_user(ben).post(self.url("job_cancel", job))["Location"] == self.url("job", job)
        assert fresh(job).state == "cancelled"
        assert self.url("job_retry", job) in as_user(ben).get(self.url("job", job)).content.decode()
        assert as_user(ben).post(self.url("job_retry", job), **HTMX).status_code == 200
        assert fresh(job).state == "queued"

    def test_cancelling_what_is_finished_says_so(self, ask, ben, as_user, work):
        job = ask()
        work()
        answer = as_user(ben).post(self.url("job_cancel", job), **HTMX)
        assert answer.status_code == 422
        assert "already finished" in answer.content.decode()

    def test_only_staff_sees_the_traceback(self, ask, ben, as_user, work, handlers):
        handlers["reviews.test"] = lambda job, progress: 1 / 0
        job = ask()
        work()
        assert "ZeroDivisionError" not in as_user(ben).get(self.url("job", job)).content.decode()
        ben.is_staff = True
        ben.save()
        assert "ZeroDivisionError" in as_user(ben).get(self.url("job", job)).content.decode()
