"""The flow diagram and the records behind each of its numbers."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from reporting.diagram import diagram
from reporting.diagram_files import FORMATS
from reporting.prisma import BOXES, REASONS, flow_counts, rows_behind
from reporting.table import as_table
from reviews.access import ReviewRequest, review_page
from reviews.figures.render import render_svg
from reviews.models import Review
from reviews.pages import page_of
from reviews.permissions import Permission


@review_page(Permission.REPORT)
@require_GET
def prisma(request: ReviewRequest, review: Review) -> HttpResponse:
    counts = flow_counts(review)
    context = {
        "room": "prisma",
        "counts": counts,
        "problems": counts.problems(),
        "svg": render_svg(diagram(review, counts)),
        "table": as_table(review, counts),
        "formats": list(FORMATS),
    }
    return render(request, "reporting/prisma.html", context)


@review_page(Permission.REPORT)
@require_GET
def box(request: ReviewRequest, review: Review, key: str) -> HttpResponse:
    """The records behind one number of the diagram."""
    name = request.GET.get("name", "")
    if key not in BOXES and key not in REASONS:
        raise Http404("The diagram has no such box.")
    label = BOXES[REASONS.get(key, key)].label
    rows = rows_behind(review, key, name)
    context = {
        "room": "prisma",
        "label": f"{label}: {name}" if name else label,
        "page_obj": page_of(request, rows, 50),
    }
    return render(request, "reporting/box.html", context)
