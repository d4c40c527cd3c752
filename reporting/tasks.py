"""Celery doorways of this room."""

from celery import shared_task

from reporting.models import ExportFile
from reporting.services import archive
from reporting.services.exports import TASK, clear_old_exports, make_export
from reviews.jobs import Progress, job_task
from reviews.models import Job


@job_task(TASK)
def export(job: Job, progress: Progress) -> None:
    found = ExportFile.objects.select_related("review", "made_for", "job").get(job=job)
    make_export(made=found, progress=progress)


@job_task(archive.TASK)
def restore_archive(job: Job, progress: Progress) -> None:
    archive.carry_out_restore(job=job, progress=progress)


@shared_task(name="reporting.clear_exports")
def clear_exports() -> None:
    clear_old_exports()
