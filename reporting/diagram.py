"""The flow diagram of a review, each box linked to the page that lists its records."""

from urllib.parse import urlencode

from django.urls import reverse

from reporting.flow import BOX_KEYS, LINE_KEYS, FlowCounts, flow
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


def diagram(review: Review, counts: FlowCounts, *, linked: bool = True) -> Figure:
    """The official diagram with the numbers of ``counts``; ``linked`` for the page, plain for files."""
    title = f"PRISMA 2020 flow diagram: {review.title}"
    return flow(counts, hrefs=links(review, counts) if linked else None, title=title)


def links(review: Review, counts: FlowCounts) -> dict[str, str]:
    """The address behind every box and line that has records."""
    found = {
        key: records_url(review, SAME_AS.get(key, key))
        for key in (*BOX_KEYS, *LINE_KEYS)
        if SAME_AS.get(key, key) in BOXES
    }
    del found["included"]  # its two lines have links of their own
    found["studies"] = found["previous_studies"] = reverse("screening:studies", args=[review.slug])
    named = {
        "databases": counts.databases,
        "registers": counts.registers,
        "reasons": counts.reasons,
        "other_reasons": counts.other_reasons,
    }
    for key, pairs in named.items():
        found |= {f"{key}:{name}": records_url(review, key, name) for name, _ in pairs}
    return found


def records_url(review: Review, key: str, name: str = "") -> str:
    """The page that lists the records behind a number."""
    query = f"?{urlencode({'name': name})}" if name else ""
    return reverse("reporting:box", args=[review.slug, key]) + query
