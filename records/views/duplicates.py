"""Duplicates as pages: the pairs to decide, what was decided, and the ledger."""

from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from records import ledger, services
from records.compare import side_by_side
from records.forms.duplicates import AnswerForm, PlaceForm
from records.models import DuplicateCandidate, Record
from records.queue import first_behind, pairs_to_decide
from reviews.access import ReviewRequest, review_page
from reviews.downloads import csv_download
from reviews.errors import Refused
from reviews.models import Review
from reviews.pages import page_of, refused
from reviews.permissions import Permission

State = DuplicateCandidate.State


@review_page(Permission.DEDUPLICATE)
@require_POST
def find_duplicates(request: ReviewRequest, review: Review) -> HttpResponse:
    job = services.request_deduplication(review=review, by=request.user)
    return redirect("reviews:job", review.slug, job.pk)


@review_page(Permission.VIEW)
@require_GET
def duplicates(request: ReviewRequest, review: Review) -> HttpResponse:
    """One pair to decide, side by side. ``?after=`` a pair goes past it; ``?decided=`` offers to undo that one."""
    form = PlaceForm(request.GET)
    place = form.cleaned_data if form.is_valid() else {}
    pairs = review.duplicate_candidates.select_related("left__search", "right__search")
    queue = pairs_to_decide(review)
    passed = pairs.filter(pk=place.get("after") or 0).first()
    candidate = pairs.filter(pk=first_behind(queue, passed) or 0).first()
    context = {
        "room": "duplicates",
        "candidate": candidate,
        "number": [*queue].index(candidate.pk) + 1 if candidate else 0,
        "lines": side_by_side(candidate.left, candidate.right) if candidate else [],
        "stays": services.who_stays(candidate) if candidate else None,
        "after": passed.pk if passed else "",
        "last": pairs.filter(pk=place.get("decided") or 0, decided_by=request.user).first(),
        **_counts(review, len(queue)),
    }
    return render(request, "records/duplicates.html", context)


@review_page(Permission.VIEW)
@require_GET
def decided(request: ReviewRequest, review: Review, state: str) -> HttpResponse:
    """Pairs merged, or told apart; each with who or which rule, and an undo."""
    rows = (
        review.duplicate_candidates.in_review()
        .filter(state=state)
        .select_related("left__search", "left__batch", "right__search", "right__batch", "decided_by")
        .order_by("-decided_at", "-pk")
    )
    context = {
        "room": "duplicates",
        "state": state,
        "page_obj": page_of(request, rows, 50),
        **_counts(review, len(pairs_to_decide(review))),
    }
    return render(request, "records/decided.html", context)


@review_page(Permission.VIEW)
@require_GET
def duplicates_csv(request: ReviewRequest, review: Review) -> HttpResponseBase:
    return csv_download(f"{review.slug}_duplicates.csv", ledger.HEADER, ledger.rows(review))


@review_page(Permission.DEDUPLICATE)
@require_POST
def duplicate_decide(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    candidate = get_object_or_404(review.duplicate_candidates.select_related("left", "right"), pk=pk)
    form = AnswerForm(request.POST)
    place = {"after": form.data["after"]} if form.data.get("after") else {}
    back = reverse("records:duplicates", args=[review.slug])
    try:
        answer = form.given()
        if answer == "distinct":
            services.mark_distinct(candidate=candidate, by=request.user)
        else:
            keep = {"left": candidate.left, "right": candidate.right}.get(answer)
            services.merge_candidate(candidate=candidate, by=request.user, primary=keep)
    except Refused as refusal:
        return refused(request, refusal, f"{back}?{urlencode(place)}")
    return redirect(f"{back}?{urlencode(place | {'decided': pk})}")


@review_page(Permission.DEDUPLICATE)
@require_POST
def duplicate_reopen(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    candidate = get_object_or_404(review.duplicate_candidates, pk=pk)
    back = reverse("records:duplicates", args=[review.slug])
    try:
        services.reopen_candidate(candidate=candidate, by=request.user)
    except Refused as refusal:
        return refused(request, refusal, back)
    messages.success(request, "Undone: the pair waits for a decision again.")
    return redirect(back)


@review_page(Permission.DEDUPLICATE)
@require_POST
def split(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    record = get_object_or_404(Record, review=review, pk=pk)
    back = reverse("records:decided", args=[review.slug, State.MERGED])
    try:
        services.split(record=record, by=request.user)
    except Refused as refusal:
        return refused(request, refusal, back)
    messages.success(request, f"{record.citation} stands for itself again.")
    return redirect(back)


def _counts(review: Review, n_waiting: int) -> dict[str, int]:
    """The numbers on the tabs of the duplicates pages."""
    counted = review.duplicate_candidates.in_review().aggregate(
        n_merged=Count("pk", filter=Q(state=State.MERGED)),
        n_distinct=Count("pk", filter=Q(state=State.DISTINCT)),
    )
    return counted | {"n_waiting": n_waiting, "n_removed": review.records.duplicates().count()}
