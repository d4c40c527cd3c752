"""The thresholds of de-duplication, and all pairs above a score at once: what they would do comes first."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from records import services
from records.forms.duplicates import AcceptForm, PlaceForm, ThresholdsForm
from records.models import DeduplicationSettings
from reviews.access import ReviewRequest, review_page
from reviews.errors import Conflict, Refused
from reviews.models import Job, Review
from reviews.pages import refuse_form, refused
from reviews.permissions import Permission

LEFT_SHOWN = 20


@review_page(Permission.DEDUPLICATE)
@require_http_methods(["GET", "POST"])
def thresholds(request: ReviewRequest, review: Review) -> HttpResponse:
    """GET shows them, with ``?merge_at=&ask_at=`` what those would change; POST lets them hold."""
    now = services.thresholds_of(review)
    given = request.POST or (request.GET if {"merge_at", "ask_at"} <= request.GET.keys() else None)
    form = ThresholdsForm(given, initial=now._asdict())
    change = None
    if form.is_bound and form.is_valid():
        try:
            if request.method == "POST":
                return _changed(
                    request,
                    review,
                    services.set_thresholds(review=review, by=request.user, **form.cleaned_data),
                )
            change = services.what_thresholds_change(review, **form.cleaned_data)
        except Refused as refusal:
            refuse_form(form, refusal)
    context = {
        "room": "duplicates",
        "form": form,
        "now": now,
        "change": change,
        "trial": _trial(request, review),
        "last": services.last_change(review),
        "setting": DeduplicationSettings.objects.filter(review=review).select_related("updated_by").first(),
    }
    return render(request, "records/thresholds.html", context, status=422 if form.errors else 200)


def _changed(request: ReviewRequest, review: Review, change) -> HttpResponse:
    done = f"Pairs are merged from {change.new.merge_at:g} and asked about from {change.new.ask_at:g} now."
    done += f" {len(change.merges)} merged." if change.merges else ""
    done += f" {len(change.parts)} wait for a decision again." if change.parts else ""
    messages.success(request, f"{done} A search with them is on its way.")
    return redirect("records:thresholds", review.slug)


def _trial(request: ReviewRequest, review: Review) -> Job | None:
    number = PlaceForm({"at": request.GET.get("trial")}).place["at"]
    return review.jobs.filter(task="records.try_thresholds", pk=number or 0).first()


@review_page(Permission.DEDUPLICATE)
@require_POST
def thresholds_trial(request: ReviewRequest, review: Review) -> HttpResponse:
    """Count in the background what a search with these thresholds would find."""
    form = ThresholdsForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Give two scores from 0 to 1.")
        return redirect("records:thresholds", review.slug)
    try:
        job = services.request_trial(review=review, by=request.user, **form.cleaned_data)
    except Refused as refusal:
        return refused(request, refusal, reverse("records:thresholds", args=[review.slug]))
    return redirect("reviews:job", review.slug, job.pk)


@review_page(Permission.DEDUPLICATE)
@require_http_methods(["GET", "POST"])
def accept(request: ReviewRequest, review: Review) -> HttpResponse:
    """GET with ``?score=`` shows which pairs would be merged; POST merges just those, if they are as many still."""
    given = request.POST or (request.GET if "score" in request.GET else None)
    form = AcceptForm(given)
    found = None
    if form.is_bound and form.is_valid():
        score = form.cleaned_data["score"]
        try:
            if request.method == "POST":
                lot = services.merge_all_above(review=review, by=request.user, **form.cleaned_data)
                messages.success(
                    request, f"{len(lot.detail['pairs'])} pairs merged. Below they can be undone together."
                )
                return redirect("records:accept", review.slug)
            found = services.what_merges_above(review, score)
        except Refused as refusal:
            refuse_form(form, refusal)
            if isinstance(refusal, Conflict):  # what there is by now, to look at and to accept
                found = services.what_merges_above(review, score)
    context = {
        "room": "duplicates",
        "form": form,
        "found": found,
        "left": found.left[:LEFT_SHOWN] if found else [],
        "lots": services.lots(review),
        "rule_for_votes": services.RULE_FOR_VOTES,
    }
    return render(request, "records/accept.html", context, status=422 if form.errors else 200)


@review_page(Permission.DEDUPLICATE)
@require_POST
def accepted_undo(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Take back a whole lot of merges."""
    event = get_object_or_404(review.events, pk=pk)
    back = reverse("records:accept", args=[review.slug])
    try:
        undone = services.undo_lot(review=review, event=event, by=request.user)
    except Refused as refusal:
        return refused(request, refusal, back)
    messages.success(request, f"Undone: {undone} pairs wait for a decision again.")
    return redirect(back)
