"""The versions of the protocol, and the records voted on under each."""

from django.db.models import Exists, OuterRef, Prefetch
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from records.models import Record
from reviews.access import ReviewRequest, review_page
from reviews.models import Review
from reviews.pages import page_of
from reviews.permissions import Permission
from screening.models import Decision
from screening.versions import versions_of


@review_page(Permission.VIEW)
@require_GET
def versions(request: ReviewRequest, review: Review) -> HttpResponse:
    context = {"room": "protocol", "versions": versions_of(review, request.membership)}
    return render(request, "screening/versions.html", context)


@review_page(Permission.VIEW)
@require_GET
def version_records(request: ReviewRequest, review: Review, number: int) -> HttpResponse:
    """Records with a vote that was taken under this version, as far as the reader may see the votes."""
    if not 1 <= number <= review.protocol_version:
        raise Http404("The protocol has no such version.")
    votes = Decision.objects.visible_to(request.membership).live().filter(protocol_version=number)
    rows = (
        Record.objects.unique()
        .filter(Exists(votes.filter(record=OuterRef("pk"))), review=review)
        .defer("raw", "extra", "original")
        .prefetch_related(Prefetch("decisions", votes.select_related("reviewer"), to_attr="under_it"))
    )
    context = {"room": "protocol", "number": number, "page_obj": page_of(request, rows.order_by("pk"))}
    return render(request, "screening/version_records.html", context)
