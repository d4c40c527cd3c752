"""Background work: the Job row is the truth, the broker a doorbell.

The protocol (measured choices in docs/architecture.md):

1. ``enqueue`` inserts the row in the request's transaction; equal ``key`` means the same work, so a double click
   is one job. After commit the bell is rung with the id only; if the broker is down the row simply waits.
2. A worker *claims* with one conditional UPDATE (row count 1 = mine), which counts the attempt and sets a lease.
3. A heartbeat thread renews the lease; ``Progress.step`` stores progress and notices a cancel.
4. The result is written only under the same token, in one transaction with whatever ``write`` adds.
5. The janitor (``reviews.janitor``, every few seconds) rings again for queued rows nobody answered and for
   running rows whose lease ended, and fails those whose worker died three times.
"""

import logging
import threading
import time
import traceback
import uuid
from collections.abc import Callable
from datetime import timedelta
from functools import wraps

from celery import current_app, shared_task
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Q
from django.utils import timezone
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from reviews.errors import Refused
from reviews.models import Job, Review, User

log = logging.getLogger(__name__)
MAX_ATTEMPTS = 3
HANDLERS: dict[str, Callable[[Job, "Progress"], dict | None]] = {}


class Cancelled(Exception):
    """Raised inside a job when a person cancelled it; let it pass."""


class Superseded(Exception):
    """Raised when the lease went to another worker: this one must stop and write nothing."""


def enqueue(*, review: Review, task: str, label: str, params: dict, by: User | None, key: str = "") -> Job:
    """Ask for background work; returns the Job, which may be an earlier one with the same ``key``.

    ``task`` is the name given to ``job_task``; ``params`` is JSON. Without ``key`` every call is new work.
    """
    with transaction.atomic():
        job, created = Job.objects.get_or_create(
            review=review,
            key=key or str(uuid.uuid4()),
            defaults={"task": task, "label": label, "params": params, "requested_by": by},
        )
        if created:
            transaction.on_commit(lambda: ring(job))
    return job


def ring(job: Job) -> None:
    """Send the job's id to Celery. A broker that does not answer is no error: the janitor rings again."""
    Job.objects.filter(pk=job.pk).update(rung_at=timezone.now())
    if not settings.CELERY_BROKER_URL:
        return
    try:
        current_app.send_task(job.task, args=[job.pk], retry=False)
    except (KombuError, RedisError, OSError) as error:
        log.warning("job %s waits: the broker does not answer (%s)", job.pk, error)


def request_cancel(job: Job) -> bool:
    """Cancel: at once while queued, at the next step while running; False when it is already finished."""
    now = timezone.now()
    cancelled = Job.objects.filter(pk=job.pk, state=Job.State.QUEUED).update(
        state=Job.State.CANCELLED, finished_at=now, message="Cancelled before it started"
    ) or Job.objects.filter(pk=job.pk, state=Job.State.RUNNING).update(cancel_requested=True)
    return bool(cancelled)


def retry(job: Job) -> bool:
    """Queue a failed or cancelled job again, with its attempts forgotten; False in any other state."""
    with transaction.atomic():
        queued = Job.objects.filter(pk=job.pk, state__in=[Job.State.FAILED, Job.State.CANCELLED]).update(
            state=Job.State.QUEUED,
            attempts=0,
            cancel_requested=False,
            error="",
            traceback="",
            message="",
            done=0,
            total=0,
            finished_at=None,
        )
        if queued:
            transaction.on_commit(lambda: ring(job))
    return bool(queued)


