"""In which order records come to be screened, what it was learned from, and why a record has its score."""

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from records.models import Record
from reviews.access import ReviewRequest, review_page
from reviews.errors import Refused
from reviews.models import Review
from reviews.pages import refused
from reviews.permissions import Permission
from screening import likeliness, ranked
from screening.forms_order import OrderFileForm
from screening.found import found
from screening.models import Ranking, Stage, StageSettings
from screening.services import NotAllowed, NotEligible, rankings
from screening.services.rankings.asking import TASK
from screening.services.stage_settings import settings_of
from screening.views.exchange import sentence, wants_json

SCORES_HIDDEN = "What the model says of records is not shown at this stage."


@review_page(Permission.VIEW)
@require_GET
def priority(request: ReviewRequest, review: Review) -> HttpResponse:
    """The order of one stage (``?stage=``)."""
    stage = asked_stage(request)
    settings = settings_of(review, stage)
    ranking = ranked.shown_to(review, stage, request.user) if settings.is_learned else None
    if ranking and ranking.about.get("start") == "nothing":
        ranking = None
    order = ranked.ranking_order(review, stage, request.user) if ranking else None
    may = request.membership.may
    context = {
        "room": "priority",
        "tab": "order",
        "stage": stage,
        "stages": list(Stage),
        "settings": settings,
        "ranking": ranking,
        "waiting": len(order.likely) if order else 0,
        "terms": _terms(ranking),
        "job": review.jobs.unfinished().filter(task=TASK, params__stage=str(stage)).first(),
        "found": found(review, stage),
        "may_change": Permission.AMEND_PROTOCOL in may,
        "may_screen": Permission.SCREEN in may,
        "may_export": ranking and Permission.EXPORT in may and likeliness.may_ask(request.membership, stage),
        "file_form": OrderFileForm(),
        "may_learn": bool(may & {Permission.SCREEN, Permission.AMEND_PROTOCOL}) and not review.archived_at,
    }
    return render(request, "screening/priority.html", context)


@review_page(Permission.VIEW)
@require_POST
def priority_learn(request: ReviewRequest, review: Review, stage: Stage) -> HttpResponse:
    """Learn the order anew in the background."""
    here = f"{reverse('screening:priority', args=[review.slug])}?stage={stage}"
    try:
        rankings.request_ranking(review=review, stage=stage, by=request.user)
    except Refused as refusal:
        return refused(request, refusal, to=here)
    return redirect(here)


@review_page(Permission.EXPORT)
@require_GET
def priority_file(request: ReviewRequest, review: Review, stage: Stage) -> HttpResponse:
    """All there is to say of the order this person is given, as JSON that can be read in again."""
    here = f"{reverse('screening:priority', args=[review.slug])}?stage={stage}"
    if not likeliness.may_ask(request.membership, stage):
        return refused(request, NotAllowed(SCORES_HIDDEN), to=here)
    ranking = ranked.shown_to(review, stage, request.user)
    if ranking is None:
        return refused(
            request, NotEligible("Nothing is learned yet: there is no order to write out."), to=here
        )
    answer = JsonResponse(rankings.export_ranking(ranking), json_dumps_params={"indent": 1})
    answer["Content-Disposition"] = f'attachment; filename="{review.slug}-order-{stage}.json"'
    return answer


@review_page(Permission.AMEND_PROTOCOL)
@require_POST
def priority_import(request: ReviewRequest, review: Review, stage: Stage) -> HttpResponse:
    """Take an order from a file."""
    here = f"{reverse('screening:priority', args=[review.slug])}?stage={stage}"
    form = OrderFileForm(request.POST, request.FILES)
    if not form.is_valid():
        messages.error(request, " ".join(map(str, form.errors["file"])))
        return redirect(here)
    file = form.cleaned_data["file"]
    try:
        made = rankings.import_ranking(
            review=review, stage=stage, by=request.user, name=file.name, data=file.read()
        )
    except Refused as refusal:
        return refused(request, refusal, to=here)
    messages.success(request, _taken(made))
    return redirect(here)


@review_page(Permission.VIEW)
@require_GET
def why(request: ReviewRequest, review: Review, stage: Stage, pk: int) -> HttpResponse:
    """Which words moved a record's score: a page, and for the screen's script ``{"user", "html"}``."""
    record = get_object_or_404(Record.objects.unique().filter(review=review), pk=pk)
    try:
        context = _explained(request, review, stage, record)
    except Refused as refusal:
        if wants_json(request):
            return sentence(request, refusal)
        here = reverse("screening:priority", args=[review.slug])
        return refused(request, refusal, to=f"{here}?stage={stage}")
    if wants_json(request):
        html = render_to_string("screening/_why.html", context, request)
        return JsonResponse({"user": request.user.pk, "html": html})
    return render(request, "screening/why.html", context)


def _explained(request: ReviewRequest, review: Review, stage: Stage, record: Record) -> dict:
    if not likeliness.may_ask(request.membership, stage):
        raise NotAllowed(SCORES_HIDDEN)
    explained = ranked.explain(review, stage, request.user, record)
    settings = settings_of(review, stage)
    shown = settings.scores_shown if likeliness.are_shown(settings) else StageSettings.Scores.PROBABILITY
    says = likeliness.Likely(explained.score, shown) if explained.score is not None else None
    to_record = "back" in request.GET or Permission.SCREEN not in request.membership.may
    where = [review.slug, record.pk] if to_record else [review.slug, stage, record.pk]
    return {
        "room": "priority",
        "record": record,
        "stage": stage,
        "says": says,
        "explained": explained,
        "ranking": ranked.shown_to(review, stage, request.user),
        "back": reverse("screening:record" if to_record else "screening:screen_record", args=where),
    }


def _taken(made: Ranking) -> str:
    said = f"The order of {len(made.order):,} records was taken from the file."
    unknown = made.about.get("unknown_count", 0)
    if not unknown:
        return said
    first = "; ".join(made.about["unknown"][:3])
    return f"{said} {unknown:,} of its rows name no record of this review ({first})."


def _terms(ranking: Ranking | None) -> list[tuple[str, list]]:
    """The words that weigh most, for and against inclusion, the strongest first."""
    words = ranking.about.get("terms") or [] if ranking else []
    if not words:
        return []
    return [
        ("For inclusion", [(term, weight) for term, weight in words if weight > 0]),
        ("Against it", [(term, weight) for term, weight in words if weight < 0]),
    ]


def asked_stage(request: ReviewRequest) -> Stage:
    asked = request.GET.get("stage")
    return next((each for each in Stage if each == asked), Stage.TITLE_ABSTRACT)
