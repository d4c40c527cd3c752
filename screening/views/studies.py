"""Studies and their reports."""

from django.contrib import messages
from django.db.models import Count, Prefetch, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from reviews.access import ReviewRequest, review_page
from reviews.errors import Refused
from reviews.models import AuditEvent, Review
from reviews.pages import page_of, refuse_form, refused
from reviews.permissions import Permission
from screening import linked, services, set_aside
from screening.forms import DesignForm, ReportsForm, StudyForm
from screening.models import IN_REVIEW, Report, Study
from screening.retraction_flags import notices
from screening.services.studies import GROUPED


@review_page(Permission.VIEW)
@require_GET
def studies(request: ReviewRequest, review: Review) -> HttpResponse:
    return _studies_page(request, review)


def _studies_page(request: ReviewRequest, review: Review, status: int = 200) -> HttpResponse:
    counted = Count("reports", filter=Q(reports__in=Report.objects.filter(IN_REVIEW)))
    rows = Study.objects.current().filter(review=review).annotate(n_reports=counted)
    reports = Report.objects.filter(IN_REVIEW).select_related("record").prefetch_related(notices("record__"))
    page = page_of(request, rows.prefetch_related(Prefetch("reports", reports)).order_by("label"))
    context = {
        "room": "studies",
        "page_obj": page,
        "n_reports": reports.filter(study__review=review).count(),
        "one_number": set_aside.with_one_number(review),
        "sections": set_aside.sections(review),
        "links": linked.linked(review),
        "grouping": _grouping(request, review, request.GET.get("grouped", "")),
        "design_form": DesignForm(review=review),
    }
    return render(request, "screening/studies.html", context, status=status)


@review_page(Permission.VIEW)
@require_GET
def study(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    return _page(request, _find(review, pk))


@review_page(Permission.MANAGE_FULL_TEXT)
@require_POST
def study_rename(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    study, form = _find(review, pk), StudyForm(request.POST)
    if form.is_valid():
        try:
            services.rename_study(
                review=review, study=study, label=form.cleaned_data["label"], by=request.user
            )
        except Refused as refusal:
            refuse_form(form, refusal)
        else:
            messages.success(request, "Renamed.")
            return redirect("screening:study", review.slug, pk)
    return _page(request, study, rename_form=form)


@review_page(Permission.ASSESS)
@require_POST
def study_design(request: ReviewRequest, review: Review) -> HttpResponse:
    """Say of which design the chosen studies are; comes back to the one study or to the list."""
    form = DesignForm(request.POST, review=review)
    if not form.is_valid():
        messages.error(request, str(next(iter(form.errors.values()))[0]))
        return _studies_page(request, review, status=422)
    chosen, design = list(form.cleaned_data["studies"]), form.cleaned_data["design"]
    changed = services.set_design(review=review, studies=chosen, design=design, by=request.user)
    messages.success(request, f"Design of {len(changed)} stud{'y' if len(changed) == 1 else 'ies'} changed.")
    if "one" in request.POST:
        return redirect("screening:study", review.slug, chosen[0].pk)
    return redirect("screening:studies", review.slug)


@review_page(Permission.MANAGE_FULL_TEXT)
@require_POST
def study_group(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    study = _find(review, pk)
    form = ReportsForm(request.POST, study=study)
    if form.is_valid():
        reports = form.cleaned_data["reports"]
        try:
            services.group_reports(review=review, study=study, reports=reports, by=request.user)
        except Refused as refusal:
            refuse_form(form, refusal)
        else:
            messages.success(request, f"The reports are under {study} now.")
            return redirect("screening:study", review.slug, pk)
    return _page(request, study, group_form=form)


@review_page(Permission.MANAGE_FULL_TEXT)
@require_POST
def linked_group(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """Put two linked reports under one study; the page then offers to undo it."""
    pair, here = get_object_or_404(review.duplicate_candidates, pk=pk), _list(review)
    try:
        study, event = services.group_linked(review=review, pair=pair, by=request.user)
    except Refused as refusal:
        return refused(request, refusal, to=here)
    messages.success(request, f"They are reports of {study} now.")
    return redirect(f"{here}?grouped={event.pk}")


@review_page(Permission.MANAGE_FULL_TEXT)
@require_POST
def grouping_undo(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    event = get_object_or_404(AuditEvent, review=review, verb=GROUPED, pk=pk)
    try:
        back = services.undo_grouping(review=review, event=event, by=request.user)
    except Refused as refusal:
        return refused(request, refusal, to=_list(review))
    messages.success(request, f"Undone: {', '.join(map(str, back))}.")
    return redirect(_list(review))


@review_page(Permission.MANAGE_FULL_TEXT)
@require_POST
def report_separate(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    report = get_object_or_404(Report.objects.select_related("study"), pk=pk, study__review=review)
    try:
        apart = services.separate_report(review=review, report=report, by=request.user)
    except Refused as refusal:
        return refused(request, refusal, to=reverse("screening:study", args=[review.slug, report.study_id]))
    messages.success(request, f"{apart} is a study of its own now.")
    return redirect("screening:study", review.slug, apart.pk)


def _list(review: Review) -> str:
    return reverse("screening:studies", args=[review.slug])


def _grouping(request: ReviewRequest, review: Review, pk: str) -> AuditEvent | None:
    """The grouping that this person has just made, for the undo beside it."""
    made = AuditEvent.objects.filter(review=review, actor=request.user, verb=GROUPED)
    return made.filter(pk=int(pk)).first() if pk.isdecimal() and len(pk) < 19 else None


def _find(review: Review, pk: int) -> Study:
    return get_object_or_404(Study.objects.filter(review=review), pk=pk)


def _page(request: ReviewRequest, study: Study, **forms) -> HttpResponse:
    context = {
        "room": "studies",
        "study": study,
        "reports": study.reports.select_related(
            "record", "record__search", "record__full_text"
        ).prefetch_related(notices("record__")),
        "rename_form": StudyForm(initial={"label": study.label}),
        "group_form": ReportsForm(study=study),
        "design_form": DesignForm(
            review=study.review, initial={"design": study.design, "studies": [study.pk]}
        ),
    } | forms
    return render(request, "screening/study.html", context, status=422 if forms else 200)
