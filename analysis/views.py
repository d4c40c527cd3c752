"""The pages of analysis: each translates and makes one call."""

from itertools import groupby
from typing import Any

from django.contrib import messages
from django.forms import model_to_dict
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from analysis import services
from analysis.choices import model_label
from analysis.fitting import fit_of
from analysis.forms import PlanForm, QuoteForm
from analysis.models import Plan, QuotedResult, Run
from analysis.plots import forest_plot
from analysis.provenance import origins, pooled_results
from analysis.report import quote_row, report_of
from analysis.risk import BY_RISK, risk_columns
from analysis.risk_files import FIGURES, TABLES, NothingAgreed, risk_csv, risk_figure, risk_part
from analysis.standing import standings, unverified_studies
from reviews.access import ReviewRequest, review_page
from reviews.errors import Refused
from reviews.figures.files import FORMATS, figure_download
from reviews.figures.layout import Figure, LayoutError
from reviews.figures.render import render_svg
from reviews.models import Review
from reviews.pages import page_of, refuse_form, refused
from reviews.permissions import Permission

ROOM = {"room": "analyses"}


@review_page(Permission.VIEW)
@require_GET
def plans(request: ReviewRequest, review: Review) -> HttpResponse:
    """Every plan with its present result, by outcome, beside what is quoted."""
    live = Plan.objects.live().filter(review=review).select_related("outcome", "created_by")
    ordered = list(live.order_by("outcome__order", "outcome_id", "pk"))
    quoted = QuotedResult.objects.filter(review=review)
    context = ROOM | {
        "outcomes": [
            (outcome, list(rows), [quote_row(one) for one in quoted if one.outcome_id == outcome.pk])
            for outcome, rows in groupby(standings(review, ordered), key=lambda row: row.plan.outcome)
        ],
        "retired": Plan.objects.filter(review=review, retired_at__isnull=False).select_related("outcome"),
        "has_outcomes": review.outcomes.exists(),
    }
    return render(request, "analysis/plans.html", context)


@review_page(Permission.ANALYSE)
@require_http_methods(["GET", "POST"])
def plan_new(request: ReviewRequest, review: Review) -> HttpResponse:
    """Write a plan; ``?from=`` starts with the settings of another one."""
    form = PlanForm(review, request.POST or None, initial=_settings_of(request, review))
    if request.method == "POST" and form.is_valid():
        try:
            plan = services.write_plan(review=review, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            refuse_form(form, refusal)
        else:
            messages.success(request, f"The plan “{plan.name}” is written. Run it when the data are in.")
            return redirect("analysis:plan", review.slug, plan.slug)
    status = 422 if form.is_bound else 200
    return render(request, "analysis/plan_new.html", ROOM | {"form": form}, status=status)


@review_page(Permission.VIEW)
@require_GET
def plan(request: ReviewRequest, review: Review, plan_slug: str) -> HttpResponse:
    """One plan: its settings and its runs."""
    found = _plan(review, plan_slug)
    runs = found.runs.defer("snapshot", "result").select_related("job", "requested_by")
    context = ROOM | {
        "plan": found,
        "model": model_label(found.tau2_method, found.test),
        "standing": standings(review, [found])[0],
        "fit": fit_of(found.outcome, found.measure),
        "left_out": list(found.excluded_studies.all()),
        "page_obj": page_of(request, runs, 20),
    }
    return render(request, "analysis/plan.html", context)


@review_page(Permission.ANALYSE)
@require_POST
def plan_run(request: ReviewRequest, review: Review, plan_slug: str) -> HttpResponse:
    """Ask for a run on today's data."""
    found = _plan(review, plan_slug)
    try:
        run = services.request_run(plan=found, by=request.user)
    except Refused as refusal:
        return refused(request, refusal, reverse("analysis:plan", args=[review.slug, plan_slug]))
    if run.result is not None:
        messages.info(request, "Plan and data are the same as in this run, so its result stands.")
    return redirect("analysis:run", review.slug, run.pk)


@review_page(Permission.ANALYSE)
@require_POST
def plan_retire(request: ReviewRequest, review: Review, plan_slug: str) -> HttpResponse:
    try:
        services.retire_plan(plan=_plan(review, plan_slug), by=request.user)
    except Refused as refusal:
        return refused(request, refusal, reverse("analysis:plan", args=[review.slug, plan_slug]))
    messages.success(request, "The plan is retired. Its runs can still be read.")
    return redirect("analysis:plans", review.slug)


@review_page(Permission.VIEW)
@never_cache
@require_GET
def run(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Progress of a run, then its result; htmx polls for the part below the title."""
    found = _run(review, pk)
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
        run = services.run_alike(plan=_run(review, pk).plan, by=request.user, **given)
    except Refused as refusal:
        return refused(request, refusal, reverse("analysis:run", args=[review.slug, pk]))
    return redirect("analysis:run", review.slug, run.pk)


@review_page(Permission.ANALYSE)
@require_POST
def run_cancel(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Stop a run that has not finished."""
    try:
        services.cancel_run(run=_run(review, pk), by=request.user)
    except Refused as refusal:
        return refused(request, refusal, reverse("analysis:run", args=[review.slug, pk]))
    return redirect("analysis:run", review.slug, pk)


@review_page(Permission.VIEW)
@require_GET
def run_file(request: ReviewRequest, review: Review, pk: int, name: str, extension: str) -> HttpResponse:
    """forest.svg, .png, .pdf or .tiff, the figures of risk of bias, robvis.csv; result.json with every number."""
    found = _run(review, pk)
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


@review_page(Permission.ANALYSE)
@require_http_methods(["GET", "POST"])
def quote(request: ReviewRequest, review: Review) -> HttpResponse:
    """Quote a published figure, to stand beside ours."""
    form = QuoteForm(review, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.quote_result(review=review, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            refuse_form(form, refusal)
        else:
            return redirect("analysis:plans", review.slug)
    status = 422 if form.is_bound else 200
    return render(request, "analysis/quote.html", ROOM | {"form": form}, status=status)


def _plan(review: Review, slug: str) -> Plan:
    found = Plan.objects.select_related("outcome", "created_by", "review")
    return get_object_or_404(found, review=review, slug=slug)


def _run(review: Review, pk: int) -> Run:
    found = Run.objects.select_related(
        "plan__outcome", "plan__review", "job__requested_by", "requested_by", "review"
    )
    return get_object_or_404(found, review=review, pk=pk)


def _settings_of(request: ReviewRequest, review: Review) -> dict:
    """The settings of the plan named by ``?from=``, to start from."""
    other = Plan.objects.filter(review=review, slug=request.GET.get("from", "")).first()
    if other is None:
        return {}
    return model_to_dict(other, exclude=["prespecified"]) | {"name": f"{other.name} (2)"}


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
