"""An archive that somebody sent: opened, looked through and read line by line, and never trusted.

Nothing is unpacked under a name of the archive's. What it says of itself is checked before a byte is unpacked, and
every byte is counted and hashed while it comes out.
"""

import hashlib
import json
import os
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import IO, Any

from django.template.defaultfilters import filesizeformat

from reporting.archive.schema import FORMAT, MANIFEST, SCHEMA, VERSION, content_file, table_file
from reporting.archive.tables import REVIEW, tables
from reporting.archive.values import BIGGEST, BadValue, check_text
from reviews.errors import Refused

PIECE = 1 << 20
FILE = "The file"
MOST_ENTRIES = 100_000
MOST_DIRECTORY = 32 << 20
MOST_MANIFEST = 64 << 20
LONGEST_LINE = 32 << 20
#: Unpacked to packed; an archive of sentences is some ten times smaller than what is in it.
RATIO, FREE = 200, 64 << 20
MOST_UNPACKED = 32 << 30
SHA256 = re.compile(r"[0-9a-f]{64}")
READABLE = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, ValueError, RuntimeError, NotImplementedError, OverflowError,
           KeyError, IndexError)  # fmt: skip
PARTS: dict[str, type | tuple[type, ...]] = {
    "format": str,
    "version": int,
    "application": str,
    "options": dict,
    "review": dict,
    "tables": list,
    "files": list,
    "schema": str,
    "left_out": dict,
}


class BadArchive(Refused):
    """The file is no archive that can be restored here; the sentence says what is wrong and where."""


@dataclass(frozen=True)
class Part:
    """A table or file as archive.json tells it."""

    entry: str
    sha256: str
    size: int
    rows: int = 0


class Archive:
    """An opened archive. ``tables`` by name and ``files`` by number, as they were announced."""

    def __init__(self, packed: zipfile.ZipFile, manifest: dict[str, Any]):
        self._packed = packed
        self.title, self.slug = manifest["review"]["title"], manifest["review"]["slug"]
        self.application, self.has_people = manifest["application"], manifest["options"]["people"]
        self.tables = _tables(manifest)
        self.files = _files(manifest)
        self._schema = manifest["schema"]
        self._match_entries()

    @property
    def counts(self) -> dict[str, int]:
        """How many rows each table has."""
        return {name: part.rows for name, part in self.tables.items()}

    @property
    def size(self) -> int:
        """How many bytes come out."""
        return sum(entry.file_size for entry in self._packed.infolist())

    def rows(self, name: str) -> Iterator[dict[str, Any]]:
        """The rows of a table, each with the id that is its place. Raises BadArchive."""
        part = self.tables[name]
        digest, number = hashlib.sha256(), 0
        with self._open(part.entry) as unpacked:
            while line := unpacked.readline(LONGEST_LINE + 1):
                number += 1
                digest.update(line)
                yield _row(line, name, number)
        if digest.hexdigest() != part.sha256:
            raise BadArchive(_changed(part.entry))
        if number != part.rows:
            raise BadArchive(f"{part.entry} has {number} rows and archive.json says {part.rows}.")

    def pieces(self, number: int) -> Iterator[bytes]:
        """The content of a file. Raises BadArchive at its end if it is not what was announced."""
        part, digest = self.files[number], hashlib.sha256()
        with self._open(part.entry) as unpacked:
            while piece := unpacked.read(PIECE):
                digest.update(piece)
                yield piece
        if digest.hexdigest() != part.sha256:
            raise BadArchive(_changed(part.entry))

    def check_schema(self) -> None:
        with self._open(SCHEMA) as unpacked:
            if hashlib.sha256(unpacked.read(MOST_MANIFEST)).hexdigest() != self._schema:
                raise BadArchive(_changed(SCHEMA))

    @contextmanager
    def _open(self, entry: str) -> Iterator[IO[bytes]]:
        with told(entry), self._packed.open(entry) as unpacked:
            yield unpacked

    def _match_entries(self) -> None:
        parts = [*self.tables.values(), *self.files.values()]
        announced = {MANIFEST, SCHEMA, *(part.entry for part in parts)}
        there = {entry.filename: entry.file_size for entry in self._packed.infolist()}
        if missing := sorted(announced - there.keys()):
            raise BadArchive(f"The archive lacks {missing[0]}, which it announces: it is not whole.")
        if more := sorted(there.keys() - announced):
            raise BadArchive(f"The archive holds “{_shown(more[0])}”, which no archive of a review has.")
        for part in parts:
            if there[part.entry] != part.size:
                raise BadArchive(_changed(part.entry))


