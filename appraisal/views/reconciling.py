"""The assessments of one thing side by side, and the consensus on it."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from appraisal import services
from appraisal.comparison import compare
from appraisal.forms import ConsensusForm
from appraisal.instruments import Instrument
from appraisal.models import Assessment
from appraisal.views.common import ROOM, overview_url, tool_named
from reviews.access import ReviewRequest, review_page
from reviews.errors import Refused
from reviews.models import Review
from reviews.permissions import Permission
from screening.models import Study


@review_page(Permission.VIEW)
@require_GET
def reconciliation(request: ReviewRequest, review: Review, instrument: str, study_pk: int) -> HttpResponse:
    """The assessments of one study side by side, with the consensus."""
    study = get_object_or_404(Study, review=review, pk=study_pk)
    return _reconcile_page(request, study, tool_named(review, instrument))


@review_page(Permission.ASSESS)
@require_POST
def settle(request: ReviewRequest, review: Review, instrument: str, study_pk: int) -> HttpResponse:
    """Record the consensus on one study."""
    study = get_object_or_404(Study, review=review, pk=study_pk)
    tool = tool_named(review, instrument)
    form = ConsensusForm(tool, request.POST)
    if not form.is_valid():
        return _reconcile_page(request, study, tool, form, status=422)
    try:
        services.reconcile(
            study=study,
            instrument=tool.key,
            by=request.user,
            values=form.values,
            supports=form.supports,
            seen=request.POST.get("seen", ""),
        )
    except Refused as refusal:
        messages.error(request, str(refusal))
        return _reconcile_page(request, study, tool, form, status=refusal.status)
    messages.success(request, f"The agreed risk of bias of {study} is recorded.")
    return redirect(overview_url(review, tool.key))


def _reconcile_page(
    request: ReviewRequest,
    study: Study,
    tool: Instrument,
    chosen: ConsensusForm | None = None,
    status: int = 200,
) -> HttpResponse:
    visible = Assessment.objects.visible_to(request.membership).of(study, tool.key)
    visible = visible.complete().select_related("assessor").prefetch_related("judgements")
    independent = [one for one in visible if not one.is_consensus]
    consensus = next((one for one in visible if one.is_consensus), None)
    comparable = len(independent) >= 2
    rows = compare(tool, independent)
    form = chosen or ConsensusForm(tool, initial=_proposal(rows, consensus))
    differing = sum(row.differs for row in rows)
    may = request.membership.may
    may_settle = comparable and (
        Permission.RECONCILE in may or (Permission.ASSESS in may and not differing and not consensus)
    )
    context = ROOM | {
        "study": study,
        "tool": tool,
        "assessments": independent,
        "consensus": consensus,
        "comparable": comparable,
        "rows": list(zip(rows, form.domains, strict=True)),
        "differing": differing,
        "may_settle": may_settle,
        "choosing": may_settle and (not consensus or "change" in request.GET or chosen is not None),
        "seen": services.consensus_stamp(consensus),
    }
    return render(request, "appraisal/reconcile.html", context, status=status)


def _proposal(rows: list, consensus: Assessment | None) -> dict[str, dict[str, str]]:
    """What the consensus form starts with: the consensus there is, else what the assessors agree on."""
    if consensus:
        return {
            one.domain: {"value": one.value, "support": one.support} for one in consensus.judgements.all()
        }
    return {row.domain.key: {"value": row.agreed, "support": ""} for row in rows}
