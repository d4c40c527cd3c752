"""Where screening stands: for everybody their own list, for leads the stages and the people."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from reviews.access import ReviewRequest, review_page
from reviews.models import Review
from reviews.permissions import Permission
from screening.dashboard import lead_view, own_list


@review_page(Permission.VIEW)
@require_GET
def dashboard(request: ReviewRequest, review: Review) -> HttpResponse:
    """One's own list first; what leads see is fetched afterwards, or at once with ``?all=1`` (without script)."""
    context = {"room": "progress", "own": own_list(request.membership)}
    if request.GET.get("all") and Permission.MANAGE_TEAM in request.membership.may:
        context["lead"] = lead_view(request.membership)
    return render(request, "screening/dashboard.html", context)


@review_page(Permission.MANAGE_TEAM)
@require_GET
def dashboard_lead(request: ReviewRequest, review: Review) -> HttpResponse:
    return render(request, "screening/_lead.html", {"lead": lead_view(request.membership)})
