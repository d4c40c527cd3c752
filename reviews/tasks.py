"""Celery doorways of this room: the janitor and the worker's sign of life."""

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from reviews import jobs


@shared_task(name="reviews.janitor")
def janitor() -> None:
    jobs.sweep()


@shared_task(name="reviews.worker_heartbeat")
def worker_heartbeat() -> None:
    settings.WORKER_HEARTBEAT_FILE.write_text(timezone.now().isoformat())
