"""The Celery application; settings are the CELERY_* names in reviewapp.settings."""

import os

from celery import Celery
from celery.signals import beat_embedded_init, worker_process_init

from reviewapp.parent_death import die_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "reviewapp.settings")

app = Celery("reviewapp")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_process_init.connect
@beat_embedded_init.connect
def _end_with_the_worker(**_: object) -> None:
    """A worker killed with -9 takes its children with it, so that no job goes on that nobody supervises."""
    die_with_parent()
