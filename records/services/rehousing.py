"""Sources put right afterwards: a file moved to the search it belongs to, a search removed that brought nothing."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from records.models import ImportBatch, Record, Search
from records.services.searches import add_search, hold
from records.services.settling import may_discard
from records.services.staging import NotInThisState, clear_records, forget_file, locked
from reviews.audit import record_event
from reviews.errors import Conflict, Refused
from reviews.models import User

State = ImportBatch.State
#: What the history keeps of a search that was removed.
DESCRIBED = (
    "source",
    "source_type",
    "platform",
    "searched_together",
    "searched_on",
    "hits_reported",
    "query",
    "limits",
    "filters",
    "method",
)


class SearchInUse(Conflict):
    """Files of the search are in the review or on their way into it; it was not removed."""


class NotMoved(Refused):
    """The file stays with its source."""


def may_move(batch: ImportBatch) -> bool:
    """It is in the review, waits for a person, or its reading ended badly and left the file for another try."""
    return batch.state == State.DONE or may_discard(batch)


@transaction.atomic
def move_import(
    *,
    batch: ImportBatch,
    by: User,
    search: Search | None = None,
    new_search: Mapping[str, Any] | None = None,
) -> ImportBatch:
    """Say that a file came from another search of the review: its records go along, whatever was decided on them.

    Without ``search`` the source described by ``new_search`` (fields of Search) is added. Raises NotMoved for the
    search it is in or one of another review, NotInThisState for a file that is being read or is not there any more,
    SearchRefused for the new source.
    """
    batch = locked(batch)
    if not may_move(batch):
        raise NotInThisState(
            f"{batch.file_name} is {batch.get_state_display().lower()}: only a file that waits for a person or is in "
            "the review can be moved."
        )
    if search and search.review_id != batch.review_id:
        raise NotMoved(f"{search} is a source of another review.", field="search")
    if search and search.pk == batch.search_id:
        raise NotMoved(f"{batch.file_name} is from {search} already.", field="search")
    former = batch.search
    search = (
        hold(search) if search else add_search(review=batch.review, by=by, **(new_search or {"source": ""}))
    )
    batch.search = search
    batch.save(update_fields=["search"])
    moved = Record.objects.filter(batch=batch).update(search=search)
    record_event(
        review=batch.review,
        actor=by,
        verb="records.import_moved",
        target=batch,
        sentence=f"moved {batch.file_name} from {former} to {search}.",
        detail={
            "old": {"search": former.pk, "source": str(former)},
            "new": {"search": search.pk, "source": str(search)},
            "records": moved,
        },
    )
    return batch


@transaction.atomic
def remove_search(*, search: Search, by: User) -> None:
    """Remove a search by which nothing came into the review; what it said is kept in the history.

    Its files that were discarded, undone or could not be read stay in the list of files. Raises SearchInUse when one
    is being read, waits for a person or is in the review, or when the network is being asked for it.
    """
    search = hold(search)
    fetching = search.review.jobs.unfinished().filter(params__search=search.pk).exists()
    if fetching or not Search.objects.removable().filter(pk=search.pk).exists():
        files = ", ".join(search.batches.holding().values_list("file_name", flat=True)[:3])
        why = f"It has files: {files}. Undo or discard them, or move them to another source" if files else ""
        raise SearchInUse(f"{search} was not removed. {why or 'It is being fetched at this moment'}.")
    for batch in search.batches.exclude(file="").filter(state__in=[State.WAITING, State.FAILED]):
        # given up, with the file kept for another try
        clear_records(batch)
        forget_file(batch)
        batch.state = State.DISCARDED
        batch.save(update_fields=["state", "file"])
    search.removed_at = timezone.now()
    search.save(update_fields=["removed_at"])
    record_event(
        review=search.review,
        actor=by,
        verb="records.search_removed",
        target=search,
        sentence=f"removed the search of {search}, which had brought no records.",
        detail={
            name: value.isoformat() if isinstance(value := getattr(search, name), date) else value
            for name in DESCRIBED
        },
    )
