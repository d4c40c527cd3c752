"""Zip and gz files of search results, opened one member at a time and never trusted.

    opened = members("searches.zip", filename="searches.zip")
    for member in opened:                       # refused as a whole before the first one, if anything is foul
        parse(member.path, filename=member.name)
    opened.skipped                              # sentences about folders and notes of operating systems

Members are written under names of our own into one folder, never under theirs. What an archive says of itself
(names, sizes, count) is checked before anything is unpacked, and the bytes are counted while they come out.
"""

from __future__ import annotations

import gzip
import io
import os
import re
import stat
import tempfile
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO

from .base import MAX_FILE_BYTES, UnreadableFile

_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_GZ = b"\x1f\x8b"
_CHUNK = 1 << 16
# How the first entry of a document that is a zip inside begins (OOXML; OpenDocument and EPUB; Java).
_OFFICE = ("[Content_Types].xml", "_rels/", "docProps/", "xl/", "word/", "ppt/", "customXml/",
           "mimetype", "META-INF/")  # fmt: skip
_OFFICE_KINDS = (
    (b"spreadsheetml", "xlsx"), (b"xl/", "xlsx"), (b"word/", "docx"), (b"ppt/", "pptx"),
    (b"opendocument.spreadsheet", "ods"), (b"opendocument.text", "odt"), (b"epub", "epub"),
)  # fmt: skip
_NOTES = re.compile(r"(?:^|/)(?:__MACOSX/|\._|\.DS_Store$|Thumbs\.db$|desktop\.ini$)", re.IGNORECASE)
_DRIVE = re.compile(r"^[A-Za-z]:")
_READABLE = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}  # the others cannot be unpacked in bounded memory
_DAMAGED = (zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError,
            NotImplementedError, OverflowError, KeyError, IndexError)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Limits:
    """What an archive may ask of the machine. `ratio` (unpacked to packed) counts only beyond `free` bytes."""

    members: int = 1000
    unpacked: int = 2 * MAX_FILE_BYTES
    ratio: int = 200
    free: int = 32 * 1024 * 1024
    directory: int = 8 * 1024 * 1024  # bytes of a zip's table of contents


@dataclass(frozen=True, slots=True)
class Member:
    """One unpacked file: the name it has in the archive, where its bytes lie now, and how many they are."""

    name: str
    path: Path
    size: int


def is_archive(head: bytes) -> bool:
    """True when a file that begins so is a zip or gz of files; a workbook or document is none, though zipped.

    Some 64 kB of the file are plenty.
    """
    return head.startswith(_GZ) or (head.startswith(_ZIP) and not office_kind(head))


def office_kind(head: bytes) -> str:
    """ "xlsx", "docx", "pptx", "ods", "odt", "epub", or "office" for another document that is a zip inside.

    "" for anything else. Told by the first entry, so that a zip that merely holds a workbook is an archive.
    """
    if not head.startswith(b"PK\x03\x04") or len(head) < 30:
        return ""
    name = head[30 : 30 + int.from_bytes(head[26:28], "little")].decode("utf-8", "replace")
    if not name.startswith(_OFFICE):
        return ""
    return next((kind for mark, kind in _OFFICE_KINDS if mark in head), "office")


def members(
    source: str | os.PathLike[str] | bytes,
    *,
    filename: str = "",
    limits: Limits | None = None,
    folder: str | os.PathLike[str] | None = None,
) -> Members:
    """The files in a zip or gz, ready to iterate.

    With a `folder` (existing, the caller's) all members stay there; without, each is in a temporary folder and
    gone when the next one is asked for. Raises UnreadableFile here for whatever an archive tells of itself
    (encrypted, too large, paths that lead outside, an archive inside), and while iterating for what only shows
    then (damaged, more bytes than declared); to have all or nothing, list the members before using any.
    """
    return Members(source, filename, limits or Limits(), None if folder is None else Path(folder))


