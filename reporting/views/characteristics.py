"""The tables of characteristics of studies."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from reporting import characteristics as tables
from reviews.access import ReviewRequest, review_page
from reviews.models import Review
from reviews.permissions import Permission


@review_page(Permission.REPORT)
@require_GET
def characteristics(request: ReviewRequest, review: Review) -> HttpResponse:
    found = tables.characteristics(review)
    return render(request, "reporting/characteristics.html", {"room": "report", "tables": found})
