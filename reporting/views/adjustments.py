"""Numbers of the flow diagram corrected by hand: the list of them, another one, and taking one back."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from reporting.forms.adjustments import AdjustmentForm
from reporting.models import Adjustment
from reporting.prisma import flow_counts
from reporting.services.adjustments import adjust, withdraw, words_of
from reviews.access import ReviewRequest, review_page
from reviews.errors import Refused
from reviews.models import Review
from reviews.pages import refuse_form
from reviews.permissions import Permission


@review_page(Permission.REPORT)
@require_GET
def adjustments(request: ReviewRequest, review: Review) -> HttpResponse:
    """All corrections, withdrawn ones too; ``?key=`` and ``?name=`` begin another one of that number."""
    said = {name: request.GET.get(name, "")[:300] for name in ("key", "name")}
    form = AdjustmentForm(initial=said, counts=flow_counts(review, adjusted=False))
    return _page(request, review, form)


@review_page(Permission.PUBLISH)
@require_POST
def adjustment_add(request: ReviewRequest, review: Review) -> HttpResponse:
    form = AdjustmentForm(request.POST)
    if form.is_valid():
        try:
            made = adjust(review=review, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            refuse_form(form, refusal)
        else:
            messages.success(request, f"Corrected by {made.amount:+,}. The number is marked in the diagram.")
            return redirect("reporting:adjustments", review.slug)
    return _page(request, review, form, status=422)


@review_page(Permission.PUBLISH)
@require_POST
def adjustment_withdraw(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    adjustment = get_object_or_404(Adjustment, pk=pk, review=review)
    try:
        withdraw(review=review, by=request.user, adjustment=adjustment)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "The correction was taken back.")
    return redirect("reporting:adjustments", review.slug)


def _page(request: ReviewRequest, review: Review, form: AdjustmentForm, status: int = 200) -> HttpResponse:
    rows = review.adjustments.select_related("made_by", "withdrawn_by").order_by("withdrawn_at", "-pk")
    told = [(each, words_of(each.key)) for each in rows]
    context = {
        "room": "prisma",
        "form": form,
        "standing": [pair for pair in told if pair[0].withdrawn_at is None],
        "past": [pair for pair in told if pair[0].withdrawn_at],
        "problems": flow_counts(review).problems(),
    }
    return render(request, "reporting/adjustments.html", context, status=status)
