"""Searches, imports and duplicates as pages."""

from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Count, Q
from django.forms import model_to_dict
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from records import ledger, services
from records.compare import side_by_side
from records.forms import SEARCH_FIELDS, AnswerForm, PlaceForm, SearchForm, UploadForm
from records.models import DuplicateCandidate, ImportBatch, Record
from records.queue import first_behind, pairs_to_decide
from reviews.access import ReviewRequest, review_page
from reviews.downloads import csv_download
from reviews.errors import Refused
from reviews.models import Review
from reviews.pages import page_of, refuse_form, refused
from reviews.permissions import Permission

State = DuplicateCandidate.State


@review_page(Permission.VIEW)
@require_GET
def searches(request: ReviewRequest, review: Review) -> HttpResponse:
    live = Q(records__batch__state=ImportBatch.State.DONE)
    found = review.searches.annotate(
        n_records=Count("records", filter=live),
        n_unique=Count("records", filter=live & Q(records__duplicate_of=None)),
    )
    batches = review.import_batches.select_related("search", "imported_by", "job").defer("rejected")
    return render(
        request,
        "records/searches.html",
        {"room": "searches", "searches": found, "page_obj": page_of(request, batches, 25)},
    )


@review_page(Permission.IMPORT)
@require_http_methods(["GET", "POST"])
def upload(request: ReviewRequest, review: Review) -> HttpResponse:
    initial = {"search": request.GET.get("search")}
    form = UploadForm(review, request.POST or None, request.FILES or None, initial=initial)
    batches: list[ImportBatch] = []
    if request.method == "POST" and form.is_valid():
        batches = _import_all(request, review, form)
    if len(batches) == 1:
        return redirect("records:batch", review.slug, batches[0].pk)
    if batches:
        return redirect("records:searches", review.slug)
    status = 422 if request.method == "POST" else 200
    return render(request, "records/upload.html", {"room": "searches", "form": form}, status=status)


def _import_all(request: ReviewRequest, review: Review, form: UploadForm) -> list[ImportBatch]:
    """Queue every file; a refused one gets its sentence: on the form, or as a message if others were taken."""
    try:
        batches, refusals = services.import_files(
            review=review,
            files=form.cleaned_data["files"],
            by=request.user,
            search=form.cleaned_data.get("search"),
            new_search=form.new_search(),
        )
    except Refused as refusal:
        refuse_form(form, refusal)
        return []
    for each in refusals:
        if batches:
            messages.error(request, str(each))
        else:
            form.add_error("files", str(each))
    if len(batches) > 1:
        messages.success(request, f"{len(batches)} files are being imported.")
    return batches


@review_page(Permission.IMPORT)
@require_http_methods(["GET", "POST"])
def search_edit(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    search = get_object_or_404(review.searches, pk=pk)
    # no instance: the form would write on it before the service has seen the old values
    form = SearchForm(request.POST or None, initial=model_to_dict(search, SEARCH_FIELDS))
    if request.method == "POST" and form.is_valid():
        try:
            services.amend_search(search=search, by=request.user, changes=form.cleaned_data)
            return redirect("records:searches", review.slug)
        except Refused as refusal:
            refuse_form(form, refusal)
    status = 422 if request.method == "POST" else 200
    context = {"room": "searches", "form": form, "search": search}
    return render(request, "records/search_edit.html", context, status=status)


@review_page(Permission.VIEW)
@require_GET
def batch(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    found = get_object_or_404(review.import_batches.select_related("search", "job", "imported_by"), pk=pk)
    template = "records/_batch.html" if request.htmx else "records/batch.html"
    response = render(request, template, {"room": "searches", "batch": found, "job": found.job})
    if request.htmx and (found.job is None or found.job.is_finished):
        response.status_code = 286  # htmx: stop polling
    return response


@review_page(Permission.VIEW)
@require_GET
def batch_rejected(request: ReviewRequest, review: Review, pk: int) -> HttpResponseBase:
    found = get_object_or_404(review.import_batches, pk=pk)
    rows = ([item["line"], item["cause"], item["raw"]] for item in found.rejected)
    return csv_download(f"{review.slug}_rejected_{found.pk}.csv", ["line", "cause", "text"], rows)


@review_page(Permission.IMPORT)
@require_POST
def batch_undo(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    found = get_object_or_404(review.import_batches, pk=pk)
    back = reverse("records:batch", args=[review.slug, pk])
    try:
        services.undo_import(batch=found, by=request.user)
    except Refused as refusal:
        return refused(request, refusal, back)
    messages.success(request, f"Undone: the records of {found.file_name} left the review.")
    return redirect(back)


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
