"""A job for the tests of crash recovery; a worker started with ``include="tests.reviewapp.slow_jobs"`` knows it."""

import os
import time

from reviews import jobs
from reviews.audit import record_event


@jobs.job_task("tests.slow")
def slow(job, progress):
    """Takes ``params["seconds"]``, one step a tenth of a second, and writes one history line when done."""
    steps = int(job.params["seconds"] * 10)
    for step in range(steps):
        progress.step(step, steps, f"in process {os.getpid()}")
        time.sleep(0.1)
    progress.complete(
        {"pid": os.getpid()},
        write=lambda: record_event(
            review=job.review, actor=None, verb="tests.slow", target=job, sentence="A slow job was done."
        ),
    )


@jobs.job_task("tests.shared")
def shared(job, progress):
    """Work in ``params["parts"]`` parts of ``params["seconds"]`` each, put together with one history line."""
    if not job.parts.exists():
        pieces = [{"seconds": job.params["seconds"]}] * job.params["parts"]
        return progress.split("tests.share", pieces, units=[10] * len(pieces))
    said = [part.result["part"] for part in job.parts.order_by("part")]
    progress.complete(
        {"parts": said},
        write=lambda: record_event(
            review=job.review, actor=None, verb="tests.shared", target=job, sentence="Shared work was done."
        ),
    )


@jobs.job_task("tests.share")
def share(job, progress):
    for step in range(10):
        progress.step(step)
        time.sleep(job.params["seconds"] / 10)
    return {"part": job.part}
