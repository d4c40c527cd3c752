"""How well reviewers agree, per pair and stage."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from reviews.access import ReviewRequest, review_page
from reviews.models import Review
from reviews.permissions import Permission
from screening import pair_tables
from screening.models import Stage


@review_page(Permission.ADJUDICATE)
@require_GET
def agreement_page(request: ReviewRequest, review: Review) -> HttpResponse:
    """For adjudicators, managers and owners: the tables hold votes on conflicts too."""
    stage = next((s for s in Stage if s == request.GET.get("stage")), Stage.TITLE_ABSTRACT)
    context = {
        "room": "conflicts",
        "stage": stage,
        "stages": list(Stage),
        "pairs": pair_tables.pairs(request.membership, stage),
    }
    return render(request, "screening/agreement.html", context)
