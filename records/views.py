"""Searches, imports and duplicates as pages."""

import csv

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from records import services
from records.compare import side_by_side
from records.forms import SearchForm, UploadForm
from records.models import DuplicateCandidate, ImportBatch, Record
from reviews.access import review_page
from reviews.errors import Refused
from reviews.models import Review
from reviews.pages import page_of, refused
from reviews.permissions import Permission
from reviews.safe_csv import safe_cell

State = DuplicateCandidate.State


@review_page(Permission.VIEW)
@require_GET
def searches(request: HttpRequest, review: Review) -> HttpResponse:
    live = Q(records__batch__state=ImportBatch.State.DONE)
    found = review.searches.annotate(
        n_records=Count("records", filter=live),
        n_unique=Count("records", filter=live & Q(records__duplicate_of=None)),
    )
    batches = review.import_batches.select_related("search", "imported_by", "job")
    return render(
        request,
        "records/searches.html",
        {"room": "searches", "searches": found, "page_obj": page_of(request, batches, 25)},
    )


@review_page(Permission.IMPORT)
@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest, review: Review) -> HttpResponse:
    initial = {"search": request.GET.get("search")}
    form = UploadForm(review, request.POST or None, request.FILES or None, initial=initial)
    status = 200
    if request.method == "POST":
        batches = _import_all(request, review, form) if form.is_valid() else []
        if len(batches) == 1 and form.is_valid():
            return redirect("records:batch", review.slug, batches[0].pk)
        if batches and form.is_valid():
            return redirect("records:searches", review.slug)
        status = 422
    return render(request, "records/upload.html", {"room": "searches", "form": form}, status=status)


def _import_all(request: HttpRequest, review: Review, form: UploadForm) -> list[ImportBatch]:
    """Queue every file; each refused file gets its sentence on the form, the others are imported."""
    batches: list[ImportBatch] = []
    search = form.cleaned_data.get("search")
    for file in form.cleaned_data["files"]:
        try:
            services.check_file(file)
            search = search or services.add_search(review=review, by=request.user, **form.new_search())
            batches.append(services.import_file(review=review, search=search, file=file, by=request.user))
        except Refused as refusal:
            form.add_error("files", str(refusal))
    return batches


@review_page(Permission.IMPORT)
@require_http_methods(["GET", "POST"])
def search_edit(request: HttpRequest, review: Review, pk: int) -> HttpResponse:
    search = get_object_or_404(review.searches, pk=pk)
    form = SearchForm(request.POST or None, instance=search)
    if request.method == "POST" and form.is_valid():
        search = get_object_or_404(review.searches, pk=pk)
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        if changes:
            services.amend_search(search=search, by=request.user, changes=changes)
        return redirect("records:searches", review.slug)
    status = 422 if form.is_bound else 200
    context = {"room": "searches", "form": form, "search": search}
    return render(request, "records/search_edit.html", context, status=status)


@review_page(Permission.VIEW)
@require_GET
def batch(request: HttpRequest, review: Review, pk: int) -> HttpResponse:
    found = get_object_or_404(review.import_batches.select_related("search", "job", "imported_by"), pk=pk)
    template = "records/_batch.html" if request.htmx else "records/batch.html"
    response = render(request, template, {"room": "searches", "batch": found, "job": found.job})
    if request.htmx and (found.job is None or found.job.is_finished):
        response.status_code = 286  # htmx: stop polling
    return response


@review_page(Permission.VIEW)
@require_GET
def batch_rejected(request: HttpRequest, review: Review, pk: int) -> HttpResponse:
    found = get_object_or_404(review.import_batches, pk=pk)
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{review.slug}_rejected_{found.pk}.csv"'
    writer = csv.writer(response)
    writer.writerow(["line", "cause", "text"])
    for item in found.rejected:
        writer.writerow([item["line"], safe_cell(item["cause"]), safe_cell(item.get("raw", ""))])
    return response


@review_page(Permission.IMPORT)
@require_POST
def batch_undo(request: HttpRequest, review: Review, pk: int) -> HttpResponse:
    found = get_object_or_404(review.import_batches, pk=pk)
    back = reverse("records:batch", args=[review.slug, pk])
    try:
        services.undo_import(batch=found, by=request.user)
    except Refused as refusal:
        return refused(request, refusal, back)
    messages.success(request, f"The {found.records_read:,} records of {found.file_name} left the review.")
    return redirect(back)


