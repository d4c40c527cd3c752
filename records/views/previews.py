"""Files that wait for a person: what was read of them, into the review or away with it, or read again."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from records import services
from records.formats import UnreadableFile
from records.forms.columns import ColumnsForm
from records.forms.imports import EncodingForm, HitsForm, ImportAllForm, MoveForm
from records.models import ImportBatch
from records.preview import Preview, previews_of
from reviews.access import ReviewRequest, review_page
from reviews.errors import Refused
from reviews.models import Review
from reviews.pages import refuse_form, refused
from reviews.permissions import Permission


@review_page(Permission.VIEW)
@require_GET
def to_check(request: ReviewRequest, review: Review) -> HttpResponse:
    """Every file that is being read or waits for a check; the page follows the reading."""
    rows = review.import_batches.select_related("search", "job").defer("rejected", "mapping").order_by("pk")
    batches = [batch for batch in rows.undecided() if batch.present_state != ImportBatch.State.FAILED]
    reading = any(batch.state == ImportBatch.State.WAITING for batch in batches)
    context = {
        "room": "searches",
        "previews": previews_of(batches),
        "ready": [batch for batch in batches if batch.state == ImportBatch.State.READY],
        "reading": reading,
        "unnamed": sum(batch.state == ImportBatch.State.MAPPING for batch in batches),
    }
    template = "records/_to_check.html" if request.htmx else "records/to_check.html"
    response = render(request, template, context)
    if request.htmx and not reading:
        response.status_code = 286  # htmx: stop polling
    return response


@review_page(Permission.IMPORT)
@require_POST
def import_all(request: ReviewRequest, review: Review) -> HttpResponse:
    """Let just those files in that the person ticked."""
    form = ImportAllForm(review, request.POST)
    here = reverse("records:to_check", args=[review.slug])
    try:
        batches = services.commit_imports(batches=form.given(), by=request.user)
    except Refused as refusal:
        return refused(request, refusal, here)
    records = sum(batch.records_read for batch in batches)
    files = "1 file" if len(batches) == 1 else f"{len(batches)} files"
    messages.success(request, f"Imported {files} with {records:,} record{'' if records == 1 else 's'}.")
    rest = review.import_batches.to_check().exists()
    return redirect("records:to_check" if rest else "records:searches", review.slug)


@review_page(Permission.IMPORT)
@require_POST
def batch_import(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    def commit(batch: ImportBatch) -> None:
        services.commit_import(batch=batch, by=request.user)
        read = "1 record" if batch.records_read == 1 else f"{batch.records_read:,} records"
        are = "is" if batch.records_read == 1 else "are"
        messages.success(request, f"{read} of {batch.file_name} {are} in the review.")

    return _do(request, review, pk, commit)


@review_page(Permission.IMPORT)
@require_POST
def batch_discard(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    def discard(batch: ImportBatch) -> None:
        services.discard_import(batch=batch, by=request.user)
        alone = review.searches.removable().filter(pk=batch.search_id).exists()
        hint = f" {batch.search} has no file now: you may remove it below." if alone else ""
        messages.success(request, f"{batch.file_name} was discarded. Nothing of it is in the review.{hint}")

    return _do(
        request, review, pk, discard, to="to_check" if request.POST.get("from") == "check" else "searches"
    )


@review_page(Permission.IMPORT)
@require_POST
def batch_reread(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    encoding = EncodingForm(request.POST).given()
    return _do(
        request,
        review,
        pk,
        lambda batch: services.reread_import(batch=batch, encoding=encoding, by=request.user),
    )


@review_page(Permission.IMPORT)
@require_POST
def batch_hits(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """The hits the source reported, said while one looks at what was read of it."""
    form = HitsForm(request.POST)

    def say(batch: ImportBatch) -> None:
        changes = {"hits_reported": form.given()}
        services.amend_search(search=batch.search, by=request.user, changes=changes)

    return _do(request, review, pk, say)


@review_page(Permission.IMPORT)
@require_http_methods(["GET", "POST"])
def batch_move(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """To which source the file belongs instead."""
    batch = get_object_or_404(review.import_batches.select_related("search", "job"), pk=pk)
    former = batch.search
    form = MoveForm(review, request.POST or None, batch=batch)
    if request.method == "POST" and form.is_valid():
        try:
            batch = services.move_import(
                batch=batch,
                search=form.cleaned_data.get("search"),
                new_search=form.new_search(),
                by=request.user,
            )
            empty = " It has no file now: you may remove it under Searches."
            left = "" if former.batches.exists() else empty.replace("It has", f"{former} has")
            messages.success(request, f"{batch.file_name} is counted under {batch.search}.{left}")
            return redirect("records:batch", review.slug, pk)
        except Refused as refusal:
            refuse_form(form, refusal)
    context = {"room": "searches", "batch": batch, "form": form, "may_move": services.may_move(batch)}
    status = 422 if request.method == "POST" else 200
    return render(request, "records/batch_move.html", context, status=status)


@review_page(Permission.IMPORT)
@require_http_methods(["GET", "POST"])
def columns(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """What the columns of a table mean. ``?sheet=`` looks at another sheet of a workbook."""
    batch = get_object_or_404(review.import_batches.select_related("search", "job"), pk=pk)
    back = reverse("records:batch", args=[review.slug, pk])
    sheet = request.POST.get("sheet", request.GET.get("sheet", ""))[:100]
    try:
        services.may_name_columns(batch)
        table = services.table_in(batch, sheet)
    except (Refused, UnreadableFile) as refusal:
        messages.error(request, str(refusal))
        return redirect(back)
    offer = services.offer_for(batch, table, request.user)
    form = ColumnsForm(table, offer.mapping, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.remap_import(
                batch=batch,
                mapping=form.mapping(),
                sheet=table.sheet,
                by=request.user,
                remember=form.remember(),
            )
            return redirect(back)
        except Refused as refusal:
            refuse_form(form, refusal)
    context = {"room": "searches", "batch": batch, "preview": Preview(batch), "table": table, "offer": offer}
    status = 422 if request.method == "POST" else 200
    return render(request, "records/columns.html", context | {"form": form}, status=status)


def _do(
    request: ReviewRequest,
    review: Review,
    pk: int,
    deed: Callable[[ImportBatch], object],
    *,
    to: str = "batch",
) -> HttpResponse:
    """One gesture on a batch, and back to its page, or ``to`` the list when it is gone."""
    batch = get_object_or_404(review.import_batches.select_related("search"), pk=pk)
    back = reverse("records:batch", args=[review.slug, pk])
    try:
        deed(batch)
    except Refused as refusal:
        return refused(request, refusal, back)
    return redirect(back if to == "batch" else reverse(f"records:{to}", args=[review.slug]))
