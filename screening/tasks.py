"""Celery doorways of this room."""

from reviews.jobs import Progress, job_task
from reviews.models import Job
from screening import services


@job_task("screening.recount")
def recount(job: Job, progress: Progress) -> dict | None:
    if job.requested_by is None:
        raise services.NotAllowed("A recount needs somebody who asked for it.")
    return services.recount(review=job.review, by=job.requested_by, progress=progress)
