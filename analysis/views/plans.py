"""Plans, page by page."""

from itertools import groupby

from django.contrib import messages
from django.forms import model_to_dict
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from analysis import services
from analysis.choices import model_label
from analysis.fitting import fit_of
from analysis.forms import PlanForm
from analysis.models import Plan, QuotedResult
from analysis.report import quote_row
from analysis.standing import standings
from analysis.views.common import ROOM, plan_of
from reviews.access import ReviewRequest, review_page
from reviews.errors import Refused
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
    context = ROOM | {
        "outcomes": [
            (outcome, list(rows), [quote_row(one) for one in quoted if one.outcome_id == outcome.pk])
            for outcome, rows in groupby(standings(review, ordered), key=lambda row: row.plan.outcome)
        ],
        "retired": Plan.objects.filter(review=review, retired_at__isnull=False).select_related("outcome"),
        "has_outcomes": review.outcomes.exists(),
    }
    return render(request, "analysis/plans.html", context)


@review_page(Permission.ANALYSE)
@require_http_methods(["GET", "POST"])
def plan_new(request: ReviewRequest, review: Review) -> HttpResponse:
    """Write a plan; ``?from=`` starts with the settings of another one."""
    form = PlanForm(review, request.POST or None, initial=_settings_of(request, review))
    if request.method == "POST" and form.is_valid():
        try:
            plan = services.write_plan(review=review, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            refuse_form(form, refusal)
        else:
            messages.success(request, f"The plan “{plan.name}” is written. Run it when the data are in.")
            return redirect("analysis:plan", review.slug, plan.slug)
    status = 422 if form.is_bound else 200
    return render(request, "analysis/plan_new.html", ROOM | {"form": form}, status=status)


@review_page(Permission.VIEW)
@require_GET
def plan(request: ReviewRequest, review: Review, plan_slug: str) -> HttpResponse:
    """One plan: its settings and its runs."""
    found = plan_of(review, plan_slug)
    runs = found.runs.defer("snapshot", "result").select_related("job", "requested_by")
    context = ROOM | {
        "plan": found,
        "model": model_label(found.tau2_method, found.test),
        "standing": standings(review, [found])[0],
        "fit": fit_of(found.outcome, found.measure),
        "left_out": list(found.excluded_studies.all()),
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
    try:
        services.retire_plan(plan=plan_of(review, plan_slug), by=request.user)
    except Refused as refusal:
        return refused(request, refusal, reverse("analysis:plan", args=[review.slug, plan_slug]))
    messages.success(request, "The plan is retired. Its runs can still be read.")
    return redirect("analysis:plans", review.slug)


def _settings_of(request: ReviewRequest, review: Review) -> dict:
    """The settings of the plan named by ``?from=``, to start from."""
    other = Plan.objects.filter(review=review, slug=request.GET.get("from", "")).first()
    if other is None:
        return {}
    return model_to_dict(other, exclude=["prespecified"]) | {"name": f"{other.name} (2)"}
