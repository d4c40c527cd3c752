"""Which records were in the review at a moment, and where they came from."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from records.models import ImportBatch, Record, Search
from reviews.models import Review

State = ImportBatch.State
#: Files that are in the review, or once were.
CAME = (State.DONE, State.UNDONE)


class Came(NamedTuple):
    search: int
    batch: int


def entered(review: Review) -> dict[int, datetime]:
    """When each file that is or was in the review came in: a file may wait long after it was brought."""
    brought = dict(ImportBatch.objects.filter(review=review, state__in=CAME).values_list("pk", "created_at"))
    told = review.events.filter(verb="records.imported").order_by("-pk").values_list("target_id", "at")
    return brought | {int(batch): at for batch, at in told.iterator() if int(batch) in brought}


def imported_at(review: Review, at: datetime) -> tuple[dict[int, Came], dict[int, str]]:
    """The records in the review at ``at`` with their source and file; the types of the sources then."""
    came = {batch for batch, when in entered(review).items() if when <= at}
    rows = ImportBatch.objects.filter(review=review).values_list("pk", "search_id", "state", "undone_at")
    home = {
        pk: search
        for pk, search, state, undone_at in rows
        if pk in came and (state == State.DONE or (undone_at and undone_at > at))
    }
    for batch, detail in changes_since(review, at, ["records.import_moved"]):
        if batch in home:
            home[batch] = detail["old"]["search"]
    kinds = dict(Search._base_manager.filter(review=review).values_list("pk", "source_type"))
    for search, detail in changes_since(review, at, ["records.search_amended"]):
        if change := detail.get("changes", {}).get("source_type"):
            kinds[search] = change["old"]
    records = Record.objects.filter(review=review).order_by().values_list("pk", "batch_id")
    return {pk: Came(home[batch], batch) for pk, batch in records.iterator() if batch in home}, kinds


def changes_since(review: Review, at: datetime, verbs: Iterable[str]) -> Iterable[tuple[int, dict[str, Any]]]:
    """The targets and details of these acts after ``at``, the latest first: undone in this order."""
    told = review.events.filter(verb__in=list(verbs), at__gt=at).order_by("-pk")
    for target, detail in told.values_list("target_id", "detail").iterator():
        yield int(target or 0), detail
