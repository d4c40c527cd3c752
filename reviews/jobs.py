"""Background work: the Job row is the truth, the broker a doorbell.

The protocol (measured choices in docs/architecture.md):

1. ``enqueue`` inserts the row in the request's transaction; equal ``key`` means the same work, so a double click
   is one job. After commit the bell is rung with the id only; if the broker is down the row simply waits.
2. A worker *claims* with one conditional UPDATE (row count 1 = mine), which counts the attempt and sets a lease.
3. A heartbeat thread renews the lease; ``Progress.step`` stores progress and notices a cancel.
4. The result is written only under the same token, in one transaction with whatever ``write`` adds.
5. The janitor (``reviews.janitor``, every few seconds) rings again for queued rows nobody answered and for
   running rows whose lease ended, and fails those whose worker died three times.

Big work is split: a handler that finds no ``job.parts`` calls ``progress.split(task, pieces)`` and returns. The parts
are jobs of their own, rung as one Celery group; their parent is *waiting*, which no worker can claim. When the last
part is done the parent is queued again, once, and the same handler finds the parts' results in ``job.parts``.
"""

import logging
import threading
import time
import traceback
import uuid
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import wraps
from typing import Any

from celery import current_app, group, shared_task
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.db.models import F, Q, Sum
from django.utils import timezone
from kombu.exceptions import KombuError

from reviews.errors import Refused
from reviews.models import Job, Review, User

log = logging.getLogger(__name__)
MAX_ATTEMPTS = 3
#: A part that makes progress tells its parent no more often than this.
TELL_PARENT_SECONDS = 0.5
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
    except broker_troubles() as error:
        log.warning("job %s waits: the broker does not answer (%s)", job.pk, error)


def broker_troubles() -> tuple[type[Exception], ...]:
    """What a broker that cannot be reached raises."""
    # the client of Redis takes a tenth of a second to import: only where it has already failed
    from redis.exceptions import RedisError

    return KombuError, RedisError, OSError


def ring_parts(parts: list[Job]) -> None:
    """Send the ids of all parts as one Celery group; as for ``ring``, the janitor mends what was not sent."""
    Job.objects.filter(pk__in=[part.pk for part in parts]).update(rung_at=timezone.now())
    if not settings.CELERY_BROKER_URL:
        return
    calls = [current_app.signature(part.task, args=[part.pk], immutable=True) for part in parts]
    try:
        group(calls).apply_async(retry=False)
    except broker_troubles() as error:
        log.warning("%d parts wait: the broker does not answer (%s)", len(parts), error)


def request_cancel(job: Job) -> bool:
    """Cancel: at once while queued, at the next step while running, with all parts while waiting for them.

    False when it is already finished.
    """
    with transaction.atomic():
        found = Job.objects.select_for_update().get(pk=job.pk)
        mine = Job.objects.filter(pk=job.pk)
        if found.state == Job.State.QUEUED:
            mine.update(
                state=Job.State.CANCELLED, finished_at=timezone.now(), message="Cancelled before it started"
            )
        elif not found.is_finished:
            mine.update(cancel_requested=True)
            _stop_parts(found)
            settle(found.pk)
    return not found.is_finished


def retry(job: Job) -> bool:
    """Queue a failed or cancelled job again, with its attempts forgotten; False in any other state.

    Of a job in parts, those that are done stay done.
    """
    ended = [Job.State.FAILED, Job.State.CANCELLED]
    with transaction.atomic():
        found = Job.objects.select_for_update().filter(pk=job.pk, state__in=ended).first()
        if found is None:
            return False
        again: dict[str, Any] = {"attempts": 0, "cancel_requested": False, "finished_at": None, "token": None}
        again |= {"error": "", "traceback": "", "message": "", "done": 0}
        undone = list(found.parts.exclude(state=Job.State.DONE).order_by("part"))
        # a part that still runs somewhere loses its token: whoever has it writes nothing any more
        found.parts.exclude(state=Job.State.DONE).update(state=Job.State.QUEUED, lease_until=None, **again)
        again |= {} if found.parts.exists() else {"total": 0}
        state = Job.State.WAITING if undone else Job.State.QUEUED
        Job.objects.filter(pk=found.pk).update(**again | {"state": state, "done": _done_by_parts(found.pk)})
        transaction.on_commit(lambda: ring_parts(undone) if undone else ring(found))
    return True


