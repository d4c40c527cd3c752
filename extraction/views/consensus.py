"""The pages of dual extraction: where what differs, one study side by side, settling it, how well people agreed."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from extraction import services
from extraction.agreeing import chosen_result, chosen_value, field_card, may_reconcile, result_card
from extraction.models import Completion
from extraction.services.consensus import Choice
from extraction.side_by_side import (
    FieldItem,
    ResultItem,
    SideBySide,
    agreement_between,
    comparisons,
    side_by_side,
    waiting_for_second,
)
from extraction.views.studies import study_of
from reviews.access import ReviewRequest, review_page
from reviews.errors import Conflict, Refused
from reviews.models import Review
from reviews.pages import page_of, refused
from reviews.permissions import Permission

ROOM = {"room": "extraction"}


@review_page(Permission.VIEW)
@require_GET
def comparison_list(request: ReviewRequest, review: Review) -> HttpResponse:
    """The studies that two people have extracted, those with most to settle first."""
    every = comparisons(review, request.membership)
    rows = sorted(every, key=lambda one: (one.settled, -one.mattering, -one.open, -one.waiting))
    shown = rows if request.GET.get("show") == "all" else [one for one in rows if not one.settled]
    context = ROOM | {
        "page_obj": page_of(request, shown),
        "all": request.GET.get("show") == "all",
        "compared": len(every),
        "to_settle": sum(not one.settled for one in every),
        "mattering": sum(one.mattering for one in every),
        "waiting": waiting_for_second(review),
        "mode": services.settings_of(review).mode,
    }
    return render(request, "extraction/comparisons.html", context)


@review_page(Permission.VIEW)
@require_GET
def agreement(request: ReviewRequest, review: Review) -> HttpResponse:
    """How well two people agreed before the consensus, field by field."""
    found = agreement_between(comparisons(review, request.membership))
    return render(request, "extraction/agreement.html", ROOM | {"agreement": found})


@review_page(Permission.VIEW)
@require_GET
def compare(request: ReviewRequest, review: Review, study_pk: int) -> HttpResponse:
    """The two extractions of one study, side by side."""
    return _page(request, review, study_pk)


@review_page(Permission.EXTRACT)
@require_POST
def agree_value(request: ReviewRequest, review: Review, study_pk: int) -> HttpResponse:
    """Agree on one field: left, right, nothing, or what was written."""
    side = _side(request, review, study_pk)
    item = _field(side, request.POST.get("field", ""), request.POST.get("row", ""))
    value = chosen_value(request.POST, item)
    comment = request.POST.get("comment")
    try:
        choice = Choice(value, _number(request.POST.get("seen_version", "")), comment)
        services.agree_values(study=side.study, by=request.user, choices={item.difference.key: choice})
    except Refused as refusal:
        return _refused(request, side, item, refusal, typed=value)
    return _settled(request, review, study_pk, item.anchor)


@review_page(Permission.EXTRACT)
@require_POST
def take_agreeing(request: ReviewRequest, review: Review, study_pk: int) -> HttpResponse:
    """Take over all that both agree on."""
    study = study_of(review, study_pk)
    page = reverse("extraction:compare", args=[review.slug, study_pk])
    try:
        taken = services.take_all_agreeing(study=study, by=request.user)
    except Refused as refusal:
        return refused(request, refusal, page)
    fields = f"{taken.values} field{'' if taken.values == 1 else 's'}"
    results = f"{taken.results} result{'' if taken.results == 1 else 's'}"
    messages.success(request, f"Taken over as both have them: {fields} and {results}.")
    return redirect(page)


@review_page(Permission.EXTRACT)
@require_POST
def agree_result(request: ReviewRequest, review: Review, study_pk: int, pk: int) -> HttpResponse:
    """Agree on one result: one side's, or number by number."""
    side = _side(request, review, study_pk)
    item = _result(side, pk)
    try:
        base, changes = chosen_result(request.POST, item)
        services.agree_result(
            result=base, by=request.user, changes=changes, seen=request.POST.get("seen", "")
        )
    except Refused as refusal:
        return _refused(request, side, item, refusal)
    return _settled(request, review, study_pk, item.anchor)


