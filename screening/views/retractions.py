"""Retractions: the list they are looked up in, what was found, and who saw it."""

from django.contrib import messages
from django.db.models import Exists, OuterRef
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from reviews.access import ReviewRequest, review_page
from reviews.errors import Refused
from reviews.models import Review
from reviews.pages import page_of, refuse_form, refused
from reviews.permissions import Permission
from screening import services
from screening.models import IN_REVIEW, Report, Retraction
from screening.retraction_forms import RetractionListForm


@review_page(Permission.VIEW)
@require_GET
def retractions(request: ReviewRequest, review: Review) -> HttpResponse:
    return _page(request, review, RetractionListForm())


@review_page(Permission.MANAGE_FULL_TEXT)
@require_POST
def retraction_list_add(request: ReviewRequest, review: Review) -> HttpResponse:
    form = RetractionListForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            services.add_list(review=review, file=form.cleaned_data["file"], by=request.user)
        except Refused as refusal:
            refuse_form(form, refusal)
        else:
            messages.success(request, "The records are checked against the list now.")
            return redirect("screening:retractions", review.slug)
    return _page(request, review, form)


@review_page(Permission.MANAGE_FULL_TEXT)
@require_POST
def retractions_check(request: ReviewRequest, review: Review) -> HttpResponse:
    here = reverse("screening:retractions", args=[review.slug])
    try:
        services.request_check(review=review, by=request.user)
    except Refused as refusal:
        return refused(request, refusal, to=here)
    messages.success(request, "The records are checked again.")
    return redirect(here)


@review_page(Permission.MANAGE_FULL_TEXT)
@require_POST
def retraction_seen(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    found = get_object_or_404(Retraction, review=review, pk=pk)
    services.mark_seen(review=review, retraction=found, by=request.user)
    messages.success(request, "You saw it: the alert is gone.")
    return redirect("screening:retractions", review.slug)


def _page(request: ReviewRequest, review: Review, form: RetractionListForm) -> HttpResponse:
    included = Exists(Report.objects.filter(record=OuterRef("record")))
    found = Retraction.objects.filter(IN_REVIEW, review=review).with_standing().annotate(included=included)
    rows = found.select_related("record__report__study", "seen_by", "list")
    context = {
        "room": "studies",
        "form": form,
        "newest": review.retraction_lists.select_related("job", "by").first(),
        "page_obj": page_of(request, rows.order_by("-included", "-stands", "-notice_date", "pk")),  # type: ignore[misc]
    }
    return render(request, "screening/retractions.html", context, status=422 if form.errors else 200)
