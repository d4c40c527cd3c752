"""A review as an archive: tables of one moment, then files, then what is in it. The same review, the same bytes."""

import hashlib
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, Any

from django.core.files.storage import default_storage
from django.db.models import Model
from django.template.defaultfilters import filesizeformat

from reporting.archive import places
from reporting.archive.numbers import AllNumbers, numbers_of
from reporting.archive.package import LONGEST_LINE
from reporting.archive.people import Namer, address_of, called, is_model, people_of
from reporting.archive.references import encode, encode_text, in_text
from reporting.archive.schema import (
    FORMAT,
    MANIFEST,
    SCHEMA,
    VERSION,
    application_version,
    archive_schema,
    content_file,
    left_out,
    table_file,
)
from reporting.archive.tables import COMPUTED, PEOPLE, Column, Table, tables
from reporting.archive.values import canonical, to_json
from reporting.snapshot import one_moment
from reviews.errors import Refused
from reviews.models import AuditEvent, Job, Review
from screening.models import Intake, Note, VoteLot

#: Times are not in an archive; a ZIP must have one.
NO_TIME = (1980, 1, 1, 0, 0, 0)
PIECE = 1 << 20
ROWS = 2000
UNDER_WAY = "Under way when the archive was made; try it again."

Tell = Callable[[int, int, str], None]


class ArchiveRefused(Refused):
    """The review cannot be an archive."""


class FilesLost(ArchiveRefused):
    """The review names files that the storage does not have."""


@dataclass(frozen=True)
class Written:
    """What was written: rows by table, and how many files."""

    rows: dict[str, int]
    files: int


@dataclass
class _Files:
    """Files by their names in the storage, in the order in which they are met."""

    numbers: dict[str, int] = field(default_factory=dict)

    def number(self, name: str) -> int | None:
        return self.numbers.setdefault(name, len(self.numbers) + 1) if name else None


def quiet(done: int, total: int, message: str) -> None:
    """A ``Tell`` that tells nobody."""


def write_archive(review: Review, out: IO[bytes], *, people: bool, tell: Tell = quiet) -> Written:
    """Write the whole review to ``out``, with the names and addresses of its people if ``people``.

    ``tell(done, total, message)`` is called before the rows are read and between the files: while the rows of one
    moment are read, nothing is written to the database. Raises FilesLost naming files that are missing from the
    storage: an archive is whole or none.
    """
    tell(0, 0, "Reading the rows")
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        with one_moment():
            writing = _Writing(review, packed, people)
            made = [writing.table(table) for table in tables().values()]
        files = _put_files(packed, writing.files, tell)
        schema = canonical(archive_schema()).encode()
        _put(packed, SCHEMA, schema)
        manifest = {
            "format": FORMAT,
            "version": VERSION,
            "application": application_version(),
            "options": {"people": people},
            "review": {"slug": review.slug, "title": review.title},
            "tables": made,
            "files": files,
            "schema": hashlib.sha256(schema).hexdigest(),
            "left_out": left_out(),
        }
        _put(packed, MANIFEST, canonical(manifest).encode())
    return Written({one["name"]: one["rows"] for one in made}, len(files))


