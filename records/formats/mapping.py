"""The guess of what a table's columns mean, for a person to confirm or correct.

table = table_of("hits.csv")
table.columns, table.guess["Published"]      # ["Title", "Published", …], "year"
parse("hits.csv", mapping=table.guess | {"Published": ""})
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from io import BytesIO
from itertools import islice
from typing import BinaryIO

from . import xlsx
from .base import UnreadableFile
from .by_values import is_sure, with_values
from .layout import HEAD_ROWS, Layout, layout_of
from .rows import Row
from .sniffing import refuse_binary
from .tabular import is_transposed, pivoted, split_head, text_rows
from .text import detect_encoding, lines

_HEAD = 1 << 16
#: What a column may be mapped to, with the label a person reads; "" leaves the column out of the record.
TARGETS: dict[str, str] = {
    "title": "Title",
    "title_original": "Title in another language (used when the title is missing)",
    "abstract": "Abstract",
    "abstract_original": "Abstract in another language (used when the abstract is missing)",
    "authors": "Authors",
    "year": "Year or date of publication",
    "journal": "Journal, book or other source",
    "journal_abbreviation": "Abbreviated journal (used when the journal is missing)",
    "citation": "Whole citation (journal, year, volume and pages in one cell)",
    "volume": "Volume",
    "issue": "Issue",
    "pages": "Pages",
    "start": "First page",
    "end": "Last page",
    "article_number": "Article number (used when pages are missing)",
    "doi": "DOI",
    "pmid": "PubMed number (PMID)",
    "pmcid": "PubMed Central number (PMCID)",
    "keywords": "Keywords or subject headings",
    "type": "Kind of publication",
    "language": "Language",
    "url": "Web address",
    "issn": "ISSN or ISBN",
    "accession": "Number in the database (accession number)",
    "registry": "Trial register number",
    "notes": "Notes (searched for identifiers and earlier decisions)",
    "decision": "Earlier decision (include, exclude, maybe)",
    "reason": "Reason for the earlier exclusion",
}
SHOWN_ROWS = 10


@dataclass(frozen=True, slots=True)
class Table:
    """The beginning of a table, and what its columns seem to mean."""

    columns: list[str]  # headings, made unique; "Column 3" for an empty one
    rows: list[list[str]]  # the first rows, each as long as `columns`
    guess: dict[str, str]  # column -> field or ""
    sure: bool  # a title column is known and no two columns compete: no person is needed
    sheets: list[str] = field(default_factory=list)  # of a workbook, [] for text
    sheet: str = ""
    preset: str = ""  # the database whose layout it is: "scopus", "covidence", …


def table_of(
    source: str | os.PathLike[str] | bytes,
    *,
    filename: str = "",
    encoding: str | None = None,
    sheet: str | None = None,
) -> Table:
    """Columns, first rows and guess of a table. Raises UnreadableFile when the file holds no table."""
    name = filename or ("" if isinstance(source, bytes) else os.path.basename(os.fspath(source)))
    with BytesIO(source) if isinstance(source, bytes) else open(source, "rb") as stream:
        head = stream.read(_HEAD)
        xlsx.refuse_others(head, name)
        if xlsx.is_workbook(head):
            return _of_workbook(stream, f"“{name}”" if name else "The file", sheet or "")
        refuse_binary(head, name)
        stream.seek(0)
        encoding = encoding or detect_encoding(stream)
        with closing(lines(stream, encoding)) as text:
            return _table(list(islice(text_rows(text), HEAD_ROWS)), name)


def _of_workbook(stream: BinaryIO, name: str, sheet: str) -> Table:
    sheets = xlsx.sheets(stream, name)
    sheet = sheet or xlsx.choose(stream, name)
    with closing(xlsx.rows(stream, sheet, name)) as rows:
        return replace(_table(list(islice(rows, HEAD_ROWS)), name), sheets=sheets, sheet=sheet)


def _table(head: list[Row], name: str) -> Table:
    if is_transposed(head):
        return _transposed(head)
    layout, _, rest = split_head(head)
    if not layout.header:
        raise UnreadableFile(f"“{name}” holds no table: no row has a cell with text.")
    cells = [row.cells for row in rest if any(cell.strip() for cell in row.cells)]
    return _shown(layout, cells)


def _transposed(head: list[Row]) -> Table:
    """A table with a row per field, as if its fields were columns."""
    columns: dict[str, None] = {}
    records = list(pivoted(head))
    for layout, _ in records:
        columns.update(dict.fromkeys(layout.header))
    found = [dict(zip(layout.header, row.cells, strict=True)) for layout, row in records]
    return _shown(layout_of(list(columns)), [[cells.get(name, "") for name in columns] for cells in found])


def _shown(layout: Layout, rows: Sequence[Sequence[str]]) -> Table:
    layout = with_values(layout, rows)
    width = len(layout.header)
    shown = [[*row[:width], *([""] * (width - len(row)))] for row in rows[:SHOWN_ROWS]]
    return Table(list(layout.header), shown, layout.feeds, is_sure(layout, rows), preset=layout.preset)


def signature(columns: Iterable[str]) -> str:
    """A stable name for a set of columns, by which a mapping is found again; their order does not matter."""
    text = "\n".join(sorted(" ".join(column.split()) for column in columns))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
