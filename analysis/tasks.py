"""Celery doorways of this room."""

from analysis import services
from analysis.models import Exploration, Run
from reviews.jobs import Progress, job_task
from reviews.models import Job


@job_task("analysis.run")
def run(job: Job, progress: Progress) -> None:
    services.carry_out(run=Run.objects.select_related("plan", "review").get(job=job), progress=progress)


@job_task("analysis.explore")
def explore(job: Job, progress: Progress) -> None:
    services.carry_out_exploration(exploration=_exploration(job), progress=progress)


@job_task(services.PIECE)
def explore_piece(job: Job, progress: Progress) -> dict | None:
    return services.explore_piece(part=job, exploration=_exploration(job.parent), progress=progress)


def _exploration(job: Job | None) -> Exploration:
    found = Exploration.objects.select_related("run__plan", "review")
    return found.defer("run__result", "run__partial").get(job=job)
