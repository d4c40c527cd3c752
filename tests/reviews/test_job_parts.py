"""Work in parts: shared out, added up, put together once, stopped and failed as one."""

import threading

import pytest
from celery import current_app
from django.db import connection
from django.urls import reverse

from reviews import jobs, services
from reviews.errors import Refused
from reviews.models import Job, Membership


@pytest.fixture(autouse=True)
def handlers(monkeypatch):
    """A sum shared out: each part adds up its numbers, the whole adds up the parts."""
    current_app.loader.import_default_modules()

    def whole(job, progress):
        if not job.parts.exists():
            pieces = job.params["pieces"]
            return progress.split(
                "tests.part", [{"numbers": piece} for piece in pieces], units=[len(p) for p in pieces]
            )
        return {"sum": sum(part.result["sum"] for part in job.parts.order_by("part"))}

    def part(job, progress):
        numbers = job.params["numbers"]
        for done, _ in enumerate(numbers, 1):
            progress.step(done)
        return {"sum": sum(numbers)}

    table = {"tests.whole": whole, "tests.part": part}
    monkeypatch.setattr(jobs, "HANDLERS", table)
    monkeypatch.setattr(jobs, "TELL_PARENT_SECONDS", 0.0)
    return table


@pytest.fixture
def rung(monkeypatch):
    ids = []
    monkeypatch.setattr(jobs.current_app, "send_task", lambda task, args, **options: ids.append(args[0]))
    monkeypatch.setattr(jobs, "ring_parts", lambda parts: ids.append([part.pk for part in parts]))
    return ids


@pytest.fixture
def whole(review, ben, rung):
    return jobs.enqueue(
        review=review,
        task="tests.whole",
        label="Sum",
        params={"pieces": [[1, 2, 3], [4, 5], [6]]},
        by=ben,
    )


@pytest.fixture
def split(whole, django_capture_on_commit_callbacks):
    """The job after its first turn: waiting for its three parts."""
    with django_capture_on_commit_callbacks(execute=True):
        jobs.perform(whole.pk)
    whole.refresh_from_db()
    return whole


def parts_of(job) -> list[Job]:
    return list(job.parts.order_by("part"))


def fresh(job) -> Job:
    return Job.objects.get(pk=job.pk)


def fails(job, progress):
    raise Refused("These numbers cannot be added.")


def test_the_work_is_shared_out_and_put_together_once(split, rung, work):
    assert (split.state, split.done, split.total, split.attempts) == ("waiting", 0, 6, 0)
    assert [part.params["numbers"] for part in parts_of(split)] == [[1, 2, 3], [4, 5], [6]]
    assert rung == [[part.pk for part in parts_of(split)]]
    assert jobs.claim(split.pk) is None
    finished = work()
    assert [job.pk for job in finished] == [*(part.pk for part in parts_of(split)), split.pk]
    split.refresh_from_db()
    assert (split.state, split.result, split.percent) == ("done", {"sum": 21}, 100)
    assert rung[1:] == [split.pk]


def test_progress_of_the_whole_is_that_of_its_parts(split, handlers):
    def half(job, progress):
        progress.step(1)
        assert fresh(split).done == 1
        progress.step(2)
        assert fresh(split).done == 2

    handlers["tests.part"] = half
    first = parts_of(split)[0]
    jobs.perform(first.pk)
    assert (fresh(split).done, fresh(split).percent) == (3, 50)
    assert fresh(first).total == 3


def test_one_refusal_fails_the_whole_with_its_sentence_and_stops_the_others(split, handlers, rung):
    first, second, third = parts_of(split)
    jobs.claim(third.pk)
    handlers["tests.part"] = fails
    jobs.perform(first.pk)
    split.refresh_from_db()
    assert (split.state, split.error) == ("failed", "These numbers cannot be added.")
    assert fresh(second).state == "cancelled"
    assert fresh(third).cancel_requested
    assert rung[1:] == []