def settle(parent_id: int) -> None:
    """Let a job that waits for its parts go on as far as they are; harmless when repeated.

    A failed part fails it and stops the others; when none is left it has its own turn again, or is cancelled.
    """
    with transaction.atomic():
        waiting = Job.objects.select_for_update().filter(pk=parent_id, state=Job.State.WAITING)
        parent = waiting.first()
        if parent is None:
            return
        now, mine = timezone.now(), Job.objects.filter(pk=parent_id)
        failed = parent.parts.filter(state=Job.State.FAILED).order_by("part").first()
        if failed:
            _stop_parts(parent)
            mine.update(
                state=Job.State.FAILED, error=failed.error, traceback=failed.traceback, finished_at=now
            )
        elif parent.parts.filter(state__in=Job.UNFINISHED).exists():
            mine.update(done=_done_by_parts(parent_id))
        elif parent.cancel_requested or parent.parts.filter(state=Job.State.CANCELLED).exists():
            mine.update(state=Job.State.CANCELLED, message="Cancelled", finished_at=now)
        else:
            mine.update(state=Job.State.QUEUED, done=F("total"))
            transaction.on_commit(lambda: ring(parent))


def _stop_parts(parent: Job) -> None:
    parent.parts.filter(state=Job.State.QUEUED).update(
        state=Job.State.CANCELLED, message="Cancelled before it started", finished_at=timezone.now()
    )
    parent.parts.filter(state=Job.State.RUNNING).update(cancel_requested=True)


def _done_by_parts(parent_id: int) -> int:
    return Job.objects.filter(parent=parent_id).aggregate(done=Sum("done"))["done"] or 0


class Progress:
    """A claimed job's hand: progress, cancel and the one write of the result."""

    def __init__(self, job: Job):
        self.job = job
        self.completed = False
        self._told_parent = 0.0
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
        if self.job.parent_id and time.monotonic() - self._told_parent > TELL_PARENT_SECONDS:
            self._told_parent = time.monotonic()
            Job.objects.filter(pk=self.job.parent_id, state=Job.State.WAITING).update(
                done=_done_by_parts(self.job.parent_id)
            )

    def split(self, task: str, pieces: Sequence[dict[str, Any]], *, units: Sequence[int] = ()) -> None:
        """Leave the work to parts, which several workers may take, and wait for them; the handler returns then.

        ``pieces`` are the params of the parts, in their order; ``units`` says how much work each is (1 unless said),
        which is what the progress of all together counts. ``task`` does a part; what it returns is the part's
        ``result``. Raises Cancelled or Superseded.
        """
        sizes = list(units) or [1] * len(pieces)
        if not pieces or len(sizes) != len(pieces):
            raise ValueError(f"{len(pieces)} pieces with {len(sizes)} sizes cannot be shared out.")
        with transaction.atomic():
            if not self._mine.filter(cancel_requested=False).update(
                state=Job.State.WAITING, attempts=0, done=0, total=sum(sizes), message="", lease_until=None
            ):
                raise Cancelled if self._mine.exists() else Superseded
            parts = Job.objects.bulk_create(
                Job(
                    review=self.job.review,
                    task=task,
                    key=f"part-{number}-of-{self.job.pk}",
                    label=f"{self.job.label}, part {number}"[-200:],
                    params=params,
                    parent=self.job,
                    part=number,
                    total=size,
                    requested_by=self.job.requested_by,
                )
                for number, (params, size) in enumerate(zip(pieces, sizes, strict=True), 1)
            )
            transaction.on_commit(lambda: ring_parts(parts))
        self.completed = True

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

        # A database that is busy for longer than it waits (SQLite, while somebody writes much) is asked again soon.
        @shared_task(name=name, autoretry_for=(OperationalError,), retry_backoff=2, max_retries=5)
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
    if job.parent_id:
        settle(job.parent_id)


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
    for parent_id in Job.objects.filter(state=Job.State.WAITING).values_list("pk", flat=True):
        settle(parent_id)
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
                for part in job.parts.waiting().order_by("part"):
                    perform(part.pk)
    return len(unfinished)


def worker_is_alive() -> bool:
    """Whether a worker gave a sign of life in the last minute (reviews.worker_heartbeat writes it)."""
    try:
        age = time.time() - settings.WORKER_HEARTBEAT_FILE.stat().st_mtime
    except FileNotFoundError:
        return False
    return age < 60
