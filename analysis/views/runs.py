"""The pages of analysis: each translates and makes one call."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from analysis import services
from analysis.models import Plan, QuotedResult, Run
from analysis.plots import forest_plot
from analysis.provenance import origins, pooled_results
from analysis.report import report_of
from analysis.risk import BY_RISK, risk_columns
from analysis.risk_files import FIGURES, TABLES, NothingAgreed, risk_csv, risk_figure, risk_part
from analysis.standing import unverified_studies
from analysis.views.common import ROOM, run_of
from reviews.access import ReviewRequest, review_page
from reviews.errors import Refused
from reviews.figures.files import FORMATS, figure_download
from reviews.figures.layout import Figure, LayoutError
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
            "forest": render_svg(_forest(request, found)),
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


@review_page(Permission.VIEW)
@require_GET
def run_file(request: ReviewRequest, review: Review, pk: int, name: str, extension: str) -> HttpResponse:
    """forest.svg, .png, .pdf or .tiff, the figures of risk of bias, robvis.csv; result.json with every number."""
    found = run_of(review, pk)
    if found.result is None:
        raise Http404("This run has no result yet.")
    file_name = f"{review.slug}-{found.plan.slug}-run-{pk}"
    if (name, extension) == ("result", "json"):
        return _json(found, file_name)
    try:
        if (name, extension) in TABLES:
            return _csv(risk_csv(found, name), f"{file_name}-{name}.csv")
        if name not in ("forest", *FIGURES) or extension not in FORMATS:
            raise Http404(f"A run comes as forest.{', forest.'.join(FORMATS)} or result.json.")
        figure = _forest(request, found, absolute=True) if name == "forest" else risk_figure(found, name)
        return figure_download(figure, extension, f"{file_name}-{name}")
    except NothingAgreed as error:
        raise Http404(str(error)) from error
    except (LayoutError, Refused) as error:  # a picture of very many studies; stars, which robvis has not
        messages.error(request, str(error))
        return redirect("analysis:run", review.slug, pk)


def _forest(request: ReviewRequest, run: Run, *, absolute: bool = False) -> Figure:
    results = pooled_results(run)

    def address(study_id: int) -> str:
        """The result that was pooled; its page leads to where its numbers stand."""
        result = results.get(study_id)
        page, pk = ("extraction:result", result) if result else ("extraction:study", study_id)
        path = reverse(page, args=[run.review.slug, pk])
        return request.build_absolute_uri(path) if absolute else path

    assert run.result is not None, "only a run with a result has a figure"
    return forest_plot(run.snapshot, run.result, risk=risk_columns(run), address=address)


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


def _csv(body: str, name: str) -> HttpResponse:
    disposition = f'attachment; filename="{name}"'
    return HttpResponse(body, "text/csv; charset=utf-8", headers={"Content-Disposition": disposition})


def _json(run: Run, file_name: str) -> HttpResponse:
    return JsonResponse(
        {
            "plan": run.plan.name,
            "run": run.pk,
            "input_hash": run.input_hash,
            "engine": run.engine_version,
            "finished_at": run.finished_at,
            "snapshot": run.snapshot,
            "result": run.result,
        },
        json_dumps_params={"indent": 1, "ensure_ascii": False, "allow_nan": False},
        headers={"Content-Disposition": f'attachment; filename="{file_name}.json"'},
    )
