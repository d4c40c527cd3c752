"""The figures of a review's judgements, the agreement behind them, and their files."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from appraisal import registry
from appraisal.agreement import WEIGHTS, agreement_by_domain
from appraisal.columns import counts_stars
from appraisal.downloads import PLOTS, pages_of, plot_of, robvis_name, robvis_of, share_table, sheet_table
from appraisal.forms_robvis import RobvisForm
from appraisal.instruments import Tool
from appraisal.robvis import LAYOUTS, layouts_for
from appraisal.robvis_import import import_robvis
from appraisal.sheet import Sheet, assessed_outcomes, sheet_for
from appraisal.views.common import ROOM, chosen_tool, tool_choices, tool_named
from reviews.access import ReviewRequest, review_page
from reviews.errors import Refused
from reviews.figures.files import FORMATS, figure_download, pdf_download
from reviews.figures.layout import LayoutError
from reviews.figures.render import render_svg
from reviews.models import Outcome, Review
from reviews.pages import refuse_form
from reviews.permissions import Permission
from screening.models import Study


@review_page(Permission.VIEW)
@require_GET
def figures(request: ReviewRequest, review: Review) -> HttpResponse:
    """What was agreed (or one's own, before that) as figures, and how well the assessors agreed."""
    tool = chosen_tool(request, review)
    sheet = _sheet(request, review, tool)
    weights = request.GET.get("weights", "")
    weights = weights if weights in WEIGHTS else WEIGHTS[0]
    context = ROOM | {
        "tool": tool,
        "tools": tool_choices(review),
        "outcomes": assessed_outcomes(request.membership, tool),
        "agreement": agreement_by_domain(request.membership, tool, weights),
        "weights": weights,
        "sheet": sheet,
        "studies": Study.objects.filter(review=review).count(),
        "assessed": len({row.study_id for row in sheet.rows}),
        "formats": FORMATS,
        "layouts": [] if counts_stars(tool) else layouts_for(tool)[1:],
        "has_robvis": not counts_stars(tool),
    }
    if sheet.rows:
        hrefs = [reverse("appraisal:assess", args=[review.slug, row.assessment_id]) for row in sheet.rows]
        context |= {
            "traffic_lights": [render_svg(page) for page in pages_of(sheet, "traffic-light", hrefs)],
            "summary": render_svg(plot_of(sheet, "summary")),
            "sheet_table": sheet_table(sheet),
            "share_table": share_table(sheet),
        }
    return render(request, "appraisal/figures.html", context)


@review_page(Permission.VIEW)
@require_GET
def figure(request: ReviewRequest, review: Review, instrument: str, plot: str, fmt: str) -> HttpResponse:
    """A plot as a file: ``?outcome=`` limits it, ``?page=`` gives one page; a PDF has a page for each part."""
    sheet = _sheet(request, review, tool_named(review, instrument))
    if plot not in PLOTS or fmt not in FORMATS or not sheet.rows:
        raise Http404("There is no such figure, or nothing to draw yet.")
    name, pages = f"{review.slug}-{instrument}-{plot}", pages_of(sheet, plot)
    wanted = request.GET.get("page", "")
    try:
        if wanted.isdecimal() and 1 <= int(wanted[:9]) <= len(pages):
            return figure_download(pages[int(wanted) - 1], fmt, f"{name}-page-{wanted}")
        if fmt == "pdf":
            return pdf_download(pages, name)
        return figure_download(plot_of(sheet, plot), fmt, name)
    except LayoutError as error:  # a picture of very many studies
        messages.error(request, str(error))
        return redirect(figures_url(review, instrument))


@review_page(Permission.VIEW)
@require_GET
def robvis(request: ReviewRequest, review: Review, instrument: str) -> HttpResponse:
    """The judgements as the CSV that the R package robvis reads, in the tool's layout or in ``?layout=``."""
    sheet = _sheet(request, review, tool_named(review, instrument))
    layout = LAYOUTS.get(request.GET.get("layout", ""))
    if layout not in [None, *layouts_for(sheet.instrument)]:
        raise Http404(f"{sheet.instrument.name} does not fit this layout of robvis.")
    try:
        body = robvis_of(sheet, layout)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect(figures_url(review, instrument))
    disposition = f'attachment; filename="{robvis_name(review, sheet)}"'
    return HttpResponse(body, "text/csv; charset=utf-8", headers={"Content-Disposition": disposition})


@review_page(Permission.ASSESS)
@require_http_methods(["GET", "POST"])
def robvis_in(request: ReviewRequest, review: Review) -> HttpResponse:
    """Take in a robvis file as one's own assessments."""
    tools = {tool.key: tool for tool in registry.tools_of(review) if not counts_stars(tool)}
    outcomes = Outcome.objects.filter(review=review)
    initial = {"instrument": request.GET.get("instrument", "")}
    form = RobvisForm(tools, outcomes, request.POST or None, request.FILES or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            done = import_robvis(review=review, assessor=request.user, **form.given)
        except Refused as refusal:
            refuse_form(form, refusal)
        else:
            messages.success(request, done.sentence)
            return redirect(figures_url(review, form.cleaned_data["instrument"]))
    status = 422 if form.is_bound else 200
    return render(request, "appraisal/robvis_in.html", ROOM | {"form": form}, status=status)


def figures_url(review: Review, instrument: str) -> str:
    return f"{reverse('appraisal:figures', args=[review.slug])}?instrument={instrument}"


def _sheet(request: ReviewRequest, review: Review, tool: Tool) -> Sheet:
    """The sheet of the tool, limited to the outcome that ``?outcome=`` names."""
    wanted = request.GET.get("outcome", "")
    outcome = None
    if wanted:
        if not (wanted.isdecimal() and len(wanted) < 19):
            raise Http404("There is no such outcome.")
        outcome = get_object_or_404(Outcome, review=review, pk=wanted)
    return sheet_for(request.membership, tool, outcome)
