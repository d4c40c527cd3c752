"""Where the review stands."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from records.models import Record
from reporting.standing import standing
from reviews.access import ReviewRequest, review_page
from reviews.models import Review
from reviews.permissions import Permission


@review_page(Permission.VIEW)
@require_GET
def standing_page(request: ReviewRequest, review: Review) -> HttpResponse:
    """Where the review stands; the overview asks for the fragment, which a room upstream cannot count itself."""
    template = "reporting/_standing.html" if request.htmx else "reporting/standing.html"
    nothing_imported = not Record.objects.filter(review=review).exists()
    context = {"tiles": standing(request.membership), "nothing_imported": nothing_imported}
    return render(request, template, context)
