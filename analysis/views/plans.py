"""Plans, page by page."""

from itertools import groupby
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from analysis import services
from analysis.fitting import fit_of
from analysis.forms import PlanChangeForm, PlanForm
from analysis.models import Plan, QuotedResult
from analysis.plan_changes import differences
from analysis.plan_settings import PLAN_SETTINGS
from analysis.plan_words import lines_of
from analysis.report import quote_row
from analysis.snapshot import preview
from analysis.standing import standings
from analysis.views.common import ROOM, plan_of
from analysis.views.plan_preview import PlanPreview, asks_only, preview_of
from analysis.what_if import tried_settings
from reviews.access import ReviewRequest, review_page
from reviews.errors import Conflict, Refused
from reviews.models import Review
from reviews.pages import page_of, refuse_form, refused
from reviews.permissions import Permission


@review_page(Permission.VIEW)
@require_GET
def plans(request: ReviewRequest, review: Review) -> HttpResponse:
    """Every plan with its present result, by outcome, beside what is quoted."""
    live = Plan.objects.live().filter(review=review).select_related("outcome", "created_by")
    ordered = list(live.order_by("outcome__order", "outcome_id", "pk"))
    quoted = QuotedResult.objects.filter(review=review)
    rows = standings(review, ordered)
    context = ROOM | {
        "outcomes": [
            (outcome, list(rows_of_it), [quote_row(one) for one in quoted if one.outcome_id == outcome.pk])
            for outcome, rows_of_it in groupby(rows, key=lambda row: row.plan.outcome)
        ],
        "under_way": any(row.under_way for row in rows),
        "retired": Plan.objects.filter(review=review, retired_at__isnull=False).select_related("outcome"),
        "has_outcomes": review.outcomes.exists(),
    }
    return render(request, "analysis/plans.html", context)


@review_page(Permission.ANALYSE)
@require_http_methods(["GET", "POST"])
def plan_new(request: ReviewRequest, review: Review) -> HttpResponse:
    """Write a plan of ``?kind=``; ``?from=`` starts with the settings of another one."""
    initial = _settings_of(request, review)
    form = PlanForm(review, request.POST or None, kind=request.GET.get("kind", ""), initial=initial)
    if asks_only(request):
        form.is_valid()
        shown = PlanForm(review, initial=form.typed(), kind=form.of_kind)
        return _form_page(request, shown, "analysis/plan_new.html", preview=preview_of(form))
    if request.method == "POST" and form.is_valid():
        try:
            plan = services.write_plan(review=review, by=request.user, **form.settings())
        except Refused as refusal:
            refuse_form(form, refusal)
        else:
            messages.success(request, f"The plan “{plan.name}” is written. Run it when the data are in.")
            return redirect("analysis:plan", review.slug, plan.slug)
    return _form_page(request, form, "analysis/plan_new.html")


@review_page(Permission.ANALYSE)
@require_http_methods(["GET", "POST"])
def plan_change(request: ReviewRequest, review: Review, plan_slug: str) -> HttpResponse:
    """Change a plan, with the reason; what was before stays on its page."""
    found = plan_of(review, plan_slug)
    if found.retired_at:
        return refused(
            request, Conflict("A retired plan is not changed. Bring it back first."), _address(found)
        )
    form = PlanChangeForm(found, request.POST or None, kind=request.GET.get("kind", ""))
    context: dict[str, Any] = {"plan": found, "post_hoc": found.prespecified or found.runs.exists()}
    if asks_only(request):
        form.is_valid()
        shown = PlanChangeForm(found, initial=form.typed(), kind=form.of_kind)
        return _form_page(request, shown, "analysis/plan_change.html", preview=preview_of(form), **context)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            plan = services.change_plan(
                plan=found,
                by=request.user,
                seen_version=data["seen_version"],
                reason=data["reason"],
                **form.settings(),
            )
        except Refused as refusal:
            refuse_form(form, refusal)
        else:
            messages.success(request, f"The plan “{plan.name}” is changed; its page keeps what was before.")
            return redirect("analysis:plan", review.slug, plan.slug)
    return _form_page(request, form, "analysis/plan_change.html", **context)


@review_page(Permission.VIEW)
@require_GET
def plan(request: ReviewRequest, review: Review, plan_slug: str) -> HttpResponse:
    """One plan: its settings and its runs."""
    found = plan_of(review, plan_slug)
    runs = found.runs.defer("snapshot", "result", "partial").select_related("job", "requested_by")
    left_out = [study.label for study in found.excluded_studies.all()]
    context = ROOM | {
        "plan": found,
        "standing": standings(review, [found])[0],
        "fit": fit_of(found.outcome, found.measure, found.selection),
        "lines": lines_of(found, left_out),
        "changes": [(one, differences(one)) for one in found.changes.select_related("changed_by")],
        "preview": None if found.retired_at else preview(found),
        "page_obj": page_of(request, runs, 20),
    }
    return render(request, "analysis/plan.html", context)


@review_page(Permission.ANALYSE)
@require_POST
def plan_run(request: ReviewRequest, review: Review, plan_slug: str) -> HttpResponse:
    """Ask for a run on today's data."""
    found = plan_of(review, plan_slug)
    try:
        run = services.request_run(plan=found, by=request.user)
    except Refused as refusal:
        return refused(request, refusal, reverse("analysis:plan", args=[review.slug, plan_slug]))
    if run.result is not None:
        messages.info(request, "Plan and data are the same as in this run, so its result stands.")
    return redirect("analysis:run", review.slug, run.pk)


@review_page(Permission.ANALYSE)
@require_POST
def plan_retire(request: ReviewRequest, review: Review, plan_slug: str) -> HttpResponse:
    """Take the plan out of use."""
    found = plan_of(review, plan_slug)
    try:
        services.retire_plan(plan=found, by=request.user)
    except Refused as refusal:
        return refused(request, refusal, _address(found))
    messages.success(
        request, "The plan is retired. Its runs can still be read, and it can be brought back here."
    )
    return redirect("analysis:plan", review.slug, found.slug)


@review_page(Permission.ANALYSE)
@require_POST
def plan_restore(request: ReviewRequest, review: Review, plan_slug: str) -> HttpResponse:
    """Bring a retired plan back."""
    found = plan_of(review, plan_slug)
    try:
        services.restore_plan(plan=found, by=request.user)
    except Refused as refusal:
        return refused(request, refusal, _address(found))
    messages.success(request, "The plan is in use again.")
    return redirect("analysis:plan", review.slug, found.slug)


def _address(plan: Plan) -> str:
    return reverse("analysis:plan", args=[plan.review.slug, plan.slug])


def _form_page(
    request: ReviewRequest,
    form: PlanForm,
    template: str,
    *,
    preview: PlanPreview | None = None,
    **context: Any,
) -> HttpResponse:
    """The form, with what the plan would take in; 422 when it was refused."""
    context |= ROOM | {"form": form, "preview": preview or preview_of(form), "asked": preview is not None}
    return render(request, template, context, status=422 if form.is_bound else 200)


def _settings_of(request: ReviewRequest, review: Review) -> dict[str, Any]:
    """The settings of the plan named by ``?from=``, to start from; a what-if of a run says what differs."""
    other = Plan.objects.filter(review=review, slug=request.GET.get("from", "")).first()
    if other is None:
        return {}
    settings = {name: getattr(other, name) for name in PLAN_SETTINGS if name not in ("prespecified", "name")}
    tried = tried_settings(review, request.GET)
    left_out = [*other.excluded_studies.all(), *tried.pop("excluded_studies")]
    return settings | tried | {"name": f"{other.name} (2)"[:200], "excluded_studies": left_out}
