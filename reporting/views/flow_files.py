"""The flow diagram as a file."""

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_GET

from reporting.asked import WrongMoment, asked_for
from reporting.diagram_files import FORMATS, diagram_file
from reviews.access import ReviewRequest, review_page
from reviews.models import Review
from reviews.permissions import Permission


@review_page(Permission.REPORT)
@require_GET
def prisma_file(request: ReviewRequest, review: Review, extension: str) -> HttpResponse:
    if extension not in FORMATS:
        raise Http404(f"The diagram comes as {', '.join(FORMATS)}.")
    try:
        counts = asked_for(review, request.GET.dict()).counts()
    except WrongMoment as refusal:
        raise Http404(str(refusal)) from refusal
    name = f"{review.slug}_PRISMA" if extension == "csv" else f"{review.slug}_prisma"
    return HttpResponse(
        diagram_file(review, counts, extension),
        content_type=FORMATS[extension],
        headers={"Content-Disposition": f'attachment; filename="{name}.{extension}"'},
    )
