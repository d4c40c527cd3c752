"""Votes from the list of records: one row by a key, or many at once."""

import uuid

from django.contrib import messages
from django.db.models import Exists, OuterRef
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from records.models import Record, RecordQuerySet
from reviews.access import BIGGEST_ID, ReviewRequest, review_page
from reviews.errors import Refused
from reviews.models import Review
from reviews.pages import page_of, refused
from reviews.permissions import Permission
from screening import listing, services
from screening.filters import found_by
from screening.forms import present_reasons
from screening.forms_lots import LotForm
from screening.models import Decision, Stage, Verdict, VoteLot
from screening.services import bulk_votes, searches


@review_page(Permission.SCREEN)
@require_POST
def row_vote(request: ReviewRequest, review: Review, stage: Stage, pk: int) -> HttpResponse:
    """Vote on one row (``vote``, or ``undo``); answers with the row as it is now."""
    record = get_object_or_404(Record.objects.unique().filter(review=review), pk=pk)
    vote = request.POST.get("vote", "")
    try:
        if vote == "undo":
            services.undo_vote(review=review, stage=stage, reviewer=request.user, record=record)
        elif not _has_that_vote(request, record, stage, vote):
            services.cast_vote(review=review, record=record, stage=stage, reviewer=request.user, vote=vote)
    except Refused as refusal:
        return refused(request, refusal, to=reverse("screening:records", args=[review.slug]))
    if not request.htmx:
        return redirect("screening:records", review.slug)
    (row,) = listing.rows(request.membership, [pk])
    return render(request, "screening/_record_row.html", {"record": row, "may_vote": True})


@review_page(Permission.SCREEN)
@require_POST
def lot_new(request: ReviewRequest, review: Review) -> HttpResponse:
    """What a vote on the ticked rows, or on all that the filter finds, would do; nothing is voted yet."""
    stage = next((each for each in Stage if each == request.POST.get("stage")), Stage.TITLE_ABSTRACT)
    query, picked = _asked(request)
    try:
        preview = bulk_votes.preview(
            review=review, by=request.user, stage=stage, records=_chosen(request, query, picked)
        )
    except Refused as refusal:
        return refused(request, refusal, to=_list(review, query))
    return _preview_page(request, review, stage, query, picked, preview)


@review_page(Permission.SCREEN)
@require_POST
def lot_cast(request: ReviewRequest, review: Review) -> HttpResponse:
    form = LotForm(request.POST, review=review)
    query, picked = _asked(request)
    if not form.is_valid():
        messages.error(request, "Nothing was voted: " + " ".join(form.sentences()))
        return redirect(_list(review, query))
    try:
        records = _chosen(request, query, picked)
        lot = bulk_votes.cast_lot(
            review=review, by=request.user, records=records, query=query, **form.cleaned_data
        )
    except Refused as refusal:
        return refused(request, refusal, to=_list(review, query))
    return redirect("screening:lot", review.slug, lot.pk)


@review_page(Permission.SCREEN)
@require_GET
def lots(request: ReviewRequest, review: Review) -> HttpResponse:
    own = VoteLot.objects.visible_to(request.membership).select_related("reason", "job")
    return render(request, "screening/lots.html", {"room": "records", "page_obj": page_of(request, own)})


@review_page(Permission.SCREEN)
@require_GET
def lot(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """One's own lot: how far it is, what was left, and taking it back."""
    own = VoteLot.objects.visible_to(request.membership).select_related("reason", "job")
    found = get_object_or_404(own, pk=pk)
    left = found.result.get("left", [])
    titles = Record.objects.filter(review=review).in_bulk([record for record, _ in left])
    complete = Verdict.objects.settled().filter(record=OuterRef("record"), stage=found.stage)
    context = {
        "room": "records",
        "lot": found,
        "standing": found.decisions.live().count(),
        "may_undo": found.decisions.live().filter(~Exists(complete)).exists(),
        "cast": found.decisions.count(),
        "left": [(titles[record], sentence) for record, sentence in left if record in titles],
        "working": found.job if found.job and not found.job.is_finished else None,
    }
    return render(request, "screening/lot.html", context)


@review_page(Permission.SCREEN)
@require_POST
def lot_undo(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    found = get_object_or_404(VoteLot.objects.visible_to(request.membership).select_related("job"), pk=pk)
    here = reverse("screening:lot", args=[review.slug, pk])
    try:
        bulk_votes.request_undo_of_lot(review=review, by=request.user, lot=found)
    except Refused as refusal:
        return refused(request, refusal, to=here)
    return redirect(here)


def _has_that_vote(request: ReviewRequest, record: Record, stage: Stage, vote: str) -> bool:
    own = Decision.objects.live().filter(record=record, stage=stage, reviewer=request.user)
    return own.filter(vote=vote).exists()


def _asked(request: ReviewRequest) -> tuple[str, list[int]]:
    """The filter, and the ids ticked; with ``all`` the ticks do not matter."""
    query = searches.tidy(request.POST.get("query", ""))
    if request.POST.get("all"):
        return query, []
    given = [each for each in request.POST.getlist("pick") if each.isdecimal() and len(each) < 19]
    return query, [int(each) for each in given if int(each) <= BIGGEST_ID]


def _chosen(request: ReviewRequest, query: str, picked: list[int]) -> RecordQuerySet:
    if request.POST.get("all"):
        return found_by(request.membership, query)
    if not picked:
        raise bulk_votes.NothingToVoteOn(
            "No record is ticked: tick some, or vote on all that the filter finds."
        )
    return Record.objects.unique().filter(review=request.membership.review, pk__in=picked)


def _list(review: Review, query: str) -> str:
    return reverse("screening:records", args=[review.slug]) + (f"?{query}" if query else "")


def _preview_page(
    request: ReviewRequest,
    review: Review,
    stage: Stage,
    query: str,
    picked: list[int],
    preview: bulk_votes.Preview,
) -> HttpResponse:
    votes = [
        each for each in Decision.Vote if stage == Stage.FULL_TEXT or each in ("include", "maybe", "exclude")
    ]
    context = {
        "room": "records",
        "stage": stage,
        "stages": list(Stage),
        "votes": votes,
        "reasons": present_reasons(review),
        "query": query,
        "picked": picked,
        "all": bool(request.POST.get("all")),
        "preview": preview,
        "key": uuid.uuid4(),
        "back": _list(review, query),
    }
    return render(request, "screening/lot_new.html", context)
