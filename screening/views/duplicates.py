"""Marking a duplicate by hand: on the screen, where the next record comes at once, and on a record's page."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from records.models import Record
from reviews.access import ReviewRequest, review_page
from reviews.errors import Refused
from reviews.models import Review
from reviews.pages import refused
from reviews.permissions import Permission
from screening import likely, services
from screening.forms import DuplicateForm, FindForm
from screening.models import Stage
from screening.services.duplicates import OutcomeLost, further_along
from screening.services.votes import require_at_stage
from screening.views.screen import answer, answer_next

BACK = "Taken back: both records are there again."


@review_page(Permission.SCREEN)
@require_GET
def screen_duplicate(request: ReviewRequest, review: Review, stage: Stage, pk: int) -> HttpResponse:
    """Of which record is this one a duplicate? Likely ones first, or those found by ``?q=``."""
    return _choose(request, review, _unique(review, pk), stage)


@review_page(Permission.SCREEN)
@require_POST
def screen_mark(request: ReviewRequest, review: Review, stage: Stage, pk: int) -> HttpResponse:
    record = _unique(review, pk)
    form = DuplicateForm(request.POST, review=review)
    if not form.is_valid():
        return _choose(request, review, record, stage, form=form)
    try:
        marked = services.mark_duplicate(
            review=review, record=record, by=request.user, stage=stage, **form.given(record)
        )
    except OutcomeLost as loss:
        return _choose(request, review, record, stage, form=form, loss=str(loss))
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return _choose(request, review, record, stage, form=form, status=refusal.status)
    said = f"Marked as a duplicate; record {marked.stays.pk} stays"
    if marked.stays == record:
        return answer(request, review, stage, marked.stays, said=f"{said}.", marked=marked.pair)
    return answer_next(request, review, stage, record, said=said, marked=marked.pair)


@review_page(Permission.SCREEN)
@require_POST
def screen_unmark(request: ReviewRequest, review: Review, stage: Stage, pk: int) -> HttpResponse:
    """Take the mark back and show the record that had left."""
    pair = get_object_or_404(review.duplicate_candidates, pk=pk)
    try:
        left = services.unmark_duplicate(review=review, pair=pair, by=request.user)
    except Refused as refusal:
        return refused(request, refusal, to=reverse("screening:screen", args=[review.slug, stage]))
    try:
        require_at_stage(left, stage)
    except services.NotEligible:  # it was met on another page, or has not come this far
        return answer_next(request, review, stage, left, said=BACK.rstrip("."))
    if request.htmx:
        return answer(request, review, stage, left, said=BACK)
    messages.success(request, BACK)
    return redirect("screening:screen_record", review.slug, stage, left.pk)


@review_page(Permission.DEDUPLICATE)
@require_GET
def record_duplicate(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    return _choose(request, review, _unique(review, pk))


@review_page(Permission.DEDUPLICATE)
@require_POST
def record_mark(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    record = _unique(review, pk)
    form = DuplicateForm(request.POST, review=review)
    if not form.is_valid():
        return _choose(request, review, record, form=form)
    try:
        marked = services.mark_duplicate(review=review, record=record, by=request.user, **form.given(record))
    except OutcomeLost as loss:
        return _choose(request, review, record, form=form, loss=str(loss))
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return _choose(request, review, record, form=form, status=refusal.status)
    messages.success(request, f"Record {marked.left.pk} is a duplicate of record {marked.stays.pk} now.")
    return redirect("screening:record", review.slug, marked.left.pk)


@review_page(Permission.DEDUPLICATE)
@require_POST
def record_unmark(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Take back the merge of a pair; each record has its own votes again."""
    pair = get_object_or_404(review.duplicate_candidates, pk=pk)
    try:
        left = services.unmark_duplicate(review=review, pair=pair, by=request.user)
    except Refused as refusal:
        return refused(request, refusal, to=reverse("screening:record", args=[review.slug, pair.left_id]))
    messages.success(request, "Taken back: each of the two stands for itself, with its own votes.")
    return redirect("screening:record", review.slug, left.pk)


def _unique(review: Review, pk: int) -> Record:
    return get_object_or_404(Record.objects.unique().select_related("search").filter(review=review), pk=pk)


def _choose(
    request: ReviewRequest,
    review: Review,
    record: Record,
    stage: Stage | None = None,
    *,
    form: DuplicateForm | None = None,
    loss: str = "",
    status: int = 0,
) -> HttpResponse:
    """The page where the other record is chosen; ``loss`` asks to confirm what ``form`` said."""
    words = FindForm(request.GET)
    q = words.cleaned_data["q"].strip() if words.is_valid() else ""
    found = likely.found_by(record, q) if q else likely.likely(record)
    place = [review.slug, *([stage] if stage else []), record.pk]
    prefix = "screen" if stage else "record"
    context = {
        "room": "screening" if stage else "records",
        "stage": stage,
        "record": record,
        "form": form,
        "find_form": words if q else FindForm(),
        "q": q,
        "proposals": [
            (one, further_along(one.record, record) == one.record) for one in found[: likely.SHOWN]
        ],
        "more": len(found) > likely.SHOWN,
        "loss": loss,
        "here": reverse(f"screening:{prefix}_duplicate", args=place),
        "mark_url": reverse(f"screening:{prefix}_mark", args=place),
        "back": reverse("screening:screen_record" if stage else "screening:record", args=place),
    }
    status = status or (409 if loss else 422 if form else 200)
    template = "screening/_same.html" if request.htmx and stage else "screening/same.html"
    return render(request, template, context, status=status)