@review_page(Permission.EXTRACT)
@require_POST
def leave_out_result(request: ReviewRequest, review: Review, study_pk: int, pk: int) -> HttpResponse:
    """Leave a result out of what is agreed, with a reason."""
    side = _side(request, review, study_pk)
    item = _result(side, pk)
    try:
        services.leave_out_result(
            result=item.one,
            by=request.user,
            why=request.POST.get("why", ""),
            seen=request.POST.get("seen", ""),
        )
    except Refused as refusal:
        return _refused(request, side, item, refusal)
    return _settled(request, review, study_pk, item.anchor)


def _side(request: ReviewRequest, review: Review, study_pk: int) -> SideBySide:
    side = side_by_side(study_of(review, study_pk), request.membership)
    if side is None:
        raise Http404("There is nothing to compare yet.")
    return side


def _field(side: SideBySide, field: str, row: str) -> FieldItem:
    for item in side.items:
        if item.difference.key == (field, row):
            return item
    raise Http404("There is no such field in this comparison.")


def _result(side: SideBySide, pk: int) -> ResultItem:
    for item in side.results:
        if pk in {one.pk for one in (item.left, item.right) if one}:
            return item
    raise Http404("There is no such result in this comparison.")


def _page(request: ReviewRequest, review: Review, study_pk: int) -> HttpResponse:
    study = study_of(review, study_pk)
    side = side_by_side(study, request.membership)
    context: dict[str, Any] = ROOM | {"study": study, "side": side, "all": request.GET.get("show") == "all"}
    if side is None:
        mine = study.extractions.independent().filter(extractor=request.user).first()
        context |= {"mine": mine}
        return render(request, "extraction/compare_waits.html", context)
    locked = Completion.objects.filter(study=study).exists()
    context |= _standing(request, side) | {
        "locked": locked,
        "sections": [
            (section, cards)
            for section, items in side.section_items()
            if (cards := _cards(request, side, items, context["all"]))
        ],
        "results": [
            result_card(item, request.membership)
            for item in side.results
            if context["all"] or not item.pair.agrees or item.waits
        ],
    }
    return render(request, "extraction/compare.html", context)


def _cards(request: ReviewRequest, side: SideBySide, items: list[FieldItem], every: bool) -> list:
    return [
        field_card(side, item, request.membership) for item in items if every or not item.difference.agrees
    ]


def _standing(request: ReviewRequest, side: SideBySide) -> dict[str, Any]:
    """What changes with every gesture: how much is left."""
    total = sum(not item.is_empty for item in side.items) + len(side.results)
    return {
        "total": total,
        "done": total - side.open - side.waiting,
        "may_take_all": Permission.EXTRACT in request.membership.may or may_reconcile(request.membership),
    }


def _settled(request: ReviewRequest, review: Review, study_pk: int, anchor: str) -> HttpResponse:
    """The field or result as it is now, and how much is left; without htmx back to its place on the page."""
    if not request.htmx:
        return redirect(f"{reverse('extraction:compare', args=[review.slug, study_pk])}?show=all#{anchor}")
    side = _side(request, review, study_pk)
    item = next(item for item in side.all_items if item.anchor == anchor)
    return _fragment(request, side, item, oob=True)


def _refused(
    request: ReviewRequest,
    side: SideBySide,
    item: FieldItem | ResultItem,
    refusal: Refused,
    typed: Any = None,
) -> HttpResponse:
    """The same part with the sentence; after a conflict with what stands there now."""
    if isinstance(refusal, Conflict):
        side = _side(request, side.study.review, side.study.pk)
        item = next((one for one in side.all_items if one.anchor == item.anchor), item)
    if not request.htmx:
        return refused(
            request,
            refusal,
            f"{reverse('extraction:compare', args=[side.study.review.slug, side.study.pk])}?show=all#{item.anchor}",
        )
    return _fragment(request, side, item, refusal=str(refusal), typed=typed, status=refusal.status)


def _fragment(
    request: ReviewRequest,
    side: SideBySide,
    item: FieldItem | ResultItem,
    *,
    refusal: str = "",
    typed: Any = None,
    status: int = 200,
    oob: bool = False,
) -> HttpResponse:
    context = ROOM | {"study": side.study, "side": side, "oob": oob} | _standing(request, side)
    if isinstance(item, FieldItem):
        typed = typed if request.POST.get("take", "own") == "own" else None
        context["card"] = field_card(side, item, request.membership, refusal=refusal, typed=typed)
        return render(request, "extraction/_compare_field.html", context, status=status)
    posted = request.POST.dict() if refusal else None
    context["card"] = result_card(item, request.membership, refusal=refusal, posted=posted)
    return render(request, "extraction/_compare_result.html", context, status=status)


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 10 else 0
