"""The linter's warnings: all of a review on one page, dismissed with a reason and restored."""

from collections import Counter

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from extraction import services
from extraction.checks import CODES
from extraction.forms import DismissForm
from extraction.linting import Found, all_found
from extraction.models import DismissedWarning, Result
from extraction.views.studies import ROOM
from reviews.access import ReviewRequest, review_page
from reviews.errors import Refused
from reviews.models import Review
from reviews.pages import page_of, refused
from reviews.permissions import Permission
from screening.models import Study


@review_page(Permission.VIEW)
@require_GET
def warning_list(request: ReviewRequest, review: Review) -> HttpResponse:
    """Every warning, by code and study, open or dismissed."""
    every = all_found(request.membership)
    code, study, state = (request.GET.get(name, "") for name in ("code", "study", "state"))
    of_state = [one for one in every if (one.dismissal is not None) == (state == "dismissed")]
    shown = [one for one in of_state if _is_asked(one, code, study)]
    counts = Counter(one.warning.code for one in of_state)
    context = ROOM | {
        "page_obj": page_of(request, shown, 25),
        "codes": [(key, words, counts[key]) for key, words in CODES.items() if counts[key]],
        "studies": Study.objects.filter(pk__in={one.result.study_id for one in of_state}),
        "code": code,
        "study_pk": study,
        "state": state,
        "open": sum(one.dismissal is None for one in every),
        "dismissed": sum(one.dismissal is not None for one in every),
        "total": len(shown),
    }
    return render(request, "extraction/warnings.html", context)


@review_page(Permission.EXTRACT)
@require_POST
def warning_dismiss(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Say that a warning about this result was looked into."""
    seen = Result.objects.visible_to(request.membership).with_names()
    result = get_object_or_404(seen.select_related("study__review"), pk=pk)
    back = _back(request, review, pk)
    form = DismissForm(request.POST)
    try:
        if not form.is_valid():
            raise services.NotPossible("Say why the numbers are right, in at most 2000 characters.")
        services.dismiss_warning(result=result, by=request.user, **form.cleaned_data)
    except Refused as refusal:
        return refused(request, refusal, back)
    messages.success(request, "Dismissed. It comes back when one of its numbers changes.")
    return redirect(back)


@review_page(Permission.EXTRACT)
@require_POST
def warning_restore(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Let a dismissed warning stand again."""
    dismissed = get_object_or_404(
        DismissedWarning.objects.select_related("review", "study"), review=review, pk=pk
    )
    back = reverse("extraction:warnings", args=[review.slug])
    try:
        services.restore_warning(dismissed=dismissed, by=request.user)
    except Refused as refusal:
        return refused(request, refusal, back)
    messages.success(request, "The warning stands again.")
    return redirect(back)


def _is_asked(one: Found, code: str, study: str) -> bool:
    return (not code or one.warning.code == code) and (not study or str(one.result.study_id) == study)


def _back(request: ReviewRequest, review: Review, pk: int) -> str:
    """The page the gesture was made on: the list, or the result."""
    if request.POST.get("from") == "list":
        return reverse("extraction:warnings", args=[review.slug])
    return reverse("extraction:result", args=[review.slug, pk])
