"""Which of the records that are left come next: those of a sample first, then as they came or as they are ranked.

``left`` is given by screening/queue.py: a function from an id to the ids behind it that may come, in id order.
"""

from array import array
from collections.abc import Callable, Collection, Iterable

from django.db.models import Exists, OuterRef, QuerySet

from reviews.models import Review
from screening.ranked import RankedOrder
from screening.services.gates import sample_of
from screening.services.places import House

Left = Callable[[int], QuerySet]
#: The records with a vote of one's own.
Done = Callable[[], set[int]]
#: The first records of an order are asked about in pieces, since one of them is free nearly always; then all at once.
PIECES = (64, 512, 4096)


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


def as_shuffled(left: Left, order: RankedOrder, after: int, done: Done, count: int) -> list[int]:
    """Behind ``after`` in an order that does not change, then from its start."""
    start = order.behind(after)
    return _along(left, [order.ids[start:], order.ids[:start]], [], done, count)


def as_ranked(
    left: Left, order: RankedOrder, after: int | None, held: Collection[int], done: Done, count: int
) -> list[int]:
    """From the top of ``order``; those it does not name come at the end, in id order.

    Behind ``after`` only while that is left itself: then it was skipped. After a vote the top is what counts, however
    the order has changed since. ``held`` come before all others: a page that is loaded again shows what it showed.
    """
    rows = sorted(left(0).filter(pk__in=held), key=order.behind)[:count] if held else []
    start = order.behind(after) if after and left(0).filter(pk=after).exists() else 0
    return _along(left, [order.ids[start:], order.ids[:start]], rows, done, count)


def _along(left: Left, parts: Iterable["array[int]"], rows: list[int], done: Done, count: int) -> list[int]:
    """``rows``, and the first of ``parts`` that are left, up to ``count``; then what they do not name."""
    for ids in parts:
        rows = rows + _first(left, ids, rows, done, count - len(rows))
    if len(rows) < count:
        rows += left(0).exclude(pk__in=rows)[: count - len(rows)]
    return rows


def _first(left: Left, ids: "array[int]", besides: list[int], done: Done, count: int) -> list[int]:
    """The first ``count`` of ``ids`` that are left.

    Behind the first piece one's own votes (``done``) are passed without asking: where an order stands for long, as
    one from a file does, they are thousands.
    """
    found: list[int] = []
    rest = ids.tolist()
    for size in (*PIECES, 0):
        if not rest or len(found) >= count:
            break
        piece = rest[:size] if size else rest
        rows = left(0).order_by()
        open_ = set(rows.filter(pk__in=piece) if size else rows).difference(besides)
        found += [pk for pk in piece if pk in open_][: count - len(found)]
        rest = rest[size:] if size else []
        if size == PIECES[0] and rest and len(found) < count:
            voted = done()
            rest = [pk for pk in rest if pk not in voted]
    return found