@contextmanager
def open_archive(source: IO[bytes]) -> Iterator[Archive]:
    """The archive in an open file. Raises BadArchive for whatever it tells of itself."""
    size = source.seek(0, os.SEEK_END)
    with told(FILE):
        packed = zipfile.ZipFile(_Narrow(source))  # type: ignore[call-overload]
    with packed:
        _look_through(packed, size)
        yield Archive(packed, _manifest(packed))


class _Narrow:
    """A file from which nobody reads more at once than a table of contents may have."""

    def __init__(self, source: IO[bytes]):
        self._source = source
        self.seek, self.tell, self.seekable = source.seek, source.tell, source.seekable
        source.seek(0)

    def read(self, size: int = -1) -> bytes:
        if size > MOST_DIRECTORY:
            raise BadArchive("The file's table of contents is larger than that of any archive of a review.")
        return self._source.read(MOST_DIRECTORY if size < 0 else size)


@contextmanager
def told(where: str) -> Iterator[None]:
    """Whatever the unpacker raises, as a sentence about the file as a whole (FILE) or an entry."""
    try:
        yield
    except DAMAGED as error:
        what = "is damaged or is no ZIP" if where == FILE else "is damaged"
        why = re.sub(r"\s+", " ", str(error)).strip().rstrip(".")[:120] or type(error).__name__
        raise BadArchive(
            f"{where} {what} ({why}). It was probably cut off while being saved or sent: take the "
            "archive again.",
            field="file",
        ) from error


def _look_through(packed: zipfile.ZipFile, size: int) -> None:
    """Refuse what no archive of ours has, from the table of contents alone."""
    entries = packed.infolist()
    names = [entry.filename for entry in entries]
    if len(entries) > MOST_ENTRIES:
        raise BadArchive(
            f"The file holds {len(entries):,} entries; an archive of a review has at most {MOST_ENTRIES:,}."
        )
    if MANIFEST not in names:
        raise BadArchive(
            f"The file has no {MANIFEST}, so it is no archive of a review. Such an archive is made on the page "
            "Archive of a review, or with the command archive.",
            field="file",
        )
    if len(set(names)) < len(names):
        raise BadArchive("The file holds two entries of one name, as no archive of a review does.")
    for entry in entries:
        if entry.flag_bits & 0x1:
            raise BadArchive(f"“{_shown(entry.filename)}” is protected by a password.")
        if entry.compress_type not in READABLE:
            raise BadArchive(f"“{_shown(entry.filename)}” is compressed in a way that is not opened here.")
    for one, other in pairwise(sorted(entries, key=lambda entry: entry.header_offset)):
        if one.header_offset + 30 + one.compress_size > other.header_offset:
            raise BadArchive(
                "The file holds entries that overlap, as no ordinary archive does; it was not opened."
            )
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > MOST_UNPACKED:
        raise BadArchive(
            f"The file unpacks to {filesizeformat(unpacked)}; at most {filesizeformat(MOST_UNPACKED)} are read."
        )
    if unpacked > FREE and unpacked > RATIO * size:
        raise BadArchive(
            f"The file unpacks to more than {RATIO} times its size, as no archive of a review does; it was not "
            "opened."
        )