@review_page(Permission.DEDUPLICATE)
@require_POST
def find_duplicates(request: HttpRequest, review: Review) -> HttpResponse:
    job = services.request_deduplication(review=review, by=request.user)
    return redirect("reviews:job", review.slug, job.pk)


@review_page(Permission.VIEW)
@require_GET
def duplicates(request: HttpRequest, review: Review) -> HttpResponse:
    """One pair to decide, side by side; ``?skip=`` goes past pairs without deciding."""
    waiting = review.duplicate_candidates.filter(state=State.WAITING).select_related(
        "left__search", "right__search"
    )
    skip = [int(pk) for pk in request.GET.get("skip", "").split(",") if pk.isdigit()]
    candidate = waiting.exclude(pk__in=skip).first()
    context = {
        "room": "duplicates",
        "candidate": candidate,
        "lines": side_by_side(candidate.left, candidate.right) if candidate else [],
        "skip": ",".join(map(str, [*skip, candidate.pk])) if candidate else "",
        "skipped": len(skip),
        **_counts(review),
    }
    template = "records/_duplicate.html" if request.htmx else "records/duplicates.html"
    return render(request, template, context)


@review_page(Permission.VIEW)
@require_GET
def decided(request: HttpRequest, review: Review, state: str) -> HttpResponse:
    """Pairs merged, or told apart; each with who or which rule, and an undo."""
    rows = (
        review.duplicate_candidates.filter(state=state)
        .select_related("left__search", "right__search", "decided_by")
        .order_by("-decided_at", "-pk")
    )
    context = {
        "room": "duplicates",
        "state": state,
        "page_obj": page_of(request, rows, 50),
        **_counts(review),
    }
    return render(request, "records/decided.html", context)


@review_page(Permission.DEDUPLICATE)
@require_POST
def duplicate_decide(request: HttpRequest, review: Review, pk: int) -> HttpResponse:
    candidate = get_object_or_404(review.duplicate_candidates.select_related("left", "right"), pk=pk)
    back = reverse("records:duplicates", args=[review.slug])
    try:
        if request.POST.get("answer") == "distinct":
            services.mark_distinct(candidate=candidate, by=request.user)
        else:
            keep = {"left": candidate.left, "right": candidate.right}.get(request.POST.get("answer", ""))
            services.merge_candidate(candidate=candidate, by=request.user, primary=keep)
    except Refused as refusal:
        return refused(request, refusal, back)
    messages.success(request, "Decided. It can be undone under Merged or Not duplicates.")
    return redirect(back)


@review_page(Permission.DEDUPLICATE)
@require_POST
def duplicate_reopen(request: HttpRequest, review: Review, pk: int) -> HttpResponse:
    candidate = get_object_or_404(review.duplicate_candidates, pk=pk)
    back = reverse("records:decided", args=[review.slug, candidate.state])
    try:
        services.reopen_candidate(candidate=candidate, by=request.user)
    except Refused as refusal:
        return refused(request, refusal, back)
    messages.success(request, "Undone: the pair waits for a decision again.")
    return redirect("records:duplicates", review.slug)


@review_page(Permission.DEDUPLICATE)
@require_POST
def split(request: HttpRequest, review: Review, pk: int) -> HttpResponse:
    record = get_object_or_404(Record, review=review, pk=pk)
    back = reverse("records:decided", args=[review.slug, State.MERGED])
    try:
        services.split(record=record, by=request.user)
    except Refused as refusal:
        return refused(request, refusal, back)
    messages.success(request, f"{record.citation} stands for itself again.")
    return redirect(back)


def _counts(review: Review) -> dict[str, int]:
    """The numbers on the tabs of the duplicates pages."""
    counted = review.duplicate_candidates.aggregate(
        n_waiting=Count("pk", filter=Q(state=State.WAITING)),
        n_merged=Count("pk", filter=Q(state=State.MERGED)),
        n_distinct=Count("pk", filter=Q(state=State.DISTINCT)),
    )
    return counted | {"n_removed": review.records.duplicates().count()}