class _Writing:
    """The tables of one review on their way into a ZIP."""

    def __init__(self, review: Review, packed: zipfile.ZipFile, with_names: bool):
        self.review, self.packed = review, packed
        self.people = people_of(review)
        self.namer = None if with_names else Namer(self.people)
        self.known: AllNumbers = numbers_of(review, [user.pk for user in self.people])
        self.files = _Files()

    def table(self, table: Table) -> dict[str, Any]:
        """Write one table; what archive.json says of it."""
        digest, size, rows = hashlib.sha256(), 0, 0
        with _entry(self.packed, table_file(table.name)) as out:
            for row in self._people() if table.name == PEOPLE else self._rows(table):
                line = f"{canonical(row)}\n".encode()
                if len(line) > LONGEST_LINE:
                    raise ArchiveRefused(
                        f"One row of {table.model._meta.verbose_name_plural} has {filesizeformat(len(line))}, more "
                        "than an archive takes. No archive was made."
                    )
                digest.update(line)
                out.write(line)
                size, rows = size + len(line), rows + 1
        return {"name": table.name, "rows": rows, "bytes": size, "sha256": digest.hexdigest()}

    def _people(self) -> Iterator[dict[str, Any]]:
        for number, user in enumerate(self.people, 1):
            told = not self.namer or is_model(user)
            yield {"id": number, "name": user.name if told else "", "email": address_of(user) if told else ""}

    def _rows(self, table: Table) -> Iterator[dict[str, Any]]:
        many = {column.name: self._links(table, column) for column in table.many}
        numbers = self.known[table.name]
        for row in table.rows(self.review).iterator(ROWS):
            number = numbers.of(row.pk)
            if number is None:
                raise LookupError(f"{table.name} {row.pk} came while the archive was written")
            yield {
                "id": number,
                **{column.name: self._value(table, column, row) for column in table.plain},
                **{name: sorted(links.get(row.pk, ())) for name, links in many.items()},
            }

    def _links(self, table: Table, column: Column) -> dict[int, list[int]]:
        through = column.field.remote_field.through  # type: ignore[union-attr]
        mine, other = column.field.m2m_field_name(), column.field.m2m_reverse_field_name()  # type: ignore[attr-defined]
        pairs = through._base_manager.filter(**{f"{mine}__in": table.rows(self.review).values("pk")})
        found: dict[int, list[int]] = {}
        for key, target in pairs.order_by("pk").values_list(f"{mine}_id", f"{other}_id"):
            found.setdefault(key, []).append(self._number(column.target, target))
        return found

    def _value(self, table: Table, column: Column, row: Model) -> Any:
        value = getattr(row, column.field.attname)
        name = f"{table.name}.{column.name}"
        if column.is_file:
            return self.files.number(str(value or ""))
        if column.target:
            return None if value is None else self._number(column.target, value, missing_ok=row)
        if computed := COMPUTED.get((table.model._meta.label, column.name)):
            return "" if value == computed(vars(row)) else value
        if isinstance(row, AuditEvent) and column.name in ("target_id", "detail"):
            return self._of_event(row, column.name)
        value = self._kept(row, column.name, value)
        if column.field.get_internal_type() == "JSONField":
            rules = places.JSON.get(name, {})
            whole = rules.get("")
            return whole(value, {}, self.known, {}) if whole else encode(value, rules, self.known)
        if name in places.TEXTS:
            return in_text(value, *places.TEXTS[name], self.known)
        return to_json(column, value)

    def _number(self, table: str, key: int, missing_ok: Model | None = None) -> Any:
        number = self.known[table].of(key)
        if number is None and not isinstance(
            missing_ok, AuditEvent
        ):  # only the history outlives what it names
            raise LookupError(f"{table} {key} is named by the review and not of it")
        return number

    def _of_event(self, event: AuditEvent, name: str) -> Any:
        if name == "detail":
            detail = self.namer.without_names(event.detail) if self.namer else event.detail
            return encode(detail, places.event_rules(event.verb), self.known)
        if not (event.target_type and event.target_id.removeprefix("-").isdecimal()):
            return encode_text(event.target_id)
        return f"⟦{event.target_type}:{self.known[event.target_type].of_any(int(event.target_id))}⟧"

    def _kept(self, row: Model, name: str, value: Any) -> Any:
        """The value, without names if they are to be left out; of unfinished work, that it was not finished."""
        if isinstance(row, Job) and not row.is_finished and name in UNFINISHED:
            return UNFINISHED[name](row)
        if self.namer and name in NAMING.get(type(row), ()):
            if name == "actor_name":
                number = self.known[PEOPLE].of(row.actor_id or 0)  # type: ignore[attr-defined]
                return called(number) if number else value and "System"
            return self.namer.without_names(value)
        return value


#: Where the application itself writes people's names.
NAMING: dict[type[Model], tuple[str, ...]] = {
    AuditEvent: ("actor_name", "sentence", "target_label"),
    Note: ("text",),
    Intake: ("people",),
    VoteLot: ("result",),
}
#: What becomes of work that nobody will finish where the archive is restored.
UNFINISHED: dict[str, Callable[[Job], Any]] = {
    "state": lambda job: Job.State.CANCELLED.value,
    "message": lambda job: UNDER_WAY,
    "done": lambda job: 0,
    "finished_at": lambda job: to_json(None, job.created_at),  # type: ignore[arg-type]
}


def _put_files(packed: zipfile.ZipFile, files: _Files, tell: Tell) -> list[dict[str, Any]]:
    lost = [name for name in files.numbers if not default_storage.exists(name)]
    if lost:
        more = f" and {len(lost) - 5} more" if len(lost) > 5 else ""
        raise FilesLost(
            f"The storage lacks {len(lost)} of {len(files.numbers)} files of it: {', '.join(lost[:5])}{more}. "
            "No archive was made. Ask your administrator to restore them from a backup."
        )
    said, written = [], set()
    for name, number in files.numbers.items():
        tell(number - 1, len(files.numbers), f"Writing file {number} of {len(files.numbers)}")
        sha256, size = _digest(name)
        if sha256 not in written:
            written.add(sha256)
            _copy(packed, name, content_file(sha256), sha256)
        said.append({"id": number, "sha256": sha256, "bytes": size})
    return said


def _digest(name: str) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with default_storage.open(name, "rb") as file:
        while piece := file.read(PIECE):
            digest.update(piece)
            size += len(piece)
    return digest.hexdigest(), size


def _copy(packed: zipfile.ZipFile, name: str, into: str, sha256: str) -> None:
    digest = hashlib.sha256()
    with default_storage.open(name, "rb") as file, _entry(packed, into) as out:
        while piece := file.read(PIECE):
            digest.update(piece)
            out.write(piece)
    if digest.hexdigest() != sha256:
        raise FilesLost(f"{name} changed while the archive was made. Make it again.")


def _put(packed: zipfile.ZipFile, name: str, data: bytes) -> None:
    with _entry(packed, name) as out:
        out.write(data)


@contextmanager
def _entry(packed: zipfile.ZipFile, name: str) -> Iterator[IO[bytes]]:
    info = zipfile.ZipInfo(name, NO_TIME)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.create_system, info.external_attr = 3, 0o600 << 16
    with packed.open(info, "w", force_zip64=True) as out:
        yield out


def to_file(review: Review, *, people: bool, tell: Tell = quiet) -> tuple[IO[bytes], Written]:
    """An archive in a temporary file, at its beginning; whoever asks closes it."""
    out = tempfile.TemporaryFile(prefix="archive-")  # noqa: SIM115 - handed on open
    try:
        written = write_archive(review, out, people=people, tell=tell)
    except BaseException:
        out.close()
        raise
    out.seek(0)
    return out, written
