"""One assessment: looked at, filled in, handed in, taken back."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import trigger_client_event

from appraisal import services
from appraisal.filling import Asked, Filling, Part, fill, full_texts_of
from appraisal.forms import ResultLabelForm
from appraisal.models import Assessment
from appraisal.saving import accept, again, keep_answer, keep_everything, keep_judgement, keep_together
from appraisal.views.common import ROOM, newer_than, overview_url
from reviews.access import ReviewRequest, review_page
from reviews.errors import Refused
from reviews.models import Review
from reviews.pages import refused
from reviews.permissions import Permission


@review_page(Permission.VIEW)
@require_GET
def assess(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """One assessment: one's own draft as a form, any other that one may see to be read; ``?pdf=`` opens a report."""
    assessment = _visible(request, pk)
    return _page(request, fill(assessment))


@review_page(Permission.ASSESS)
@require_POST
def save(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """The whole form: without script, to take over what is proposed, and to complete the assessment."""
    assessment = _visible(request, pk)
    here = _here(request, pk)
    try:
        filling = keep_everything(fill(assessment, request.POST), request.user)
        if filling.errors:
            return _page(request, filling, status=422)
        if part := filling.part(request.POST.get("accept", "")):
            accept(filling, part, request.user)
        if "accept_all" in request.POST:
            services.accept_proposals(assessment=assessment, by=request.user)
        if "complete" in request.POST:
            services.complete_assessment(assessment=assessment, by=request.user)
            messages.success(request, f"Your assessment of {assessment.about} is complete.")
            return redirect(overview_url(review, assessment.instrument))
    except Refused as refusal:
        return refused(request, refusal, here)
    messages.success(request, "Saved.")
    return redirect(here)


@review_page(Permission.ASSESS)
@require_POST
def answer(request: ReviewRequest, review: Review, pk: int, question: str) -> HttpResponse:
    """Autosave of the answer to one question."""
    assessment = _visible(request, pk)
    filling = fill(assessment, request.POST)
    asked = filling.question(question)
    if asked is None:
        raise Http404
    if not asked.form.is_valid():
        return _answered(request, pk, asked=asked, problems=asked.form.all_errors)
    try:
        keep_answer(filling, asked, request.user)
    except Refused as refusal:
        return refused(request, refusal, _here(request, pk))
    return _answered(request, pk, asked=asked) if request.htmx else redirect(_here(request, pk))


@review_page(Permission.ASSESS)
@require_POST
def judge(request: ReviewRequest, review: Review, pk: int, domain: str) -> HttpResponse:
    """Autosave of the judgement of one domain, or of the overall one."""
    assessment = _visible(request, pk)
    filling = fill(assessment, request.POST)
    part = filling.part(domain)
    if part is None:
        raise Http404
    try:
        if part is filling.overall and keep_together(filling, request.user):
            filling = again(filling)
            part = filling.overall or part
        problems = [] if part.form.is_valid() else part.form.all_errors
        problems = problems or keep_judgement(filling, part, request.user)
    except Refused as refusal:
        return refused(request, refusal, _here(request, pk))
    return (
        _answered(request, pk, part=part, problems=problems) if request.htmx else redirect(_here(request, pk))
    )


@review_page(Permission.ASSESS)
@require_POST
def reopen_assessment(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Take one's own complete assessment back while it is still the only one."""
    try:
        services.reopen(assessment=_visible(request, pk), by=request.user)
    except Refused as refusal:
        return refused(request, refusal, _here(request, pk))
    return redirect(_here(request, pk))


@review_page(Permission.ASSESS)
@require_POST
def name_result(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Say which number one's own draft is about."""
    form = ResultLabelForm(request.POST)
    try:
        if not form.is_valid():
            raise Refused(" ".join(map(str, form.errors["result_label"])))
        label = form.cleaned_data["result_label"]
        services.name_result(assessment=_visible(request, pk), result_label=label, by=request.user)
    except Refused as refusal:
        return refused(request, refusal, _here(request, pk))
    return redirect(_here(request, pk))


@review_page(Permission.ASSESS)
@require_POST
def discard(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Throw away one's own draft."""
    assessment = _visible(request, pk)
    about, back = assessment.about, overview_url(review, assessment.instrument)
    try:
        services.discard_assessment(assessment=assessment, by=request.user)
    except Refused as refusal:
        return refused(request, refusal, _here(request, pk))
    messages.success(request, f"Your draft about {about} is gone. The history keeps what it held.")
    return redirect(back)


@review_page(Permission.ASSESS)
@require_POST
def take_over(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Bring one's own assessment to the tool's present version; what still fits is kept."""
    try:
        services.take_over_version(assessment=_visible(request, pk), by=request.user)
    except Refused as refusal:
        return refused(request, refusal, _here(request, pk))
    messages.success(request, "This is the present version now. Look at what changed, then complete it.")
    return redirect(_here(request, pk))


def _here(request: ReviewRequest, pk: int) -> str:
    return reverse("appraisal:assess", args=[request.membership.review.slug, pk])


def _visible(request: ReviewRequest, pk: int) -> Assessment:
    visible = Assessment.objects.visible_to(request.membership)
    visible = visible.select_related("study", "assessor", "review", "outcome")
    return get_object_or_404(visible.prefetch_related("judgements__full_text", "answers__full_text"), pk=pk)


def _page(request: ReviewRequest, filling: Filling, status: int = 200) -> HttpResponse:
    assessment = filling.assessment
    mine = assessment.assessor_id == request.user.pk and not assessment.is_consensus
    reports = full_texts_of(assessment)
    context = ROOM | {
        "assessment": assessment,
        "tool": filling.tool,
        "filling": filling,
        "mine": mine,
        "may_edit": mine and not assessment.is_complete and Permission.ASSESS in request.membership.may,
        "reports": reports,
        "report": next((one for one in reports if str(one.record_id) == request.GET.get("pdf")), None),
        "outdated": newer_than(assessment),
    }
    context |= {"pdf_at": request.GET.get("at", "")[:10], "pdf_quote": request.GET.get("quote", "")[:2000]}
    return render(request, "appraisal/assess.html", context, status=status)


def _answered(
    request: ReviewRequest,
    pk: int,
    *,
    asked: Asked | None = None,
    part: Part | None = None,
    problems: list[str] | None = None,
) -> HttpResponse:
    """What is proposed and needed now, around the part that was saved (or, with ``problems``, was not)."""
    filling = fill(_visible(request, pk))
    context = {
        "filling": filling,
        "assessment": filling.assessment,
        "tool": filling.tool,
        "problems": problems,
    }
    context |= {"saved": f"q-{asked.number}" if asked else f"part-{part.number if part else 0}"}
    answer = render(request, "appraisal/_answered.html", context, status=422 if problems else 200)
    differing = [one.domain.key for one in filling.every_part if one.differs]
    if part and problems and part.form.chosen:
        differing.append(part.domain.key)
    needed = {"shown": filling.shown, "differing": differing, "asks": bool(filling.asks)}
    return trigger_client_event(answer, "needed", needed)
