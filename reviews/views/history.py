"""What happened: the history of a review, to read and to download."""

import json

from django.http import StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from reviews.access import ReviewRequest, review_page
from reviews.downloads import csv_download
from reviews.filters import EventFilter
from reviews.models import Review
from reviews.pages import page_of
from reviews.permissions import Permission

CSV_COLUMNS = ("id", "at", "actor", "verb", "target_type", "target_id", "target", "sentence", "detail")


@review_page(Permission.VIEW)
@require_GET
def history(request: ReviewRequest, review: Review):
    events = _events(request, review)
    context = {"room": "history", "filter": events, "page_obj": page_of(request, events.qs)}
    return render(request, "reviews/history.html", context)


@review_page(Permission.AUDIT)
@require_GET
def history_csv(request: ReviewRequest, review: Review) -> StreamingHttpResponse:
    rows = (
        [
            event.pk,
            event.at.isoformat(timespec="seconds"),
            event.actor_name,
            event.verb,
            event.target_type,
            event.target_id,
            event.target_label,
            event.sentence,
            json.dumps(event.detail, ensure_ascii=False, sort_keys=True) if event.detail else "",
        ]
        for event in _events(request, review).qs.order_by("pk").iterator()
    )
    return csv_download(f"{review.slug}-history.csv", CSV_COLUMNS, rows)


def _events(request: ReviewRequest, review: Review) -> EventFilter:
    return EventFilter(request.GET, queryset=review.events.visible_to(request.user))
