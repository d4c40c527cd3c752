"""The list of exports and their files."""

from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from reporting.exports import EXPORTS, UnknownExport, build_export, export_name
from reporting.exports.catalogue import CONTENT_TYPES
from reviews.access import ReviewRequest, review_page
from reviews.models import Review
from reviews.permissions import Permission


@review_page(Permission.EXPORT)
@require_GET
def exports(request: ReviewRequest, review: Review) -> HttpResponse:
    return render(request, "reporting/exports.html", {"room": "exports", "exports": EXPORTS.items()})


@review_page(Permission.EXPORT)
@require_GET
def export_file(request: ReviewRequest, review: Review, what: str, extension: str) -> StreamingHttpResponse:
    try:
        pieces = build_export(membership=request.membership, what=what, extension=extension)
    except UnknownExport as error:
        raise Http404(str(error)) from error
    name = export_name(review, what, extension)
    return StreamingHttpResponse(
        pieces,
        content_type=CONTENT_TYPES[extension],
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
