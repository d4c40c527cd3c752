"""Search result files: nothing is half-imported, nothing is dropped without a line in the report."""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from itertools import islice
from typing import Any

from django.conf import settings
from django.core.files import File
from django.db import IntegrityError, transaction
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.formats import date_format

from records.formats import Detected, ParsedRecord, Rejected, UnreadableFile, parse, sniff
from records.models import ImportBatch, Record, Search
from records.services.deduplication import request_deduplication
from records.services.searches import add_search
from reviews.audit import record_event
from reviews.errors import Conflict, Refused
from reviews.jobs import Progress, Superseded, enqueue
from reviews.models import Job, Review, User

BATCH_SIZE = 500
SHOWN_REJECTIONS = 1000
LIMITS = {
    field.name: field.max_length
    for field in Record._meta.fields
    if field.max_length and field.name in ParsedRecord.__dataclass_fields__
}
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # PostgreSQL takes no zero character, UTF-8 no lone surrogate


class CannotImport(Refused):
    """The file was not imported, and nothing of it was kept."""


class AlreadyImported(Conflict):
    """The very same file is in the review already."""


def check_file(file: File) -> tuple[str, Detected]:
    """The file's plain name and what it is. Raises CannotImport when it cannot be a search result."""
    name = re.split(r"[/\\]", file.name or "")[-1]
    name = "".join(c for c in name if c.isprintable())[-255:] or "file"
    limit = settings.UPLOAD_LIMIT_BYTES
    if file.size > limit:
        raise CannotImport(
            f"{name}: the file has {filesizeformat(file.size)}, the limit is {filesizeformat(limit)}. "
            "Export it from the database in parts."
        )
    try:
        return name, sniff(_head(file), name)
    except UnreadableFile as error:
        raise CannotImport(_about(name, error)) from error


def import_file(*, review: Review, search: Search, file: File, by: User | None) -> ImportBatch:
    """Take one file in and queue its reading; the batch shows its records when all of them are stored.

    Raises CannotImport when the file cannot be a search result (empty, too large, a PDF, ...), and
    AlreadyImported when the same bytes were imported before.
    """
    name, detected = check_file(file)
    sha256 = _sha256(file)
    try:
        with transaction.atomic():
            _let_go(review, sha256)
            return _store(review, search, file, name, detected, sha256, by)
    except IntegrityError:
        raise AlreadyImported(_already(review, sha256, name)) from None


def import_files(
    *,
    review: Review,
    files: Iterable[File],
    by: User | None,
    search: Search | None,
    new_search: dict[str, Any],
) -> tuple[list[ImportBatch], list[Refused]]:
    """Take several files of one source in; those that are refused do not hold up the others.

    Without ``search`` the source described by ``new_search`` (fields of Search) is added together with the first
    file that is taken: when all are refused, no empty source is left. Raises SearchRefused for the source itself.
    """
    batches: list[ImportBatch] = []
    refusals: list[Refused] = []
    for file in files:
        try:
            check_file(file)
        except CannotImport as refusal:
            refusals.append(refusal)
            continue
        with transaction.atomic():
            into = search or add_search(review=review, by=by, **new_search)
            try:
                batches.append(import_file(review=review, search=into, file=file, by=by))
                search = into
            except AlreadyImported as refusal:
                refusals.append(refusal)
                transaction.set_rollback(search is None)
    return batches, refusals


def _let_go(review: Review, sha256: str) -> None:
    """A reading of this file that was cancelled or given up does not bar another try; what it left is cleared."""
    ended = [Job.State.FAILED, Job.State.CANCELLED]
    for batch in review.import_batches.filter(sha256=sha256, job__state__in=ended).exclude(file=""):
        if batch.state in (ImportBatch.State.WAITING, ImportBatch.State.FAILED):
            _discard(batch, batch.rejected, keep_file=False)


def _store(review, search, file, name, detected, sha256, by) -> ImportBatch:
    batch = ImportBatch(
        review=review,
        search=search,
        file_name=name,
        size=file.size,
        sha256=sha256,
        format=detected.format,
        encoding=detected.encoding,
        imported_by=by,
    )
    batch.save()  # first, because it is here that the same file is refused
    file.seek(0)
    batch.file.save(sha256[:16], file, save=False)
    try:
        batch.job = enqueue(
            review=review,
            task="records.import",
            label=f"Import of {name}"[:200],
            params={"batch": batch.pk},
            by=by,
            key=f"import-{batch.pk}",
        )
        batch.save(update_fields=["file", "job"])
    except BaseException:
        batch.file.delete(save=False)
        raise
    return batch


def read_batch(*, batch: ImportBatch, progress: Progress) -> dict:
    """Read the stored file into records; called by the worker, and harmless when called again.

    Records go in by the hundred and stay invisible until the last is stored; each write is made only while the job
    is this worker's. A repeated run clears what an interrupted one left, so no record is doubled. Raises
    CannotImport when the file breaks off or holds nothing; then, and when cancelled, nothing is kept.
    """
    if batch.state in (ImportBatch.State.DONE, ImportBatch.State.UNDONE):
        return {}
    rejected = _Rejections()
    try:
        _start(batch, progress)
        read = _read(batch, progress, rejected)
        if not read:
            raise UnreadableFile(_nothing_found(rejected.first))
    except UnreadableFile as error:
        _give_up(batch, progress, rejected.first, keep_file=False)
        raise CannotImport(_about(batch.file_name, error)) from error
    except (Superseded, AlreadyImported):
        raise
    except Exception:  # cancelled, out of time, out of disk: nothing stays but the file, for another try
        _give_up(batch, progress, rejected.first, keep_file=True)
        raise
    progress.complete(
        {
            "records": read,
            "rejected": rejected.count,
            "url": reverse("records:batch", args=[batch.review.slug, batch.pk]),
            "label": "Show the import",
        },
        write=lambda: _finish(batch, read, rejected),
    )
    return {}


