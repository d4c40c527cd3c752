"""The workbook: taken out, filled in elsewhere, sent back, looked at and taken over."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from extraction.forms_sheets import SheetForm, TakeForm
from extraction.models import ExtractionSettings, SheetUpload
from extraction.services import sheets as service
from extraction.services.settings import settings_of
from extraction.workbook import stamp_of
from extraction.workbook.reading import BIGGEST
from reviews.access import ReviewRequest, review_page
from reviews.errors import Refused
from reviews.models import Review
from reviews.permissions import Permission
from reviews.workbooks import XLSX

ROOM = {"room": "extraction"}


@review_page(Permission.EXTRACT)
@require_http_methods(["GET", "POST"])
def workbook(request: ReviewRequest, review: Review) -> HttpResponse:
    """Take a workbook out, or send one back."""
    form = SheetForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            upload = _take(request, review, file)
        except Refused as refusal:
            form.add_error("file", str(refusal))
        else:
            return redirect("extraction:sheet", review.slug, upload.pk)
    sent = SheetUpload.objects.filter(review=review, uploaded_by=request.user).defer("content")[:20]
    dual = settings_of(review).mode == ExtractionSettings.Mode.DUAL
    context = ROOM | {"form": form, "sent": sent, "dual": dual}
    return render(request, "extraction/workbook.html", context, status=422 if form.errors else 200)


@review_page(Permission.EXTRACT)
@require_GET
def workbook_file(request: ReviewRequest, review: Review) -> HttpResponse:
    """The workbook itself: one's own rows where people extract independently."""
    body = service.workbook_of(membership=request.membership)
    name = f"{review.slug}_extraction.xlsx"
    return HttpResponse(
        body, content_type=XLSX, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


@review_page(Permission.EXTRACT)
@require_GET
def sheet(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """What a workbook that was sent back would change."""
    return _differences(request, _own(request, review, pk))


@review_page(Permission.EXTRACT)
@require_POST
def sheet_apply(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Take over the ticked rows: all of them, or none."""
    upload = _own(request, review, pk)
    items = [] if upload.applied_at else service.differences(upload)
    form = TakeForm(request.POST, ids=[item.id for item in items])
    if not form.is_valid():
        return _differences(
            request, upload, [str(sentence) for each in form.errors.values() for sentence in each]
        )
    try:
        taken = service.apply_sheet(upload=upload, by=request.user, **form.cleaned_data)
    except Refused as refusal:
        return _differences(request, upload, getattr(refusal, "sentences", [str(refusal)]), refusal.status)
    messages.success(request, f"{taken} row{'s' * (taken != 1)} of {upload.file_name} taken over.")
    return redirect("extraction:overview", review.slug)


def _take(request: ReviewRequest, review: Review, file) -> SheetUpload:
    if file.size > BIGGEST:
        raise Refused(f"{file.name} has {file.size / 1e6:.0f} MB; a workbook of extraction has at most 20.")
    return service.upload_sheet(review=review, by=request.user, name=file.name, data=file.read())


def _own(request: ReviewRequest, review: Review, pk: int) -> SheetUpload:
    """A workbook that this person sent: nobody else sees what it holds."""
    return get_object_or_404(SheetUpload, review=review, uploaded_by=request.user, pk=pk)


def _differences(
    request: ReviewRequest, upload: SheetUpload, faults: list[str] | None = None, status: int = 422
) -> HttpResponse:
    items = [] if upload.applied_at else service.differences(upload)
    ticked = set(request.POST.getlist("take")) if request.method == "POST" else None
    context = ROOM | {
        "upload": upload,
        "items": [(one, one.id in ticked if ticked is not None else not one.conflict) for one in items],
        "conflicts": sum(one.conflict for one in items),
        "stamp": stamp_of(items),
        "faults": faults or [],
    }
    return render(request, "extraction/sheet.html", context, status=status if faults else 200)
