"""The tools of a review: which it uses for which designs, what each asks, and what needs another look."""

import json

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from appraisal import registry, services
from appraisal.forms import AddToolForm, DesignsForm
from appraisal.instruments import BUILT_IN, Tool, tool_from_data
from appraisal.models import Assessment, ReviewTool, ToolVersion
from appraisal.tool_list import listed
from appraisal.tool_rows import fault_in_words
from appraisal.trial import try_out
from appraisal.views.common import ROOM, tool_named
from reviews.access import ReviewRequest, review_page
from reviews.errors import Refused
from reviews.models import Review
from reviews.pages import refused
from reviews.permissions import Permission


@review_page(Permission.VIEW)
@require_GET
def tools(request: ReviewRequest, review: Review) -> HttpResponse:
    """The tools this review chose, and those there are."""
    rows = listed(review)
    context = ROOM | {
        "rows": [row for row in rows if not row.retired],
        "retired": [row for row in rows if row.retired],
        "add": AddToolForm([tool for key, tool in BUILT_IN.items() if key not in {row.key for row in rows}]),
    }
    return render(request, "appraisal/tools.html", context)


@review_page(Permission.AMEND_PROTOCOL)
@require_POST
def add(request: ReviewRequest, review: Review) -> HttpResponse:
    """Offer a tool in this review."""
    try:
        row = services.add_tool(review=review, key=request.POST.get("key", ""), by=request.user)
    except Refused as refusal:
        return refused(request, refusal, tools_url(review))
    return redirect("appraisal:tool", review.slug, row.key)


@review_page(Permission.AMEND_PROTOCOL)
@require_POST
def retire(request: ReviewRequest, review: Review, instrument: str) -> HttpResponse:
    """Stop offering a tool; what was assessed with it stays."""
    try:
        services.retire_tool(review=review, key=instrument, by=request.user)
    except Refused as refusal:
        return refused(request, refusal, tools_url(review))
    messages.success(request, "The tool is not offered any more. Assessments made with it stay.")
    return redirect(tools_url(review))


@review_page(Permission.AMEND_PROTOCOL)
@require_POST
def designs(request: ReviewRequest, review: Review, instrument: str) -> HttpResponse:
    """Say for which study designs a tool is."""
    here = reverse("appraisal:tool", args=[review.slug, instrument])
    try:
        chosen = request.POST.getlist("designs")
        services.set_designs(review=review, key=instrument, designs=chosen, by=request.user)
    except Refused as refusal:
        return refused(request, refusal, here)
    messages.success(request, "Saved.")
    return redirect(here)


@review_page(Permission.VIEW)
@require_GET
def tool(request: ReviewRequest, review: Review, instrument: str) -> HttpResponse:
    """One tool: what it asks, to be tried out without storing anything; its designs, versions and outdated work."""
    row = ReviewTool.objects.filter(review=review, key=instrument).first()
    versions = list(row.versions.select_related("made_by").order_by("-number")) if row else []
    shown = _version(request, versions)
    one, fault = _tool(review, instrument, shown)
    context = ROOM | {
        "tool": one,
        "fault": fault,
        "row": row,
        "name": one.name if one else shown.data["name"] if shown else instrument,
        "versions": versions,
        "shown": shown,
        "draft": next((version for version in versions if version.is_draft), None),
        "tried": try_out(one, request.GET.dict()) if one else [],
        "designs": DesignsForm(initial={"designs": row.designs}) if row else None,
        "outdated": _outdated(request, review, instrument),
        "mine": request.user.pk,
    }
    template = "appraisal/_trial.html" if request.htmx else "appraisal/tool.html"
    return render(request, template, context)


@review_page(Permission.VIEW)
@require_GET
def tool_file(request: ReviewRequest, review: Review, instrument: str, number: int) -> HttpResponse:
    """A version of an own tool as data, to be used in another review."""
    tool_named(review, instrument, number)
    version = get_object_or_404(ToolVersion, tool__review=review, tool__key=instrument, number=number)
    name = f"{review.slug}-{instrument}-{number}.json"
    body = json.dumps(version.data, ensure_ascii=False, indent=1)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(body, content_type="application/json; charset=utf-8", headers=headers)


def tools_url(review: Review) -> str:
    return reverse("appraisal:tools", args=[review.slug])


def _version(request: ReviewRequest, versions: list[ToolVersion]) -> ToolVersion | None:
    wanted = request.GET.get("version", "")
    newest = next(
        (version for version in versions if not version.is_draft), versions[0] if versions else None
    )
    return next((version for version in versions if str(version.number) == wanted), newest)


def _tool(review: Review, instrument: str, shown: ToolVersion | None) -> tuple[Tool | None, str]:
    """The tool, or what keeps a draft from being one."""
    if shown is None or not shown.is_draft:
        return tool_named(review, instrument, shown.number if shown else None), ""
    fault = services.fault_of(shown.data)
    return (None, fault_in_words(fault)) if fault else (tool_from_data(shown.data), "")


def _outdated(request: ReviewRequest, review: Review, instrument: str) -> list[Assessment]:
    """What was made with an older version: of which result and by whom, which everybody may know."""
    if instrument in BUILT_IN or instrument not in registry.known_keys(review):
        return []
    found = services.outdated(review, instrument).select_related("study", "outcome", "assessor")
    return list(found.order_by("study__label", "pk"))
