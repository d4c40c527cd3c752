"""Checks of exclusions: beginning one, screening its records again, and what it found."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from records.models import Record
from reviews.access import ReviewRequest, review_page
from reviews.errors import Refused
from reviews.models import Review
from reviews.pages import refuse_form, refused
from reviews.permissions import Permission
from screening import services
from screening.earlier import hide_decisions
from screening.forms import present_reasons
from screening.models import Round
from screening.round_forms import CheckForm, CheckVoteForm
from screening.services.stage_settings import settings_of
from screening.views.rounds import begin


@review_page(Permission.AMEND_PROTOCOL)
@require_http_methods(["GET", "POST"])
def check_begin(request: ReviewRequest, review: Review) -> HttpResponse:
    said = "has begun: it is on the list of its people."
    return begin(request, review, CheckForm, services.begin_check, title="Check exclusions", said=said)


@review_page(Permission.SCREEN)
@require_http_methods(["GET", "POST"])
def check_vote(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """The next record to be screened again; who excluded it, why, and what they wrote is not shown."""
    round = _check(review, pk)
    form = CheckVoteForm(request.POST or None, review=review)
    record = None
    if request.method == "POST":
        record = get_object_or_404(
            Record.objects.filter(review=review), pk=_number(request.POST.get("record", ""))
        )
        if form.is_valid():
            return _take(request, round, record, form)
    record = record or services.to_check(round, request.user).first()
    if record is None or round.state != Round.State.OPEN:
        return redirect("screening:round", review.slug, round.pk)
    return _ask(request, round, record, form)


@review_page(Permission.SCREEN)
@require_POST
def check_undo(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    round = _check(review, pk)
    try:
        services.undo_check_vote(round=round, reviewer=request.user)
    except Refused as refusal:
        return refused(request, refusal, to=reverse("screening:round", args=[review.slug, pk]))
    messages.success(request, "Answer taken back.")
    return redirect("screening:check_vote", review.slug, pk)


@review_page(Permission.AMEND_PROTOCOL)
@require_POST
def check_close(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    try:
        services.close_check(round=_check(review, pk), by=request.user, why=request.POST.get("why", "")[:500])
    except Refused as refusal:
        return refused(request, refusal, to=reverse("screening:round", args=[review.slug, pk]))
    messages.success(request, "The check is closed; its result stays.")
    return redirect("screening:round", review.slug, pk)


@review_page(Permission.ADJUDICATE)
@require_POST
def check_reopen(request: ReviewRequest, review: Review, pk: int, record: int) -> HttpResponse:
    found = get_object_or_404(Record.objects.filter(review=review), pk=record)
    try:
        services.reopen_checked(round=_check(review, pk), record=found, by=request.user)
    except Refused as refusal:
        return refused(request, refusal, to=reverse("screening:round", args=[review.slug, pk]))
    messages.success(request, f"Record {record} is open again.")
    return redirect("screening:round", review.slug, pk)


def _check(review: Review, pk: int) -> Round:
    return get_object_or_404(
        Round.objects.select_related("review"), review=review, pk=pk, kind=Round.Kind.CHECK
    )


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 19 else 0


def _take(request: ReviewRequest, round: Round, record: Record, form: CheckVoteForm) -> HttpResponse:
    said = form.cleaned_data
    included = said["vote"] == "include"
    here = reverse("screening:check_vote", args=[round.review.slug, round.pk])
    try:
        services.cast_check_vote(
            round=round,
            record=record,
            reviewer=request.user,
            included=included,
            reason=None if included else said["reason"],
            note=said["note"],
        )
    except services.AlreadyDecided as refusal:
        messages.error(request, str(refusal))
        return redirect(here)
    except Refused as refusal:
        refuse_form(form, refusal)
        return _ask(request, round, record, form, status=refusal.status)
    return redirect(here)


def _ask(
    request: ReviewRequest, round: Round, record: Record, form: CheckVoteForm, status: int | None = None
) -> HttpResponse:
    review = round.review
    context = {
        "room": "progress",
        "round": round,
        "record": hide_decisions(record),
        "form": form,
        "left": services.to_check(round, request.user).count(),
        "given": round.check_votes.filter(reviewer=request.user).count(),
        "reasons": present_reasons(review),
        "criteria": review.criteria.filter(retired_at=None),
        "stage_settings": settings_of(review, round.stage),
        "whole": True,
    }
    return render(
        request, "screening/check_vote.html", context, status=status or (422 if form.errors else 200)
    )
