"""Celery doorways of this room."""

from reviews.jobs import Progress, job_task
from reviews.models import Job
from screening import services
from screening.models import Intake


@job_task("screening.recount")
def recount(job: Job, progress: Progress) -> dict | None:
    if job.requested_by is None:
        raise services.NotAllowed("A recount needs somebody who asked for it.")
    return services.recount(review=job.review, by=job.requested_by, progress=progress)


@job_task("screening.take_in")
def take_in(job: Job, progress: Progress) -> dict | None:
    intake = _intake(job)
    return services.carry_out(intake=intake, progress=progress) if intake else None


@job_task("screening.take_back")
def take_back(job: Job, progress: Progress) -> dict | None:
    intake = _intake(job)
    if intake is None or intake.undone_at:
        return None
    if job.requested_by is None:
        raise services.NotAllowed("Taking back needs somebody who asked for it.")
    return services.undo_intake(review=job.review, intake=intake, by=job.requested_by, progress=progress)


def _intake(job: Job) -> Intake | None:
    found = Intake.objects.filter(review=job.review, pk=job.params["intake"])
    return found.select_related("review", "batch__search", "by").first()
