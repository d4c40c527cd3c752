"""Searches and the files imported from them, as pages."""

from django.contrib import messages
from django.db.models import Count, Q
from django.forms import model_to_dict
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from records import services
from records.forms.imports import SEARCH_FIELDS, SearchForm, UndoForm, UploadForm
from records.models import ImportBatch
from reviews.access import ReviewRequest, review_page
from reviews.downloads import csv_download
from reviews.errors import Refused
from reviews.models import Review
from reviews.pages import page_of, refuse_form, refused
from reviews.permissions import Permission


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
        services.undo_import(batch=found, by=request.user, confirm=UndoForm(request.POST).given())
    except Refused as refusal:
        return refused(request, refusal, back)
    messages.success(request, f"Undone: the records of {found.file_name} left the review.")
    return redirect(back)
