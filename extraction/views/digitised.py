"""Digitised figures: taking in the points, scaling them, looking at them, taking values over into a result."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from extraction.digitised import doubts
from extraction.digitised_forms import FigureForm, ScaleForm, TakeForm
from extraction.digitised_plot import plot
from extraction.digitising import query_of, rows_of
from extraction.models import DigitisedFigure
from extraction.services.digitised import add_figure, axes_of, points_of, remove_figure, scale_figure
from extraction.values import FIELDS
from reviews.access import ReviewRequest, review_page
from reviews.errors import Refused
from reviews.figures.render import render_svg
from reviews.models import Review
from reviews.pages import refuse_form, refused
from reviews.permissions import Permission
from screening.models import Study

ROOM = {"room": "extraction"}
#: Points that may be chosen one by one; a survival curve of thousands is not typed over as means.
CHOOSABLE = 60


@review_page(Permission.VIEW)
@require_GET
def figures(request: ReviewRequest, review: Review, study_pk: int) -> HttpResponse:
    """The digitised figures of a study."""
    return _list(request, _study(review, study_pk))


@review_page(Permission.EXTRACT)
@require_POST
def figure_add(request: ReviewRequest, review: Review, study_pk: int) -> HttpResponse:
    """Take in the CSV file of a digitiser."""
    study = _study(review, study_pk)
    form = FigureForm(study, request.POST, request.FILES)
    if form.is_valid():
        file = form.cleaned_data.pop("file")
        try:
            figure = add_figure(
                study=study, file_name=file.name, data=file.read(), by=request.user, **form.cleaned_data
            )
        except Refused as refusal:
            refuse_form(form, refusal)
        else:
            messages.success(request, f"{len(figure.points)} points were taken in.")
            return redirect("extraction:figure", review.slug, figure.pk)
    return _list(request, study, form)


@review_page(Permission.VIEW)
@require_GET
def figure(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """The points in pixels and units, as a table and a picture. ``?kind=`` chooses the kind of result to fill."""
    return _page(request, _figure(review, pk))


@review_page(Permission.EXTRACT)
@require_POST
def figure_scale(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    found = _figure(review, pk)
    form = ScaleForm(found, request.POST)
    if form.is_valid():
        given = form.cleaned_data
        try:
            scale_figure(figure=found, x=given["x"], y=given["y"], by=request.user, seen=given["seen"] or {})
        except Refused as refusal:
            refuse_form(form, refusal)
        else:
            messages.success(request, "Scaled. Compare a point or two with the figure.")
            return redirect("extraction:figure", review.slug, pk)
    return _page(request, found, scale_form=form, status=422)


@review_page(Permission.EXTRACT)
@require_POST
def figure_take(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Open the form of a new result with the chosen points in it; nothing is recorded yet."""
    found, kind = _figure(review, pk), request.POST.get("kind", "")
    form = TakeForm(found.study, _choosable(found), kind if kind in FIELDS else "means", request.POST)
    if not form.is_valid():
        return _page(request, found, take_form=form, status=422)
    query = query_of(found, form.chosen(), form.cleaned_data["outcome"].pk)
    page = reverse("extraction:result_add", args=[review.slug, found.study_id, form.cleaned_data["kind"]])
    return redirect(f"{page}?{query.urlencode()}")


@review_page(Permission.EXTRACT)
@require_POST
def figure_remove(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    found = _figure(review, pk)
    back = reverse("extraction:figures", args=[review.slug, found.study_id])
    try:
        remove_figure(figure=found, by=request.user)
    except Refused as refusal:
        return refused(request, refusal, back)
    messages.success(request, f"The points of {found.name} were removed.")
    return redirect(back)


def _study(review: Review, pk: int) -> Study:
    return get_object_or_404(Study.objects.select_related("review"), review=review, pk=pk)


def _figure(review: Review, pk: int) -> DigitisedFigure:
    found = DigitisedFigure.objects.select_related("study__review", "full_text__record", "made_by")
    return get_object_or_404(found, study__review=review, pk=pk)


def _list(request: ReviewRequest, study: Study, form: FigureForm | None = None) -> HttpResponse:
    rows = DigitisedFigure.objects.filter(study=study).select_related("full_text__record", "made_by")
    context = ROOM | {"study": study, "figures": rows, "form": form or FigureForm(study)}
    return render(request, "extraction/digitised_list.html", context, status=422 if form else 200)


def _choosable(figure: DigitisedFigure) -> int:
    return min(len(figure.points), CHOOSABLE)


def _page(
    request: ReviewRequest,
    figure: DigitisedFigure,
    scale_form: ScaleForm | None = None,
    take_form: TakeForm | None = None,
    status: int = 200,
) -> HttpResponse:
    x, y = axes_of(figure)
    points = points_of(figure)
    kind = request.GET.get("kind", "")
    take = take_form or TakeForm(figure.study, _choosable(figure), kind if kind in FIELDS else "means")
    rows = [
        (*row, take[f"use-{row[0]}"] if row[0] <= CHOOSABLE else None)
        for row in rows_of(figure)[: max(CHOOSABLE, 200)]
    ]
    context = ROOM | {
        "figure": figure,
        "study": figure.study,
        "svg": render_svg(plot(points, x, y, title=f"{figure.name}, digitised")),
        "doubts": doubts(points, x, y),
        "x": x,
        "y": y,
        "rows": rows,
        "more": max(0, len(points) - len(rows)),
        "scale_form": scale_form or ScaleForm(figure),
        "take_form": take,
        "kinds": take.fields["kind"].choices,  # type: ignore[attr-defined]
        "kind": take["kind"].value(),
    }
    return render(request, "extraction/digitised.html", context, status=status)
