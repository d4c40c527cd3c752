"""Search-result files of any kind, read into one shape. Pure Python: nothing here knows about Django.

    parsed = parse("pubmed.nbib")           # a path, or the bytes themselves
    parsed.format, parsed.encoding          # "nbib", "utf-8"
    for item in parsed:                     # lazily: ParsedRecord | Rejected
        ...
    parsed.warnings                         # sentences, complete when the iteration is

Opening and iterating raise `UnreadableFile` with a sentence for the user; XML that is cut off is only noticed
when the iteration gets there, so whoever stores records does it in one transaction or resumes.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import closing
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from . import (
    bibtex,
    central,
    ciw,
    endnote_xml,
    enw,
    nbib,
    ovid,
    pubmed_text,
    pubmed_xml,
    refworks,
    ris,
    tabular,
    xlsx,
    xml,
)
from .base import FORMATS, MAX_FILE_BYTES, TYPES, Detected, ParsedRecord, Rejected, UnreadableFile
from .bibtex_writer import write_bibtex
from .encoding import display_name, is_guess
from .endnote_writer import write_endnote_xml
from .notices import Notices
from .ris_writer import write_ris
from .sniffing import recognise, refuse_binary, sniff
from .text import decode_head, detect_encoding, has_mojibake, lines

__all__ = [
    "FORMATS",
    "TYPES",
    "Detected",
    "Parsed",
    "ParsedRecord",
    "Rejected",
    "UnreadableFile",
    "parse",
    "sniff",
    "write_bibtex",
    "write_endnote_xml",
    "write_ris",
]

_HEAD = 1 << 18
# Readers of lines are told where to note what is worth a warning; those of XML get the bytes.
_BY_LINES = {
    "ris": ris.read,
    "nbib": nbib.read,
    "ciw": ciw.read,
    "enw": enw.read,
    "bibtex": bibtex.read,
    "ovid": ovid.read,
    "central": central.read,
    "refworks": refworks.read,
    "pubmed_text": pubmed_text.read,
}
_BY_BYTES = {"endnote_xml": endnote_xml.read, "pubmed_xml": pubmed_xml.read}


class Parsed:
    """A file that is understood: its `format`, `encoding` and, on iteration, its records in file order.

    Each iteration opens the file anew and reads it as a stream; `warnings` are those of the latest one.
    """

    def __init__(
        self,
        source: str | os.PathLike[str] | bytes,
        detected: Detected,
        *,
        filename: str = "",
        mapping: Mapping[str, str] | None = None,
        sheet: str | None = None,
        guessed: bool = False,
    ):
        self._source = source
        self._name = f"“{filename}”" if filename else "The file"
        self._mapping = mapping
        self._sheet = sheet or ""
        self.format = detected.format
        self.encoding = detected.encoding
        self.delimiter = detected.delimiter
        self._guessed = guessed
        self._notices = Notices()
        self._stream: BinaryIO | None = None

    @property
    def bytes_read(self) -> int:
        """How far into the file the present iteration is; of a workbook's bytes it says nothing of use."""
        return self._stream.tell() if self._stream and not self._stream.closed else 0

    @property
    def warnings(self) -> list[str]:
        """Sentences on what cost no record but should be known, such as stray bytes; they grow while iterating."""
        return self._notices.sentences()

    def __iter__(self) -> Iterator[ParsedRecord | Rejected]:
        self._notices = notices = Notices()
        untold = self._guessed
        for item in self._items(notices):
            if untold and any(c > "\x7f" and c.isalpha() for c in item.raw):
                untold = False
                told = f"it was read as {display_name(self.encoding)}. If letters look wrong, choose another"
                notices.add(
                    sentence := f"The file does not say its encoding; {told}", sentence, line=item.line
                )
            if not item.raw.isascii() and has_mojibake(item.raw):
                notices.add(
                    "{n} record held accents that were damaged before (“Ã¼” for “ü”): they were mended",
                    "{n} records held accents that were damaged before (“Ã¼” for “ü”): they were mended",
                    line=item.line,
                )
            yield item

    def _items(self, notices: Notices) -> Iterator[ParsedRecord | Rejected]:
        with _open(self._source) as stream:
            self._stream = stream
            if self.format in _BY_BYTES:
                yield from _BY_BYTES[self.format](stream, self.encoding, notices)
                return
            if self.format == "xlsx":
                rows = xlsx.rows(stream, self._sheet, self._name)
                yield from tabular.read_rows(rows, mapping=self._mapping, notices=notices)
                return
            with closing(lines(stream, self.encoding, notices=notices)) as text:
                if self.format == "csv":
                    yield from tabular.read(text, self.delimiter, mapping=self._mapping, notices=notices)
                else:
                    yield from _BY_LINES[self.format](text, notices)


def parse(
    path_or_bytes: str | os.PathLike[str] | bytes,
    *,
    filename: str = "",
    format: str | None = None,
    encoding: str | None = None,
    max_bytes: int = MAX_FILE_BYTES,
    mapping: Mapping[str, str] | None = None,
    sheet: str | None = None,
) -> Parsed:
    """Recognise a file and make it ready to iterate; `format` and `encoding` overrule what is detected.

    `mapping` ({column: field or ""}, see `mapping.TARGETS`) and `sheet` say how a table is to be read.

    Raises UnreadableFile when the file is empty, too large, binary, or in no known format.
    """
    if not filename and not isinstance(path_or_bytes, bytes):
        filename = Path(path_or_bytes).name
    if format is not None and format not in FORMATS:
        raise UnreadableFile(
            f"“{format}” is not a format that can be read; choose one of {', '.join(FORMATS)}."
        )
    with _open(path_or_bytes) as stream:
        size = stream.seek(0, os.SEEK_END)
        stream.seek(0)
        if size > max_bytes:
            raise UnreadableFile(
                f"“{filename or 'The file'}” has {size / 1e6:,.1f} MB; at most {max_bytes / 1e6:,.1f} MB can be "
                "read at once. Split the export into several files."
            )
        head = stream.read(_HEAD)
        opened = partial(Parsed, path_or_bytes, filename=filename, mapping=mapping, sheet=sheet)
        xlsx.refuse_others(head, filename)
        if xlsx.is_workbook(head):
            return opened(Detected("xlsx", "utf-8"))
        if format == "xlsx":
            raise UnreadableFile(f"“{filename or 'The file'}” is no XLSX workbook, whatever its name says.")
        refuse_binary(head, filename)
        stream.seek(0)
        try:
            "".encode(encoding or "utf-8")  # some codecs are not for text
            guessed = False
            if not encoding:
                detected = detect_encoding(stream)
                encoding = xml.declared_encoding(head, detected)
                guessed = encoding == detected and is_guess(encoding) and not xml.declares_encoding(head)
            text = decode_head(head, encoding)
        except (LookupError, UnicodeError) as error:
            raise UnreadableFile(
                f"“{encoding}” is not a known text encoding; try utf-8 or cp1252."
            ) from error
    if format is None:
        return opened(Detected(*recognise(text, filename, encoding)), guessed=guessed)
    delimiter = tabular.delimiter_of(text) if format == "csv" else ""
    return opened(Detected(format, encoding, delimiter), guessed=guessed)


def _open(source: str | os.PathLike[str] | bytes) -> BinaryIO:
    return BytesIO(source) if isinstance(source, bytes) else open(source, "rb")