class Members:
    """An opened archive; iterating unpacks. `skipped` holds sentences about entries that are no files of results."""

    def __init__(
        self, source: str | os.PathLike[str] | bytes, filename: str, limits: Limits, folder: Path | None
    ):
        if not filename and not isinstance(source, bytes):
            filename = Path(source).name
        self.filename, self.skipped = filename, list[str]()
        self._source, self._folder, self._limits = source, folder, limits
        self._entries: list[zipfile.ZipInfo] = []
        name = f"“{filename}”" if filename else "The archive"
        with self._open() as stream:
            head = stream.read(_CHUNK)
            self._guard = _Guard(name, limits, stream.seek(0, os.SEEK_END))
            if not head.startswith((*_ZIP, _GZ)):
                raise UnreadableFile(f"{name} is no zip or gz archive.")
            if office_kind(head):
                raise UnreadableFile(f"{name} is an Office document, not an archive of search results.")
            self._is_zip = not head.startswith(_GZ)
            if self._is_zip:
                with _told(name), self._zip(stream) as opened:
                    self._look_through(opened)

    def __iter__(self) -> Iterator[Member]:
        with tempfile.TemporaryDirectory(prefix="members-") as own, self._open() as stream:
            room = _Room(self._guard, self._folder or Path(own))
            for member in self._unzip(stream, room) if self._is_zip else self._gunzip(stream, room):
                yield member
                if self._folder is None:
                    member.path.unlink(missing_ok=True)

    def _gunzip(self, stream: BinaryIO, room: _Room) -> Iterator[Member]:
        yield room.gunzip(stream, without_gz(self.filename) or "file", self._guard.name)

    def _unzip(self, stream: BinaryIO, room: _Room) -> Iterator[Member]:
        with _told(self._guard.name):
            opened = self._zip(stream)
        with opened:
            for entry in self._entries:
                name = shown(entry)
                where = f"“{name}” in {self._guard.name}"
                with _told(where):
                    packed = opened.open(entry)
                    head = packed.read(len(_GZ))
                    packed.seek(0)
                with packed:
                    if head == _GZ:
                        yield room.gunzip(packed, without_gz(name), where)
                    else:
                        yield room.write(packed, name, where)

    def _open(self) -> BinaryIO:
        return io.BytesIO(self._source) if isinstance(self._source, bytes) else open(self._source, "rb")

    def _zip(self, stream: BinaryIO) -> zipfile.ZipFile:
        stream.seek(0)
        narrow = _Narrow(stream, self._limits.directory, self._guard.name)
        return zipfile.ZipFile(narrow)  # type: ignore[call-overload]

    def _look_through(self, opened: zipfile.ZipFile) -> None:
        entries = opened.infolist()
        self._guard.count(entries)
        self._guard.overlaps(entries)
        folders, notes = [], []
        for entry in entries:
            self._guard.path(entry)
            if entry.is_dir():
                folders.append(entry)
            elif _NOTES.search(shown(entry)):
                notes.append(entry)
            else:
                self._guard.packing(entry)
                self._entries.append(entry)
        self._guard.size(sum(entry.file_size for entry in self._entries))
        for entry in self._entries:
            with _told(f"“{shown(entry)}” in {self._guard.name}"), opened.open(entry) as packed:
                head = packed.read(_CHUNK)
            if not head.startswith(
                _GZ
            ):  # a gz in a zip is how some pages pack exports; it is looked into later
                self._guard.nested(head, shown(entry))
        self._tell_skipped(folders, "folder", "folders")
        self._tell_skipped(notes, "note of an operating system", "notes of an operating system")
        if not self._entries:
            raise UnreadableFile(f"{self._guard.name} is an archive without a file of search results in it.")

    def _tell_skipped(self, entries: list[zipfile.ZipInfo], one: str, many: str) -> None:
        name = self._guard.name
        if len(entries) == 1:
            self.skipped.append(f"1 {one} was skipped in {name}: “{shown(entries[0])}”.")
        elif entries:
            example = shown(entries[0])
            self.skipped.append(f"{len(entries):,} {many} were skipped in {name}, for example “{example}”.")


