"""The summary of findings and the evidence profile: as pages and as files."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from certainty.documents import FORMATS, MEANINGS, TABLES, file_name, rows_in
from certainty.tables import UnknownComparison, comparisons
from certainty.views.common import ROOM
from reviews.access import ReviewRequest, review_page
from reviews.models import Review
from reviews.permissions import Permission


@review_page(Permission.VIEW)
@require_GET
def table(request: ReviewRequest, review: Review, kind: str) -> HttpResponse:
    """One of the two tables, of the comparison that ``?comparison=`` names (the first if none)."""
    about = TABLES.get(kind)
    if about is None:
        raise Http404("There is no such table.")
    built = _built(request, review, kind)
    context = ROOM | {
        "kind": kind,
        "about": about,
        "table": built,
        "stale": [row for row in rows_in(built) if row.stale],
        "meanings": MEANINGS,
        "comparisons": comparisons(review, only_summary=about.only_summary),
        "formats": FORMATS,
    }
    return render(request, "certainty/table.html", context)


@review_page(Permission.VIEW)
@require_GET
def table_file(request: ReviewRequest, review: Review, kind: str, extension: str) -> HttpResponse:
    """The same as a file: html, csv or docx."""
    if kind not in TABLES or extension not in FORMATS:
        raise Http404("There is no such file.")
    content_type, write = FORMATS[extension]
    built = _built(request, review, kind)
    disposition = f'attachment; filename="{file_name(review, kind, built, extension)}"'
    return HttpResponse(write(built), content_type, headers={"Content-Disposition": disposition})


def _built(request: ReviewRequest, review: Review, kind: str):
    try:
        return TABLES[kind].build(review, request.GET.get("comparison") or None)
    except UnknownComparison as unknown:
        raise Http404(str(unknown)) from None
