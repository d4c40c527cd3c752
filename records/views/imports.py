"""Files as pages: uploading them, how their reading goes, and taking an import back."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from records import services
from records.forms.imports import EncodingForm, HitsForm, UndoForm, UploadForm
from records.models import ImportBatch
from records.preview import Preview
from reviews.access import ReviewRequest, review_page
from reviews.downloads import csv_download
from reviews.errors import Refused
from reviews.models import Review
from reviews.pages import refuse_form, refused
from reviews.permissions import Permission


@review_page(Permission.IMPORT)
@require_http_methods(["GET", "POST"])
def upload(request: ReviewRequest, review: Review) -> HttpResponse:
    initial = {"search": request.GET.get("search")}
    form = UploadForm(review, request.POST or None, request.FILES or None, initial=initial)
    batches: list[ImportBatch] = []
    if request.method == "POST" and form.is_valid():
        batches = _take_in(request, review, form)
    if len(batches) == 1:
        only = batches[0]
        page = "columns" if only.state == ImportBatch.State.MAPPING else "batch"
        return redirect(f"records:{page}", review.slug, only.pk)
    if batches:
        return redirect("records:to_check", review.slug)
    status = 422 if request.method == "POST" else 200
    return render(request, "records/upload.html", {"room": "searches", "form": form}, status=status)


def _take_in(request: ReviewRequest, review: Review, form: UploadForm) -> list[ImportBatch]:
    """Have every file read; a refused one gets its sentence: on the form, or as a message if others were taken."""
    try:
        batches, refusals = services.import_files(
            review=review,
            files=form.cleaned_data["files"],
            by=request.user,
            search=form.cleaned_data.get("search"),
            new_search=form.new_search(),
            check_first=True,
        )
    except Refused as refusal:
        refuse_form(form, refusal)
        return []
    if batches:
        _tell_of_the_source(request, form)
    for each in refusals:
        if batches:
            messages.error(request, str(each))
        else:
            form.add_error("files", str(each))
    return batches


def _tell_of_the_source(request: ReviewRequest, form: UploadForm) -> None:
    """A source named as new that is an old one is said; the hits somebody typed are the source's."""
    search, hits = form.cleaned_data.get("search"), form.cleaned_data["hits_reported"]
    if search and hits is not None:
        services.amend_search(search=search, by=request.user, changes={"hits_reported": hits})
    if form.reused:
        messages.info(
            request, f"The review has {form.reused} already: that source was taken, no new one added."
        )


@review_page(Permission.VIEW)
@require_GET
def batch(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """One file: how far its reading is, what was read for a person to check, or what is in the review of it."""
    found = get_object_or_404(review.import_batches.select_related("search", "job", "imported_by"), pk=pk)
    context = {
        "room": "searches",
        "batch": found,
        "job": found.job,
        "preview": Preview(found),
        "may_discard": services.may_discard(found),
        "may_move": services.may_move(found),
        "may_remove_source": review.searches.removable().filter(pk=found.search_id).exists(),
        "encoding_form": EncodingForm(initial={"encoding": found.chosen_encoding}),
        "hits_form": HitsForm(),
    }
    template = "records/_batch.html" if request.htmx else "records/batch.html"
    response = render(request, template, context)
    if request.htmx and (found.job is None or found.job.is_finished):
        response.status_code = 286  # htmx: stop polling
    return response


@review_page(Permission.VIEW)
@require_GET
def batch_rejected(request: ReviewRequest, review: Review, pk: int) -> HttpResponseBase:
    found = get_object_or_404(review.import_batches, pk=pk)
    rows = ([item["line"], item["cause"], item["raw"]] for item in services.all_rejected(found))
    return csv_download(f"{review.slug}_rejected_{found.pk}.csv", ["line", "cause", "text"], rows)


@review_page(Permission.IMPORT)
@require_http_methods(["GET", "POST"])
def batch_undo(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """What an undo would take along; and the undo, which needs a yes where work of people is lost."""
    found = get_object_or_404(review.import_batches.select_related("search"), pk=pk)
    back = reverse("records:batch", args=[review.slug, pk])
    if request.method == "GET":
        context = {"room": "searches", "batch": found, "undoing": services.what_undo_loses(found)}
        return render(request, "records/batch_undo.html", context)
    try:
        services.undo_import(batch=found, by=request.user, confirm=UndoForm(request.POST).given())
    except services.UndoNotConfirmed as refusal:
        return refused(request, refusal, reverse("records:batch_undo", args=[review.slug, pk]))
    except Refused as refusal:
        return refused(request, refusal, back)
    messages.success(request, f"Undone: the records of {found.file_name} left the review.")
    return redirect(back)
