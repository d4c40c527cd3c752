"""Searches and their files: nothing is half-imported, nothing is dropped without a line in the report."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from itertools import islice
from typing import Any

from django.conf import settings
from django.core.files import File
from django.db import IntegrityError, transaction
from django.utils import timezone

from records.formats import Detected, ParsedRecord, Rejected, UnreadableFile, parse, sniff
from records.models import ImportBatch, Record, Search
from records.services.deduplication import hand_over_duplicates, request_deduplication
from reviews.audit import record_event
from reviews.errors import Conflict, Refused
from reviews.jobs import Cancelled, Progress, enqueue
from reviews.models import Job, Review, User

BATCH_SIZE = 500
SHOWN_REJECTIONS = 1000


class CannotImport(Refused):
    """The file was not imported, and nothing of it was kept."""


class AlreadyImported(Conflict):
    """The very same file is in the review already."""


def add_search(*, review: Review, source: str, by: User | None, **fields: Any) -> Search:
    """Describe one search of one source. Raises Refused when the source is already in the review."""
    try:
        with transaction.atomic():
            search = Search.objects.create(review=review, source=source.strip(), created_by=by, **fields)
            record_event(
                review=review,
                actor=by,
                verb="records.search_added",
                target=search,
                sentence=f"added the search of {search}.",
                detail={"source": search.source, "source_type": search.source_type},
            )
    except IntegrityError:
        raise Conflict(
            f"The review already has a search of {source}. Import the file into that one, or name the "
            "platform to tell them apart."
        ) from None
    return search


@transaction.atomic
def amend_search(*, search: Search, by: User, changes: dict[str, Any]) -> Search:
    """Correct the description of a search; old and new values go to the history."""
    before = {name: getattr(search, name) for name in changes}
    for name, value in changes.items():
        setattr(search, name, value)
    search.save(update_fields=list(changes))
    record_event(
        review=search.review,
        actor=by,
        verb="records.search_amended",
        target=search,
        sentence=f"amended the search of {search}.",
        detail={
            "old": {k: str(v) for k, v in before.items()},
            "new": {k: str(v) for k, v in changes.items()},
        },
    )
    return search


def check_file(file: File) -> tuple[str, Detected]:
    """The file's plain name and what it is. Raises CannotImport when it cannot be a search result."""
    name = (file.name or "file").rsplit("/", 1)[-1].rsplit("\\", 1)[-1][-255:]
    limit = settings.UPLOAD_LIMIT_BYTES
    if file.size > limit:
        raise CannotImport(
            f"{name}: the file is {file.size / 1e6:.0f} MB, the limit is {limit / 1024 / 1024:.0f} MB. "
            "Export it from the database in parts."
        )
    try:
        return name, sniff(_head(file), name)
    except UnreadableFile as error:
        raise CannotImport(f"{name}: {error}") from error


def import_file(*, review: Review, search: Search, file: File, by: User | None) -> ImportBatch:
    """Take one file in and queue its reading; the batch shows its records when all of them are stored.

    Raises CannotImport when the file cannot be a search result (empty, too large, a PDF, ...), and
    AlreadyImported when the same bytes were imported before.
    """
    name, detected = check_file(file)
    ImportBatch.objects.filter(  # a reading that was cancelled or given up does not bar another try
        review=review,
        state=ImportBatch.State.WAITING,
        job__state__in=[Job.State.FAILED, Job.State.CANCELLED],
    ).update(state=ImportBatch.State.FAILED)
    try:
        return _store(review, search, file, name, detected, by)
    except IntegrityError:
        raise AlreadyImported(_already(review, _sha256(file), name)) from None


@transaction.atomic
def _store(review, search, file, name, detected, by) -> ImportBatch:
    batch = ImportBatch(
        review=review,
        search=search,
        file_name=name,
        size=file.size,
        sha256=_sha256(file),
        format=detected.format,
        encoding=detected.encoding,
        imported_by=by,
    )
    batch.save()
    file.seek(0)
    batch.file.save(batch.sha256[:16], file, save=False)
    batch.job = enqueue(
        review=review,
        task="records.import",
        label=f"Import of {name}",
        params={"batch": batch.pk},
        by=by,
        key=f"import-{batch.pk}",
    )
    batch.save(update_fields=["file", "job"])
    return batch


