"""Pilot rounds: beginning one, its page with its discussion, and closing it."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from records.models import Record
from reviews.access import ReviewRequest, review_page
from reviews.errors import Refused
from reviews.models import Review, User
from reviews.pages import refuse_form, refused
from reviews.permissions import Permission
from screening import pair_tables, services
from screening.check_tables import result_of, wrongly_excluded
from screening.models import Decision, Round, Verdict
from screening.round_forms import CheckForm, CloseForm, PilotForm

DISCUSSED = 100


@review_page(Permission.VIEW)
@require_GET
def rounds(request: ReviewRequest, review: Review) -> HttpResponse:
    """The rounds one may know of, the latest first."""
    found = Round.objects.visible_to(request.membership).prefetch_related("people")
    return render(request, "screening/rounds.html", {"room": "progress", "rounds": found[:50]})


@review_page(Permission.AMEND_PROTOCOL)
@require_http_methods(["GET", "POST"])
def pilot_begin(request: ReviewRequest, review: Review) -> HttpResponse:
    said = "is open: its records are in the queue of its people."
    return begin(request, review, PilotForm, services.begin_pilot, title="Begin a pilot", said=said)


def begin(
    request: ReviewRequest,
    review: Review,
    asks: type[PilotForm | CheckForm],
    service: Callable[..., Round],
    *,
    title: str,
    said: str,
) -> HttpResponse:
    """The page on which a round begins: the form ``asks`` for what ``service`` takes; ``said`` follows its name."""
    form = asks(request.POST or None, review=review, initial={"stage": request.GET.get("stage")})
    if request.method == "POST" and form.is_valid():
        try:
            begun = service(review=review, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            refuse_form(form, refusal)
        else:
            messages.success(request, f"{begun} {said}")
            return redirect(_address(begun))
    context = {"room": "progress", "form": form, "title": title}
    return render(request, "screening/round_begin.html", context, status=422 if form.errors else 200)


@review_page(Permission.VIEW)
@require_GET
def round(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """How far it is, and once it was opened its agreement and what to discuss; a check's result."""
    found = get_object_or_404(Round.objects.visible_to(request.membership), pk=pk)
    return show(request, review, found)


def show(request: ReviewRequest, review: Review, found: Round, form: CloseForm | None = None) -> HttpResponse:
    status = 422 if form is not None and form.errors else 200
    context = {"room": "progress", "round": found, "mine": found.people.filter(pk=request.user.pk).exists()}
    if found.kind == Round.Kind.SAMPLE:
        return redirect(f"{reverse('screening:stopping', args=[review.slug])}#sample")
    if found.kind == Round.Kind.CHECK:
        context |= _of_check(request, found)
        return render(request, "screening/check.html", context, status=status)
    context["form"] = form or CloseForm(initial={"afterwards": found.afterwards})
    context |= _of_pilot(request, found)
    return render(request, "screening/pilot.html", context, status=status)


@review_page(Permission.AMEND_PROTOCOL)
@require_POST
def pilot_discuss(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    found = _round(review, pk)
    try:
        services.open_discussion(round=found, by=request.user)
    except Refused as refusal:
        return refused(request, refusal, to=_address(found))
    messages.success(request, "The votes are open to the people of the pilot, and stand as they are.")
    return redirect(_address(found))


@review_page(Permission.AMEND_PROTOCOL)
@require_POST
def pilot_close(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    found = _round(review, pk)
    form = CloseForm(request.POST)
    if not form.is_valid():
        return show(request, review, found, form)
    said = form.cleaned_data
    try:
        services.close_pilot(
            round=found,
            passed=said["passed"],
            by=request.user,
            why=said["why"],
            afterwards=said["afterwards"] or None,
        )
    except Refused as refusal:
        refuse_form(form, refusal)
        return show(request, review, found, form)
    opened = f"{found.get_stage_display()} is open again."
    messages.success(
        request, f"Pilot {found.number} passed. {opened}" if said["passed"] else f"Closed. {opened}"
    )
    if not said["passed"]:
        return redirect(f"{reverse('screening:pilot_begin', args=[review.slug])}?stage={found.stage}")
    return redirect(_address(found))


@review_page(Permission.AMEND_PROTOCOL)
@require_POST
def pilot_excuse(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    found = _round(review, pk)
    person = request.POST.get("person", "")
    try:
        someone = get_object_or_404(User, pk=int(person) if person.isdecimal() and len(person) < 19 else 0)
        services.excuse(round=found, person=someone, by=request.user)
    except Refused as refusal:
        return refused(request, refusal, to=_address(found))
    messages.success(request, f"{someone} is not waited for any more.")
    return redirect(_address(found))


def _round(review: Review, pk: int) -> Round:
    return get_object_or_404(Round.objects.select_related("review"), review=review, pk=pk)


def _address(found: Round) -> str:
    return reverse("screening:round", args=[found.review.slug, found.pk])


def _of_pilot(request: ReviewRequest, found: Round) -> dict:
    """What this member may see of a pilot. Counts of votes may be seen by all its people: while it is open nobody is
    told an outcome, so that a count has nothing it could be set against."""
    is_open = found.state == Round.State.OPEN
    shown: dict = {"parts": services.pilot_parts(found) if is_open else [], "drawn": found.sample.count()}
    shown["all_in"] = not any(part.waits and part.left for part in shown["parts"])
    if pair_tables.may_see(request.membership, found):
        shown["agreement"] = agreement = pair_tables.of_round(found)
        shown["disputed"] = _disputed(request, found, agreement.disputed[:DISCUSSED])
        shown["more"] = max(0, len(agreement.disputed) - DISCUSSED)
    return shown


def _disputed(request: ReviewRequest, found: Round, ids: list[int]) -> list[tuple[Record, list[Decision]]]:
    """The records to discuss with the votes that this member may read (names too: it is a discussion)."""
    votes: dict[int, list[Decision]] = {pk: [] for pk in ids}
    standing = pair_tables.standing(found).visible_to(request.membership).filter(record__in=ids)
    for vote in standing.select_related("reviewer", "reason").order_by("reviewer__name", "pk"):
        votes[vote.record_id].append(vote)
    records = Record.objects.in_bulk(ids)
    return [(records[pk], votes[pk]) for pk in ids]


def _of_check(request: ReviewRequest, found: Round) -> dict:
    """The result for who resolves or leads; for the others what is left for them."""
    left = services.to_check(found, request.user).count() if found.state == Round.State.OPEN else 0
    shown: dict = {"left": left, "given": found.check_votes.filter(reviewer=request.user).count()}
    if Permission.ADJUDICATE in request.membership.may:
        excluded = Verdict.objects.settled().filter(
            review=found.review, stage=found.stage, state=Verdict.State.EXCLUDED
        )
        shown["result"] = result_of(found)
        shown["wrong"] = list(wrongly_excluded(found)[:DISCUSSED])
        shown["still"] = set(
            excluded.filter(record__in=[vote.record_id for vote in shown["wrong"]]).values_list(
                "record", flat=True
            )
        )
    return shown
