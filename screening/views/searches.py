"""Saved searches: keeping the list's filter under a name, renaming, sharing, removing, restoring."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from reviews.access import ReviewRequest, review_page
from reviews.errors import Refused
from reviews.models import Review
from reviews.pages import refused
from reviews.permissions import Permission
from screening.batches import choose_batch
from screening.forms_lots import SearchForm
from screening.models import SavedSearch, Stage
from screening.services import searches as saving


@review_page(Permission.VIEW)
@require_GET
def searches(request: ReviewRequest, review: Review) -> HttpResponse:
    """One's own and the team's."""
    visible = SavedSearch.objects.live().visible_to(request.membership).select_related("owner")
    return render(
        request, "screening/searches.html", {"room": "records", "searches": visible, "stages": list(Stage)}
    )


@review_page(Permission.VIEW)
@require_POST
def search_save(request: ReviewRequest, review: Review) -> HttpResponse:
    form = SearchForm(request.POST)
    query = saving.tidy(request.POST.get("query", ""))
    here = reverse("screening:records", args=[review.slug]) + (f"?{query}" if query else "")
    if not form.is_valid():
        messages.error(request, "Not saved: give the search a name of at most 80 characters.")
        return redirect(here)
    try:
        saved = saving.save_search(review=review, by=request.user, **form.cleaned_data)
    except Refused as refusal:
        return refused(request, refusal, to=here)
    messages.success(request, f"Saved as “{saved.name}”.")
    return redirect(here)


@review_page(Permission.VIEW)
@require_POST
def search_change(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Rename it and say whether the team sees it."""
    search = _own(request, pk)
    here = reverse("screening:searches", args=[review.slug])
    try:
        saving.change_search(
            search=search,
            by=request.user,
            name=request.POST.get("name", ""),
            shared=request.POST.get("shared") == "on",
        )
    except Refused as refusal:
        return refused(request, refusal, to=here)
    messages.success(request, "Saved.")
    return redirect(here)


@review_page(Permission.VIEW)
@require_POST
def search_remove(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    here = reverse("screening:searches", args=[review.slug])
    try:
        gone = saving.remove_search(search=_own(request, pk), by=request.user)
    except Refused as refusal:
        return refused(request, refusal, to=here)
    visible = SavedSearch.objects.live().visible_to(request.membership).select_related("owner")
    return render(
        request,
        "screening/searches.html",
        {"room": "records", "searches": visible, "gone": gone, "stages": list(Stage)},
    )


@review_page(Permission.VIEW)
@require_POST
def search_restore(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    here = reverse("screening:searches", args=[review.slug])
    try:
        saving.restore_search(search=_own(request, pk), by=request.user)
    except Refused as refusal:
        return refused(request, refusal, to=here)
    return redirect(here)


@review_page(Permission.SCREEN)
@require_POST
def batch(request: ReviewRequest, review: Review, stage: Stage) -> HttpResponse:
    """Screen only the records of one saved search (``search``), or all again (none)."""
    chosen = request.POST.get("search", "")
    visible = SavedSearch.objects.live().visible_to(request.membership)
    search = get_object_or_404(visible, pk=chosen) if chosen.isdecimal() and len(chosen) < 19 else None
    choose_batch(request, search)
    return redirect("screening:screen", review.slug, stage)


def _own(request: ReviewRequest, pk: int) -> SavedSearch:
    """The search if this person may see it; the services refuse to change another's."""
    return get_object_or_404(SavedSearch.objects.visible_to(request.membership), pk=pk)
