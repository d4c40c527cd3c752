"""The pages of risk of bias: each translates and makes one call."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from appraisal import services
from appraisal.agreement import agreement_by_domain
from appraisal.comparison import compare
from appraisal.downloads import PLOTS, plot_of, robvis_name
from appraisal.forms import ConsensusForm, InstrumentForm, JudgementForm
from appraisal.instruments import INSTRUMENTS, Instrument
from appraisal.models import Assessment, Judgement
from appraisal.overview import instruments_in_use, progress, standings
from appraisal.robvis import robvis_csv
from appraisal.sheet import sheet_for
from reviews.access import ReviewRequest, review_page
from reviews.errors import Refused
from reviews.figures.files import FORMATS, figure_download
from reviews.figures.render import render_svg
from reviews.models import Review
from reviews.pages import page_of, refused
from reviews.permissions import Permission
from screening.models import Study

ROOM = {"room": "risk"}


@review_page(Permission.VIEW)
@require_GET
def overview(request: ReviewRequest, review: Review) -> HttpResponse:
    """Studies with where each stands, and the plot of what was agreed."""
    used = instruments_in_use(review)
    tool = _tool(request.GET.get("instrument") or (used[0] if used else next(iter(INSTRUMENTS))))
    page = page_of(request, Study.objects.filter(review=review))
    sheet = sheet_for(request.membership, tool)
    hrefs = [reverse("appraisal:reconcile", args=[review.slug, tool.key, row.study_id]) for row in sheet.rows]
    context = ROOM | {
        "tool": tool,
        "chooser": InstrumentForm(initial={"instrument": tool.key}),
        "page_obj": page,
        "standings": standings(request.membership, tool, page),
        "progress": progress(request.membership, tool),
        "agreement": agreement_by_domain(request.membership, tool),
        "sheet": sheet,
        "sheet_rows": [_sheet_row(tool, row) for row in sheet.rows],
        "shares": sheet.shares(),
        "formats": FORMATS,
        "traffic_light": render_svg(plot_of(sheet, "traffic-light", hrefs)) if sheet.rows else "",
        "summary": render_svg(plot_of(sheet, "summary")) if sheet.rows else "",
    }
    return render(request, "appraisal/overview.html", context)


@review_page(Permission.ASSESS)
@require_POST
def start(request: ReviewRequest, review: Review, instrument: str, study_pk: int) -> HttpResponse:
    """Begin (or go on with) one's own assessment of a study."""
    study = get_object_or_404(Study, review=review, pk=study_pk)
    try:
        mine = services.start_assessment(study=study, instrument=_tool(instrument).key, assessor=request.user)
    except Refused as refusal:
        return refused(request, refusal, _overview_url(review, instrument))
    return redirect("appraisal:assess", review.slug, mine.pk)


