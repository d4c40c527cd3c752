"""The flow diagram of a review as its settings ask for, each box linked to the page that lists its records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from reporting.flow import BOX_KEYS, LINE_KEYS, LIST_KEYS, FlowCounts, flow, flow_chart, flow_sheet
from reporting.flow.chart import Chart, Style
from reporting.flow.labels import printable_labels
from reporting.flow.sheet import Sheet
from reporting.models import FlowSettings
from reporting.prisma import BOXES
from reviews.figures.layout import Figure
from reviews.models import Review

#: Boxes and lines whose records stand under another name.
SAME_AS = {
    "identified": "databases",
    "removed": "duplicates",
    "other_identified": "websites",
    "reports": "included",
}


def settings_of(review: Review) -> FlowSettings:
    """How the diagram is drawn; without a row the defaults, not saved and of version 0."""
    found = FlowSettings.objects.filter(review=review).first()
    never: Any = None  # a day that nobody changed it on
    return found or FlowSettings(review=review, version=0, changed_at=never)


def style_of(settings: FlowSettings) -> Style:
    return Style(**_wanted(settings))


def diagram(
    review: Review,
    counts: FlowCounts,
    *,
    linked: bool = True,
    query: Mapping[str, str] | None = None,
    settings: FlowSettings | None = None,
) -> Figure:
    """The official diagram with the numbers of ``counts``; ``linked`` for the page, plain for files.

    ``query`` goes with each link, such as {"as_of": "2026-03-01"}; ``settings`` are the review's own unless given.
    """
    hrefs = links(review, counts, query) if linked else None
    return flow(counts, hrefs=hrefs, **_all_of(review, settings))


def sheet(review: Review, counts: FlowCounts, settings: FlowSettings | None = None) -> Sheet:
    """The same with its boxes and arrows at their places, for files with shapes that can be edited."""
    return flow_sheet(counts, **_all_of(review, settings))


def chart(review: Review, counts: FlowCounts, query: Mapping[str, str] | None = None) -> Chart:
    """What the diagram says, with every source by name."""
    wanted = _all_of(review, None) | {"each_database": True, "each_register": True}
    return flow_chart(counts, hrefs=links(review, counts, query), **wanted)


def _all_of(review: Review, settings: FlowSettings | None) -> dict[str, Any]:
    return {
        "title": f"PRISMA 2020 flow diagram: {review.title}",
        **_wanted(settings or settings_of(review)),
    }


def _wanted(settings: FlowSettings) -> dict[str, Any]:
    names = ("template", "each_database", "each_register", "meta_analysis")
    labels = printable_labels(settings.labels)  # also those that a restored archive brought
    return {name: getattr(settings, name) for name in names} | {"labels": labels}


def links(review: Review, counts: FlowCounts, query: Mapping[str, str] | None = None) -> dict[str, str]:
    """The address behind every box and line that has records; ``query`` goes with each."""
    found = {
        key: records_url(review, SAME_AS.get(key, key), query=query)
        for key in (*BOX_KEYS, *LINE_KEYS)
        if SAME_AS.get(key, key) in BOXES
    }
    del found["included"]  # its two lines have links of their own
    found["studies"] = found["previous_studies"] = reverse("screening:studies", args=[review.slug])
    for key in LIST_KEYS:
        for name, _ in getattr(counts, key):
            found[f"{key}:{name}"] = records_url(review, key, name, query)
    return found


def records_url(review: Review, key: str, name: str = "", query: Mapping[str, str] | None = None) -> str:
    """The page that lists the records behind a number."""
    asked = ({"name": name} if name else {}) | dict(query or {})
    return reverse("reporting:box", args=[review.slug, key]) + (f"?{urlencode(asked)}" if asked else "")
