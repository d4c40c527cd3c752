"""Explorations, page by page: ask for one, watch it grow, read it, take its files."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from analysis import services
from analysis.drawings.explored import DRAWN
from analysis.explorations import KINDS
from analysis.explorations.words import EXPLORATORY, said, specification_rows, tables
from analysis.forms.explorations import FORMS
from analysis.models import Exploration, FigureSettings
from analysis.views.common import ROOM, run_of
from reviews.access import ReviewRequest, review_page
from reviews.downloads import csv_download
from reviews.errors import Refused
from reviews.figures.files import FORMATS, figure_download
from reviews.figures.layout import Figure, LayoutError
from reviews.figures.render import render_svg
from reviews.models import Review
from reviews.pages import refuse_form, refused
from reviews.permissions import Permission


@review_page(Permission.ANALYSE)
@require_http_methods(["GET", "POST"])
def explore(request: ReviewRequest, review: Review, pk: int, kind: str) -> HttpResponse:
    """Choose how to explore a run, see how much work that is, and ask for it; with ``count`` it is counted only."""
    run = run_of(review, pk)
    if kind not in FORMS or run.result is None:
        raise Http404("There is no such exploration, or the run has no result yet.")
    counting = "count" in request.POST
    form = FORMS[kind](run, request.POST or None)
    size = None
    if form.is_bound and form.is_valid():
        try:
            if not counting:
                found = services.request_exploration(
                    run=run,
                    kind=kind,
                    by=request.user,
                    settings=form.settings(),
                    seed=form.cleaned_data["seed"],
                )
                return redirect("analysis:exploration", review.slug, found.pk)
            size = services.count_exploration(run=run, kind=kind, settings=form.settings())[1]
        except Refused as refusal:
            refuse_form(form, refusal)
    context = ROOM | {"run": run, "kind": KINDS[kind], "form": form, "size": size}
    if not form.is_bound:
        context |= _first_count(run, kind)
    template = "analysis/_explore_count.html" if request.htmx and counting else "analysis/explore.html"
    status = 422 if form.errors and not counting else 200
    return render(request, template, context, status=status)


@review_page(Permission.VIEW)
@never_cache
@require_GET
def exploration(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Progress with what is found so far, then the result; htmx polls for the part below the title."""
    found = _exploration_of(review, pk)
    template = "analysis/_exploration.html" if request.htmx else "analysis/exploration.html"
    return render(request, template, ROOM | _shown(found))


@review_page(Permission.ANALYSE)
@require_POST
def exploration_cancel(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Stop an exploration that has not finished."""
    return _gesture(request, review, pk, services.cancel_exploration)


@review_page(Permission.ANALYSE)
@require_POST
def exploration_retry(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Take up a failed or cancelled exploration again."""
    return _gesture(request, review, pk, services.retry_exploration)


@review_page(Permission.VIEW)
@require_GET
def exploration_file(
    request: ReviewRequest, review: Review, pk: int, name: str, extension: str
) -> HttpResponseBase:
    """The figure as figure.svg, .png, .pdf or .tiff; result.json; specifications.csv of a multiverse."""
    found = _exploration_of(review, pk)
    if found.result is None:
        raise Http404("This exploration has no result yet.")
    file_name = f"{review.slug}-run-{found.run_id}-{found.kind}-{pk}"
    if (name, extension) == ("result", "json"):
        return _json(found, file_name)
    if (name, extension, found.kind) == ("specifications", "csv", "multiverse"):
        return csv_download(f"{file_name}.csv", *specification_rows(found.run.snapshot, found.result))
    figure = _figure(found, found.result, request.GET.get("study", ""))
    if name != "figure" or extension not in FORMATS or figure is None:
        raise Http404(
            "An exploration comes as result.json, and as figure.svg, .png, .pdf or .tiff if it has one."
        )
    try:
        return figure_download(figure, extension, file_name)
    except LayoutError as error:
        messages.error(request, str(error))
        return redirect("analysis:exploration", review.slug, pk)


def _exploration_of(review: Review, pk: int) -> Exploration:
    found = Exploration.objects.select_related("run__plan", "job__requested_by", "requested_by", "review")
    return get_object_or_404(found.defer("run__result", "run__partial"), review=review, pk=pk)


def _first_count(run: Any, kind: str) -> dict[str, Any]:
    """How much work the usual settings are, or why this run cannot be explored so."""
    try:
        return {"size": services.count_exploration(run=run, kind=kind, settings={})[1]}
    except Refused as refusal:
        return {"why_not": str(refusal)}


def _shown(exploration: Exploration) -> dict[str, Any]:
    """What the page says: the result, or what there is of it so far, which ``partial`` marks."""
    result = services.found_so_far(exploration)
    context = {
        "exploration": exploration,
        "run": exploration.run,
        "job": exploration.job,
        "kind": KINDS[exploration.kind],
        "size": KINDS[exploration.kind].size(services.work_of(exploration)),
        "exploratory": EXPLORATORY,
        "partial": exploration.result is None,
        "formats": list(FORMATS),
    }
    if result is None:
        return context
    snapshot = exploration.run.snapshot
    figure = _figure(exploration, result)
    return context | {
        "result": result,
        "said": said(exploration.kind, snapshot, result),
        "tables": tables(exploration.kind, snapshot, result),
        "figure": render_svg(figure) if figure else "",
        "drawing": DRAWN.get(exploration.kind),
    }


def _figure(exploration: Exploration, result: dict[str, Any], study: str = "") -> Figure | None:
    """The figure as the plan has it drawn; None where there is none of this kind, or nothing to draw."""
    drawing = DRAWN.get(exploration.kind)
    if drawing is None or result.get("specifications") == 0:
        return None
    kept = FigureSettings.objects.filter(plan=exploration.run.plan_id, figure=exploration.kind)
    settings = kept.values_list("settings", flat=True).first() or {}
    settings |= {"study": study} if study and exploration.kind == "gosh" else {}
    return drawing.draw(exploration.run.snapshot, {exploration.kind: result}, settings)


def _gesture(request: ReviewRequest, review: Review, pk: int, verb: Any) -> HttpResponse:
    try:
        verb(exploration=_exploration_of(review, pk), by=request.user)
    except Refused as refusal:
        return refused(request, refusal, reverse("analysis:exploration", args=[review.slug, pk]))
    return redirect("analysis:exploration", review.slug, pk)


def _json(exploration: Exploration, file_name: str) -> HttpResponse:
    return JsonResponse(
        {
            "exploration": exploration.pk,
            "run": exploration.run_id,
            "kind": exploration.kind,
            "settings": exploration.settings,
            "seed": exploration.seed,
            "engine": exploration.engine_version,
            "input_hash": exploration.run.input_hash,
            "finished_at": exploration.finished_at,
            "result": exploration.result,
        },
        json_dumps_params={"indent": 1, "ensure_ascii": False, "allow_nan": False},
        headers={"Content-Disposition": f'attachment; filename="{file_name}.json"'},
    )