class _Rejections:
    """How many entries could not be read, and the first of them."""

    def __init__(self) -> None:
        self.count = 0
        self.first: list[dict] = []

    def add(self, item: Rejected) -> None:
        self.count += 1
        if self.count <= SHOWN_REJECTIONS:
            self.first.append(_storable(asdict(item)))


def _start(batch: ImportBatch, progress: Progress) -> None:
    with transaction.atomic():
        progress.hold()
        batch.records.only("pk").delete()  # not the texts: there may be many
        batch.state = ImportBatch.State.WAITING
        try:
            with transaction.atomic():
                batch.save(update_fields=["state"])
        except IntegrityError:
            raise AlreadyImported(_already(batch.review, batch.sha256, batch.file_name)) from None
    if not batch.file.name or not batch.file.storage.exists(batch.file.name):
        raise UnreadableFile("the file is no longer kept here. Import it again.")


def _read(batch: ImportBatch, progress: Progress, rejected: _Rejections) -> int:
    # the encoding is looked for again: a whole file says more than the beginning that was checked on upload
    parsed = parse(batch.file.path, filename=batch.file_name, format=batch.format)
    batch.encoding = parsed.encoding
    read = 0
    for chunk in _chunks(parsed, BATCH_SIZE):
        found = []
        for item in chunk:
            if isinstance(item, Rejected):
                rejected.add(item)
            else:
                found.append(item)
        with transaction.atomic():
            progress.step(read + len(found), message=f"{read + len(found):,} records read")
            Record.objects.bulk_create(_rows(batch, found, start=read))
        read += len(found)
    return read


def _finish(batch: ImportBatch, read: int, rejected: _Rejections) -> None:
    batch.state = ImportBatch.State.DONE
    batch.records_read = read
    batch.records_rejected = rejected.count
    batch.rejected = rejected.first
    batch.save(update_fields=["state", "encoding", "records_read", "records_rejected", "rejected"])
    refused = f"; {rejected.count} could not be read" if rejected.count else ""
    record_event(
        review=batch.review,
        actor=batch.imported_by,
        verb="records.imported",
        target=batch,
        sentence=f"imported {read} records from {batch.file_name} into {batch.search}{refused}.",
        detail={"records": read, "rejected": rejected.count, "sha256": batch.sha256, "format": batch.format},
    )
    request_deduplication(review=batch.review, by=batch.imported_by)


def _give_up(batch: ImportBatch, progress: Progress, rejected: list[dict], *, keep_file: bool) -> None:
    with transaction.atomic():
        progress.hold()
        _discard(batch, rejected, keep_file=keep_file)


def _discard(batch: ImportBatch, rejected: list[dict], *, keep_file: bool) -> None:
    """The batch failed: its records go, and with a file that cannot be read the file, too."""
    batch.records.only("pk").delete()  # not the texts: there may be many
    batch.state = ImportBatch.State.FAILED
    batch.rejected = rejected
    batch.records_rejected = max(batch.records_rejected, len(rejected))
    if batch.file.name and not keep_file:
        storage, stored = batch.file.storage, batch.file.name
        transaction.on_commit(lambda: storage.delete(stored))
        batch.file = ""
    batch.save(update_fields=["state", "rejected", "records_rejected", "file"])


def _rows(batch: ImportBatch, found: Iterable[ParsedRecord], *, start: int) -> list[Record]:
    rows = []
    for position, item in enumerate(found, start + 1):
        values = _storable(asdict(item))
        for name, limit in LIMITS.items():
            if len(values[name]) > limit:
                values["extra"][f"full_{name}"] = [values[name]]
                values[name] = values[name][: limit - 1] + "…" if name == "journal" else ""
        rows.append(
            Record(review=batch.review, search=batch.search, batch=batch, position=position, **values)
        )
    return rows


def _storable(value: Any) -> Any:
    """The same without the characters that a database refuses; they show as � where they were."""
    if isinstance(value, str):
        return UNSTORABLE.sub("\ufffd", value) if UNSTORABLE.search(value) else value
    if isinstance(value, list):
        return [_storable(item) for item in value]
    if isinstance(value, dict):
        return {_storable(key): _storable(item) for key, item in value.items()}
    return value


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
    earlier = (
        review.import_batches.filter(sha256=sha256)
        .exclude(state__in=[ImportBatch.State.UNDONE, ImportBatch.State.FAILED])
        .select_related("search")
        .first()
    )
    if earlier is None or earlier.state == ImportBatch.State.WAITING:
        return f"{name}: exactly this file is being imported at this moment. Nothing was added."
    when = date_format(earlier.created_at, "j F Y")
    return (
        f"{name}: exactly this file was imported on {when} as {earlier.file_name} into {earlier.search}. "
        "Nothing was added."
    )


def _about(name: str, error: UnreadableFile) -> str:
    """The reader's sentence with the file's name, which many sentences hold already."""
    return str(error) if name in str(error) else f"{name}: {error}"


def _nothing_found(rejected: list[dict]) -> str:
    if rejected:
        first = rejected[0]
        return f"no record could be read. Line {first['line']}: {first['cause']}"
    return "there is not a single record in it. Check that the export was not empty."
