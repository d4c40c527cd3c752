"""Automation: the filter for randomised trials, and a model as one of the reviewers."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from records.models import Record
from reviews.access import ReviewRequest, review_page
from reviews.errors import Refused
from reviews.models import Job, Review
from reviews.pages import page_of, refused
from reviews.permissions import Permission
from screening.automated import cast_at, lots_at, recall_in_words
from screening.forms_automation import ApplyForm, FilterForm, RecallForm, SwitchForm
from screening.models import AutomaticRemoval, RemovedRecord
from screening.services import automation, design_filter, removals, set_stage_settings
from screening.services.stage_settings import settings_of

FILTERS = ("screening.look_design", "screening.apply_design")
MODELS = (automation.PLAN, automation.CAST, automation.UNDO)


@review_page(Permission.VIEW)
@require_GET
def automation_page(request: ReviewRequest, review: Review) -> HttpResponse:
    """What a filter and a model would do, did, and how it is taken back."""
    return _page(request, review)


@review_page(Permission.AMEND_PROTOCOL)
@require_POST
def filter_look(request: ReviewRequest, review: Review) -> HttpResponse:
    form = FilterForm(request.POST)
    if not form.is_valid():
        return _page(request, review, filter_form=form)
    return _asked(request, review, lambda: design_filter.request_look(
        review=review, by=request.user, **form.cleaned_data
    ))  # fmt: skip


@review_page(Permission.AMEND_PROTOCOL)
@require_POST
def filter_apply(request: ReviewRequest, review: Review) -> HttpResponse:
    form = ApplyForm(request.POST)
    if not form.is_valid():
        return _page(request, review, apply_form=form)
    return _asked(request, review, lambda: design_filter.request_filter(
        review=review, by=request.user, **form.cleaned_data
    ))  # fmt: skip


@review_page(Permission.VIEW)
@require_GET
def filtered(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """The records that one use of the filter took out, each with what decided."""
    removal = _removal(review, pk)
    rows = removal.removed.live().select_related("record").order_by("record")
    if words := request.GET.get("q", "").strip()[:200]:
        rows = rows.filter(record__title__icontains=words)
    page = page_of(request, rows)
    context = {
        "room": "priority",
        "tab": "automation",
        "removal": removal,
        "page_obj": page,
        "found": list(
            zip(page, design_filter.with_reasons(removal, [row.record for row in page]), strict=True)
        ),
        "q": words,
        "left": removal.removed.live().count(),
    }
    return render(request, "screening/filtered.html", context)


@review_page(Permission.AMEND_PROTOCOL)
@require_POST
def filter_undo(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    return _done(
        request,
        review,
        lambda: removals.undo(removal=_removal(review, pk), by=request.user),
        "The records are in screening again.",
    )


@review_page(Permission.AMEND_PROTOCOL)
@require_POST
def filter_back(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    """One record back into screening; ``pk`` is its row in the removal."""
    rows = RemovedRecord.objects.filter(removal__review=review, removal__kind=AutomaticRemoval.Kind.DESIGN)
    row = get_object_or_404(rows.select_related("record__review"), pk=pk)
    here = reverse("screening:filtered", args=[review.slug, row.removal_id])
    return _done(
        request,
        review,
        lambda: removals.bring_back(record=row.record, by=request.user),
        "The record is in screening again.",
        to=here,
    )


@review_page(Permission.AMEND_PROTOCOL)
@require_POST
def automation_switch(request: ReviewRequest, review: Review) -> HttpResponse:
    """Whether a model may vote at title and abstract."""
    form = SwitchForm(request.POST, review=review, on=False)
    if not form.is_valid():
        return _page(request, review, switch_form=form)
    on = form.cleaned_data["automation_votes"]
    return _done(
        request,
        review,
        lambda: set_stage_settings(
            review=review,
            stage=automation.STAGE,
            changes={"automation_votes": on},
            by=request.user,
            why=form.cleaned_data["why"],
        ),
        "A model may cast one of the votes now." if on else "People cast all votes from now on.",
    )


@review_page(Permission.AMEND_PROTOCOL)
@require_POST
def automation_plan(request: ReviewRequest, review: Review) -> HttpResponse:
    return _with_recall(request, review, automation.request_plan)


@review_page(Permission.AMEND_PROTOCOL)
@require_POST
def automation_cast(request: ReviewRequest, review: Review) -> HttpResponse:
    return _with_recall(request, review, automation.request_votes)


@review_page(Permission.AMEND_PROTOCOL)
@require_POST
def automation_withdraw(request: ReviewRequest, review: Review) -> HttpResponse:
    return _asked(request, review, lambda: automation.request_withdrawal(review=review, by=request.user))


def _with_recall(request: ReviewRequest, review: Review, ask: Callable[..., Job]) -> HttpResponse:
    form = RecallForm(request.POST)
    if not form.is_valid():
        return _page(request, review, recall_form=form)
    return _asked(
        request, review, lambda: ask(review=review, by=request.user, recall=form.cleaned_data["recall"])
    )


def _asked(request: ReviewRequest, review: Review, ask: Callable[[], Job]) -> HttpResponse:
    return _done(request, review, ask, "")


def _done(request: ReviewRequest, review: Review, act: Callable, said: str, to: str = "") -> HttpResponse:
    to = to or reverse("screening:automation", args=[review.slug])
    try:
        act()
    except Refused as refusal:
        return refused(request, refusal, to=to)
    if said:
        messages.success(request, said)
    return redirect(to)


def _removal(review: Review, pk: int) -> AutomaticRemoval:
    of_filter = AutomaticRemoval.objects.filter(review=review, kind=AutomaticRemoval.Kind.DESIGN)
    return get_object_or_404(of_filter.select_related("review", "by", "undone_by"), pk=pk)


def _page(request: ReviewRequest, review: Review, **forms) -> HttpResponse:
    filter_job, model_job = (_latest(review, tasks) for tasks in (FILTERS, MODELS))
    look = filter_job if filter_job and filter_job.task == FILTERS[0] and filter_job.result else None
    plan = model_job if model_job and model_job.task == automation.PLAN and model_job.result else None
    on = settings_of(review, automation.STAGE).automation_votes
    included, excluded = automation.known(review)
    context = {
        "room": "priority",
        "tab": "automation",
        "may": Permission.AMEND_PROTOCOL in request.membership.may,
        "filter_job": _shown(filter_job),
        "look": look,
        "sample": _sample(look) if look else [],
        "filter_form": FilterForm(initial=look.params if look else None),
        "apply_form": ApplyForm(initial=look.params) if look else None,
        "uses": _uses(review),
        "on": on,
        "why_not": automation.why_not(review),
        "known": {"included": included, "excluded": excluded},
        "least": {"included": automation.LEAST_INCLUDED, "excluded": automation.LEAST_EXCLUDED},
        "model_job": _shown(model_job),
        "plan": plan,
        "plan_words": recall_in_words(plan.result) if plan else "",
        "recall_form": RecallForm(initial=plan.params if plan else None),
        "switch_form": SwitchForm(review=review, on=on),
        "lots": [(lot, recall_in_words(lot.result)) for lot in lots_at(review, automation.STAGE)[:20]],
        "cast": cast_at(review, automation.STAGE),
    } | forms
    return render(request, "screening/automation.html", context, status=422 if forms else 200)


def _latest(review: Review, tasks: tuple[str, ...]) -> Job | None:
    return review.jobs.filter(task__in=tasks, parent=None).order_by("-pk").first()


def _shown(job: Job | None) -> Job | None:
    """A job that is not over, or failed: what is done is told by the page itself."""
    return job if job and job.state != Job.State.DONE else None


def _sample(look: Job) -> list:
    records = Record.objects.filter(review=look.review, pk__in=look.result["sample"]).order_by("pk")
    rule, animals = look.result["rule"], look.result["animals"]
    return [(each, design_filter.found_of(each, rule, animals)) for each in records]


def _uses(review: Review) -> list[tuple[AutomaticRemoval, int, int]]:
    """Each use of the filter with how many records it took out, and how many are still out."""
    found = AutomaticRemoval.objects.filter(review=review, kind=AutomaticRemoval.Kind.DESIGN)
    return [
        (each, each.removed.count(), each.removed.live().count())
        for each in found.select_related("by", "undone_by")
    ]
