"""The figures of a run: one page each, where it is seen large, saved as a file, and its settings are kept."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from analysis import services
from analysis.drawings.settings import SettingsForm
from analysis.drawn import NotDrawn, addresses, draw, drawing_for
from analysis.explored import with_explored
from analysis.figures.catalogue import Drawing
from analysis.models import FigureSettings, Run
from analysis.services.figures import settings_form
from analysis.views.common import ROOM, run_of
from reviews.access import ReviewRequest, review_page
from reviews.errors import Refused
from reviews.figures.files import FORMATS, WIDTHS
from reviews.figures.layout import LayoutError
from reviews.figures.render import render_svg
from reviews.models import Review
from reviews.pages import refuse_form, refused
from reviews.permissions import Permission


@review_page(Permission.VIEW)
@require_GET
def figure(request: ReviewRequest, review: Review, pk: int, figure: str) -> HttpResponse:
    """One figure of a run with its settings; htmx asks for it alone, or for a preview of other settings."""
    run, drawing = _find(review, pk, figure)
    kept = FigureSettings.objects.select_related("changed_by").filter(plan=run.plan, figure=figure).first()
    settings = kept.settings if kept else {}
    if request.htmx and request.htmx.target == "preview":
        form = _form(run, drawing, data=request.GET)
        if form and form.is_valid():
            settings = form.settings()
        context = _drawn(run, drawing, settings) | {"form": form}
        return render(request, "analysis/_figure_preview.html", context)
    context = ROOM | _drawn(run, drawing, settings) | {"run": run, "plan": run.plan, "kept": kept}
    if request.htmx:
        return render(request, "analysis/_figure.html", context | {"formats": list(FORMATS)})
    return _page(request, context, _form(run, drawing, initial=settings))


@review_page(Permission.ANALYSE)
@require_POST
def figure_set(request: ReviewRequest, review: Review, pk: int, figure: str) -> HttpResponse:
    """Keep the settings with the plan (or ``reset`` them), so that every run of it is drawn so."""
    run, drawing = _find(review, pk, figure)
    page = reverse("analysis:figure", args=[review.slug, pk, figure])
    seen, reset = request.POST.get("version", ""), "reset" in request.POST
    form = None if reset else _form(run, drawing, data=request.POST)
    if form and not form.is_valid():
        return _again(request, run, drawing, form)
    try:
        services.set_figure(
            plan=run.plan,
            figure=figure,
            settings=form.settings() if form else {},
            seen_version=int(seen) if seen.isdecimal() and len(seen) < 10 else -1,
            by=request.user,
        )
    except Refused as refusal:
        if form and refusal.field in form.fields:
            refuse_form(form, refusal)
            return _again(request, run, drawing, form)
        return refused(request, refusal, page)
    done = "is drawn as at first again" if reset else "is drawn so"
    messages.success(request, f"The {drawing.title.lower()} {done} in every run of “{run.plan}”.")
    return redirect(page)


def _find(review: Review, pk: int, key: str) -> tuple[Run, Drawing]:
    run = run_of(review, pk)
    if run.result is None:
        raise Http404("This run has no result yet.")
    try:
        return run, drawing_for(run, key)
    except NotDrawn as error:
        raise Http404(str(error)) from error


def _form(run: Run, drawing: Drawing, data: Any = None, **more: Any) -> SettingsForm | None:
    """The form of the figure's settings; None for one that is drawn in one way only."""
    if drawing.form is None:
        return None
    return settings_form(run.plan, drawing, data, **more)


def _drawn(run: Run, drawing: Drawing, settings: dict[str, Any]) -> dict[str, Any]:
    """The figure and its table, or why there is none."""
    assert run.result is not None, "only a run with a result has figures"
    context: dict[str, Any] = {"drawing": drawing, "svg": "", "why_not": "", "table": None}
    try:
        drawn = draw(run, drawing.key, settings=settings, address=addresses(run))
    except (NotDrawn, LayoutError) as error:
        return context | {"why_not": str(error)}
    return context | {
        "svg": render_svg(drawn),
        "table": drawing.text(run.snapshot, with_explored(run, drawing.key)),
    }


def _page(
    request: ReviewRequest, context: dict[str, Any], form: SettingsForm | None, status: int = 200
) -> HttpResponse:
    more = {"form": form, "formats": list(FORMATS), "widths": list(WIDTHS.items())}
    return render(request, "analysis/figure.html", context | more, status=status)


def _again(request: ReviewRequest, run: Run, drawing: Drawing, form: SettingsForm) -> HttpResponse:
    """The page with the settings as they were typed and what is wrong with them."""
    kept = (
        FigureSettings.objects.select_related("changed_by").filter(plan=run.plan, figure=drawing.key).first()
    )
    context = ROOM | _drawn(run, drawing, kept.settings if kept else {})
    return _page(request, context | {"run": run, "plan": run.plan, "kept": kept}, form, status=422)