class _Guard:
    """What an archive may not be: each method raises UnreadableFile with the reason."""

    def __init__(self, name: str, limits: Limits, packed: int):
        self.name, self._limits, self._packed = name, limits, packed

    def count(self, entries: list[zipfile.ZipInfo]) -> None:
        if len(entries) > self._limits.members:
            raise UnreadableFile(
                f"{self.name} holds {len(entries):,} entries; at most {self._limits.members:,} are opened. "
                "Send the exports in several archives."
            )

    def path(self, entry: zipfile.ZipInfo) -> None:
        name = _recoded(entry).replace("\\", "/")
        if stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise UnreadableFile(
                f"{self.name} holds “{shown(entry)}”, which is a link or device and no file; it was not opened."
            )
        if name.startswith("/") or _DRIVE.match(name) or ".." in name.split("/"):
            raise UnreadableFile(
                f"{self.name} holds “{shown(entry)}”, a path that leads outside of the archive; it was not opened. "
                "Make the archive again from the exported files alone."
            )

    def packing(self, entry: zipfile.ZipInfo) -> None:
        if entry.flag_bits & 0x1:
            raise UnreadableFile(
                f"“{shown(entry)}” in {self.name} is protected by a password. Unpack it and send the file itself."
            )
        if entry.compress_type not in _READABLE:
            raise UnreadableFile(
                f"“{shown(entry)}” in {self.name} is compressed in a way that is not opened here "
                f"(method {entry.compress_type}). Make a plain zip, or send the file itself."
            )

    def overlaps(self, entries: list[zipfile.ZipInfo]) -> None:
        """Entries that share bytes are how some megabytes are made to unpack to terabytes."""
        for one, other in pairwise(sorted(entries, key=lambda entry: entry.header_offset)):
            if one.header_offset + 30 + one.compress_size > other.header_offset:
                raise UnreadableFile(
                    f"{self.name} holds entries that overlap (“{shown(one)}” and “{shown(other)}”), as no ordinary "
                    "archive does; it was not opened."
                )

    def size(self, size: int) -> None:
        if size > self._limits.unpacked:
            raise UnreadableFile(
                f"{self.name} unpacks to more than {self._limits.unpacked / 1e6:,.0f} MB. "
                "Send the exports in several archives."
            )
        if size > self._limits.free and size > self._limits.ratio * self._packed:
            raise UnreadableFile(
                f"{self.name} unpacks to more than {self._limits.ratio:,} times its size, as no export does; "
                "it was not opened. If it is sound, unpack it and send the files."
            )

    def nested(self, head: bytes, member: str) -> None:
        if is_archive(head) or head[257:262] == b"ustar":
            raise UnreadableFile(
                f"{self.name} holds another archive, “{member}”. Unpack it and send what is inside."
            )


class _Room:
    """The folder where members are unpacked, and how many bytes all of them together have by now."""

    def __init__(self, guard: _Guard, folder: Path):
        self._guard, self._folder = guard, folder
        self._bytes = self._count = 0

    def gunzip(self, packed: Any, name: str, where: str) -> Member:
        with gzip.GzipFile(fileobj=packed) as unpacked:
            return self.write(unpacked, name, where, check=True)

    def write(self, unpacked: Any, name: str, where: str, check: bool = False) -> Member:
        self._count += 1
        path, size = self._folder / f"member-{self._count:04d}", 0
        try:
            with open(path, "xb") as out:
                for chunk in _chunks(unpacked, where):
                    if check and not size:
                        self._guard.nested(chunk, name)
                    size += len(chunk)
                    self._bytes += len(chunk)
                    self._guard.size(self._bytes)
                    out.write(chunk)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return Member(name, path, size)


class _Narrow:
    """A stream from which nobody reads more at once than a zip's table of contents may have."""

    def __init__(self, stream: BinaryIO, most: int, name: str):
        self._stream, self._most, self._name = stream, most, name
        self.seek, self.tell, self.seekable = stream.seek, stream.tell, stream.seekable

    def read(self, size: int = -1) -> bytes:
        if size > self._most:
            raise UnreadableFile(
                f"{self._name} has a table of contents of {size / 1e6:,.0f} MB, so it holds far too many entries; it "
                "was not opened."
            )
        return self._stream.read(self._most if size < 0 else size)


@contextmanager
def _told(where: str) -> Iterator[None]:
    """Whatever the unpackers raise, as a sentence."""
    try:
        yield
    except UnreadableFile:
        raise
    except _DAMAGED as error:
        why = re.sub(r"\s+", " ", str(error)).strip()[:120] or type(error).__name__
        raise UnreadableFile(
            f"{where} is damaged and cannot be unpacked ({why}). It was probably cut off while being saved or sent: "
            "make the archive again, or send the files in it one by one."
        ) from error


def _chunks(unpacked: Any, where: str) -> Iterator[bytes]:
    while True:
        with _told(where):
            chunk = unpacked.read(_CHUNK)
        if not chunk:
            return
        yield chunk


def without_gz(name: str) -> str:
    return re.sub(r"\.gz$", "", name, flags=re.IGNORECASE)


def shown(entry: zipfile.ZipInfo) -> str:
    """The name of an entry as it can be shown: without control characters, at most some 240 characters."""
    name = unicodedata.normalize("NFC", _recoded(entry).replace("\\", "/"))
    name = "".join(c if c.isprintable() else "\ufffd" for c in name)
    return name if len(name) <= 240 else name[:120] + "…" + name[-120:]


def _recoded(entry: zipfile.ZipInfo) -> str:
    """Many tools write names in UTF-8 without saying so, which are then read as code page 437."""
    name = entry.orig_filename.split("\x00")[0]
    if not entry.flag_bits & 0x800 and not name.isascii():
        with suppress(UnicodeError):
            return name.encode("cp437").decode("utf-8")
    return name
