"""The screen: one record at a time, one key per vote, the next record in the answer."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import push_url

from records.models import DuplicateCandidate, Record
from reviews.access import ReviewRequest, review_page
from reviews.errors import Refused
from reviews.models import Review
from reviews.pages import refuse_form, refused
from reviews.permissions import Permission
from screening import queue, services
from screening.earlier import hide_decisions, shown_to
from screening.forms import VoteForm, present_reasons
from screening.models import IN_REVIEW, Decision, Stage, Verdict
from screening.services import AlreadyDecided, KeyUsed, NotEligible
from screening.services.votes import require_at_stage

SAVED_BEFORE = (
    "An earlier press on this record was saved; it is marked below. Press again to change your vote."
)
SAID = {"include": "Included", "exclude": "Excluded", "maybe": "Maybe noted"}


@review_page(Permission.SCREEN)
@require_GET
def screen_start(request: ReviewRequest, review: Review) -> HttpResponse:
    """To the first stage that has something for this reviewer."""
    stages = [stage for stage in Stage if queue.queue(review, stage, request.user).exists()]
    return redirect("screening:screen", review.slug, stages[0] if stages else Stage.TITLE_ABSTRACT)


@review_page(Permission.SCREEN)
@require_GET
def screen(request: ReviewRequest, review: Review, stage: Stage) -> HttpResponse:
    """The next record after ``?after=`` (skip), or the page that says there is none."""
    after = request.GET.get("after", "")
    record = queue.next_record(review, stage, request.user, int(after) if after.isdecimal() else None)
    if record is not None and not request.htmx:
        return redirect("screening:screen_record", review.slug, stage, record.pk)
    return answer(request, review, stage, record, said="Skipped; it comes again at the end." if after else "")


@review_page(Permission.SCREEN)
@require_GET
def screen_record(request: ReviewRequest, review: Review, stage: Stage, pk: int) -> HttpResponse:
    record = get_object_or_404(Record.objects.unique().filter(review=review), pk=pk)
    try:
        require_at_stage(record, stage)
    except NotEligible as refusal:
        return refused(request, refusal, to=reverse("screening:record", args=[review.slug, pk]))
    return answer(request, review, stage, record)


@review_page(Permission.SCREEN)
@require_POST
def vote(request: ReviewRequest, review: Review, stage: Stage, pk: int) -> HttpResponse:
    record = get_object_or_404(Record.objects.filter(review=review), pk=pk)
    form = VoteForm(request.POST, review=review)
    if not form.is_valid():
        return answer(request, review, stage, record, form=form, status=422)
    cleaned = form.cleaned_data
    try:
        decision = services.cast_vote(
            review=review,
            record=record,
            stage=stage,
            reviewer=request.user,
            vote=cleaned["vote"],
            reason=cleaned["reason"] if cleaned["vote"] == Decision.Vote.EXCLUDE else None,
            note=cleaned["note"],
            key=cleaned["key"],
            seconds=form.seconds,
        )
    except KeyUsed:
        return answer(request, review, stage, record, wrong=SAVED_BEFORE, status=409)
    except AlreadyDecided as refusal:
        return answer_next(request, review, stage, record, wrong=str(refusal))
    except Refused as refusal:
        refuse_form(form, refusal)
        return answer(request, review, stage, record, form=form, status=refusal.status)
    return answer_next(request, review, stage, record, said=SAID[decision.vote])


@review_page(Permission.SCREEN)
@require_POST
def undo(request: ReviewRequest, review: Review, stage: Stage) -> HttpResponse:
    """Take back one's last vote and show its record again."""
    try:
        decision = services.undo_vote(review=review, stage=stage, reviewer=request.user)
    except Refused as refusal:
        return refused(request, refusal, to=reverse("screening:screen", args=[review.slug, stage]))
    if request.htmx:
        return answer(request, review, stage, decision.record, said="Vote taken back.")
    messages.success(request, "Vote taken back.")
    return redirect("screening:screen_record", review.slug, stage, decision.record_id)


def answer_next(
    request: ReviewRequest,
    review: Review,
    stage: Stage,
    record: Record,
    said: str = "",
    wrong: str = "",
    marked: DuplicateCandidate | None = None,
) -> HttpResponse:
    """The answer to a gesture on ``record``: the record after it; ``marked`` is a duplicate to take back."""
    following = queue.next_record(review, stage, request.user, record.pk)
    if request.htmx:
        status = 409 if wrong else 200
        return answer(request, review, stage, following, said=said, wrong=wrong, marked=marked, status=status)
    if wrong:
        messages.error(request, wrong)
    else:
        left = queue.progress(review, stage, request.user).left
        messages.success(request, f"{said}. {left} left.")
    here = [review.slug, stage] + ([following.pk] if following else [])
    url = reverse(f"screening:screen{'_record' if following else ''}", args=here)
    return redirect(f"{url}?marked={marked.pk}" if marked else url)


def answer(
    request: ReviewRequest,
    review: Review,
    stage: Stage,
    record: Record | None,
    *,
    said: str = "",
    wrong: str = "",
    form: VoteForm | None = None,
    marked: DuplicateCandidate | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page, or for htmx its part ``#screen`` with the address of the record shown."""
    context = {
        "room": "screening",
        "stage": stage,
        "stages": list(Stage),
        "record": record,
        "progress": queue.progress(review, stage, request.user),
        "last": _undoable(review, stage, request),
        "said": said,
        "wrong": wrong,
        "marked": marked or _marked(request, review),
    }
    if record is not None:
        context |= _place(request, review, stage, record, form)
    if not request.htmx:
        return render(request, "screening/screen.html", context, status=status)
    response = render(request, "screening/_screen_answer.html", context, status=status)
    here = [review.slug, stage] + ([record.pk] if record else [])
    return push_url(response, reverse(f"screening:screen{'_record' if record else ''}", args=here))


def _place(
    request: ReviewRequest, review: Review, stage: Stage, record: Record, form: VoteForm | None
) -> dict:
    """What the page needs to take a vote on ``record``, or to say why it takes none."""
    hide_decisions(record)
    verdict = Verdict.objects.at(stage).filter(record=record).first()
    own = Decision.objects.live().filter(record=record, stage=stage, reviewer=request.user).first()
    form = form or VoteForm(review=review, initial={"note": own.note} if own else None)
    full = verdict is not None and verdict.votes >= services.policy_of(review, stage).quorum
    return {
        "earlier": shown_to(request.membership, record),
        "own": own,
        "settled": verdict if verdict and verdict.is_settled else None,
        "taken": own is None and full,
        "form": form,
        "reasons": present_reasons(review),
        "criteria": review.criteria.filter(retired_at=None),
    }


def _marked(request: ReviewRequest, review: Review) -> DuplicateCandidate | None:
    """The duplicate that this person has just marked (``?marked=``), while it can be taken back."""
    pk = request.GET.get("marked", "")
    pairs = review.duplicate_candidates.filter(state=DuplicateCandidate.State.MERGED, decided_by=request.user)
    return pairs.filter(pk=int(pk)).first() if pk.isdecimal() and len(pk) < 19 else None


def _undoable(review: Review, stage: Stage, request: ReviewRequest) -> Decision | None:
    """The reviewer's last vote at this stage, while it may still be taken back."""
    own = Decision.objects.live().cast_here().filter(IN_REVIEW, review=review, stage=stage)
    last = own.filter(reviewer=request.user).select_related("record").last()
    if last and Verdict.objects.at(stage).settled().filter(record=last.record_id).exists():
        return None
    return last
