"""Quoted figures."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from analysis import services
from analysis.forms import QuoteForm
from analysis.views.common import ROOM
from reviews.access import ReviewRequest, review_page
from reviews.errors import Refused
from reviews.models import Review
from reviews.pages import refuse_form
from reviews.permissions import Permission


@review_page(Permission.ANALYSE)
@require_http_methods(["GET", "POST"])
def quote(request: ReviewRequest, review: Review) -> HttpResponse:
    """Quote a published figure, to stand beside ours."""
    form = QuoteForm(review, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.quote_result(review=review, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            refuse_form(form, refusal)
        else:
            return redirect("analysis:plans", review.slug)
    status = 422 if form.is_bound else 200
    return render(request, "analysis/quote.html", ROOM | {"form": form}, status=status)
