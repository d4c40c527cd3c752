"""How well reviewers agree: per pair, all together, over time, and per pilot."""

import csv

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from reviews.access import ReviewRequest, review_page
from reviews.models import Review
from reviews.permissions import Permission
from screening import pair_tables
from screening.agreement_rows import HEADER, agreement_rows
from screening.models import Stage
from screening.trend import trend


@review_page(Permission.ADJUDICATE)
@require_GET
def agreement_page(request: ReviewRequest, review: Review) -> HttpResponse:
    """For adjudicators, managers and owners: the tables hold votes on conflicts too."""
    stage, maybe = asked(request)
    periods = pair_tables.over_time(request.membership, stage, maybe)
    context = {
        "room": "conflicts",
        "stage": stage,
        "stages": list(Stage),
        "maybe": maybe,
        "maybes": pair_tables.MAYBE,
        "counted_as": pair_tables.MAYBE[maybe],
        "answers": pair_tables.ANSWERS[maybe],
        "pairs": pair_tables.pairs(request.membership, stage, maybe),
        "models": pair_tables.with_model(request.membership, stage, maybe),
        "overall": pair_tables.overall(request.membership, stage, maybe),
        "periods": periods,
        "chart": trend(periods),
        "rounds": pair_tables.rounds_at(request.membership, stage, maybe),
    }
    return render(request, "screening/agreement.html", context)


@review_page(Permission.ADJUDICATE)
@require_GET
def agreement_csv(request: ReviewRequest, review: Review) -> HttpResponse:
    """Everything of the page as one table."""
    stage, maybe = asked(request)
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{review.slug}-agreement-{stage}.csv"'
    response.write("\ufeff")
    writer = csv.writer(response)
    writer.writerow(HEADER)
    writer.writerows(agreement_rows(request.membership, stage, maybe))
    return response


def asked(request: ReviewRequest) -> tuple[Stage, str]:
    """The stage and the counting of maybes that the address asks for; nonsense gives the first."""
    stage = next((each for each in Stage if each == request.GET.get("stage")), Stage.TITLE_ABSTRACT)
    maybe = request.GET.get("maybe", "")
    return stage, maybe if maybe in pair_tables.MAYBE else pair_tables.WITH_INCLUDE