@review_page(Permission.VIEW)
@require_GET
def assess(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """One assessment: one's own draft as a form, any other that one may see as a table."""
    assessment = _visible(request, pk)
    return _assess_page(request, assessment, _forms(assessment))


@review_page(Permission.ASSESS)
@require_POST
def save(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Every domain at once: the form without script, and its "Complete" button."""
    assessment = _visible(request, pk)
    forms = _forms(assessment, request.POST)
    if not all(form.is_valid() for form in forms):
        return _assess_page(request, assessment, forms, status=422)
    try:
        for form in forms:
            services.answer(
                assessment=assessment, domain=form.domain.key, by=request.user, **form.cleaned_data
            )
        if "complete" in request.POST:
            services.complete_assessment(assessment=assessment, by=request.user)
            messages.success(request, f"Your assessment of {assessment.study} is complete.")
            return redirect(_overview_url(review, assessment.instrument))
    except Refused as refusal:
        return refused(request, refusal, reverse("appraisal:assess", args=[review.slug, pk]))
    messages.success(request, "Saved.")
    return redirect("appraisal:assess", review.slug, assessment.pk)


@review_page(Permission.ASSESS)
@require_POST
def answer_domain(request: ReviewRequest, review: Review, pk: int, domain: str) -> HttpResponse:
    """Autosave of one domain."""
    assessment = _visible(request, pk)
    try:
        place = assessment.tool.domain(domain)
    except KeyError:
        raise Http404 from None
    form = JudgementForm(assessment.tool, place, request.POST)
    if not form.is_valid():
        return _saved(request, assessment, form, status=422)
    try:
        services.answer(assessment=assessment, domain=domain, by=request.user, **form.cleaned_data)
    except Refused as refusal:
        return refused(request, refusal, reverse("appraisal:assess", args=[review.slug, pk]))
    if not request.htmx:
        return redirect("appraisal:assess", review.slug, pk)
    return _saved(request, assessment, form)


@review_page(Permission.ASSESS)
@require_POST
def reopen_assessment(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Take one's own complete assessment back while it is still the only one."""
    try:
        services.reopen(assessment=_visible(request, pk), by=request.user)
    except Refused as refusal:
        return refused(request, refusal, reverse("appraisal:assess", args=[review.slug, pk]))
    return redirect("appraisal:assess", review.slug, pk)


@review_page(Permission.VIEW)
@require_GET
def reconciliation(request: ReviewRequest, review: Review, instrument: str, study_pk: int) -> HttpResponse:
    """The assessments of one study side by side, with the consensus."""
    study = get_object_or_404(Study, review=review, pk=study_pk)
    return _reconcile_page(request, study, _tool(instrument))


@review_page(Permission.ASSESS)
@require_POST
def settle(request: ReviewRequest, review: Review, instrument: str, study_pk: int) -> HttpResponse:
    """Record the consensus on one study."""
    study = get_object_or_404(Study, review=review, pk=study_pk)
    tool = _tool(instrument)
    form = ConsensusForm(tool, request.POST)
    if not form.is_valid():
        return _reconcile_page(request, study, tool, form, status=422)
    try:
        services.reconcile(
            study=study,
            instrument=tool.key,
            by=request.user,
            values=form.values,
            supports=form.supports,
            seen=request.POST.get("seen", ""),
        )
    except Refused as refusal:
        messages.error(request, str(refusal))
        return _reconcile_page(request, study, tool, form, status=refusal.status)
    messages.success(request, f"The agreed risk of bias of {study} is recorded.")
    return redirect(_overview_url(review, tool.key))


@review_page(Permission.VIEW)
@require_GET
def figure(request: ReviewRequest, review: Review, instrument: str, plot: str, fmt: str) -> HttpResponse:
    """The traffic-light or summary plot as a file."""
    sheet = sheet_for(request.membership, _tool(instrument))
    if plot not in PLOTS or fmt not in FORMATS or not sheet.rows:
        raise Http404("There is no such figure, or nothing to draw yet.")
    return figure_download(plot_of(sheet, plot), fmt, f"{review.slug}-{instrument}-{plot}")


@review_page(Permission.VIEW)
@require_GET
def robvis(request: ReviewRequest, review: Review, instrument: str) -> HttpResponse:
    """The judgements as the CSV that the R package robvis reads."""
    sheet = sheet_for(request.membership, _tool(instrument))
    body = robvis_csv(sheet.instrument, [(row.study, row.values) for row in sheet.rows])
    return _download(body, "text/csv; charset=utf-8", robvis_name(review, sheet))


def _tool(key: str) -> Instrument:
    if key not in INSTRUMENTS:
        raise Http404(f"There is no instrument '{key}'.")
    return INSTRUMENTS[key]


def _overview_url(review: Review, instrument: str) -> str:
    return f"{reverse('appraisal:overview', args=[review.slug])}?instrument={instrument}"


def _visible(request: ReviewRequest, pk: int) -> Assessment:
    visible = Assessment.objects.visible_to(request.membership).select_related("study", "assessor", "review")
    return get_object_or_404(visible.prefetch_related("judgements"), pk=pk)


def _forms(assessment: Assessment, data=None) -> list[JudgementForm]:
    known = {one.domain: {"value": one.value, "support": one.support} for one in assessment.judgements.all()}
    return [
        JudgementForm(assessment.tool, domain, data, initial=known.get(domain.key))
        for domain in assessment.tool.domains
    ]


def _assess_page(
    request: ReviewRequest, assessment: Assessment, forms: list, status: int = 200
) -> HttpResponse:
    mine = assessment.assessor_id == request.user.pk and not assessment.is_consensus
    context = ROOM | {
        "assessment": assessment,
        "tool": assessment.tool,
        "rows": compare(assessment.tool, [assessment]),
        "forms": forms,
        "mine": mine,
        "may_edit": mine and not assessment.is_complete and Permission.ASSESS in request.membership.may,
        "judged": len(assessment.values),
    }
    return render(request, "appraisal/assess.html", context, status=status)


def _saved(
    request: ReviewRequest, assessment: Assessment, form: JudgementForm, status: int = 200
) -> HttpResponse:
    judged = Judgement.objects.filter(assessment=assessment).exclude(value="").count()
    context = {"assessment": assessment, "tool": assessment.tool, "form": form, "judged": judged}
    return render(request, "appraisal/_saved.html", context, status=status)


def _reconcile_page(
    request: ReviewRequest,
    study: Study,
    tool: Instrument,
    chosen: ConsensusForm | None = None,
    status: int = 200,
) -> HttpResponse:
    visible = Assessment.objects.visible_to(request.membership).of(study, tool.key)
    visible = visible.complete().select_related("assessor").prefetch_related("judgements")
    independent = [one for one in visible if not one.is_consensus]
    consensus = next((one for one in visible if one.is_consensus), None)
    comparable = len(independent) >= 2
    rows = compare(tool, independent)
    form = chosen or ConsensusForm(tool, initial=_proposal(rows, consensus))
    differing = sum(row.differs for row in rows)
    may = request.membership.may
    may_settle = comparable and (
        Permission.RECONCILE in may or (Permission.ASSESS in may and not differing and not consensus)
    )
    context = ROOM | {
        "study": study,
        "tool": tool,
        "assessments": independent,
        "consensus": consensus,
        "comparable": comparable,
        "rows": list(zip(rows, form.domains, strict=True)),
        "differing": differing,
        "may_settle": may_settle,
        "choosing": may_settle and (not consensus or "change" in request.GET or chosen is not None),
        "seen": services.consensus_stamp(consensus),
    }
    return render(request, "appraisal/reconcile.html", context, status=status)


def _proposal(rows: list, consensus: Assessment | None) -> dict[str, dict[str, str]]:
    """What the consensus form starts with: the consensus there is, else what the assessors agree on."""
    if consensus:
        return {
            one.domain: {"value": one.value, "support": one.support} for one in consensus.judgements.all()
        }
    return {row.domain.key: {"value": row.agreed, "support": ""} for row in rows}


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
