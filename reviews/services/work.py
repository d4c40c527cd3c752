"""Cancel and retry background work: by who asked for it, or by who runs the review."""

from django.core.exceptions import PermissionDenied
from django.db import transaction

from reviews import jobs
from reviews.audit import record_event
from reviews.errors import Refused
from reviews.models import Job, Membership
from reviews.permissions import Permission


class JobRefused(Refused):
    """The job is in a state in which this cannot be done."""


def may_steer(job: Job, membership: Membership) -> bool:
    """Whether this member may cancel or retry the job: it is theirs, or they manage the team."""
    return job.requested_by_id == membership.user_id or Permission.MANAGE_TEAM in membership.may


@transaction.atomic
def cancel_job(*, job: Job, membership: Membership) -> Job:
    """Cancel a queued job at once and a running one at its next step; a finished one is refused."""
    _refuse_strangers_to(job, membership)
    if not jobs.request_cancel(job):
        raise JobRefused(f"“{job.label}” is already finished, so there is nothing to cancel.")
    _record(job, membership, "job_cancelled", f"cancelled “{job.label}”")
    job.refresh_from_db()
    return job


@transaction.atomic
def retry_job(*, job: Job, membership: Membership) -> Job:
    """Queue a failed or cancelled job again, with the same work."""
    _refuse_strangers_to(job, membership)
    if not jobs.retry(job):
        raise JobRefused(f"“{job.label}” neither failed nor was cancelled, so there is nothing to try again.")
    _record(job, membership, "job_retried", f"asked again for “{job.label}”")
    job.refresh_from_db()
    return job


def _refuse_strangers_to(job: Job, membership: Membership) -> None:
    if not may_steer(job, membership):
        raise PermissionDenied("Only the person who asked for this work, an owner or a manager can do that.")


def _record(job: Job, membership: Membership, verb: str, sentence: str) -> None:
    record_event(
        review=membership.review, actor=membership.user, verb=f"reviews.{verb}", target=job, sentence=sentence
    )
