"""The flow diagram, of now or a day in the past, and the records behind each of its numbers."""

import hashlib
import json
from functools import reduce
from operator import or_
from urllib.parse import urlencode

from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from reporting.asked import Asked, WrongMoment, asked_for
from reporting.automation import left_unread
from reporting.counts import ADJUSTABLE, FlowCounts
from reporting.diagram import diagram
from reporting.diagram_files import FORMATS
from reporting.prisma import BOXES, REASONS
from reporting.table import Line, as_table
from reviews.access import ReviewRequest, review_page
from reviews.figures.render import render_svg
from reviews.models import Review
from reviews.pages import page_of
from reviews.permissions import Permission

BOX_OF_REASONS = {box: key for key, box in REASONS.items()}
#: The boxes of records that a tool marked: above their lists stands by whose word.
LEFT_UNREAD = ("automation", "other_automation")
#: The rooms of whose acts the numbers are made.
ROOMS = ("reviews", "records", "screening", "analysis", "reporting")
CHANGES_NUMBERS = reduce(or_, (Q(verb__startswith=f"{room}.") for room in ROOMS))


@review_page(Permission.REPORT)
@require_GET
def prisma(request: ReviewRequest, review: Review) -> HttpResponse:
    """Refreshes itself while it shows the present: ``prisma_live`` answers when a number changed."""
    event = newest_event(review)  # before counting: what comes meanwhile is asked for again
    asked, refusal = _asked(request, review)
    context = _shown(asked) | {
        "room": "prisma",
        "refusal": refusal,
        "event": event,
        "versions": review.versions.live().order_by("-number"),
        "said_as_of": request.GET.get("as_of", ""),
        "said_since": request.GET.get("since", ""),
        "formats": list(FORMATS),
    }
    return render(request, "reporting/prisma.html", context, status=422 if refusal else 200)


@review_page(Permission.REPORT)
@require_GET
def prisma_live(request: ReviewRequest, review: Review) -> HttpResponse:
    """Nothing (204) while nothing happened since event ``?seen=``; the numbers only if they are not those of
    ``?mark=``."""
    seen, event = request.GET.get("seen", ""), newest_event(review)
    if seen == str(event):
        return HttpResponse(status=204)
    asked, _ = _asked(request, review)
    if asked.as_of:
        return HttpResponse(status=204)  # what was does not change
    shown = _shown(asked)
    changed = shown["mark"] != request.GET.get("mark", "")
    context = shown | {"event": event, "changed": changed}
    return render(request, "reporting/_flow_live.html", context)


@review_page(Permission.REPORT)
@require_GET
def box(request: ReviewRequest, review: Review, key: str) -> HttpResponse:
    """The records behind one number of the diagram, as of the moment its address names."""
    name = request.GET.get("name", "")
    if key not in BOXES and key not in REASONS:
        raise Http404("The diagram has no such box.")
    asked, refusal = _asked(request, review)
    label = BOXES[REASONS.get(key, key)].label
    context = {
        "room": "prisma",
        "label": f"{label}: {name}" if name else label,
        "asked": asked,
        "refusal": refusal,
        "left_unread": left_unread(review) if key in LEFT_UNREAD and not asked.as_of else (),
        "page_obj": page_of(request, asked.rows(key, name), 50),
    }
    return render(request, "reporting/box.html", context, status=422 if refusal else 200)


def newest_event(review: Review) -> int:
    """The last line of the history that may have changed a number, and that everybody may read.

    Blinded lines (votes on records that are not complete) change none, and nobody is to see that one was added; nor
    that somebody began to assess or to extract.
    """
    lines = review.events.filter(CHANGES_NUMBERS, blinded=False)
    return lines.order_by("-pk").values_list("pk", flat=True).first() or 0


def mark_of(counts: FlowCounts) -> str:
    """The same as long as all numbers, corrections and doubts are."""
    return hashlib.sha256(json.dumps(counts.to_json(), sort_keys=True).encode()).hexdigest()[:16]


def _correction_of(review: Review, line: Line) -> str:
    """Where the number of a line is corrected by hand; "" for one that cannot be."""
    key = BOX_OF_REASONS.get(line.key, line.key)
    if key not in ADJUSTABLE:
        return ""
    said = {"key": key} | ({"name": line.name} if line.name else {})
    return f"{reverse('reporting:adjustments', args=[review.slug])}?{urlencode(said)}"


def _asked(request: ReviewRequest, review: Review) -> tuple[Asked, str]:
    """What the address asks for; where that cannot be, the present with the sentence why."""
    try:
        return asked_for(review, request.GET.dict()), ""
    except WrongMoment as refusal:
        return asked_for(review, {}), str(refusal)


def _shown(asked: Asked) -> dict:
    counts = asked.counts()
    return {
        "asked": asked,
        "counts": counts,
        "problems": counts.problems(),
        "svg": render_svg(diagram(asked.review, counts, query=asked.query)),
        "table": [
            (line, _correction_of(asked.review, line)) for line in as_table(asked.review, counts, asked.query)
        ],
        "mark": mark_of(counts),
    }
