"""The figures of a review's judgements, the agreement behind them, and their files."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from appraisal.agreement import agreement_by_domain
from appraisal.downloads import PLOTS, plot_of, robvis_name
from appraisal.instruments import Instrument
from appraisal.robvis import robvis_csv
from appraisal.sheet import sheet_for
from appraisal.views.common import ROOM, chosen_tool, tool_choices, tool_named
from reviews.access import ReviewRequest, review_page
from reviews.figures.files import FORMATS, figure_download
from reviews.figures.render import render_svg
from reviews.models import Review
from reviews.permissions import Permission
from screening.models import Study


@review_page(Permission.VIEW)
@require_GET
def figures(request: ReviewRequest, review: Review) -> HttpResponse:
    """What was agreed (or one's own, before that) as figures, and how well the assessors agreed."""
    tool = chosen_tool(request, review)
    sheet = sheet_for(request.membership, tool)
    hrefs = [reverse("appraisal:reconcile", args=[review.slug, tool.key, row.study_id]) for row in sheet.rows]
    context = ROOM | {
        "tool": tool,
        "tools": tool_choices(review),
        "agreement": agreement_by_domain(request.membership, tool),
        "sheet": sheet,
        "sheet_rows": [_sheet_row(tool, row) for row in sheet.rows],
        "shares": sheet.shares(),
        "studies": Study.objects.filter(review=review).count(),
        "formats": FORMATS,
        "traffic_light": render_svg(plot_of(sheet, "traffic-light", hrefs)) if sheet.rows else "",
        "summary": render_svg(plot_of(sheet, "summary")) if sheet.rows else "",
    }
    return render(request, "appraisal/figures.html", context)


@review_page(Permission.VIEW)
@require_GET
def figure(request: ReviewRequest, review: Review, instrument: str, plot: str, fmt: str) -> HttpResponse:
    """The traffic-light or summary plot as a file."""
    sheet = sheet_for(request.membership, tool_named(review, instrument))
    if plot not in PLOTS or fmt not in FORMATS or not sheet.rows:
        raise Http404("There is no such figure, or nothing to draw yet.")
    return figure_download(plot_of(sheet, plot), fmt, f"{review.slug}-{instrument}-{plot}")


@review_page(Permission.VIEW)
@require_GET
def robvis(request: ReviewRequest, review: Review, instrument: str) -> HttpResponse:
    """The judgements as the CSV that the R package robvis reads."""
    sheet = sheet_for(request.membership, tool_named(review, instrument))
    body = robvis_csv(sheet.instrument, [(row.study, row.values) for row in sheet.rows])
    return _download(body, "text/csv; charset=utf-8", robvis_name(review, sheet))


def _sheet_row(tool: Instrument, row) -> dict:
    levels = [
        (domain, tool.level(row.values[domain.key])) if domain.key in row.values else (domain, None)
        for domain in tool.domains
    ]
    return {"row": row, "cells": levels}


def _download(body: bytes | str, content_type: str, name: str) -> HttpResponse:
    return HttpResponse(
        body, content_type=content_type, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