def _manifest(packed: zipfile.ZipFile) -> dict[str, Any]:
    if packed.getinfo(MANIFEST).file_size > MOST_MANIFEST:
        raise BadArchive(f"{MANIFEST} is larger than that of any archive of a review.")
    with told(MANIFEST), packed.open(MANIFEST) as unpacked:
        said = parse(unpacked.read(MOST_MANIFEST), MANIFEST)
    if not isinstance(said, dict) or said.get("format") != FORMAT:
        raise BadArchive(f"{MANIFEST} does not say that this is a {FORMAT}.", field="file")
    version = said.get("version")
    if type(version) is not int or version < 1:
        raise BadArchive(f"{MANIFEST} does not say which version of the format this is.")
    if version > VERSION:
        made_by = str(said.get("application", "unknown"))[:40]
        raise BadArchive(
            f"The archive has version {version} of the format (made by version {made_by} of the application); this "
            f"installation reads up to version {VERSION}. Update it first.",
            field="file",
        )
    if unknown := sorted(said.keys() - PARTS.keys()):
        raise BadArchive(f"{MANIFEST} has a part “{_shown(unknown[0])}” that this version does not know.")
    for name, kind in PARTS.items():
        if type(said.get(name)) is not kind:
            raise BadArchive(f"{MANIFEST} lacks “{name}”, or it is not what it should be.")
    _exactly(said["options"], {"people": bool}, "options")
    _exactly(said["review"], {"slug": str, "title": str}, "review")
    return said


def _tables(manifest: dict[str, Any]) -> dict[str, Part]:
    found: dict[str, Part] = {}
    for said in manifest["tables"]:
        _exactly(said, {"name": str, "rows": int, "bytes": int, "sha256": str}, "tables")
        name = said["name"]
        if name not in tables():
            raise BadArchive(
                f"The archive has a table “{_shown(name)}” that this version of the application does not know: it "
                "was made by a newer one, or is none of ours."
            )
        if name in found:
            raise BadArchive(f"{MANIFEST} names the table {name} twice.")
        found[name] = Part(table_file(name), said["sha256"], said["bytes"], said["rows"])
    if found.get(REVIEW, Part("", "", 0)).rows != 1:
        raise BadArchive("An archive is of one review, and this one is not.")
    return found


def _files(manifest: dict[str, Any]) -> dict[int, Part]:
    found: dict[int, Part] = {}
    for number, said in enumerate(manifest["files"], 1):
        _exactly(said, {"id": int, "bytes": int, "sha256": str}, "files")
        if said["id"] != number:
            raise BadArchive(f"The files of {MANIFEST} are not numbered from 1.")
        found[number] = Part(content_file(said["sha256"]), said["sha256"], said["bytes"])
    return found


def _exactly(said: Any, kinds: dict[str, type], where: str) -> None:
    wrong = not isinstance(said, dict) or said.keys() != kinds.keys()
    if wrong or any(type(said[name]) is not kind for name, kind in kinds.items()):
        raise BadArchive(f"{MANIFEST}: “{where}” is not as docs/archive.md says.")
    if any(kind is int and not 0 <= said[name] <= BIGGEST for name, kind in kinds.items()):
        raise BadArchive(f"{MANIFEST}: “{where}” has a number that cannot be.")
    if "sha256" in kinds and not SHA256.fullmatch(said["sha256"]):
        raise BadArchive(f"{MANIFEST}: “{where}” has a SHA-256 that is none.")
    try:
        for name, kind in kinds.items():
            if kind is str:
                check_text(said[name])
    except BadValue as error:
        raise BadArchive(f"{MANIFEST}: “{where}” {error}.") from error


def _row(line: bytes, name: str, number: int) -> dict[str, Any]:
    where = f"{table_file(name)}, line {number}"
    if len(line) > LONGEST_LINE:
        raise BadArchive(f"{where} is longer than {filesizeformat(LONGEST_LINE)}.")
    row = parse(line, where)
    if not isinstance(row, dict):
        raise BadArchive(f"{where} is no row: a row is an object.")
    if type(row.get("id")) is not int or row["id"] != number:
        raise BadArchive(f"{where} must have the id {number}.")
    return row


def parse(data: bytes, where: str) -> Any:
    """Strict JSON: no name twice, no number that is none, no depth without end. Raises BadArchive."""
    try:
        return json.loads(data.decode(), object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        why = "it is nested too deep" if isinstance(error, RecursionError) else str(error)[:120]
        raise BadArchive(f"{where} is not the JSON it should be: {why}.") from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no number")


def _changed(entry: str) -> str:
    return (
        f"{entry} is not what archive.json says it is: it was changed, or damaged on the way. Take the "
        "archive again, or ask whoever made it."
    )


def _shown(name: str) -> str:
    plain = "".join(sign if sign.isprintable() else "\ufffd" for sign in name)
    return plain if len(plain) <= 80 else f"{plain[:77]}…"