class Progress:
    """A claimed job's hand: progress, cancel and the one write of the result."""

    def __init__(self, job: Job):
        self.job = job
        self.completed = False
        self._mine = Job.objects.filter(pk=job.pk, token=job.token, state=Job.State.RUNNING)

    def step(self, done: int, total: int = 0, message: str = "") -> None:
        """Record ``done`` of ``total`` units. Raises Cancelled or Superseded when the job should stop."""
        self._note(done=done, message=message[:300], **({"total": total} if total else {}))

    def wait(self, seconds: float, message: str) -> None:
        """Sleep; more than a second is told as ``message``. Raises as ``step`` does when the job should stop."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            time.sleep(min(left, 1.0))
            if seconds > 1:
                self._note(message=message[:300])

    def _note(self, **changes) -> None:
        if not self._mine.update(**changes, lease_until=_lease()):
            raise Superseded
        if self._mine.filter(cancel_requested=True).exists():
            raise Cancelled

    def hold(self) -> None:
        """Inside a transaction: keep the job ours until the transaction ends, so that what it writes is written only
        by the worker that has the job. Raises Superseded when another has it.
        """
        if not self._mine.update(lease_until=_lease()):
            raise Superseded

    def complete(self, result: dict | None = None, *, write: Callable[[], None] | None = None) -> None:
        """Finish: the state, the result and ``write()`` in one transaction, only if the job is still ours."""
        with transaction.atomic():
            if not self._mine.update(
                state=Job.State.DONE,
                result=result or {},
                done=F("total"),
                message="",
                finished_at=timezone.now(),
                lease_until=None,
            ):
                raise Superseded
            if write:
                write()
        self.completed = True

    def fail(self, sentence: str, trace: str = "") -> None:
        self._mine.update(
            state=Job.State.FAILED,
            error=sentence,
            traceback=trace,
            finished_at=timezone.now(),
            lease_until=None,
        )

    def cancelled(self) -> None:
        self._mine.update(
            state=Job.State.CANCELLED, message="Cancelled", finished_at=timezone.now(), lease_until=None
        )


def job_task(name: str) -> Callable:
    """Make ``handler(job, progress) -> dict | None`` the Celery task ``name``; harmless when repeated."""

    def decorate(handler: Callable[[Job, Progress], dict | None]) -> Callable[[int], None]:
        HANDLERS[name] = handler

        @shared_task(name=name)
        @wraps(handler)
        def doorway(job_id: int) -> None:
            perform(job_id)

        return doorway

    return decorate


def claim(job_id: int) -> Job | None:
    """Take the job if it is free: queued, or running with an ended lease. None if it is not ours to do."""
    now = timezone.now()
    token = uuid.uuid4()
    free = Q(state=Job.State.QUEUED) | Q(state=Job.State.RUNNING, lease_until__lt=now)
    taken = Job.objects.filter(free, pk=job_id, attempts__lt=MAX_ATTEMPTS).update(
        state=Job.State.RUNNING,
        token=token,
        attempts=F("attempts") + 1,
        started_at=now,
        lease_until=_lease(),
    )
    return Job.objects.select_related("review", "requested_by").get(pk=job_id) if taken else None


def perform(job_id: int) -> None:
    """Claim and do one job; every way it can end is written to its row."""
    job = claim(job_id)
    if job is None:
        return
    progress = Progress(job)
    try:
        with _heartbeat(job):
            result = _handler(job.task)(job, progress)
            if not progress.completed:
                progress.complete(result)
    except Cancelled:
        progress.cancelled()
    except Superseded:
        log.warning("job %s was taken over by another worker; its work here is dropped", job.pk)
    except Refused as refusal:
        progress.fail(str(refusal))
    except SoftTimeLimitExceeded:
        progress.fail("This took longer than the time limit for one job. Try a smaller piece of work.")
    except Exception:
        log.exception("job %s failed", job.pk)
        progress.fail(
            f"Something went wrong on our side (job {job.pk}). Nothing was half-saved. Try again; if it "
            "happens again, give this number to your administrator.",
            traceback.format_exc(),
        )


def _handler(task: str) -> Callable[[Job, Progress], dict | None]:
    """The handler of a task; outside a worker nobody has imported the rooms' tasks.py yet."""
    if task not in HANDLERS:
        current_app.loader.import_default_modules()
    return HANDLERS[task]


def sweep() -> dict[str, int]:
    """The janitor's round: ring again for lost jobs, fail those whose worker died too often."""
    now = timezone.now()
    dead = Job.objects.filter(
        state=Job.State.RUNNING, lease_until__lt=now, attempts__gte=MAX_ATTEMPTS
    ).update(
        state=Job.State.FAILED,
        finished_at=now,
        error=f"The worker died {MAX_ATTEMPTS} times while doing this, so it was given up. Nothing was "
        "half-saved. Ask your administrator to look at the worker's log and memory.",
    )
    quiet = now - timedelta(seconds=settings.JOB_RESEND_SECONDS)
    lost = Job.objects.filter(
        Q(state=Job.State.QUEUED, rung_at__lt=quiet) | Q(state=Job.State.RUNNING, lease_until__lt=now)
    )
    for job in lost:
        ring(job)
    return {"failed": dead, "rung": len(lost)}


def _lease():
    return timezone.now() + timedelta(seconds=settings.JOB_LEASE_SECONDS)


class _heartbeat:
    """Renews the lease from a thread of its own, so that a long computation keeps its job."""

    def __init__(self, job: Job):
        self._stop = threading.Event()
        self._mine = Job.objects.filter(pk=job.pk, token=job.token, state=Job.State.RUNNING)
        self._thread = threading.Thread(target=self._beat, name=f"heartbeat-{job.pk}", daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *error) -> None:
        self._stop.set()
        self._thread.join()

    def _beat(self) -> None:
        try:
            while not self._stop.wait(settings.JOB_HEARTBEAT_SECONDS):
                self._mine.update(lease_until=_lease())
        finally:
            connection.close()


def finish_waiting(review: Review, *, patience: float = 60.0) -> int:
    """Wait until the review's jobs are finished: by the worker if one is alive, else here and now.

    For commands that must leave nothing undone. Returns how many are unfinished after ``patience`` seconds.
    """
    give_up = time.monotonic() + patience
    while (unfinished := list(review.jobs.unfinished().order_by("pk"))) and time.monotonic() < give_up:
        if worker_is_alive():
            time.sleep(0.2)
        else:
            for job in unfinished:
                perform(job.pk)
    return len(unfinished)


def worker_is_alive() -> bool:
    """Whether a worker gave a sign of life in the last minute (reviews.worker_heartbeat writes it)."""
    try:
        age = time.time() - settings.WORKER_HEARTBEAT_FILE.stat().st_mtime
    except FileNotFoundError:
        return False
    return age < 60
