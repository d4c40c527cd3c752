"""The builder: a tool of one's own, from its first draft to each published version."""

import json
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import trigger_client_event

from appraisal import services
from appraisal.forms import NewToolForm, NoteForm
from appraisal.instruments import BUILT_IN
from appraisal.instruments.custom import COLOURS
from appraisal.models import ReviewTool, ToolVersion
from appraisal.tool_rows import ToolRows, act, blank, fault_in_words, from_data, from_post, slug_key, to_data
from appraisal.views.common import ROOM
from reviews.access import ReviewRequest, review_page
from reviews.errors import Conflict, Refused
from reviews.models import Review
from reviews.pages import refuse_form, refused
from reviews.permissions import Permission

#: What the colours of levels are called; others look like one of these.
COLOUR_WORDS = {"low": "Green", "unclear": "Yellow", "high": "Orange", "critical": "Purple", "no_information": "Grey",
                "not_applicable": "White"}  # fmt: skip


@review_page(Permission.AMEND_PROTOCOL)
@require_http_methods(["GET", "POST"])
def new(request: ReviewRequest, review: Review) -> HttpResponse:
    """Begin a tool of one's own: empty, or from the description of one of another review."""
    form = NewToolForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        name, described = form.cleaned_data["name"], form.cleaned_data["description"]
        taken = set(ReviewTool.objects.filter(review=review).values_list("key", flat=True)) | set(BUILT_IN)
        key = slug_key(name, taken)
        data = {**described, "key": key, "name": name} if described else blank(key, name)
        try:
            services.draft_tool(review=review, data=data, by=request.user)
            return redirect("appraisal:draft", review.slug, key)
        except Refused as refusal:
            refuse_form(form, refusal)
    return render(
        request, "appraisal/tool_new.html", ROOM | {"form": form}, status=422 if form.errors else 200
    )


@review_page(Permission.AMEND_PROTOCOL)
@require_POST
def next_version(request: ReviewRequest, review: Review, instrument: str) -> HttpResponse:
    """Begin the next version of an own tool from the newest one."""
    row = get_object_or_404(ReviewTool, review=review, key=instrument, is_own=True)
    newest = row.versions.order_by("-number").first()
    try:
        if newest is None or not newest.is_draft:
            services.draft_tool(review=review, data=newest.data if newest else {}, by=request.user)
    except Refused as refusal:
        return refused(request, refusal, reverse("appraisal:tool", args=[review.slug, instrument]))
    return redirect("appraisal:draft", review.slug, instrument)


@review_page(Permission.AMEND_PROTOCOL)
@require_http_methods(["GET", "POST"])
def draft(request: ReviewRequest, review: Review, instrument: str) -> HttpResponse:
    """Write the draft: the whole form is saved by every button, also by those that add and remove."""
    version = _draft(review, instrument)
    if request.method == "GET":
        return _page(request, version, from_data(version.data), services.draft_stamp(version))
    rows, seen = from_post(request.POST), request.POST.get("seen", "")
    act(rows, request.POST.get("act", "")[:60])
    data = to_data(rows, version.data)
    if rows.every_fault:
        return _page(request, version, rows, seen, status=422)
    try:
        version = services.change_draft(version=version, data=_tidy(data), by=request.user, seen=seen)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return _page(request, version, rows, seen, status=refusal.status)
    stamp = services.draft_stamp(version)
    if "act" in request.POST:
        return _page(request, version, rows, stamp)
    if request.htmx:
        answer = _page(request, version, from_data(version.data), stamp)
        return trigger_client_event(answer, "toast", {"text": "The draft is saved."})
    messages.success(request, "The draft is saved.")
    return redirect("appraisal:draft", review.slug, instrument)


@review_page(Permission.AMEND_PROTOCOL)
@require_POST
def publish(request: ReviewRequest, review: Review, instrument: str) -> HttpResponse:
    """Make the draft what new assessments use."""
    version = _draft(review, instrument)
    form = NoteForm(request.POST)
    try:
        if not form.is_valid():
            raise Refused(f"The note: {' '.join(map(str, form.errors['note']))}")
        if request.POST.get("seen", "") != services.draft_stamp(version):
            raise Conflict("The draft was changed in the meantime. Look at it again, then publish it.")
        services.publish_tool(version=version, by=request.user, note=form.cleaned_data["note"])
    except Refused as refusal:
        return refused(request, refusal, reverse("appraisal:draft", args=[review.slug, instrument]))
    messages.success(request, f"Version {version.number} is published. New assessments use it.")
    return redirect("appraisal:tool", review.slug, instrument)


@review_page(Permission.AMEND_PROTOCOL)
@require_POST
def discard_draft(request: ReviewRequest, review: Review, instrument: str) -> HttpResponse:
    """Throw the draft away."""
    try:
        services.discard_draft(version=_draft(review, instrument), by=request.user)
    except Refused as refusal:
        return refused(request, refusal, reverse("appraisal:draft", args=[review.slug, instrument]))
    messages.success(request, "The draft is gone. The history keeps what it held.")
    return redirect("appraisal:tools", review.slug)


def _draft(review: Review, instrument: str) -> ToolVersion:
    drafts = ToolVersion.objects.drafts().select_related("tool__review")
    version = drafts.filter(tool__review=review, tool__key=instrument).first()
    if version is None:
        raise Http404("There is no draft of this tool.")
    return version


def _tidy(data: dict[str, Any]) -> dict[str, Any]:
    """Without empty texts, which stand for nothing; the same data however it was made."""
    return json.loads(json.dumps({key: value for key, value in data.items() if value != ""}))


def _focus(rows: ToolRows, did: str) -> str:
    """The field that was added last."""
    verb, _, place = did.rpartition("-")
    if did == "add-level":
        return f"level-{len(rows.levels) - 1}-label"
    if did == "add-domain":
        return f"domain-{len(rows.domains) - 1}-label"
    if verb == "add-question" and place.isdecimal() and int(place) < len(rows.domains):
        return f"domain-{place}-question-{len(rows.domains[int(place)].questions) - 1}-text"
    return ""


def _page(
    request: ReviewRequest, version: ToolVersion, rows: ToolRows, seen: str, status: int = 200
) -> HttpResponse:
    used = {level.colour for level in rows.levels} & set(COLOURS) - set(COLOUR_WORDS)
    context = ROOM | {
        "version": version,
        "rows": rows,
        "seen": seen,
        "colours": [
            *COLOUR_WORDS.items(),
            *((key, key.replace("_", " ").capitalize()) for key in sorted(used)),
        ],
        "fault": fault_in_words(services.fault_of(version.data)),
        "published": version.number > 1,
        "act": request.POST.get("act", ""),
        "focus": _focus(rows, request.POST.get("act", "")),
    }
    template = "appraisal/_builder.html" if request.htmx else "appraisal/builder.html"
    return render(request, template, context, status=status)
