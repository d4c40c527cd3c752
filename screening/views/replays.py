"""Replays of what is screened: the list, one of them, and asking for another."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from reviews.access import ReviewRequest, review_page
from reviews.errors import Refused
from reviews.models import Review
from reviews.pages import page_of, refuse_form
from reviews.permissions import Permission
from screening.models import Replay, Stage
from screening.replay_chart import chart
from screening.replay_forms import ReplayForm
from screening.services import replays as service


@review_page(Permission.VIEW)
@require_GET
def replays(request: ReviewRequest, review: Review) -> HttpResponse:
    """All replays, the newest first, and the form for another."""
    return _page(request, review, ReplayForm())


@review_page(Permission.VIEW)
@require_GET
def replay(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """One replay: what it would have saved, or how far its job is."""
    found = get_object_or_404(Replay.objects.select_related("review", "by"), review=review, pk=pk)
    context = {"room": "priority", "tab": "replays", "replay": found, "job": service.job_of(found)}
    context["stage"] = Stage(found.stage)
    if found.result is not None:
        there = service.enough(review, found.stage)
        context["chart"] = chart(found.result)
        context["records"] = found.result["n"] + found.prior_included + found.prior_excluded
        context["changed"] = (there.records, there.included) != (
            context["records"],
            found.result["included"] + found.prior_included,
        )
    return render(request, "screening/replay.html", context)


@review_page(Permission.VIEW)
@require_POST
def replay_ask(request: ReviewRequest, review: Review) -> HttpResponse:
    form = ReplayForm(request.POST)
    if form.is_valid():
        try:
            made, _ = service.request_replay(review=review, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            refuse_form(form, refusal)
        else:
            return redirect("screening:replay", review.slug, made.pk)
    return _page(request, review, form, status=400)


def _page(request: ReviewRequest, review: Review, form: ReplayForm, status: int = 200) -> HttpResponse:
    may = request.membership.may
    found = review.replays.select_related("by").order_by("-pk")
    stages = [service.enough(review, stage) for stage in Stage]
    context = {
        "room": "priority",
        "tab": "replays",
        "page": page_of(request, found),
        "form": form,
        "stages": stages,
        "any_enough": any(each.is_enough for each in stages),
        "least": (service.LEAST_RECORDS, service.LEAST_INCLUDED),
        "may_ask": bool(may & {Permission.ANALYSE, Permission.AMEND_PROTOCOL}) and not review.archived_at,
    }
    return render(request, "screening/replays.html", context, status=status)
