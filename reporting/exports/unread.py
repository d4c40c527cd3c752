"""Records that left title and abstract unread on the word of an automation tool, as a table."""

from collections.abc import Iterator

from reviews.models import Review
from screening.models import RemovedRecord

HEADER = [
    "record_id",
    "record",
    "title",
    "removal",
    "kind",
    "removed_at",
    "by",
    "came_back_at",
    "sentence",
    "why",
]


def rows(review: Review) -> Iterator[list]:
    """One row for each time that a record left, those that came back too; ``removal`` numbers the decisions."""
    found = RemovedRecord.objects.filter(removal__review=review).select_related("record", "removal__by")
    found = found.order_by("removal__number", "record").defer(
        "record__raw", "record__abstract", "removal__numbers"
    )
    for one in found.iterator(chunk_size=1000):
        removal = one.removal
        yield [
            one.record_id,
            one.record.citation,
            one.record.title,
            removal.number,
            removal.kind,
            removal.created_at.isoformat(),
            str(removal.by),
            one.withdrawn_at.isoformat() if one.withdrawn_at else "",
            removal.sentence,
            removal.why,
        ]
