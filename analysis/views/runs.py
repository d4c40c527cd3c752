"""The pages of analysis: each translates and makes one call."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from analysis import services
from analysis.drawn import addresses, draw
from analysis.models import Plan, QuotedResult, Run
from analysis.provenance import origins
from analysis.report import report_of
from analysis.risk import BY_RISK
from analysis.risk_files import risk_part
from analysis.standing import unverified_studies
from analysis.views.common import ROOM, run_of
from reviews.access import ReviewRequest, review_page
from reviews.errors import Refused
from reviews.figures.files import FORMATS
from reviews.figures.render import render_svg
from reviews.models import Review
from reviews.pages import refused
from reviews.permissions import Permission


@review_page(Permission.VIEW)
@never_cache
@require_GET
def run(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Progress of a run, then its result; htmx polls for the part below the title."""
    found = run_of(review, pk)
    context: dict[str, Any] = ROOM | {"run": found, "job": found.job, "plan": found.plan}
    if found.result is not None:
        quoted = QuotedResult.objects.filter(review=review, outcome=found.plan.outcome)
        context |= {
            "report": report_of(found, quoted),
            "forest": render_svg(draw(found, "forest", address=addresses(found))),
            "formats": list(FORMATS),
            "stale": services.is_stale(found),
            "unverified": unverified_studies(found),
            "origins": origins(request.membership, found),
            **_risk(found),
        }
    return render(request, "analysis/_run.html" if request.htmx else "analysis/run.html", context)


@review_page(Permission.ANALYSE)
@require_POST
def run_alike(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """The same analysis of studies at low risk of bias only, without those at high risk, or grouped by it."""
    given = {name: request.POST[name] for name in ("risk_of_bias", "subgroup_by") if name in request.POST}
    try:
        run = services.run_alike(plan=run_of(review, pk).plan, by=request.user, **given)
    except Refused as refusal:
        return refused(request, refusal, reverse("analysis:run", args=[review.slug, pk]))
    return redirect("analysis:run", review.slug, run.pk)


@review_page(Permission.ANALYSE)
@require_POST
def run_cancel(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Stop a run that has not finished."""
    try:
        services.cancel_run(run=run_of(review, pk), by=request.user)
    except Refused as refusal:
        return refused(request, refusal, reverse("analysis:run", args=[review.slug, pk]))
    return redirect("analysis:run", review.slug, pk)


def _risk(run: Run) -> dict[str, Any]:
    """What was agreed about the studies, and which analyses like this one a click away there are."""
    part = risk_part(run)
    if part is None:
        return {}
    plan = run.plan
    choices = [
        ("risk_of_bias", value, label)
        for value, label in Plan.RiskOfBias.choices
        if value != plan.risk_of_bias
    ]
    if plan.risk_of_bias:
        choices.append(("risk_of_bias", "", "All studies"))
    if plan.subgroup_by != BY_RISK:
        choices.append(("subgroup_by", BY_RISK, "Grouped by risk of bias"))
    return {"risk": part, "risk_figure": render_svg(part.figure), "alike": choices}
