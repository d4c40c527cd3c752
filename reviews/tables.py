"""A table from a file, read row by row, with every fault named by its line."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field

from reviews.errors import Refused

DELIMITERS = ",;\t"
FAULTS_SHOWN = 20


class BadTable(Refused):
    """A file that cannot be taken in; the message has a line for every fault (the first FAULTS_SHOWN)."""


@dataclass(frozen=True)
class Row:
    """One row: ``row["study"]`` is the stripped text of the cell, empty if there is no such column."""

    line: int
    cells: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")


@dataclass(frozen=True)
class Table:
    columns: list[str]
    rows: list[Row]


@dataclass
class Faults:
    """Collects what is wrong in the file ``name``, so that a person mends it in one go."""

    name: str
    sentences: list[str] = field(default_factory=list)

    def add(self, line: int, what: str, column: str = "") -> None:
        where = f"{self.name}, line {line}" + (f", column {column}" if column else "")
        self.sentences.append(f"{where}: {what}")

    def raise_if_any(self) -> None:
        if self.sentences:
            more = len(self.sentences) - FAULTS_SHOWN
            rest = [f"... and {more} more."] if more > 0 else []
            raise BadTable("\n".join([*self.sentences[:FAULTS_SHOWN], *rest, "Nothing was imported."]))


def read_table(name: str, data: bytes, *, required: Sequence[str]) -> Table:
    """Read a CSV file (comma, semicolon or tab; UTF-8 or Windows-1252) with one header line.

    Lines count from 1 as an editor shows them; blank lines are passed over. Raises BadTable if the file is empty,
    is not text, names a column twice, lacks a ``required`` one, or has a row of another length than its header.
    """
    faults = Faults(name)
    lines = _records(name, text_of(name, data))
    if not lines:
        raise BadTable(f"{name} is empty. Give a CSV file with a header line and a row for each entry.")
    header_line, header = lines[0]
    columns = [column.strip() for column in header]
    for column in sorted({column for column in columns if columns.count(column) > 1}):
        faults.add(header_line, f"the column '{column}' is there twice.")
    for column in required:
        if column not in columns:
            faults.add(
                header_line, f"the column '{column}' is missing; the columns are {', '.join(columns)}."
            )
    faults.raise_if_any()
    for line, cells in lines[1:]:
        if len(cells) != len(columns):
            faults.add(line, f"{len(cells)} cells, but the header has {len(columns)}.")
    faults.raise_if_any()
    rows = [Row(line, dict(zip(columns, map(str.strip, cells), strict=True))) for line, cells in lines[1:]]
    return Table(columns, rows)


def text_of(name: str, data: bytes) -> str:
    """The text of a file in UTF-8 or Windows-1252; BadTable when it is none."""
    if b"\0" in data:
        raise BadTable(f"{name} is not a text file. Save the table as CSV (UTF-8) and try again.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _records(name: str, text: str) -> list[tuple[int, list[str]]]:
    """The non-blank rows, each with the line it begins in."""
    header = text.lstrip().partition("\n")[0]
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=max(DELIMITERS, key=header.count), strict=True
    )
    records, start = [], 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                records.append((start, cells))
            start = reader.line_num + 1
    except csv.Error as error:
        raise BadTable(
            f"{name}, line {start}: {error}. Check the quotes, or save it as CSV again."
        ) from error
    return records
