"""What the pages of this room share."""

from dataclasses import dataclass

from django.http import Http404, HttpRequest
from django.urls import reverse

from appraisal import registry
from appraisal.forms import WHOLE, read_result
from appraisal.instruments import Tool
from appraisal.instruments.versions import changes
from appraisal.models import Assessment, ToolVersion
from appraisal.overview import tools_in_use
from reviews.models import Outcome, Review

ROOM = {"room": "risk"}


@dataclass(frozen=True)
class Newer:
    """The present version of an own tool, for an assessment made with an older one."""

    number: int
    note: str
    changes: list[str]


def tool_named(review: Review, key: str, version: int | None = None) -> Tool:
    """The review's tool called ``key``, or Http404."""
    try:
        return registry.tool_of(review, key, version)
    except registry.UnknownInstrument as unknown:
        raise Http404(str(unknown)) from None


def tool_choices(review: Review) -> list[Tool]:
    """The tools a page offers to look at: those with assessments first, then the others on offer."""
    used = tools_in_use(review)
    known = {tool.key for tool in used}
    return [*used, *(tool for tool in registry.tools_of(review) if tool.key not in known)]


def chosen_tool(request: HttpRequest, review: Review) -> Tool:
    """The tool that ``?instrument=`` names, else the one the review uses most."""
    key = request.GET.get("instrument")
    return tool_named(review, key) if key else tool_choices(review)[0]


def result_meant(review: Review, result: str) -> tuple[Outcome | None, str]:
    """(outcome, time point) of ``result`` ("3:post"); (None, "") for "", the study as a whole; else Http404."""
    outcome, time_point = read_result(result, {one.pk: one for one in Outcome.objects.filter(review=review)})
    if result not in ("", WHOLE) and outcome is None:
        raise Http404("There is no such outcome in this review.")
    return outcome, time_point


def newer_than(assessment: Assessment) -> Newer | None:
    """What changed in the tool since this assessment was made; None when it was made with the present version."""
    review, key = assessment.review, assessment.instrument
    current = registry.current_version(review, key)
    if current <= assessment.tool_version:
        return None
    version = ToolVersion.objects.get(tool__review=review, tool__key=key, number=current)
    return Newer(current, version.note, changes(assessment.tool, registry.tool_of(review, key, current)))


def overview_url(review: Review, instrument: str) -> str:
    return f"{reverse('appraisal:overview', args=[review.slug])}?instrument={instrument}"