def test_another_try_does_only_what_is_not_done(split, handlers, work, django_capture_on_commit_callbacks):
    first, second, third = parts_of(split)
    jobs.perform(first.pk)
    running = jobs.Progress(jobs.claim(third.pk))
    adds, handlers["tests.part"] = handlers["tests.part"], fails
    jobs.perform(second.pk)
    handlers["tests.part"] = adds
    assert jobs.retry(split)
    assert not jobs.retry(split)
    split.refresh_from_db()
    assert (split.state, split.done, split.total, split.error) == ("waiting", 3, 6, "")
    assert [part.state for part in parts_of(split)] == ["done", "queued", "queued"]
    with pytest.raises(jobs.Superseded):
        running.complete({"sum": 1000})
    work()
    assert fresh(split).result == {"sum": 21}
    assert fresh(first).attempts == 1


def test_cancelling_the_whole_cancels_its_parts(split, ben):
    first, second, third = parts_of(split)
    jobs.perform(first.pk)
    running = jobs.Progress(jobs.claim(second.pk))
    member = Membership.objects.get(user=ben, review__slug="trd")
    services.cancel_job(job=split, membership=member)
    assert fresh(third).state == "cancelled"
    assert (fresh(split).state, fresh(split).cancel_requested) == ("waiting", True)
    with pytest.raises(jobs.Cancelled):
        running.step(1)
    running.cancelled()
    jobs.settle(split.pk)
    assert fresh(split).state == "cancelled"
    with pytest.raises(services.JobRefused):
        services.cancel_job(job=split, membership=member)


def test_cancelled_while_nobody_works_is_cancelled_at_once_and_can_be_tried_again(split, work):
    assert jobs.request_cancel(split)
    assert fresh(split).state == "cancelled"
    assert jobs.retry(split)
    work()
    assert fresh(split).result == {"sum": 21}


def test_cancelled_just_before_it_is_shared_out(whole, handlers):
    shares = handlers["tests.whole"]

    def late(job, progress):
        jobs.request_cancel(job)
        shares(job, progress)

    handlers["tests.whole"] = late
    jobs.perform(whole.pk)
    assert fresh(whole).state == "cancelled"
    assert parts_of(whole) == []


def test_the_janitor_mends_what_a_dead_worker_left(split, rung, django_capture_on_commit_callbacks):
    for part in parts_of(split):
        jobs.Progress(jobs.claim(part.pk)).complete({"sum": 7})  # killed before it could tell the whole
    assert fresh(split).state == "waiting"
    with django_capture_on_commit_callbacks(execute=True):
        jobs.sweep()
        jobs.sweep()
    assert fresh(split).state == "queued"
    assert rung[1:] == [split.pk]


def test_a_part_whose_worker_died_three_times_fails_the_whole(split):
    part = parts_of(split)[0]
    Job.objects.filter(pk=part.pk).update(state="running", attempts=3, lease_until=part.created_at)
    jobs.sweep()
    assert fresh(split).state == "failed"
    assert "The worker died 3 times" in fresh(split).error


def test_nothing_cannot_be_shared_out(whole, handlers):
    progress = jobs.Progress(jobs.claim(whole.pk))
    with pytest.raises(ValueError, match="0 pieces"):
        progress.split("tests.part", [])


@pytest.mark.django_db(transaction=True)
def test_parts_that_end_at_the_same_moment_ring_once(whole, handlers, rung):
    jobs.perform(whole.pk)
    parts, start = parts_of(whole), threading.Barrier(3)

    def together(job, progress):
        start.wait(10)
        return {"sum": 1}

    def do(pk):
        try:
            jobs.perform(pk)
        finally:
            connection.close()

    handlers["tests.part"] = together
    threads = [threading.Thread(target=do, args=[part.pk]) for part in parts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert fresh(whole).state == "queued"
    assert rung[2:] == [whole.pk]


def test_parts_are_not_shown_as_jobs_of_their_own(split, ben, as_user, review):
    client = as_user(ben)
    assert list(review.jobs.unfinished()) == [split]
    overview = client.get(reverse("reviews:overview", args=["trd"])).content.decode()
    assert overview.count('class="job"') == 1
    assert "Running in parts" in overview
    listed = client.get("/api/reviews/trd/jobs/").json()["results"]
    assert [job["id"] for job in listed] == [split.pk]
    assert client.get(reverse("reviews:job", args=["trd", parts_of(split)[0].pk])).status_code == 404
    assert client.get(f"/api/reviews/trd/jobs/{parts_of(split)[0].pk}/").status_code == 404


def test_without_a_worker_a_command_does_the_parts_itself(whole, review):
    assert jobs.finish_waiting(review, patience=10) == 0
    assert fresh(whole).result == {"sum": 21}
