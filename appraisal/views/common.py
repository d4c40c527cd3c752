"""What the pages of this room share."""

from django.http import Http404, HttpRequest
from django.urls import reverse

from appraisal.instruments import INSTRUMENTS, Instrument
from appraisal.overview import instruments_in_use
from reviews.models import Review

ROOM = {"room": "risk"}


def tool_named(review: Review, key: str) -> Instrument:
    """The review's tool called ``key``, or Http404."""
    if key not in INSTRUMENTS:
        raise Http404(f"There is no instrument '{key}'.")
    return INSTRUMENTS[key]


def tool_choices(review: Review) -> list[Instrument]:
    """The tools a page offers to look at: those with assessments first, then the others on offer."""
    used = instruments_in_use(review)
    return [INSTRUMENTS[key] for key in [*used, *(key for key in INSTRUMENTS if key not in used)]]


def chosen_tool(request: HttpRequest, review: Review) -> Instrument:
    """The tool that ``?instrument=`` names, else the one the review uses most."""
    key = request.GET.get("instrument")
    return tool_named(review, key) if key else tool_choices(review)[0]


def overview_url(review: Review, instrument: str) -> str:
    return f"{reverse('appraisal:overview', args=[review.slug])}?instrument={instrument}"
