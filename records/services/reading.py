"""Reading a stored file into records, in the background: in bounded pieces, and whole or not at all."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, fields
from itertools import islice
from typing import Any

from django.db import IntegrityError, transaction
from django.urls import reverse

from records.formats import Parsed, ParsedRecord, Rejected, UnreadableFile, parse
from records.models import ImportBatch, Record
from records.services.columns import TABLES
from records.services.familiar import Familiar
from records.services.staging import (
    AlreadyImported,
    CannotImport,
    about,
    clear_records,
    enter_review,
    forget_file,
)
from records.services.uploading import already
from reviews.jobs import Progress, Superseded

State = ImportBatch.State
BATCH_SIZE = 500
SHOWN_REJECTIONS = 1000
SHOWN_WARNINGS = 100
#: Fields whose absence a librarian wants to hear of before the import.
WANTED = ("title", "abstract", "authors", "year", "journal", "doi")
FIELDS = [field.name for field in fields(ParsedRecord)]
LIMITS = {
    field.name: field.max_length
    for field in Record._meta.fields
    if field.max_length and field.name in ParsedRecord.__dataclass_fields__
}
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # PostgreSQL takes no zero character, UTF-8 no lone surrogate


def read_batch(*, batch: ImportBatch, progress: Progress) -> dict:
    """Read the stored file into records; called by the worker, and harmless when called again.

    Records go in by the hundred and stay invisible until the last is stored; each write is made only while the job
    is this worker's. A repeated run clears what an interrupted one left, so no record is doubled. At the end the
    batch is DONE, or READY when a person wants to look first. Raises CannotImport when the file breaks off or holds
    nothing; then, and when cancelled, no record is kept. The file is kept where another try makes sense: after a
    cancel, and where a person chose the columns or the encoding.
    """
    if batch.state not in (State.WAITING, State.FAILED) or batch.job_id != progress.job.pk:
        return {}
    found = Findings()
    try:
        _start(batch, progress)
        found = _read(batch, progress)
        if not found.read:
            raise UnreadableFile(_nothing_found(found.rejected))
    except UnreadableFile as error:
        _could_not(batch, progress, found)
        raise CannotImport(about(batch.file_name, error)) from error
    except (Superseded, AlreadyImported):
        raise
    except Exception:  # cancelled, out of time, out of disk: nothing stays but the file, for another try
        _give_up(batch, progress, found, State.FAILED, keep_file=True)
        raise
    result = {
        "records": found.read,
        "rejected": found.n_rejected,
        "url": reverse("records:batch", args=[batch.review.slug, batch.pk]),
        "label": "Check the file" if batch.check_first else "Show the import",
    }
    progress.complete(result, write=lambda: _finish(batch, found))
    return {}


class Findings:
    """What a reading has come to: counts, the first entries that could not be read, what a person should know."""

    def __init__(self) -> None:
        self.read = self.n_rejected = self.known = self.doubled = 0
        self.rejected: list[dict] = []
        self.warnings: list[str] = []
        self.missing: Counter[str] = Counter()

    def reject(self, item: Rejected) -> None:
        self.n_rejected += 1
        if self.n_rejected <= SHOWN_REJECTIONS:
            self.rejected.append(_storable(asdict(item)))

    def miss(self, record: ParsedRecord) -> None:
        for name in WANTED:
            if not getattr(record, name):
                self.missing[name] += 1


def parsed_again(batch: ImportBatch) -> Parsed:
    """The stored file, ready to be read as the batch says. Raises UnreadableFile when it is no longer kept."""
    if not batch.file.name or not batch.file.storage.exists(batch.file.name):
        raise UnreadableFile("the file is no longer kept here. Import it again.")
    # else the encoding is looked for again: a whole file says more than the beginning that was checked on upload
    said: dict[str, Any] = {"encoding": batch.chosen_encoding}
    if batch.format in TABLES:
        said |= {"mapping": batch.mapping, "sheet": batch.sheet}
    given = {name: value for name, value in said.items() if value}
    return parse(batch.file.path, filename=batch.file_name, format=batch.format, **given)


def all_rejected(batch: ImportBatch) -> Iterator[dict]:
    """Every entry that was not read: the first ones as kept, all others read from the file again, if it is there."""
    kept = batch.file.name and batch.file.storage.exists(batch.file.name)
    if batch.records_rejected <= len(batch.rejected) or not kept:
        yield from batch.rejected
        return
    for item in parsed_again(batch):
        if isinstance(item, Rejected):
            yield asdict(item)


def _start(batch: ImportBatch, progress: Progress) -> None:
    with transaction.atomic():
        progress.hold()
        clear_records(batch)
        batch.state = State.WAITING
        try:
            with transaction.atomic():
                batch.save(update_fields=["state"])
        except IntegrityError:
            raise AlreadyImported(already(batch)) from None


def _read(batch: ImportBatch, progress: Progress) -> Findings:
    parsed = parsed_again(batch)
    batch.encoding = parsed.encoding
    found, familiar = Findings(), Familiar(batch.review)
    for chunk in _chunks(parsed, BATCH_SIZE):
        records = []
        for item in chunk:
            if isinstance(item, Rejected):
                found.reject(item)
            else:
                records.append(item)
                found.miss(item)
                familiar.meet(item)
        rows = _rows(batch, records, start=found.read)
        read = found.read + len(rows)
        with transaction.atomic():
            progress.step(read, *_expected(read, parsed.bytes_read, batch))
            Record.objects.bulk_create(rows)
        found.read = read
    found.known, found.doubled = familiar.known, familiar.doubled
    found.warnings = _storable(parsed.warnings[:SHOWN_WARNINGS])
    return found


def _expected(read: int, bytes_read: int, batch: ImportBatch) -> tuple[int, str]:
    """How many records the whole file may hold, by how many its first bytes held; 0 where that says nothing."""
    message = f"{read:,} records read"
    if not 0 < bytes_read < batch.size or batch.format == "xlsx":
        return 0, message
    total = max(read + 1, round(read * batch.size / bytes_read))
    return total, f"{message} of about {float(f'{total:.2g}'):,.0f}"


def _finish(batch: ImportBatch, found: Findings) -> None:
    batch.state = State.READY
    batch.records_read = found.read
    batch.records_rejected = found.n_rejected
    batch.rejected = found.rejected
    batch.warnings = found.warnings
    batch.missing = dict(found.missing)
    batch.known, batch.doubled = found.known, found.doubled
    batch.save(
        update_fields=[
            "state",
            "encoding",
            "records_read",
            "records_rejected",
            "rejected",
            "warnings",
            "missing",
            "known",
            "doubled",
        ]
    )
    if not batch.check_first:
        enter_review(batch, batch.imported_by)


def _could_not(batch: ImportBatch, progress: Progress, found: Findings) -> None:
    """A file that says nothing under these columns, or in this encoding, may say something under others."""
    if batch.check_first and batch.format in TABLES:
        _give_up(batch, progress, found, State.MAPPING, keep_file=True)
    else:
        chosen = batch.check_first and bool(batch.chosen_encoding)
        _give_up(batch, progress, found, State.FAILED, keep_file=chosen)


def _give_up(batch: ImportBatch, progress: Progress, found: Findings, state: str, *, keep_file: bool) -> None:
    """The records go, and with a file that cannot be read the file, too."""
    with transaction.atomic():
        progress.hold()
        clear_records(batch)
        if not keep_file:
            forget_file(batch)
        batch.state = state
        batch.records_read, batch.records_rejected, batch.rejected = 0, found.n_rejected, found.rejected
        batch.save(update_fields=["state", "records_read", "records_rejected", "rejected", "file"])


def _rows(batch: ImportBatch, found: Iterable[ParsedRecord], *, start: int) -> list[Record]:
    rows = []
    for position, item in enumerate(found, start + 1):
        values = {name: _storable(getattr(item, name)) for name in FIELDS}
        for name, limit in LIMITS.items():
            if len(values[name]) > limit:
                values["extra"] = values["extra"] | {f"full_{name}": [values[name]]}
                values[name] = values[name][: limit - 1] + "…" if name == "journal" else ""
        rows.append(
            Record(
                review_id=batch.review_id,
                search_id=batch.search_id,
                batch_id=batch.pk,
                position=position,
                **values,
            )
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


def _nothing_found(rejected: list[dict]) -> str:
    if rejected:
        first = rejected[0]
        return f"no record could be read. Line {first['line']}: {first['cause']}"
    return "there is not a single record in it. Check that the export was not empty."
