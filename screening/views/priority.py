"""In which order records come to be screened, and what the order was learned from."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from reviews.access import ReviewRequest, review_page
from reviews.models import Review
from reviews.permissions import Permission
from screening.models import Stage
from screening.services.stage_settings import settings_of


@review_page(Permission.VIEW)
@require_GET
def priority(request: ReviewRequest, review: Review) -> HttpResponse:
    """The order of one stage (``?stage=``)."""
    stage = asked_stage(request)
    context = {
        "room": "priority",
        "tab": "order",
        "stage": stage,
        "stages": list(Stage),
        "settings": settings_of(review, stage),
        "may_change": Permission.AMEND_PROTOCOL in request.membership.may,
    }
    return render(request, "screening/priority.html", context)


def asked_stage(request: ReviewRequest) -> Stage:
    asked = request.GET.get("stage")
    return next((each for each in Stage if each == asked), Stage.TITLE_ABSTRACT)
