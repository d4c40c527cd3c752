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
from reviews.services import TEXT_SIZES, screen_preferences
from screening import queue, services
from screening.batches import batch_of, within
from screening.forms import VoteForm
from screening.likeliness import are_shown
from screening.models import IN_REVIEW, Decision, Stage, Verdict
from screening.panes import BESIDE, common, panes
from screening.remarks import terms_for
from screening.services import AlreadyDecided, KeyUsed, NotEligible
from screening.services.stage_settings import settings_of
from screening.services.votes import require_at_stage
from screening.views import exchange

SAVED_BEFORE = (
    "An earlier press on this record was saved; it is marked below. Press again to change your vote."
)
SAID = {
    "include": "Included",
    "exclude": "Excluded",
    "maybe": "Maybe noted",
    "awaiting": "Awaiting classification",
    "ongoing": "Ongoing study",
}


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
    place = int(after) if after.isdecimal() else None
    record = queue.next_record(review, stage, request.user, place, within(request))
    if record is not None and not request.htmx:
        return redirect("screening:screen_record", review.slug, stage, record.pk)
    return answer(request, review, stage, record, said="Skipped; it comes again at the end." if after else "")


@review_page(Permission.SCREEN)
@require_GET
def screen_record(request: ReviewRequest, review: Review, stage: Stage, pk: int) -> HttpResponse:
    record = get_object_or_404(Record.objects.filter(review=review).select_related(*BESIDE), pk=pk)
    if not Record.objects.unique().filter(pk=pk).exists():
        return redirect("screening:record", review.slug, pk)  # it says what became of this record
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
            answers=form.answers,
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
def postpone(request: ReviewRequest, review: Review, stage: Stage, pk: int) -> HttpResponse:
    """Put a record off and go on; it comes again at the end."""
    record = get_object_or_404(Record.objects.unique().filter(review=review), pk=pk)
    try:
        services.postpone(review=review, stage=stage, reviewer=request.user, record=record)
    except Refused as refusal:
        return refused(request, refusal, to=reverse("screening:screen_record", args=[review.slug, stage, pk]))
    return redirect(f"{reverse('screening:screen', args=[review.slug, stage])}?after={pk}")


@review_page(Permission.SCREEN)
@require_POST
def undo(request: ReviewRequest, review: Review, stage: Stage) -> HttpResponse:
    """Take back one's vote on ``record`` (else the last one) and show its record again; to script as JSON."""
    asked = request.POST.get("record", "")
    record = get_object_or_404(Record.objects.filter(review=review), pk=asked) if asked.isdecimal() else None
    is_json = exchange.wants_json(request)
    try:
        exchange.require_same_person(request, request.POST.get("as"))
        decision = services.undo_vote(review=review, stage=stage, reviewer=request.user, record=record)
    except Refused as refusal:
        if is_json:
            return exchange.sentence(request, refusal)
        return refused(request, refusal, to=reverse("screening:screen", args=[review.slug, stage]))
    if is_json:
        return exchange.pane_answer(request, review, stage, decision.record)
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
    following = queue.next_record(review, stage, request.user, record.pk, within(request))
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
        "batch": batch_of(request),
    }
    if record is not None:
        shared = common(review, stage)
        context |= shared | panes(request.membership, stage, [record], shared, form)[0]
    if not request.htmx:
        return render(
            request, "screening/screen.html", context | shell(request, review, stage), status=status
        )
    response = render(request, "screening/_screen_answer.html", context, status=status)
    here = [review.slug, stage] + ([record.pk] if record else [])
    return push_url(response, reverse(f"screening:screen{'_record' if record else ''}", args=here))


def shell(request: ReviewRequest, review: Review, stage: Stage) -> dict:
    """What the page around the record holds for its script: addresses, terms, how the person likes the screen."""
    stages = {str(each): reverse("screening:votes", args=[review.slug, each]) for each in Stage}
    config = {
        "user": request.user.pk,
        "review": review.slug,
        "stage": stage,
        "stages": {str(each): each.label for each in Stage},
        "votes": stages,
        "screen": reverse("screening:screen", args=[review.slug, stage]),
        "undo": reverse("screening:undo", args=[review.slug, stage]),
        "before": reverse("screening:before", args=[review.slug, stage]),
        "progress": reverse("screening:progress", args=[review.slug, stage]),
        "preferences": reverse("reviews:preferences"),
        "login": reverse("account_login"),
        "needsReason": "An exclusion at full text needs a reason."
        if stage == Stage.FULL_TEXT
        else "An exclusion needs a reason here.",
        "said": SAID,
        "view": screen_preferences(request.user),
    }
    return {
        "screen_config": config,
        "terms": terms_for(request.membership),
        "text_sizes": TEXT_SIZES,
        "scores_shown": are_shown(settings_of(review, stage)),
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
