"""Suggestions from a report's PDF: read by rules in the background, accepted one by one by a person."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from extraction import services
from extraction.provenance import reports_of
from extraction.services.suggestions import accept_suggestion, request_suggestions, suggestions_of
from extraction.suggestion_forms import AcceptForm
from extraction.suggestion_page import offers
from reviews.access import ReviewRequest, review_page
from reviews.errors import Refused
from reviews.models import Review
from reviews.pages import refused
from reviews.permissions import Permission
from screening.models import FullText, Study

ROOM = {"room": "extraction"}


@review_page(Permission.VIEW)
@never_cache
@require_GET
def suggestions(request: ReviewRequest, review: Review, study_pk: int) -> HttpResponse:
    """What the rules found in one report of a study (``?report=``, a record's number); htmx polls while they read."""
    study = _study(review, study_pk)
    reports = reports_of(study)
    shown = _report(reports, request.GET.get("report", ""))
    job, found = suggestions_of(shown) if shown else (None, [])
    context = ROOM | {
        "study": study,
        "reports": reports,
        "full_text": shown,
        "job": job,
        "offers": offers(request.membership, shown, study, found) if shown else [],
    }
    template = "extraction/_suggestions.html" if request.htmx else "extraction/suggestions.html"
    return render(request, template, context)


@review_page(Permission.EXTRACT)
@require_POST
def suggestions_read(request: ReviewRequest, review: Review, study_pk: int) -> HttpResponse:
    """Ask for a report to be read."""
    study = _study(review, study_pk)
    full_text = _report(reports_of(study), request.POST.get("report", ""))
    if full_text is None:
        raise Http404("The study has no such report with a PDF.")
    page = _page(review, study, full_text)
    try:
        request_suggestions(full_text=full_text, by=request.user)
    except Refused as refusal:
        return refused(request, refusal, page)
    return redirect(page)


@review_page(Permission.EXTRACT)
@require_POST
def suggestion_accept(request: ReviewRequest, review: Review, study_pk: int) -> HttpResponse:
    """Keep one value, as it was left in its field, with its sentence as the source."""
    study = _study(review, study_pk)
    reports = reports_of(study)
    form = AcceptForm(study, reports, request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(str(fault) for each in form.errors.values() for fault in each))
        return redirect("extraction:suggestions", review.slug, study.pk)
    page = _page(review, study, form.cleaned_data["full_text"])
    try:
        target = form.target()
        if "field" in target:
            target["extraction"] = services.start_extraction(study=study, by=request.user)
        source = accept_suggestion(by=request.user, **form.given(), **target)
    except Refused as refusal:
        return refused(request, refusal, page)
    messages.success(request, f"Kept, with {source.place} as its source.")
    return redirect(page)


def _study(review: Review, pk: int) -> Study:
    return get_object_or_404(Study.objects.select_related("review"), review=review, pk=pk)


def _report(reports: list[FullText], wanted: str) -> FullText | None:
    if not wanted:
        return reports[0] if reports else None
    return next((each for each in reports if str(each.record_id) == wanted), None)


def _page(review: Review, study: Study, full_text: FullText) -> str:
    page = reverse("extraction:suggestions", args=[review.slug, study.pk])
    return f"{page}?report={full_text.record_id}"
