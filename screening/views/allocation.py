"""Sharing records out: who gets what, shown before it is done."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from reviews.access import ReviewRequest, review_page
from reviews.errors import Refused
from reviews.models import Review
from reviews.pages import page_of, refuse_form, refused
from reviews.permissions import Permission
from screening.allocation_forms import AllocationForm
from screening.models import Allocation, Stage
from screening.services import allocation as sharing_out
from screening.services.stage_settings import settings_of


@review_page(Permission.MANAGE_TEAM)
@require_http_methods(["GET", "HEAD", "POST"])
def allocation(request: ReviewRequest, review: Review, stage: Stage) -> HttpResponse:
    """The form with what stands; POST shows who would get how many, and with ``do`` shares out."""
    if request.method != "POST":
        form = AllocationForm(membership=request.membership, initial={"query": request.GET.get("query", "")})
        return _page(request, review, stage, form)
    form = AllocationForm(request.POST, membership=request.membership)
    if not form.is_valid():
        return _page(request, review, stage, form, status=422)
    asked: dict[str, Any] = {"review": review, "stage": stage, "wish": form.wish, "by": request.user}
    try:
        if "do" not in request.POST:
            return _page(request, review, stage, form, preview=sharing_out.preview(**asked))
        lot, job = sharing_out.request_allocation(**asked)
    except Refused as refusal:
        refuse_form(form, refusal)
        return _page(request, review, stage, form, status=refusal.status)
    if job is not None:
        return redirect("reviews:job", review.slug, job.pk)
    messages.success(request, f"{sum(lot.result.values())} assignments made.")
    return redirect("screening:allocation", review.slug, stage)


@review_page(Permission.MANAGE_TEAM)
@require_POST
def allocation_undo(request: ReviewRequest, review: Review, stage: Stage, pk: int) -> HttpResponse:
    lot = get_object_or_404(Allocation, review=review, stage=stage, pk=pk)
    back = reverse("screening:allocation", args=[review.slug, stage])
    try:
        ended = sharing_out.undo_allocation(review=review, allocation=lot, by=request.user)
    except Refused as refusal:
        return refused(request, refusal, to=back)
    messages.success(request, f"Taken back: {ended} assignments ended. Votes stay.")
    return redirect(back)


@review_page(Permission.MANAGE_TEAM)
@require_GET
def allocation_fewer(request: ReviewRequest, review: Review, stage: Stage) -> HttpResponse:
    """Records that would wait, since fewer people are assigned than the quorum."""
    rows = sharing_out.with_fewer(review, stage, request.membership)
    context = {"room": "records", "stage": stage, "page_obj": page_of(request, rows)}
    return render(request, "screening/allocation_fewer.html", context)


def _page(
    request: ReviewRequest,
    review: Review,
    stage: Stage,
    form: AllocationForm,
    *,
    preview: sharing_out.Preview | None = None,
    status: int = 200,
) -> HttpResponse:
    names = {member.user_id: member.user.name for member in form.members}
    given = [(names[person], number) for person, number in preview.given.items()] if preview else []
    context = {
        "room": "records",
        "stage": stage,
        "stages": list(Stage),
        "form": form,
        "preview": preview,
        "given": given,
        "standing": sharing_out.standing(request.membership, stage),
        "fewer": sharing_out.with_fewer(review, stage, request.membership).count(),
        "lots": review.allocations.filter(stage=stage).select_related("by", "undone_by")[:20],
        "assigned_only": settings_of(review, stage).assigned_only,
    }
    return render(request, "screening/allocation.html", context, status=status)
