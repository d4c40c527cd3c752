"""Many PDFs: bringing them, what was matched, and putting the others to their reports."""

from collections.abc import Iterable

from django.contrib import messages
from django.db.models import Count
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from records.models import Record
from reviews.access import ReviewRequest, review_page
from reviews.errors import Refused
from reviews.models import Review
from reviews.pages import page_of, refuse_form, refused
from reviews.permissions import Permission
from screening.models import PdfUpload
from screening.pdf_forms import PdfsForm, ToRecordForm
from screening.remarks import terms_for
from screening.services import pdfs as services
from screening.services.full_texts import detach_pdf, open_pdf
from screening.serving import pdf_response

SHOWN = (
    PdfUpload.State.UNMATCHED,
    PdfUpload.State.MATCHED,
    PdfUpload.State.WAITING,
    PdfUpload.State.REFUSED,
    PdfUpload.State.REPLACED,
)


@review_page(Permission.MANAGE_FULL_TEXT)
@require_http_methods(["GET", "POST"])
def pdfs(request: ReviewRequest, review: Review) -> HttpResponse:
    """The lot's page; POST brings files."""
    form = PdfsForm(request.POST, request.FILES) if request.method == "POST" else PdfsForm()
    if form.is_valid():
        try:
            taken = services.take_pdfs(review=review, files=form.cleaned_data["pdfs"], by=request.user)
        except Refused as refusal:
            refuse_form(form, refusal)
        else:
            _tell(request, taken)
            return redirect("screening:pdfs", review.slug)
    return _page(request, review, form)


@review_page(Permission.MANAGE_FULL_TEXT)
@require_POST
def pdfs_read(request: ReviewRequest, review: Review) -> HttpResponse:
    """Read again what a failed or cancelled job left."""
    back = reverse("screening:pdfs", args=[review.slug])
    try:
        services.read_again(review=review, by=request.user)
    except Refused as refusal:
        return refused(request, refusal, to=back)
    return redirect(back)


@review_page(Permission.MANAGE_FULL_TEXT)
@require_POST
def pdf_attach(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    upload = get_object_or_404(review.pdf_uploads, pk=pk)
    back = reverse("screening:pdfs", args=[review.slug])
    form = ToRecordForm(request.POST, review=review)
    if not form.is_valid():
        messages.error(request, " ".join(map(str, form.errors["record"])))
        return redirect(back)
    try:
        full_text = services.attach_pdf(
            review=review, upload=upload, record=form.cleaned_data["record"], by=request.user
        )
    except Refused as refusal:
        return refused(request, refusal, to=back)
    messages.success(request, f"{upload.file_name} is attached to {full_text.record.citation}.")
    return redirect(back)


@review_page(Permission.MANAGE_FULL_TEXT)
@require_POST
def pdf_discard(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    upload = get_object_or_404(review.pdf_uploads, pk=pk)
    back = reverse("screening:pdfs", args=[review.slug])
    try:
        services.discard_pdf(review=review, upload=upload, by=request.user)
    except Refused as refusal:
        return refused(request, refusal, to=back)
    messages.success(request, f"{upload.file_name} was thrown away.")
    return redirect(back)


@review_page(Permission.MANAGE_FULL_TEXT)
@require_POST
def pdf_detach(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Take the PDF off the record ``pk``."""
    record = get_object_or_404(Record, review=review, pk=pk)
    back = reverse("screening:pdfs", args=[review.slug])
    if request.POST.get("from") == "record":
        back = reverse("screening:full_text", args=[review.slug, pk])
    try:
        detach_pdf(review=review, record=record, by=request.user)
    except Refused as refusal:
        return refused(request, refusal, to=back)
    messages.success(request, "The PDF was taken off; it is among those not matched.")
    return redirect(back)


@review_page(Permission.MANAGE_FULL_TEXT)
@require_GET
def pdf_look(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """A PDF of the lot in the viewer, to see what it is."""
    upload = get_object_or_404(review.pdf_uploads.exclude(file=""), pk=pk)
    _add_proposed(review, [upload])
    context = {"room": "full_text", "upload": upload, "terms": terms_for(request.membership)}
    return render(request, "screening/pdf_look.html", context)


@review_page(Permission.MANAGE_FULL_TEXT)
@require_GET
def pdf_file(request: ReviewRequest, review: Review, pk: int) -> HttpResponseBase:
    """A PDF of the lot that was checked."""
    checked = review.pdf_uploads.kept().exclude(state=PdfUpload.State.WAITING)
    upload = get_object_or_404(checked, pk=pk)
    try:
        stream = open_pdf(upload)
    except Refused as refusal:
        return refused(request, refusal, to=reverse("screening:pdfs", args=[review.slug]))
    return pdf_response(request, stream, upload.file_name)


def _tell(request: ReviewRequest, taken: services.Taken) -> None:
    wrong = [upload for upload in taken.uploads if upload.why_not]
    for upload in wrong[:5]:
        messages.warning(request, f"{upload.file_name}: {upload.why_not}")
    if len(wrong) > 5:
        messages.warning(request, f"{len(wrong) - 5} more were not taken; they are listed under “Not taken”.")
    good = len(taken.uploads) - len(wrong)
    if good:
        messages.success(
            request, f"{'One PDF is' if good == 1 else f'{good:,} PDFs are'} being read and matched."
        )


def _page(request: ReviewRequest, review: Review, form: PdfsForm) -> HttpResponse:
    uploads = review.pdf_uploads
    counts = dict(uploads.order_by().values_list("state").annotate(Count("pk")))
    state = request.GET.get("state", "")
    if state not in SHOWN:
        state = next((each for each in SHOWN if counts.get(each)), SHOWN[0])
    rows = page_of(request, uploads.filter(state=state).select_related("record", "by"), 25)
    _add_proposed(review, rows.object_list)
    jobs = list(review.jobs.unfinished().filter(task=services.READ_TASK).order_by("pk"))
    context = {
        "room": "full_text",
        "form": form,
        "tabs": [(each, each.label, counts.get(each, 0)) for each in SHOWN],
        "state": state,
        "page_obj": rows,
        "jobs": jobs,
        "stuck": counts.get(PdfUpload.State.WAITING, 0) and not jobs,
    }
    return render(request, "screening/pdfs.html", context, status=422 if form.errors else 200)


def _add_proposed(review: Review, uploads: Iterable[PdfUpload]) -> None:
    """``upload.proposed``: (record, why) of what each may be; one query for all."""
    wanted = {pk for upload in uploads for pk, _ in upload.found.get("proposals", ())}
    records = Record.objects.filter(review=review, full_text__isnull=False).in_bulk(wanted)
    for upload in uploads:
        found = upload.found.get("proposals", ())
        upload.proposed = [  # type: ignore[attr-defined] # for the template
            (records[pk], why) for pk, why in found if pk in records
        ]
