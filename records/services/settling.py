"""A person has looked at what was read: into the review, away with it, or read it again another way."""

from collections.abc import Iterable

from django.db import transaction

from records.formats import UnreadableFile
from records.models import ImportBatch
from records.services.columns import TABLES, name_columns
from records.services.staging import (
    CannotImport,
    NotInThisState,
    about,
    check_encoding,
    clear_records,
    enter_review,
    forget_file,
    locked,
    queue_reading,
)
from reviews.audit import record_event
from reviews.models import User

State = ImportBatch.State


@transaction.atomic
def commit_import(*, batch: ImportBatch, by: User) -> ImportBatch:
    """Let the records of a batch that was read into the review. Raises NotInThisState when it does not wait."""
    batch = locked(batch)
    if batch.state != State.READY:
        raise NotInThisState(f"{batch.file_name} {_standing(batch)}. Nothing was imported.")
    enter_review(batch, by)
    return batch


@transaction.atomic
def commit_imports(*, batches: Iterable[ImportBatch], by: User) -> list[ImportBatch]:
    """The same for several files, all or none."""
    return [commit_import(batch=batch, by=by) for batch in batches]


@transaction.atomic
def discard_import(*, batch: ImportBatch, by: User) -> ImportBatch:
    """Drop a file that is not in the review, with its records, and forget it; it may be uploaded again."""
    batch = locked(batch)
    if not may_discard(batch):
        hint = " Undo the import instead." if batch.state == State.DONE else ""
        raise NotInThisState(f"{batch.file_name} {_standing(batch)}. Nothing was discarded.{hint}")
    clear_records(batch)
    forget_file(batch)
    batch.state = State.DISCARDED
    batch.save(update_fields=["state", "file"])
    record_event(
        review=batch.review,
        actor=by,
        verb="records.import_discarded",
        target=batch,
        sentence=f"discarded {batch.file_name} before it was imported into {batch.search}.",
        detail={"records": batch.records_read, "rejected": batch.records_rejected, "sha256": batch.sha256},
    )
    return batch


@transaction.atomic
def remap_import(
    *, batch: ImportBatch, mapping: dict[str, str], by: User, sheet: str = "", remember: bool = True
) -> ImportBatch:
    """Say what the columns of a table mean ({column header: field, or blank for none}) and have it read again.

    The next table with the same header is read the same way, unless ``remember`` is False. Raises CannotImport for a
    mapping that cannot be, NotInThisState when the file is no table or does not wait.
    """
    batch = locked(batch)
    may_name_columns(batch)
    try:
        name_columns(batch, mapping, sheet, by, remember=remember)
    except UnreadableFile as error:
        raise CannotImport(about(batch.file_name, error)) from error
    queue_reading(batch, by)
    return batch


@transaction.atomic
def reread_import(*, batch: ImportBatch, encoding: str, by: User) -> ImportBatch:
    """Have the file read again in another encoding (one of ENCODINGS; "" for the detected one)."""
    batch = locked(batch)
    _may_read_again(batch)
    batch.chosen_encoding = check_encoding(encoding)
    batch.save(update_fields=["chosen_encoding"])
    queue_reading(batch, by)
    return batch


def may_discard(batch: ImportBatch) -> bool:
    """It waits for a person, or its reading ended badly and left the file for another try."""
    waits = batch.state in (State.READY, State.MAPPING)
    return waits or (batch.present_state == State.FAILED and bool(batch.file))


def may_name_columns(batch: ImportBatch) -> None:
    """Raises NotInThisState when the file is no table, or is being read, or past its check."""
    if batch.format not in TABLES:
        raise NotInThisState(f"{batch.file_name} is no table: there are no columns to name.")
    _may_read_again(batch)


def _may_read_again(batch: ImportBatch) -> None:
    if not (batch.check_first and may_discard(batch)):
        raise NotInThisState(f"{batch.file_name} {_standing(batch)}. It was not read again.")


def _standing(batch: ImportBatch) -> str:
    return {
        State.WAITING: "is being read at this moment",
        State.MAPPING: "has columns that nobody named yet",
        State.READY: "waits to be checked",
        State.DONE: "is in the review already",
        State.FAILED: "could not be read",
        State.UNDONE: "was imported and undone",
        State.DISCARDED: "was discarded",
    }[State(batch.present_state)]
