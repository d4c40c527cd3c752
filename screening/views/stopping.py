"""When to stop: the page with its numbers, the decision and its undo, and the sample of what is left."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from records.models import Record
from reviews.access import ReviewRequest, review_page
from reviews.errors import Refused
from reviews.models import Review
from reviews.pages import refuse_form, refused
from reviews.permissions import Permission
from screening.services import removals, stopping
from screening.stopping_chart import chart
from screening.stopping_forms import AskedForm, EndSampleForm, SampleForm, StopForm
from screening.stopping_state import State, standing, stops
from screening.stopping_words import Rule


@review_page(Permission.VIEW)
@require_GET
def stopping_page(request: ReviewRequest, review: Review) -> HttpResponse:
    """Where screening stands; ``?rule=&target=&confidence=`` (percent) ask for other ones than the usual."""
    return show(request, review, AskedForm(request.GET or None))


def show(
    request: ReviewRequest,
    review: Review,
    asked: AskedForm,
    *,
    forms: dict | None = None,
    state: State | None = None,
    status: int = 200,
) -> HttpResponse:
    state = state or State(review, **asked.asked)
    seen, may_decide = state.sequence, Permission.AMEND_PROTOCOL in request.membership.may
    drawn = state.curve()
    all_stops = stops(review)
    context = {
        "room": "priority",
        "tab": "stopping",
        "state": state,
        "seen": seen,
        "chart": chart(drawn, seen.total) if drawn is not None else None,
        "asked": asked if asked.is_bound else AskedForm(_typed(state)),
        "other_than_usual": asked.is_bound,
        "stop": standing(all_stops),
        "stops": all_stops,
        "may_decide": may_decide,
        "against": not state.rule_is_met,
        "by_test": state.rule in Rule.tests(),
    }
    if may_decide:
        context |= _to_decide(state) | (forms or {})
    return render(request, "screening/stopping.html", context, status=status)


def _to_decide(state: State) -> dict:
    """The forms of who may decide, and what a sample would have to be; ``can_leave`` is for them alone."""
    clean = state.clean_sample(state.can_leave) if state.can_leave else None
    given = {"rule": state.rule.value, "target": state.target, "confidence": state.confidence}
    stop_form = StopForm(initial=given)
    stop_form.fields["why"].required = not state.rule_is_met
    return {
        "can_leave": state.can_leave,
        "clean": clean,
        "stop_form": stop_form,
        "sample_form": SampleForm(initial={"size": min(clean or 300, state.can_leave)}),
        "end_form": EndSampleForm(),
    }


def _typed(state: State) -> dict:
    """The usual, as the form that asks for another has it."""
    return {
        "rule": state.rule.value,
        "target": f"{state.target * 100:g}",
        "confidence": f"{state.confidence * 100:g}",
    }


@review_page(Permission.AMEND_PROTOCOL)
@require_POST
def stop(request: ReviewRequest, review: Review) -> HttpResponse:
    form = StopForm(request.POST)
    if form.is_valid():
        try:
            removal = stopping.stop(review=review, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            refuse_form(form, refusal)
        else:
            number = removal.numbers["removed"]
            messages.success(
                request, f"Screening is stopped: {number:,} record{'s' if number != 1 else ''} left unread."
            )
            return redirect("screening:stopping", review.slug)
    given = {
        name: form.cleaned_data[name]
        for name in ("rule", "target", "confidence")
        if name in form.cleaned_data
    }
    state = State(review, **given)
    return show(request, review, AskedForm(_typed(state)), forms={"stop_form": form}, state=state, status=422)


@review_page(Permission.AMEND_PROTOCOL)
@require_POST
def stop_undo(request: ReviewRequest, review: Review) -> HttpResponse:
    number = request.POST.get("number", "")
    try:
        removal = stopping.undo_stop(
            review=review,
            by=request.user,
            number=int(number) if number.isdecimal() and len(number) < 6 else None,
        )
    except Refused as refusal:
        return refused(request, refusal, to=_page(review))
    back = removal.removed.filter(withdrawn_at=removal.undone_at).count()
    messages.success(request, f"{back:,} record{' waits' if back == 1 else 's wait'} for votes again.")
    return redirect(_page(review))


@review_page(Permission.AMEND_PROTOCOL)
@require_POST
def sample_begin(request: ReviewRequest, review: Review) -> HttpResponse:
    form = SampleForm(request.POST)
    if form.is_valid():
        try:
            round = stopping.begin_sample(review=review, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            refuse_form(form, refusal)
        else:
            messages.success(
                request, f"Sample {round.number} is drawn: its records come first in every queue."
            )
            return redirect(f"{_page(review)}#sample")
    return show(request, review, AskedForm(), forms={"sample_form": form}, status=422)


@review_page(Permission.AMEND_PROTOCOL)
@require_POST
def sample_close(request: ReviewRequest, review: Review) -> HttpResponse:
    form = EndSampleForm(request.POST)
    if form.is_valid():
        try:
            round = stopping.close_sample(review=review, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            refuse_form(form, refusal)
        else:
            messages.success(request, f"Sample {round.number} is ended.")
            return redirect(f"{_page(review)}#sample")
    return show(request, review, AskedForm(), forms={"end_form": form}, status=422)


@review_page(Permission.AMEND_PROTOCOL)
@require_POST
def record_bring_back(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """One record that was left unread comes back into screening."""
    record = get_object_or_404(Record.objects.select_related("review").filter(review=review), pk=pk)
    here = reverse("screening:record", args=[review.slug, pk])
    try:
        removals.bring_back(record=record, by=request.user)
    except Refused as refusal:
        return refused(request, refusal, to=here)
    messages.success(request, "The record is in screening again.")
    return redirect(here)


def _page(review: Review) -> str:
    return reverse("screening:stopping", args=[review.slug])
