"""Files come in: alone, several at once, or in a zip; refused at once what cannot be a search result."""

import hashlib
import io
import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files import File
from django.db import IntegrityError, transaction
from django.template.defaultfilters import filesizeformat
from django.utils.formats import date_format

from records.formats import Detected, UnreadableFile, sniff
from records.formats.archives import Limits, is_archive, members
from records.models import ImportBatch, Search
from records.services.columns import choose_columns
from records.services.searches import add_search, hold, search_named
from records.services.staging import (
    AlreadyImported,
    CannotImport,
    about,
    check_encoding,
    clear_records,
    forget_file,
    queue_reading,
)
from reviews.errors import Refused
from reviews.models import Job, Review, User

State = ImportBatch.State
MEMBERS = 200
HEAD = 1024 * 1024


def check_file(file: File) -> tuple[str, Detected]:
    """The file's plain name and what it is. Raises CannotImport when it cannot be a search result."""
    name = _plain_name(file)
    limit = settings.IMPORT_LIMIT_BYTES
    if file.size > limit:
        raise CannotImport(
            f"{name}: the file has {filesizeformat(file.size)}, the limit is {filesizeformat(limit)}. "
            "Export it from the database in parts."
        )
    try:
        return name, sniff(_head(file), name)
    except UnreadableFile as error:
        raise CannotImport(about(name, error)) from error


def import_file(
    *,
    review: Review,
    search: Search,
    file: File,
    by: User | None,
    check_first: bool = False,
    mapping: dict[str, str] | None = None,
    sheet: str = "",
    encoding: str = "",
    archive_name: str = "",
) -> ImportBatch:
    """Take one file in and queue its reading; the batch shows its records when all of them are stored.

    With ``check_first`` they wait then, in state READY, for ``commit_import`` or ``discard_import``; and a table
    whose columns are not clear waits before it is read, in state MAPPING, for ``remap_import``. ``mapping``
    ({column header: field, or blank for none}) and ``sheet`` matter to tables, ``encoding`` (one of ENCODINGS)
    overrules what is detected. A zip or gz is for ``import_files``.

    Raises CannotImport when the file cannot be a search result (empty, too large, a PDF, ...), and
    AlreadyImported when the same bytes were imported before or wait to be checked.
    """
    name = _plain_name(file)
    if is_archive(_head(file, 65536)):
        raise CannotImport(f"{name}: this is an archive of files. Send it where several files can be sent.")
    batch = ImportBatch(
        review=review,
        search=search,
        imported_by=by,
        check_first=check_first,
        mapping=mapping or {},
        sheet=sheet,
        chosen_encoding=check_encoding(encoding),
        archive_name=archive_name[-255:],
        sha256=_sha256(file),
    )
    batch.file_name, detected = check_file(file)
    batch.format, batch.encoding = detected.format, batch.chosen_encoding or detected.encoding
    try:
        with transaction.atomic():
            hold(search)
            _let_go(review, batch.sha256)
            _store(batch, file, by)
    except IntegrityError:
        raise AlreadyImported(already(batch)) from None
    return batch


def import_files(
    *,
    review: Review,
    files: Iterable[File],
    by: User | None,
    search: Search | None,
    new_search: dict[str, Any],
    **options: Any,
) -> tuple[list[ImportBatch], list[Refused]]:
    """Take several files of one source in, and what is in zip and gz files; refused ones do not hold up the others.

    Without ``search`` the source described by ``new_search`` (fields of Search) is taken if the review has it, else
    added together with the first file that is taken: when all are refused, no empty source is left. ``options`` are
    those of ``import_file``.
    Raises SearchRefused for the source itself.
    """
    batches: list[ImportBatch] = []
    refusals: list[Refused] = []
    for file, archive_name in _unpacked(files, refusals):
        try:
            check_file(file)
        except CannotImport as refusal:
            refusals.append(_inside(archive_name, refusal))
            continue
        with transaction.atomic():
            into = search or _source_of(review, by, new_search)
            try:
                batch = import_file(
                    review=review, search=into, file=file, by=by, archive_name=archive_name, **options
                )
                batches.append(batch)
                search = into
            except (AlreadyImported, CannotImport) as refusal:
                refusals.append(_inside(archive_name, refusal))
                transaction.set_rollback(search is None)
    return batches, refusals


