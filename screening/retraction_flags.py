"""Standing notices on records, for pages and exports: the same few words everywhere, one query for many records."""

from collections.abc import Sequence

from django.db.models import Prefetch, prefetch_related_objects

from records.models import Record
from reviews.models import Review
from screening.models import Retraction


def notices(path: str = "") -> Prefetch:
    """To be prefetched: each record at ``path`` ("record__") has them as ``notices``, for _retraction_flags.html."""
    return Prefetch(f"{path}retractions", Retraction.objects.standing(), to_attr="notices")


def flag(records: Sequence[Record]) -> None:
    """Give records that are here already their ``notices``."""
    prefetch_related_objects(list(records), notices())


def in_words(record: Record) -> str:
    """The natures of a record's ``notices``, as exports write them."""
    return "; ".join(dict.fromkeys(notice.get_nature_display() for notice in record.notices))  # type: ignore[attr-defined]


def alerts(review: Review) -> list[Retraction]:
    """Retractions and concerns about reports of included studies that nobody has seen; the latest found first."""
    found = Retraction.objects.filter(review=review, seen_at=None).alarming().of_included()
    return list(found.select_related("record__report__study").order_by("-pk"))