def read_batch(*, batch: ImportBatch, progress: Progress) -> dict:
    """Read the stored file into records; called by the worker, and harmless when called again.

    Records go in by the hundred and stay invisible until the last is stored; a repeated run clears what an
    interrupted one left, so no record is doubled. Raises CannotImport when the file breaks off or holds nothing.
    """
    if batch.state != ImportBatch.State.WAITING:
        return {}
    batch.records.all().delete()
    rejected: list[dict] = []
    read = 0
    try:
        parsed = parse(
            batch.file.path, filename=batch.file_name, format=batch.format, encoding=batch.encoding
        )
        for chunk in _chunks(parsed, BATCH_SIZE):
            rejected += [asdict(item) for item in chunk if isinstance(item, Rejected)]
            found = [item for item in chunk if not isinstance(item, Rejected)]
            Record.objects.bulk_create(_rows(batch, found, start=read))
            read += len(found)
            progress.step(read, message=f"{read:,} records read")
        if not read:
            raise UnreadableFile(_nothing_found(rejected))
    except UnreadableFile as error:
        _give_up(batch, rejected)
        raise CannotImport(f"{batch.file_name}: {error}") from error
    except Cancelled:
        _give_up(batch, rejected)
        raise
    progress.complete(
        {"records": read, "rejected": len(rejected)}, write=lambda: _finish(batch, read, rejected)
    )
    return {}


def _finish(batch: ImportBatch, read: int, rejected: list[dict]) -> None:
    batch.state = ImportBatch.State.DONE
    batch.records_read = read
    batch.rejected = rejected[:SHOWN_REJECTIONS]
    batch.save(update_fields=["state", "records_read", "rejected"])
    refused = f"; {len(rejected)} could not be read" if rejected else ""
    record_event(
        review=batch.review,
        actor=batch.imported_by,
        verb="records.imported",
        target=batch,
        sentence=f"imported {read} records from {batch.file_name} into {batch.search}{refused}.",
        detail={"records": read, "rejected": len(rejected), "sha256": batch.sha256, "format": batch.format},
    )
    request_deduplication(review=batch.review, by=batch.imported_by)


def _give_up(batch: ImportBatch, rejected: list[dict]) -> None:
    with transaction.atomic():
        batch.records.all().delete()
        batch.state = ImportBatch.State.FAILED
        batch.rejected = rejected[:SHOWN_REJECTIONS]
        batch.save(update_fields=["state", "rejected"])


@transaction.atomic
def undo_import(*, batch: ImportBatch, by: User) -> ImportBatch:
    """Take every record of the batch out of the review; the rows stay, so the history stays readable.

    A record of another import that was merged into one of these becomes its own again, or moves to the next
    record of its group.
    """
    batch = ImportBatch.objects.select_for_update().get(pk=batch.pk)
    if batch.state != ImportBatch.State.DONE:
        raise Refused(f"{batch.file_name} is {batch.get_state_display().lower()}: there is nothing to undo.")
    hand_over_duplicates(batch)
    batch.state = ImportBatch.State.UNDONE
    batch.undone_at = timezone.now()
    batch.undone_by = by
    batch.save(update_fields=["state", "undone_at", "undone_by"])
    record_event(
        review=batch.review,
        actor=by,
        verb="records.import_undone",
        target=batch,
        sentence=f"undid the import of {batch.file_name}: {batch.records_read} records left the review.",
        detail={"records": batch.records_read, "sha256": batch.sha256},
    )
    return batch


def _rows(batch: ImportBatch, found: Iterable[ParsedRecord], *, start: int) -> list[Record]:
    rows = []
    for position, item in enumerate(found, start + 1):
        values = asdict(item)
        for name in ("journal", "volume", "issue", "pages", "doi", "pmid", "pmcid", "language", "issn"):
            limit = Record._meta.get_field(name).max_length
            if limit and len(values[name]) > limit:
                values["extra"][f"full_{name}"] = [values[name]]
                values[name] = values[name][: limit - 1] + "…" if name == "journal" else ""
        values["accession"] = values["accession"][:120]
        rows.append(
            Record(review=batch.review, search=batch.search, batch=batch, position=position, **values)
        )
    return rows


def _chunks(items: Iterable, size: int) -> Iterator[list]:
    """Lists of ``size`` items (itertools.batched is newer than our oldest Python)."""
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk


def _head(file: File, size: int = 1024 * 1024) -> bytes:
    file.seek(0)
    return file.read(size)


def _sha256(file: File) -> str:
    file.seek(0)
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    return digest.hexdigest()


def _already(review: Review, sha256: str, name: str) -> str:
    earlier = review.import_batches.filter(sha256=sha256, undone_at=None).first()
    if earlier is None:
        return f"{name}: the file is being imported by somebody else at this moment. Nothing was added."
    return (
        f"{name}: exactly this file was imported on {earlier.created_at:%d %B %Y} as {earlier.file_name} "
        f"into {earlier.search}. Nothing was added."
    )


def _nothing_found(rejected: list[dict]) -> str:
    if rejected:
        first = rejected[0]
        return f"no record could be read. Line {first['line']}: {first['cause']}"
    return "there is not a single record in it. Check that the export was not empty."
