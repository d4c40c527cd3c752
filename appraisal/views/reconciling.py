"""The assessments of one thing side by side, and the consensus on it."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import trigger_client_event

from appraisal import services
from appraisal.comparison import Row, compare
from appraisal.forms import ConsensusForm
from appraisal.instruments import Tool, overall, shown
from appraisal.models import Assessment
from appraisal.proposing import OVERALL, proposals
from appraisal.views.common import ROOM, overview_url, result_meant, tool_named
from reviews.access import ReviewRequest, review_page
from reviews.errors import Refused
from reviews.models import Review
from reviews.permissions import Permission
from screening.models import Study


@review_page(Permission.VIEW)
@require_GET
def reconciliation(request: ReviewRequest, review: Review, instrument: str, study_pk: int) -> HttpResponse:
    """The assessments of one study (``?result=`` of one of its results) side by side, with the consensus."""
    study = get_object_or_404(Study, review=review, pk=study_pk)
    return _page(request, study, instrument, request.GET.get("result", ""))


@review_page(Permission.ASSESS)
@require_POST
def settle(request: ReviewRequest, review: Review, instrument: str, study_pk: int) -> HttpResponse:
    """Record the consensus on one study, or on one of its results."""
    study = get_object_or_404(Study, review=review, pk=study_pk)
    result = request.POST.get("result", "")
    outcome, time_point = result_meant(review, result)
    pair = _seen(request, study, instrument, result)
    form = ConsensusForm(_tool(review, instrument, pair), request.POST)
    if not form.is_valid():
        return _page(request, study, instrument, result, form, status=422)
    try:
        consensus = services.reconcile(
            study=study,
            instrument=instrument,
            by=request.user,
            outcome=outcome,
            time_point=time_point,
            values=form.values,
            overall=form.overall,
            supports=form.given("support"),
            override_reasons=form.given("override_reason"),
            directions=form.given("direction"),
            answers=form.answers,
            several_together=form.several_together,
            seen=request.POST.get("seen", ""),
        )
    except Refused as refusal:
        messages.error(request, str(refusal))
        return _page(request, study, instrument, result, form, status=refusal.status)
    messages.success(request, f"The agreed risk of bias of {consensus.about} is recorded.")
    return redirect(overview_url(review, instrument))


@review_page(Permission.ASSESS)
@require_POST
def weigh(request: ReviewRequest, review: Review, instrument: str, study_pk: int) -> HttpResponse:
    """What the tool makes of the answers chosen so far; nothing is stored."""
    study = get_object_or_404(Study, review=review, pk=study_pk)
    pair = _seen(request, study, instrument, request.POST.get("result", ""))
    tool = _tool(review, instrument, pair)
    form = ConsensusForm(tool, request.POST)
    if not form.is_valid():
        sentence = " ".join(form.all_errors)
        return HttpResponse(sentence, status=422, content_type="text/plain; charset=utf-8")
    proposed = proposals(tool, form.answers, form.values, form.several_together)
    given = form.given("value")
    context = {"tool": tool, "rows": [_proposed(tool, key, proposed.get(key)) for key in form.domains]}
    answer = render(request, "appraisal/_weighed.html", context)
    differing = [
        key for key, one in proposed.items() if one.level and given.get(key) not in (None, one.level)
    ]
    asks = tool.judges_overall and bool(overall(tool, form.values).asks)
    needed = {"shown": shown(tool, form.answers), "differing": differing, "asks": asks}
    return trigger_client_event(answer, "needed", needed)


def _proposed(tool: Tool, key: str, proposal: Any) -> dict[str, Any]:
    level = None
    if proposal and proposal.level:
        level = tool.overall_level(proposal.level) if key == OVERALL else tool.level(proposal.level)
    return {"key": key, "proposal": proposal, "level": level}


def _seen(request: ReviewRequest, study: Study, instrument: str, result: str) -> list[Assessment]:
    """The complete assessments of the thing that this member may see, the independent ones first."""
    visible = Assessment.objects.visible_to(request.membership)
    visible = visible.of(study, instrument, *result_meant(study.review, result)).complete()
    visible = visible.select_related("assessor", "study", "review", "outcome")
    found = visible.prefetch_related("judgements__full_text", "answers__full_text").order_by("pk")
    return sorted(found, key=lambda one: one.is_consensus)


def _tool(review: Review, instrument: str, seen: list[Assessment]) -> Tool:
    version = max((one.tool_version for one in seen if not one.is_consensus), default=None)
    return tool_named(review, instrument, version)


def _page(
    request: ReviewRequest,
    study: Study,
    instrument: str,
    result: str,
    chosen: ConsensusForm | None = None,
    status: int = 200,
) -> HttpResponse:
    seen = _seen(request, study, instrument, result)
    tool = _tool(study.review, instrument, seen)
    independent = [one for one in seen if not one.is_consensus]
    consensus = next((one for one in seen if one.is_consensus), None)
    alike = [one for one in independent if one.tool_version == max(each.tool_version for each in independent)]
    rows = compare(tool, alike)
    together = consensus.several_together if consensus else _common(alike)
    form = chosen or ConsensusForm(tool, initial=_initial(rows, consensus), together=together)
    differing, may = sum(row.differs for row in rows), request.membership.may
    comparable = len(alike) >= 2
    may_settle = comparable and (
        Permission.RECONCILE in may or (Permission.ASSESS in may and not differing and not consensus)
    )
    outcome, time_point = result_meant(study.review, result)
    agreed = {one.domain: one for one in consensus.judgements.all()} if consensus else {}
    context = ROOM | {
        "study": study,
        "tool": tool,
        "outcome": outcome,
        "time_point": time_point,
        "result": result if outcome else "",
        "assessments": alike,
        "older": [one for one in independent if one not in alike],
        "consensus": consensus,
        "comparable": comparable,
        "rows": [
            (row, form.domains[row.domain.key], _with_forms(row, form), agreed.get(row.domain.key))
            for row in rows
        ],
        "together": form.together,
        "asks": _asks(tool, form),
        "differing": differing,
        "may_settle": may_settle,
        "choosing": may_settle and (not consensus or "change" in request.GET or chosen is not None),
        "seen": services.consensus_stamp(consensus),
    }
    return render(request, "appraisal/reconcile.html", context, status=status)


def _with_forms(row: Row, form: ConsensusForm) -> list:
    return [(question, form.questions[question.question.key]) for question in row.questions]


def _asks(tool: Tool, form: ConsensusForm) -> bool:
    chosen = {key: one.chosen for key, one in form.domains.items() if key != OVERALL}
    return tool.judges_overall and bool(overall(tool, chosen).asks)


def _common(assessments: list[Assessment]) -> bool | None:
    said = {one.several_together for one in assessments}
    return said.pop() if len(said) == 1 else None


def _initial(rows: list[Row], consensus: Assessment | None) -> Mapping[str, Mapping[str, Any]]:
    """What the consensus form starts with: the consensus there is, else what the assessors agree on."""
    if consensus:
        names = ("value", "support", "override_reason", "direction")
        found = {
            one.domain: {name: getattr(one, name) for name in names} for one in consensus.judgements.all()
        }
        return found | {f"q-{one.question}": {"value": one.value} for one in consensus.answers.all()}
    found = {row.domain.key: {"value": row.agreed, "direction": _same_direction(row)} for row in rows}
    asked = {question.question.key: question.agreed for row in rows for question in row.questions}
    return found | {f"q-{key}": {"value": value} for key, value in asked.items()}


def _same_direction(row: Row) -> str:
    said = {one.direction if one else "" for one in row.judgements}
    return said.pop() if len(said) == 1 else ""
