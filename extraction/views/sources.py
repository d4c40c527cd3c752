"""Where things stand: a source beside its PDF, and the page on which sources are added."""

import json
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from extraction import services
from extraction.models import Arm, Characteristic, Result, Value
from extraction.provenance import around, reports_of, shown_value, sources_of, title_of, visible
from extraction.services.sources import REMOVED, Target, kind_of, own_extraction, study_of
from extraction.source_forms import SourceForm
from reviews.access import ReviewRequest, review_page
from reviews.errors import Refused
from reviews.models import AuditEvent, Review
from reviews.pages import refuse_form, refused
from reviews.permissions import Permission
from screening.models import FullText
from screening.remarks import terms_for

ROOM = {"room": "extraction"}


@review_page(Permission.VIEW)
@require_GET
def source(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """One source: its PDF at the page with the quote or the boxes marked, and the sources before and after it."""
    found = get_object_or_404(visible(request.membership), pk=pk)
    every = sources_of(request.membership, found.target)
    context = _about(request, found.target) | {
        "source": found,
        "sources": every,
        "around": around(found, every),
        "record": found.full_text.record if found.full_text else None,
        "pdf_at": found.page or 1,
        "pdf_quote": found.quote,
        "pdf_boxes": json.dumps(found.boxes) if found.boxes else "",
        "may_remove": _may_change(request, found.target),
        "terms": terms_for(request.membership),
    }
    return render(request, "extraction/source.html", context)


@review_page(Permission.EXTRACT)
@require_http_methods(["GET", "POST"])
def sources(request: ReviewRequest, review: Review, kind: str, pk: int) -> HttpResponse:
    """The sources of one thing, and a form beside the PDF for another one. ``?report=`` chooses the PDF."""
    target = _target(request, kind, pk)
    reports = reports_of(study_of(target))
    shown = _shown(request, reports)
    start = {"full_text": shown, "field": request.GET.get("field", "")}
    form = SourceForm(target, request.POST or None, initial=start)
    if request.method == "POST" and form.is_valid():
        try:
            of: dict[str, Any] = {kind: target}
            services.add_source(by=request.user, **of, **form.cleaned_data)
        except Refused as refusal:
            refuse_form(form, refusal)
        else:
            messages.success(request, "The source is kept.")
            return redirect(request.get_full_path())
    context = _about(request, target) | {
        "form": form,
        "reports": reports,
        "record": shown.record if shown else None,
        "pdf_sourcing": shown is not None,
        "sources": sources_of(request.membership, target),
        "may_change": _may_change(request, target),
        "removed": _removed(request, request.GET.get("removed", "")),
        "terms": terms_for(request.membership),
    }
    return render(request, "extraction/sources.html", context, status=422 if form.is_bound else 200)


@review_page(Permission.EXTRACT)
@require_POST
def source_remove(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Take a source away; the next page offers to undo it."""
    found = get_object_or_404(visible(request.membership), pk=pk)
    page = _page_of(review, found.target)
    try:
        event = services.remove_source(source=found, by=request.user)
    except Refused as refusal:
        return refused(request, refusal, page)
    return redirect(f"{page}?removed={event.pk}")


@review_page(Permission.EXTRACT)
@require_POST
def source_restore(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Undo the removal that the event ``pk`` tells of, one's own."""
    event = get_object_or_404(AuditEvent, review=review, actor=request.user, verb=REMOVED, pk=pk)
    back = reverse("extraction:overview", args=[review.slug])
    try:
        kept = services.restore_source(review=review, event=event, by=request.user)
    except Refused as refusal:
        return refused(request, refusal, back)
    messages.success(request, "The source is back.")
    return redirect(_page_of(review, kept.target))


def _target(request: ReviewRequest, kind: str, pk: int) -> Target:
    """What sources are of, among what this member may see."""
    review = request.membership.review
    found: dict[str, Any] = {
        "result": Result.objects.visible_to(request.membership).with_names().select_related("extraction"),
        "value": Value.objects.visible_to(request.membership).select_related("extraction__study"),
        "arm": Arm.objects.filter(study__review=review).select_related("study"),
        "characteristic": Characteristic.objects.filter(study__review=review).select_related("study"),
    }
    return get_object_or_404(found[kind], pk=pk)


def _about(request: ReviewRequest, target: Target) -> dict:
    study = study_of(target)
    slug = request.membership.review.slug
    back = reverse("extraction:study", args=[slug, study.pk])
    if isinstance(target, Result):
        back = reverse("extraction:result", args=[slug, target.pk])
    if isinstance(target, Value):
        back = reverse("extraction:fill", args=[slug, target.extraction_id])
    return ROOM | {
        "target": target,
        "title": title_of(target),
        "extracted": shown_value(target),
        "study": study,
        "back": back,
        "result": target if isinstance(target, Result) else None,
    }


def _may_change(request: ReviewRequest, target: Target) -> bool:
    own = own_extraction(target)
    mine = own is None or own.extractor_id == request.user.pk
    in_use = not isinstance(target, Result) or target.is_current
    return Permission.EXTRACT in request.membership.may and mine and in_use


def _shown(request: ReviewRequest, reports: list[FullText]) -> FullText | None:
    """The report that ``?report=`` asks for (a record's number), else the first with a PDF."""
    wanted = request.GET.get("report", "")
    return next((each for each in reports if str(each.record_id) == wanted), reports[0] if reports else None)


def _page_of(review: Review, target: Target) -> str:
    return reverse(f"extraction:{kind_of(target)}_sources", args=[review.slug, target.pk])


def _removed(request: ReviewRequest, pk: str) -> AuditEvent | None:
    """The removal that this person has just made, for the undo above the list."""
    review = request.membership.review
    made = AuditEvent.objects.filter(review=review, actor=request.user, verb=REMOVED)
    return made.filter(pk=int(pk)).first() if pk.isdecimal() and len(pk) < 19 else None
