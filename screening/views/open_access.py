"""Which reports may be read freely."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from records.services.from_network import NETWORK_OFF, network_is_on
from reviews.access import ReviewRequest, review_page
from reviews.errors import Refused
from reviews.models import Review
from reviews.pages import page_of, refused
from reviews.permissions import Permission
from screening.models import FullText
from screening.services import open_access as services


@review_page(Permission.MANAGE_FULL_TEXT)
@require_http_methods(["GET", "POST"])
def open_access(request: ReviewRequest, review: Review) -> HttpResponse:
    """What was found; POST asks for what was not asked for yet."""
    if request.method == "POST":
        back = reverse("screening:open_access", args=[review.slug])
        try:
            services.request_open_access(review=review, by=request.user)
        except Refused as refusal:
            return refused(request, refusal, to=back)
        messages.success(request, "Unpaywall is being asked.")
        return redirect(back)
    found = FullText.objects.current().filter(review=review, open_access__open=True)
    context = {
        "room": "full_text",
        "page_obj": page_of(request, found.select_related("record").order_by("record_id")),
        "jobs": review.jobs.unfinished().filter(task=services.TASK),
        "askable": services.askable(review).count(),
        "network_off": "" if network_is_on() else NETWORK_OFF,
        "stores": settings.OPEN_ACCESS_PDFS,
    }
    return render(request, "screening/open_access.html", context)
