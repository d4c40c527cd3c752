"""Celery doorways of this room."""

from analysis import services
from analysis.models import Run
from reviews.jobs import Progress, job_task
from reviews.models import Job


@job_task("analysis.run")
def run(job: Job, progress: Progress) -> None:
    services.carry_out(run=Run.objects.select_related("plan", "review").get(job=job), progress=progress)
