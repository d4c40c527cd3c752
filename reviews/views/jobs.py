"""Background work: watch it, stop it, try it again."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseStopPolling

from reviews import services
from reviews.access import ReviewRequest, review_page
from reviews.errors import Refused
from reviews.models import Job, Review
from reviews.pages import refused
from reviews.permissions import Permission


@review_page(Permission.VIEW)
@never_cache
@require_GET
def job(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """The page of one job; htmx gets its card, and status 286 once there is nothing left to poll for."""
    found = get_object_or_404(review.jobs.whole().select_related("requested_by"), pk=pk)
    if not request.htmx:
        return render(request, "reviews/job.html", {"job": found})
    answer = render(request, "reviews/_job.html", {"job": found})
    if found.is_finished:
        answer.status_code = HttpResponseStopPolling.status_code
    return answer


@review_page(Permission.VIEW)
@require_POST
def job_cancel(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    return _steer(request, review, pk, services.cancel_job)


@review_page(Permission.VIEW)
@require_POST
def job_retry(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    return _steer(request, review, pk, services.retry_job)


def _steer(request: ReviewRequest, review: Review, pk: int, verb) -> HttpResponse:
    found: Job = get_object_or_404(review.jobs.whole(), pk=pk)
    try:
        found = verb(job=found, membership=request.membership)
    except Refused as refusal:
        return refused(request, refusal, reverse("reviews:job", args=[review.slug, pk]))
    if request.htmx:
        return render(request, "reviews/_job.html", {"job": found})
    return redirect("reviews:job", review.slug, pk)
