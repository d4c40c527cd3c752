"""The resolver's queue: both votes side by side, nobody's name."""

from django.contrib import messages
from django.db.models import Count, Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from records.models import Record
from reviews.access import ReviewRequest, review_page
from reviews.errors import Conflict, Refused
from reviews.models import Review
from reviews.pages import page_of, refuse_form, refused
from reviews.permissions import Permission
from screening import services
from screening.anonymity import anonymous
from screening.disputes import dispute
from screening.earlier import hide_decisions
from screening.forms import ResolutionForm, present_reasons
from screening.models import Adjudication, Decision, Stage, Verdict
from screening.remarks import terms_for
from screening.services.conflicts import in_view_of_others, reader_of
from screening.services.stage_settings import settings_of


@review_page(Permission.ADJUDICATE)
@require_GET
def conflicts(request: ReviewRequest, review: Review) -> HttpResponse:
    """Conflicts this person may resolve, for one stage (``?stage=``)."""
    mine = Verdict.objects.filter(review=review).to_resolve_by(request.user)
    counts = dict(mine.order_by().values_list("stage").annotate(Count("pk")))
    stage = next((s for s in Stage if s == request.GET.get("stage")), None) or _fullest(counts)
    rows = mine.at(stage).select_related("record").prefetch_related(_votes(stage)).order_by("record_id")
    page = page_of(request, rows)
    for verdict in page:
        verdict.ballots = anonymous(verdict.record.ballots)
    context = {
        "room": "conflicts",
        "stage": stage,
        "tabs": [(s, counts.get(s, 0)) for s in Stage],
        "page_obj": page,
        "due": _due(request, review),
        "undoable": _last(request, review, stage),
    }
    return render(request, "screening/conflicts.html", context)


@review_page(Permission.ADJUDICATE)
@require_http_methods(["GET", "POST"])
def conflict(request: ReviewRequest, review: Review, stage: Stage, pk: int) -> HttpResponse:
    record = get_object_or_404(
        Record.objects.select_related("search", "full_text").filter(review=review), pk=pk
    )
    mine = Verdict.objects.filter(review=review).to_resolve_by(request.user).at(stage)
    if not mine.filter(record=record).exists():
        gone = Conflict("This record is not in conflict any more, or it is not for you to resolve.")
        return refused(request, gone, to=reverse("screening:conflicts", args=[review.slug]))
    hide_decisions(record)
    form = ResolutionForm(request.POST if request.method == "POST" else None, review=review, stage=stage)
    if form.is_valid() and _resolved(request, review, record, stage, form):
        return _to_next(request, review, stage, record)
    settings = settings_of(review, stage)
    reader = reader_of if form.errors else services.take_conflict  # what is refused keeps nothing
    context = {
        "room": "conflicts",
        "stage": stage,
        "record": record,
        "left": mine.count(),
        "dispute": dispute(request.membership, record, stage),
        "reader": reader(review=review, record=record, stage=stage, by=request.user),
        "form": form,
        "reasons": present_reasons(review),
        "aside": form.aside,
        "criteria": review.criteria.filter(retired_at=None),
        "undoable": _last(request, review, stage),
        "terms": terms_for(request.membership),
        "authors_hidden": settings.authors_hidden,
        "journal_hidden": settings.journal_hidden,
    }
    return render(request, "screening/conflict.html", context, status=422 if form.errors else 200)


@review_page(Permission.ADJUDICATE)
@require_GET
def conflict_next(request: ReviewRequest, review: Review, stage: Stage) -> HttpResponse:
    """The first conflict after ``?after=`` that no other resolver reads; at the end again from the start."""
    after = request.GET.get("after", "")
    following = _following(request, review, stage, int(after) if after.isdecimal() and len(after) < 19 else 0)
    if following is None:
        return redirect("screening:conflicts", review.slug)
    return redirect("screening:conflict", review.slug, stage, following)


@review_page(Permission.ADJUDICATE)
@require_POST
def conflict_undo(request: ReviewRequest, review: Review, stage: Stage) -> HttpResponse:
    """Take one's last resolution back and show its conflict again."""
    try:
        record = services.undo_resolution(review=review, stage=stage, by=request.user)
    except Refused as refusal:
        return refused(request, refusal, to=reverse("screening:conflicts", args=[review.slug]))
    messages.success(request, "Your resolution is taken back: this record is in conflict again.")
    return redirect("screening:conflict", review.slug, stage, record.pk)


@review_page(Permission.AMEND_PROTOCOL)
@require_POST
def recount(request: ReviewRequest, review: Review) -> HttpResponse:
    """Apply a changed quorum or rule to the votes there are; the job's page follows it."""
    try:
        job = services.request_recount(review=review, by=request.user)
    except Refused as refusal:
        return refused(request, refusal, to=reverse("screening:conflicts", args=[review.slug]))
    return redirect("reviews:job", review.slug, job.pk)


def _due(request: ReviewRequest, review: Review) -> int:
    """Records that a changed quorum leaves waiting for nobody; told to those who may count anew."""
    if Permission.AMEND_PROTOCOL not in request.membership.may:
        return 0
    verdicts = Verdict.objects.filter(review=review)
    return sum(
        verdicts.at(stage).waiting_with(services.policy_of(review, stage).quorum).count() for stage in Stage
    )


def _votes(stage: str) -> Prefetch:
    votes = Decision.objects.live().filter(stage=stage).select_related("reason")
    return Prefetch("record__decisions", votes, to_attr="ballots")


def _fullest(counts: dict[str, int]) -> Stage:
    """The first stage with something to resolve."""
    return next((stage for stage in Stage if counts.get(stage)), Stage.TITLE_ABSTRACT)


def _resolved(
    request: ReviewRequest, review: Review, record: Record, stage: Stage, form: ResolutionForm
) -> bool:
    try:
        services.adjudicate(
            review=review,
            record=record,
            stage=stage,
            adjudicator=request.user,
            **form.given,
        )
    except Refused as refusal:
        refuse_form(form, refusal)
        return False
    return True


def _to_next(request: ReviewRequest, review: Review, stage: Stage, record: Record) -> HttpResponse:
    left = Verdict.objects.filter(review=review).to_resolve_by(request.user).at(stage).count()
    messages.success(request, f"Resolved. {left} left.")
    following = _following(request, review, stage, record.pk)
    if following is None:
        return redirect("screening:conflicts", review.slug)
    return redirect("screening:conflict", review.slug, stage, following)


def _following(request: ReviewRequest, review: Review, stage: Stage, after: int) -> int | None:
    rest = Verdict.objects.filter(review=review).to_resolve_by(request.user).at(stage)
    free = rest.exclude(record__in=in_view_of_others(review, stage, request.user)).order_by("record_id")
    ids = free.exclude(record=after).values_list("record_id", flat=True)
    return ids.filter(record_id__gt=after).first() or ids.first()


def _last(request: ReviewRequest, review: Review, stage: Stage) -> Adjudication | None:
    """One's latest resolution at the stage, which can be taken back."""
    own = Adjudication.objects.live().filter(review=review, stage=stage, adjudicator=request.user)
    return own.select_related("record").order_by("-pk").first()
