"""A CSV file cell by cell, with every byte of it: what is not changed is written as it was read. No Django."""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

LARGEST = 200_000
#: In this order: a comma wins where a header could be read both ways.
DELIMITERS = (",", ";", "\t")


class CsvError(ValueError):
    """The file cannot be read as CSV, or not be written; the sentence says where and why."""


@dataclass(frozen=True)
class Cell:
    """One cell as it stands in the file, quotes included."""

    raw: str

    @property
    def value(self) -> str:
        """What it holds: quotes around it taken off, doubled ones inside made single."""
        if not self.raw.startswith('"'):
            return self.raw
        inside, _, rest = self.raw[1:].rpartition('"')
        return inside.replace('""', '"') + rest


@dataclass(frozen=True)
class Line:
    """A row of cells and what ends it: CRLF, LF, CR or (the last line) nothing."""

    cells: tuple[Cell, ...]
    end: str

    def at(self, column: int) -> str:
        """What a cell holds; a row that is too short has empty cells."""
        return self.cells[column].value if column < len(self.cells) else ""


@dataclass(frozen=True)
class RawCsv:
    """A whole file: ``encoding`` and ``mark`` (the bytes before the text) as they were found."""

    lines: tuple[Line, ...]
    delimiter: str = ","
    encoding: str = "utf-8"
    mark: bytes = b""

    def changed(self, row: int, column: int, value: str) -> RawCsv:
        """The same with another value in one cell; the others keep their bytes."""
        line = self.lines[row]
        missing = [Cell("")] * (column + 1 - len(line.cells))
        cells = [*line.cells, *missing]
        cells[column] = Cell(self._quoted(value))
        lines = [*self.lines]
        lines[row] = replace(line, cells=tuple(cells))
        return replace(self, lines=tuple(lines))

    def to_bytes(self) -> bytes:
        text = "".join(self.delimiter.join(cell.raw for cell in line.cells) + line.end for line in self.lines)
        try:
            return self.mark + text.encode(self.encoding)
        except UnicodeEncodeError as error:
            raise CsvError(
                f"The file is kept as {self.encoding}, which has no letter '{text[error.start]}'. Save it as UTF-8."
            ) from error

    def _quoted(self, value: str) -> str:
        if any(char in value for char in (self.delimiter, '"', "\r", "\n")) or value != value.strip():
            return '"' + value.replace('"', '""') + '"'
        return value


def read_raw(content: bytes) -> RawCsv:
    """The file in pieces. Raises CsvError when it is empty, too large, no text, or a quote is never closed."""
    if len(content) > LARGEST:
        raise CsvError(f"The file has {len(content):,} bytes; at most {LARGEST:,} are read.")
    text, encoding, mark = _decoded(content)
    if not text.strip():
        raise CsvError("The file is empty.")
    if "\x00" in text:
        raise CsvError("The file is no text. Save the sheet as CSV and choose that file.")
    first = text.splitlines()[0]
    delimiter = max(DELIMITERS, key=first.count)
    return RawCsv(tuple(_lines(text, delimiter)), delimiter, encoding, mark)


def _decoded(content: bytes) -> tuple[str, str, bytes]:
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if content.startswith(mark):
            try:
                return content.removeprefix(mark).decode(encoding), encoding, mark
            except UnicodeDecodeError as error:
                raise CsvError(
                    f"The file begins as {encoding}, but byte {error.start + 1:,} is not."
                ) from error
    for encoding in ("utf-8", "cp1252"):
        try:
            return content.decode(encoding), encoding, b""
        except UnicodeDecodeError:
            continue
    raise CsvError("The file is neither UTF-8 nor Windows-1252. Save it as CSV in UTF-8.")


def _lines(text: str, delimiter: str) -> Sequence[Line]:
    escaped = re.escape(delimiter)
    piece = re.compile(rf'("(?:[^"]|"")*"[^{escaped}\r\n]*|(?!")[^{escaped}\r\n]*)({escaped}|\r\n|\n|\r|\Z)')
    lines: list[Line] = []
    cells: list[Cell] = []
    at = 0
    while at < len(text) or cells:
        found = piece.match(text, at)
        if found is None:
            raise CsvError(f"Row {len(lines) + 1}, column {len(cells) + 1}: a quote that is never closed.")
        cells.append(Cell(found[1]))
        at = found.end()
        if found[2] != delimiter:
            lines.append(Line(tuple(cells), found[2]))
            cells = []
    return lines
