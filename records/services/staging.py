"""What the steps of an import share: its errors, the queue for reading, and the two ways out of waiting.

A file goes WAITING (read in the background) -> READY (a person looks) -> DONE, or straight to DONE; a table may stop
at MAPPING first. Its records are stored while it is read and are invisible until it is DONE.
"""

import codecs

from django.db import transaction

from records.formats import UnreadableFile
from records.models import ImportBatch, Record
from records.services.deduplication import request_deduplication
from reviews.audit import record_event
from reviews.errors import Conflict, Refused
from reviews.jobs import enqueue
from reviews.models import User

State = ImportBatch.State

#: The encodings a person may choose when the detected one shows wrong letters, with their names.
ENCODINGS = {
    "utf-8": "UTF-8",
    "utf-16": "UTF-16",
    "cp1252": "Windows-1252 (Western European)",
    "iso8859-15": "Latin-9 (Western European)",
    "mac_roman": "Mac Roman",
    "cp1250": "Windows-1250 (Central European)",
    "cp1251": "Windows-1251 (Cyrillic)",
    "cp1253": "Windows-1253 (Greek)",
    "cp1254": "Windows-1254 (Turkish)",
    "cp1255": "Windows-1255 (Hebrew)",
    "cp1256": "Windows-1256 (Arabic)",
    "cp1257": "Windows-1257 (Baltic)",
    "gb18030": "GB 18030 (Chinese, simplified)",
    "big5": "Big5 (Chinese, traditional)",
    "shift_jis": "Shift JIS (Japanese)",
    "euc_jp": "EUC-JP (Japanese)",
    "euc_kr": "EUC-KR (Korean)",
}


class CannotImport(Refused):
    """The file was not imported, and nothing of it was kept."""


class AlreadyImported(Conflict):
    """The very same file is in the review already, or waits to be checked."""


class NotInThisState(Conflict):
    """The import is past, or not yet at, the point where this can be done."""


def check_encoding(name: str) -> str:
    """The name as ENCODINGS spells it. Raises CannotImport for one that is not offered."""
    known = {codecs.lookup(each).name: each for each in ENCODINGS}
    try:
        return known[codecs.lookup(name.strip()).name] if name.strip() else ""
    except (LookupError, ValueError) as error:  # unknown to Python, or not text, or not offered
        choices = ", ".join(ENCODINGS)
        raise CannotImport(
            f"“{name[:40]}” is not an encoding that can be chosen. Choose one of {choices}.", field="encoding"
        ) from error


def queue_reading(batch: ImportBatch, by: User | None) -> None:
    """Let a worker read the file, anew if it was read before. To be called in a transaction."""
    times = batch.review.jobs.filter(task="records.import", params__batch=batch.pk).count()
    batch.state = State.WAITING
    batch.job = enqueue(
        review=batch.review,
        task="records.import",
        label=f"Import of {batch.file_name}"[:200],
        params={"batch": batch.pk},
        by=by,
        key=f"import-{batch.pk}" + (f"-{times}" if times else ""),
    )
    batch.save(update_fields=["state", "job"])


def enter_review(batch: ImportBatch, by: User | None) -> None:
    """All records of the batch become visible at once. To be called in a transaction."""
    batch.state = State.DONE
    batch.save(update_fields=["state"])
    read, rejected = batch.records_read, batch.records_rejected
    s = "" if read == 1 else "s"
    refused = f"; {rejected} could not be read" if rejected else ""
    record_event(
        review=batch.review,
        actor=by,
        verb="records.imported",
        target=batch,
        sentence=f"imported {read:,} record{s} from {batch.file_name} into {batch.search}{refused}.",
        detail={
            "records": read,
            "rejected": rejected,
            "sha256": batch.sha256,
            "format": batch.format,
            "encoding": batch.encoding,
            "checked": batch.check_first,
        }
        | ({"archive": batch.archive_name} if batch.archive_name else {})
        | ({"mapping": batch.mapping} if batch.mapping else {}),
    )
    request_deduplication(review=batch.review, by=by, only_new=True)


def clear_records(batch: ImportBatch) -> None:
    """Delete the records of a batch that never was in the review.

    In one statement: nothing can point at them, and collecting a hundred thousand first, as ``delete`` does, costs
    memory. The database's own foreign keys would refuse it if something did.
    """
    assert batch.state != State.DONE, "records of the review are never deleted"
    rows = Record.objects.filter(batch=batch)
    rows._raw_delete(rows.db)  # type: ignore[attr-defined]


def forget_file(batch: ImportBatch) -> None:
    """Delete the stored file when the transaction ends. The caller saves the field."""
    if batch.file.name:
        storage, stored = batch.file.storage, batch.file.name
        transaction.on_commit(lambda: storage.delete(stored))
        batch.file = ""


def about(name: str, error: UnreadableFile) -> str:
    """The reader's sentence with the file's name, which many sentences hold already."""
    return str(error) if name in str(error) else f"{name}: {error}"


def locked(batch: ImportBatch) -> ImportBatch:
    """The batch as it is now, held until the transaction ends."""
    rows = ImportBatch.objects.select_for_update(of=("self",)).select_related("review", "search", "job")
    return rows.get(pk=batch.pk)
