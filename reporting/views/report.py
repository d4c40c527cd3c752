"""What the Word report will say, and what is still lacking for it."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from reporting.report.readiness import by_authors, readiness
from reporting.report.source import Source
from reviews.access import ReviewRequest, review_page
from reviews.models import Review
from reviews.permissions import Permission


@review_page(Permission.REPORT)
@require_GET
def report(request: ReviewRequest, review: Review) -> HttpResponse:
    parts = readiness(Source(request.membership))
    context = {
        "room": "report",
        "parts": parts,
        "lacking": sum(bool(part.lacking) for part in parts),
        "by_authors": list(by_authors()),
    }
    return render(request, "reporting/report.html", context)
