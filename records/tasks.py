"""Celery doorways of this room."""

from urllib.parse import urlencode

from django.urls import reverse

from records import services
from records.models import ImportBatch
from reviews.jobs import Progress, job_task
from reviews.models import Job


@job_task("records.import")
def import_batch(job: Job, progress: Progress) -> dict | None:
    batch = ImportBatch.objects.select_related("review", "search").get(pk=job.params["batch"])
    return services.read_batch(batch=batch, progress=progress)


@job_task("records.deduplicate")
def deduplicate(job: Job, progress: Progress) -> dict | None:
    return services.deduplicate(review=job.review, by=job.requested_by, progress=progress, **job.params)


@job_task("records.try_thresholds")
def try_thresholds(job: Job, progress: Progress) -> dict | None:
    found = services.try_thresholds(review=job.review, progress=progress, **job.params)
    address = reverse("records:thresholds", args=[job.review.slug])
    return found | {
        "url": f"{address}?{urlencode(job.params | {'trial': job.pk})}",
        "label": "Show what would change",
    }


@job_task("records.pubmed")
def search_pubmed(job: Job, progress: Progress) -> dict | None:
    return services.fetch_pubmed(job=job, progress=progress)


@job_task("records.citations")
def follow_citations(job: Job, progress: Progress) -> dict | None:
    return services.fetch_citations(job=job, progress=progress)
