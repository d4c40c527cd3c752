"""Where each study stands, and how an assessment begins."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from appraisal import services
from appraisal.overview import progress, standings
from appraisal.views.common import ROOM, chosen_tool, overview_url, tool_choices, tool_named
from reviews.access import ReviewRequest, review_page
from reviews.errors import Refused
from reviews.models import Review
from reviews.pages import page_of, refused
from reviews.permissions import Permission
from screening.models import Study


@review_page(Permission.VIEW)
@require_GET
def overview(request: ReviewRequest, review: Review) -> HttpResponse:
    """Studies with where each stands."""
    tool = chosen_tool(request, review)
    page = page_of(request, Study.objects.filter(review=review))
    context = ROOM | {
        "tool": tool,
        "tools": tool_choices(review),
        "page_obj": page,
        "standings": standings(request.membership, tool, page),
        "progress": progress(request.membership, tool),
    }
    return render(request, "appraisal/overview.html", context)


@review_page(Permission.ASSESS)
@require_POST
def start(request: ReviewRequest, review: Review, instrument: str, study_pk: int) -> HttpResponse:
    """Begin (or go on with) one's own assessment of a study."""
    study = get_object_or_404(Study, review=review, pk=study_pk)
    try:
        mine = services.start_assessment(
            study=study, instrument=tool_named(review, instrument).key, assessor=request.user
        )
    except Refused as refusal:
        return refused(request, refusal, overview_url(review, instrument))
    return redirect("appraisal:assess", review.slug, mine.pk)
