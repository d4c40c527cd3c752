"""The pages of analysis: each translates and makes one call."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from analysis import services
from analysis.converted import converted_rows
from analysis.drawn import figures_of
from analysis.explorations_shown import explorations_shown
from analysis.explored import explored_kinds
from analysis.figures.catalogue import NARRATIVE, NETWORK, PAIRWISE, kind_of
from analysis.models import Plan, QuotedResult, Run
from analysis.report import report_of
from analysis.reports import report_by_kind
from analysis.risk import BY_RISK
from analysis.risk_files import risk_part
from analysis.staleness import what_changed
from analysis.standing import unverified_studies
from analysis.study_lines import study_lines
from analysis.views.common import ROOM, run_of
from analysis.views.what_if import read_choices, tried_context
from analysis.what_if import InvalidChoice, WhatIf, what_if
from analysis.wording import headline, heterogeneity, prediction
from reviews.access import ReviewRequest, review_page
from reviews.errors import Refused
from reviews.figures.files import FORMATS
from reviews.figures.render import render_svg
from reviews.models import Review
from reviews.pages import refused
from reviews.permissions import Permission

#: What a finished run of each kind of plan is shown with.
RESULTS = {
    PAIRWISE: "analysis/_result.html",
    NETWORK: "analysis/_result_network.html",
    NARRATIVE: "analysis/_result_narrative.html",
}
#: Tables with more rows than this are loaded when they come into view.
LONG = 40
TABLES = {"leave-one-out": "Leaving out one trial at a time", "influence": "Influence"}


@review_page(Permission.VIEW)
@never_cache
@require_GET
def run(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Progress of a run, then its result; htmx polls for the part below the title.

    The address may carry choices to try (see views.what_if); what it cannot carry is told and passed over.
    """
    found = run_of(review, pk)
    context: dict[str, Any] = ROOM | {"run": found, "job": found.job, "plan": found.plan}
    if found.result is None:
        context["so_far"] = _so_far(found)
    else:
        context |= _result_context(request, found)
    return render(request, "analysis/_run.html" if request.htmx else "analysis/run.html", context)


@review_page(Permission.VIEW)
@require_GET
def run_table(request: ReviewRequest, review: Review, pk: int, name: str) -> HttpResponse:
    """One of the tables with a row per study, for long runs: htmx gets it alone."""
    found = run_of(review, pk)
    if found.result is None or kind_of(found.snapshot) != PAIRWISE or name not in TABLES:
        raise Http404(f"A finished meta-analysis has the tables {', '.join(TABLES)}.")
    context = ROOM | {"run": found, "plan": found.plan, "report": report_of(found)}
    context |= {"name": name, "label": TABLES[name]}
    return render(request, "analysis/_table.html" if request.htmx else "analysis/table.html", context)


@review_page(Permission.ANALYSE)
@require_POST
def run_alike(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """The same analysis by risk of bias (low only, without high, grouped by it), or without converted values."""
    given: dict[str, Any] = {
        name: request.POST[name] for name in ("risk_of_bias", "subgroup_by") if name in request.POST
    }
    if "leave_out_derived" in request.POST:
        given["leave_out_derived"] = request.POST["leave_out_derived"] == "yes"
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


def _result_context(request: ReviewRequest, run: Run) -> dict[str, Any]:
    """What the page of a run with a result shows, of whatever kind its plan is."""
    quoted = QuotedResult.objects.filter(review=run.review_id, outcome=run.plan.outcome)
    kind = kind_of(run.snapshot)
    report = report_by_kind(run, quoted)
    context = {
        "report": report,
        "result_template": RESULTS[kind],
        "formats": list(FORMATS),
        "stale": what_changed(run),
        "unverified": unverified_studies(run),
        "converted": converted_rows(run),
        "explorations": explorations_shown(run),
        "LONG": LONG,
        **_gallery(run),
    }
    if kind == PAIRWISE:
        context |= tried_context(_choices(request, run))
        context |= {"lines": study_lines(request.membership, run, report), **_risk(run)}
        context["parts"] = _parts(context)
    return context


def _parts(context: dict[str, Any]) -> list[tuple[str, str]]:
    """The parts of a meta-analysis' page that this run has: id and name, in their order."""
    report = context["report"]
    every = [
        ("what-if", "Forest plot and what if", True),
        ("figures", "Figures", context["gallery"]),
        ("subgroups", "Subgroups", report.subgroups),
        ("regression", "Meta-regression", report.regression_told),
        ("sensitivity", "Sensitivity", report.sensitivity),
        ("quoted", "Published figures", report.quoted),
        ("leave-one-out", "Leaving out", True),
        ("influence", "Influence", True),
        ("small-study", "Small-study effects", True),
        ("left-out", "Studies left out", True),
        ("explorations", "Explorations", True),
        ("methods", "Methods", True),
    ]
    return [(target, label) for target, label, there in every if there]


def _choices(request: ReviewRequest, run: Run) -> WhatIf:
    """What the address says to try; where it says nonsense, the run itself and a message."""
    try:
        return read_choices(request, run)
    except InvalidChoice as refusal:
        messages.error(request, str(refusal))
        return what_if(run)


def _gallery(run: Run) -> dict[str, Any]:
    """The figures below the first one, and those that this run does not have, with the reason."""
    rest = figures_of(run)[1:] if kind_of(run.snapshot) == PAIRWISE else figures_of(run)
    known = {**(run.result or {}), **explored_kinds(run)}
    why = {one.key: one.why_not(run.snapshot, known) for one in rest}
    return {
        "gallery": [one for one in rest if not why[one.key]],
        "undrawn": [(one, why[one.key]) for one in rest if why[one.key]],
    }


def _so_far(run: Run) -> list[str]:
    """What is known already while the run goes on: the first fit in words."""
    found = run.partial or {}
    if kind_of(run.snapshot) != PAIRWISE or not found.get("pooled") or "studies" not in found:
        return []
    told = [headline(run.snapshot, found)]
    if "tau2_interval" in found:
        told += [heterogeneity(found), prediction(run.snapshot, found)]
    return [sentence for sentence in told if sentence]


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
