"""The files of a run: its figures, what was agreed on risk of bias, and every number."""

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET

from analysis.drawn import addresses, draw, figures_of
from analysis.models import Run
from analysis.reproduction import reproduction_of
from analysis.risk_files import FIGURES, TABLES, NothingAgreed, risk_csv, risk_figure
from analysis.run_tables import table_csv, tables_of
from analysis.views.common import run_of
from reviews.access import ReviewRequest, review_page
from reviews.errors import Refused
from reviews.figures.files import FORMATS, RESOLUTIONS, WIDTHS, figure_download
from reviews.figures.layout import Figure, LayoutError
from reviews.models import Review
from reviews.permissions import Permission


class SizeForm(forms.Form):
    """``?width=single&dpi=600``: how wide a figure is in print, and how fine a picture is."""

    width = forms.ChoiceField(choices=[(name, name) for name in WIDTHS], required=False)
    dpi = forms.TypedChoiceField(choices=[(dpi, str(dpi)) for dpi in RESOLUTIONS], coerce=int, required=False)


@review_page(Permission.VIEW)
@require_GET
def run_file(request: ReviewRequest, review: Review, pk: int, name: str, extension: str) -> HttpResponse:
    """A figure as .svg, .png, .pdf or .tiff; robvis.csv, tables of a network; result.json; reproduce.zip."""
    found = run_of(review, pk)
    if found.result is None:
        raise Http404("This run has no result yet.")
    file_name = f"{review.slug}-{found.plan.slug}-run-{pk}"
    if (name, extension) == ("result", "json"):
        return _json(found, file_name)
    if (name, extension) == ("reproduce", "zip"):
        return zip_download(*reproduction_of(found))
    try:
        if (name, extension) in TABLES:
            return _csv(risk_csv(found, name), f"{file_name}-{name}.csv")
        if extension == "csv" and name in tables_of(found):
            return _csv(table_csv(found, name), f"{file_name}-{name}.csv")
        return _figure(request, found, name, extension, f"{file_name}-{name}")
    except NothingAgreed as error:
        raise Http404(str(error)) from error
    except (LayoutError, Refused) as error:  # a picture of very many studies; stars, which robvis has not
        messages.error(request, str(error))
        return redirect("analysis:run", review.slug, pk)


def _figure(request: ReviewRequest, run: Run, name: str, extension: str, file_name: str) -> HttpResponse:
    names = [*(one.key for one in figures_of(run)), *FIGURES]
    if name not in names or extension not in FORMATS:
        raise Http404(f"A run comes as {', '.join(names)}, each .{', .'.join(FORMATS)}, or result.json.")
    size = SizeForm(request.GET)
    if not size.is_valid():
        raise Http404(
            f"A width is one of {', '.join(WIDTHS)}, a dpi one of {', '.join(map(str, RESOLUTIONS))}."
        )
    width, dpi = size.cleaned_data["width"], size.cleaned_data["dpi"] or 300
    drawn = _drawn(request, run, name, width)
    return figure_download(drawn, extension, file_name, mm=WIDTHS.get(width), dpi=dpi)


def _drawn(request: ReviewRequest, run: Run, name: str, width: str) -> Figure:
    if name in FIGURES:
        return risk_figure(run, name)
    return draw(run, name, address=addresses(run, request.build_absolute_uri), width=width)


def zip_download(name: str, body: bytes) -> HttpResponse:
    disposition = f'attachment; filename="{name}"'
    return HttpResponse(body, "application/zip", headers={"Content-Disposition": disposition})


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
