"""Which of the records that are left come next: those of a sample first, then as they came or as they are ranked.

``left`` is given by screening/queue.py: a function from an id to the ids behind it that may come, in id order.
"""

from array import array
from collections.abc import Callable, Collection

from django.db.models import Exists, OuterRef, QuerySet

from reviews.models import Review
from screening.ranked import RankedOrder
from screening.services.gates import sample_of
from screening.services.places import House

Left = Callable[[int], QuerySet]
#: The first records of an order are asked about in small pieces, since one of them is free nearly always.
PIECE, LARGEST_PIECE, GROWTH = 64, 4096, 8


def of_sample(review: Review, house: House, left: Left, after: int, count: int) -> list[int]:
    """Those in the open sample of what is left, if there is one: they come before all others, in every order."""
    sample = None if house.gate else sample_of(review.pk, house.stage)
    if sample is None:
        return []
    drawn = Exists(sample.sample.filter(record=OuterRef("pk")))
    rows = list(left(after).filter(drawn)[:count])
    if len(rows) < count and after:
        rows += left(0).filter(drawn, pk__lte=after)[: count - len(rows)]
    return rows


def as_they_came(left: Left, after: int, count: int) -> list[int]:
    """Behind ``after``, then from the start."""
    rows = list(left(after)[:count])
    if len(rows) < count and after:
        rows += left(0).filter(pk__lte=after)[: count - len(rows)]
    return rows


def as_ranked(
    left: Left, order: RankedOrder, after: int | None, held: Collection[int], count: int
) -> list[int]:
    """From the top of ``order``; those it does not name come at the end, in id order.

    Behind ``after`` only while that is left itself: then it was skipped. After a vote the top is what counts, however
    the order has changed since. ``held`` come before all others: a page that is loaded again shows what it showed.
    """
    rows = sorted(left(0).filter(pk__in=held), key=order.behind)[:count] if held else []
    start = order.behind(after) if after and left(0).filter(pk=after).exists() else 0
    for ids in (order.ids[start:], order.ids[:start]):
        rows += _first(left, ids, rows, count - len(rows))
    if len(rows) < count:
        rows += left(0).exclude(pk__in=rows)[: count - len(rows)]
    return rows


def _first(left: Left, ids: "array[int]", besides: Collection[int], count: int) -> list[int]:
    """The first ``count`` of ``ids`` that are left, asked in pieces that grow: few queries pass many that are not."""
    found: list[int] = []
    start, size = 0, PIECE
    while start < len(ids) and len(found) < count:
        piece = ids[start : start + size].tolist()
        open_ = set(left(0).filter(pk__in=piece).order_by()) - set(besides)
        found += [pk for pk in piece if pk in open_][: count - len(found)]
        start, size = start + size, min(size * GROWTH, LARGEST_PIECE)
    return found
