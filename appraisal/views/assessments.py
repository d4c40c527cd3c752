"""One assessment: looked at, filled in, handed in, taken back."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from appraisal import services
from appraisal.comparison import compare
from appraisal.forms import JudgementForm
from appraisal.models import Assessment, Judgement
from appraisal.views.common import ROOM, overview_url
from reviews.access import ReviewRequest, review_page
from reviews.errors import Refused
from reviews.models import Review
from reviews.pages import refused
from reviews.permissions import Permission


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
            return redirect(overview_url(review, assessment.instrument))
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
