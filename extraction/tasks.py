"""Celery doorways of this room."""

from extraction.services.suggestions import TASK, read_report
from reviews.jobs import Progress, job_task
from reviews.models import Job
from screening.models import FullText


@job_task(TASK)
def suggest(job: Job, progress: Progress) -> dict | None:
    """Read a report by the rules; what is found waits for a person in the job's result."""
    found = FullText.objects.filter(
        review=job.review, pk=job.params["full_text"], sha256=job.params["sha256"]
    )
    full_text = found.select_related("record").first()
    return read_report(full_text) if full_text else None