def _source_of(review: Review, by: User | None, described: dict[str, Any]) -> Search:
    known = search_named(review, described["source"], described.get("platform", ""))
    return known or add_search(review=review, by=by, **described)


def already(batch: ImportBatch) -> str:
    """Where the very same file is: in the review, being read, or waiting for a check."""
    name = batch.file_name
    earlier = (
        batch.review.import_batches.filter(sha256=batch.sha256)
        .exclude(state__in=[State.UNDONE, State.FAILED, State.DISCARDED])
        .exclude(pk=batch.pk)
        .select_related("search")
        .first()
    )
    if earlier is None or earlier.state == State.WAITING:
        return f"{name}: exactly this file is being imported at this moment. Nothing was added."
    when = date_format(earlier.created_at, "j F Y")
    into = f"as {earlier.file_name} into {earlier.search}"
    if earlier.state in (State.READY, State.MAPPING):
        return f"{name}: exactly this file was uploaded on {when} {into} and waits to be checked. Nothing was added."
    return f"{name}: exactly this file was imported on {when} {into}. Nothing was added."


def _unpacked(files: Iterable[File], refusals: list[Refused]) -> Iterator[tuple[File, str]]:
    """Each file with the name of the archive it came in, if it came in one."""
    for file in files:
        if not is_archive(_head(file, 65536)):
            yield file, ""
            continue
        name = _plain_name(file)
        try:
            if file.size > settings.IMPORT_LIMIT_BYTES:
                check_file(file)  # says so
            with tempfile.TemporaryDirectory(prefix="archive-") as folder:
                limits = Limits(members=MEMBERS, unpacked=2 * settings.IMPORT_LIMIT_BYTES)
                # all of them first: of a damaged archive nothing is taken
                for member in list(members(_source(file), filename=name, limits=limits, folder=folder)):
                    with member.path.open("rb") as unpacked:
                        yield File(unpacked, member.name), name
        except UnreadableFile as error:
            refusals.append(CannotImport(about(name, error)))
        except CannotImport as refusal:
            refusals.append(refusal)


def _inside(archive_name: str, refusal: Refused) -> Refused:
    """The refusal of a file, which says in which archive it was."""
    return type(refusal)(f"In {archive_name}: {refusal}", field=refusal.field) if archive_name else refusal


def _let_go(review: Review, sha256: str) -> None:
    """A reading of this file that was cancelled or given up does not bar another try; what it left is cleared."""
    ended = [Job.State.FAILED, Job.State.CANCELLED]
    for batch in review.import_batches.filter(sha256=sha256, job__state__in=ended).exclude(file=""):
        if batch.state in (State.WAITING, State.FAILED):
            clear_records(batch)
            forget_file(batch)
            batch.state = State.FAILED
            batch.save(update_fields=["state", "file"])


def _store(batch: ImportBatch, file: File, by: User | None) -> None:
    batch.size = file.size
    batch.save()  # first, because it is here that the same file is refused
    file.seek(0)
    batch.file.save(batch.sha256[:16], file, save=False)
    with _deleted_on_failure(batch):
        try:
            clear = choose_columns(batch)
        except UnreadableFile as error:
            raise CannotImport(about(batch.file_name, error)) from error
        batch.save()
        if clear or not batch.check_first:
            queue_reading(batch, by)
        else:
            batch.state = State.MAPPING
            batch.save(update_fields=["state"])


@contextmanager
def _deleted_on_failure(batch: ImportBatch) -> Iterator[None]:
    try:
        yield
    except BaseException:
        batch.file.delete(save=False)
        raise


def _plain_name(file: File) -> str:
    name = re.split(r"[/\\]", file.name or "")[-1]
    return "".join(c for c in name if c.isprintable())[-255:] or "file"


def _head(file: File, size: int = HEAD) -> bytes:
    file.seek(0)
    return file.read(size)


def _source(file: File) -> Path | bytes:
    if hasattr(file, "temporary_file_path"):
        return Path(file.temporary_file_path())
    if isinstance(file.file, io.BufferedReader) and isinstance(file.file.name, str):  # a file of this machine
        return Path(file.file.name)
    file.seek(0)
    return file.read()


def _sha256(file: File) -> str:
    file.seek(0)
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    return digest.hexdigest()
