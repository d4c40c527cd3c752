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
