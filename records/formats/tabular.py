"""Tables (CSV, TSV, spreadsheets): columns recognised by their headings, whatever database wrote them.

Known layouts are listed in `headings.PRESETS`; any other table is read by what its headings say, or as a
`mapping` ({column: field or ""}) tells.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from itertools import chain, islice

from .base import ParsedRecord, Rejected, UnreadableFile, rejected
from .by_values import unused, with_values
from .headings import guess_columns, heading_key, looks_like_header
from .layout import (
    CLEAR,
    HEAD_ROWS,
    Layout,
    find_header,
    first_full_row,
    header_score,
    is_table_row,
    layout_of,
    looks_like_data,
)
from .notices import Notices
from .rows import DELIMITERS, Row, TextRows, dialect_of, separator
from .table_notes import TableNotes
from .table_record import SAYS_NOTHING, TableRecords

__all__ = [
    "delimiter_of",
    "find_delimiter",
    "guess_columns",
    "looks_like_header",
    "read",
    "read_rows",
    "text_rows",
]

NO_DELIMITER = "\x1f"  # of a table with one column, whose commas are part of the text
_HEAD_LINES = 400
_MANY = 1000  # rows by which text of another kind is told from a table
_FEW = 4  # rows that are too few to tell a bad table from text of another kind
# Fields of which a record needs one; the last ones may hold a PubMed number or a DOI.
_NAMING = {
    "title", "title_original", "abstract", "abstract_original", "authors", "doi", "pmid", "url", "notes", "accession",
}  # fmt: skip
_ABOVE = "The row stands above the header of the table, so it was not read: check which line is the header."
_FOOT = re.compile(
    r"^(?:(?:©|\(c\) ?\d|copyright (?:©|\(c\)|\d|by\b)).{0,200}"
    r"|total:? ?(?:of |number of )?(?:\d|records|results|hits|references).{0,60}"
    r"|export(?:ed)?(?: date| on|:| from).{0,80}|(?:retrieved|generated) (?:on|from|by)\b.{0,80}|page \d+(?: of \d+)?"
    r"|end of (?:file|report|export|list)|[\d,.]+ (?:results?|records?|hits|rows|references)\b.{0,60})\.?$",
    re.IGNORECASE,
)


def find_delimiter(text: str, *, anywhere: bool = False) -> str:
    """The delimiter under which the first filled line (or, with `anywhere`, an early one) is a header.

    "" when none is; Excel's "sep=;" in the first line decides by itself.
    """
    lines = [line for line in text.splitlines()[:_HEAD_LINES] if line.strip()]
    if lines and (told := separator(lines[0])):
        return told
    best = ("", 0)
    for delimiter in DELIMITERS:
        rows = _head_rows(lines if anywhere else lines[:1], delimiter)
        score = max((header_score(row.cells) for row in rows if len(row.cells) > 1), default=0)
        if score > best[1] or (anywhere and score == 0 and best[1] == 0 and is_transposed(rows)):
            best = (delimiter, score)
    return best[0]


def regular_delimiter(text: str) -> str:
    """The delimiter that parts every one of the first lines into the same number of cells; "" when none does."""
    lines = [line for line in text.splitlines()[:_HEAD_LINES] if line.strip()]
    best = ("", 1)
    for delimiter in DELIMITERS:
        rows = _head_rows(lines, delimiter)
        rows = rows[:-1] if len(rows) > 10 else rows  # the last one may be cut off
        widths = {len(row.cells) for row in rows}
        width = widths.pop() if len(widths) == 1 else 0
        if len(rows) > (2 if width == 2 else 1) and width > best[1]:
            best = (delimiter, width)
    return best[0]


def delimiter_of(text: str) -> str:
    """The delimiter of a table, wherever its header is and whatever it says; "" when the text is no table."""
    found = find_delimiter(text) or find_delimiter(text, anywhere=True) or regular_delimiter(text)
    lines = [line.strip() for line in text.splitlines()[:3] if line.strip()]
    if not found and len(lines) > 1 and looks_like_header([lines[0].strip('"')]):
        return NO_DELIMITER
    return found


def is_table(text: str, delimiter: str) -> bool:
    """False for text of another kind that a delimiter parts into rows of which less than half fit together.

    A header that leaves no doubt makes a table, however bad its rows are.
    """
    source = text_rows(text.splitlines(keepends=True), delimiter)
    head = list(islice(source, HEAD_ROWS))
    if is_transposed(head):
        return True
    layout, _, rest = split_head(head)
    rest += islice(source, _MANY)
    filled = [row for row in rest if any(cell.strip() for cell in row.cells)]
    if layout.preset or len(layout.columns) >= CLEAR or len(filled) < _FEW:
        return True
    build = TableRecords(layout, TableNotes(Notices()))
    build.learn([row.cells for row in filled])
    amiss = (item for item in map(build.build, filled) if isinstance(item, Rejected))
    return 2 * sum(item.cause != SAYS_NOTHING for item in amiss) <= len(filled)


def _head_rows(lines: list[str], delimiter: str) -> list[Row]:
    return list(islice(TextRows(lines, dialect_of(lines[:50], delimiter)), HEAD_ROWS))


def is_transposed(rows: list[Row]) -> bool:
    """True for a table with a row per field ("TITLE","…" / "AUTHOR NAMES","…"), as Embase can export."""
    filled = [row.cells for row in rows if len(row.cells) > 1 and row.cells[0].strip()][:12]
    if len(filled) < 3 or any(guess_columns(cells[1:]) for cells in filled[:1]):
        return False
    known = [cells for cells in filled if guess_columns([cells[0]])]
    titles = [cells for cells in filled if heading_key(cells[0]) == "title"]
    return (
        bool(titles)
        and len({heading_key(cells[0]) for cells in known}) >= 3
        and len(known) * 2 >= len(filled)
    )


def text_rows(lines: Iterable[str], delimiter: str = "") -> Iterator[Row]:
    """The rows of a text file, from the header on aware of how many cells a row should have."""
    iterator = iter(lines)
    head = list(islice(iterator, _HEAD_LINES))
    skipped = 0
    if head and (told := separator(head[0])):
        delimiter, skipped, head = told, 1, head[1:]
    if not delimiter:
        text = "".join(head)
        delimiter = delimiter_of(text) or ","
    dialect = dialect_of(head[:50], delimiter)
    rows = list(islice(TextRows(head, dialect), HEAD_ROWS))
    place = -1 if is_transposed(rows) else find_header(rows)
    if place < 0 and not is_transposed(rows):
        place = first_full_row(rows)
    source = TextRows(chain(head, iterator), dialect)
    for row in source:
        if place >= 0 and row.line == rows[place].line:
            source.width = len(row.cells)
            source.end = row.raw[len(row.raw.rstrip("\r\n")) :]
            layout = layout_of([cell.strip() for cell in row.cells])
            source.typed = layout.typed
            source.plausible = partial(layout.fits, need=layout.typed)
        row.line += skipped
        yield row


def read(
    lines: Iterable[str],
    delimiter: str = "",
    *,
    mapping: Mapping[str, str] | None = None,
    notices: Notices | None = None,
) -> Iterator[ParsedRecord | Rejected]:
    """The rows of a text file in file order; see `read_rows`."""
    yield from read_rows(text_rows(lines, delimiter), mapping=mapping, notices=notices)


def read_rows(
    rows: Iterable[Row], *, mapping: Mapping[str, str] | None = None, notices: Notices | None = None
) -> Iterator[ParsedRecord | Rejected]:
    """Every row below the header as a record, or Rejected when it does not fit the header or says nothing.

    `notices` is told what was mended, left out or looks spoilt. Raises UnreadableFile when no heading is known
    and no `mapping` says what the columns mean.
    """
    rows = iter(rows)
    notes = TableNotes(notices or Notices())
    head = list(islice(rows, HEAD_ROWS))
    if is_transposed(head):
        for layout, row in pivoted(chain(head, rows), mapping):
            build = TableRecords(layout, notes, mapped=mapping is not None)
            build.parted_by(";")
            yield build.build(row)
        return
    layout, lead, rest = split_head(head, mapping)
    if mapping is not None and head and not layout.columns:
        raise UnreadableFile("No column is named for a field: say at least which one holds the title.")
    cells = [row.cells for row in rest]
    told = _told(layout, mapping)
    layout = with_values(layout, cells, told)
    if not layout.columns or (mapping is None and not _NAMING & layout.columns.keys()):
        raise UnreadableFile(_no_header(head, lead))
    above = [row for row in lead if is_table_row(row.cells, len(layout.header))]
    notes.lead_in([row for row in lead if row not in above])
    if not layout.preset:
        notes.unused([name for name in unused(layout, cells) if name not in told], len(lead) + 1)
    build = TableRecords(layout, notes, mapped=mapping is not None)
    build.learn(cells)
    first = list(_records(build, rest, layout, notes))
    if (
        mapping is None
        and first
        and not layout.preset
        and len(layout.columns) < CLEAR
        and all(isinstance(item, Rejected) and item.cause == SAYS_NOTHING for item in first)
    ):
        raise UnreadableFile(_says_nothing(layout))
    yield from (rejected(row.line, _ABOVE, row.raw) for row in above)
    yield from first
    yield from _records(build, rows, layout, notes)


def _records(
    build: TableRecords, rows: Iterable[Row], layout: Layout, notes: TableNotes
) -> Iterator[ParsedRecord | Rejected]:
    """Each row that is no blank, foot or repeated header, built."""
    for row in rows:
        if not any(cell.strip() for cell in row.cells):
            if len(row.cells) > 1:
                notes.count("blank", row.line)
        elif len(row.cells) == 1 < len(layout.header) - 1 and _FOOT.match(row.cells[0].strip()):
            notes.count("foot", row.line)
        elif tuple(cell.strip() for cell in row.cells) == build.heading_cells:
            notes.count("repeated header", row.line)
        else:
            yield build.build(row)


def _told(layout: Layout, mapping: Mapping[str, str] | None) -> set[str]:
    """The columns of which a person said what they mean, or that they mean nothing."""
    keys = {heading_key(name) for name in mapping or ()}
    return {name for name in layout.header if name in (mapping or ()) or heading_key(name) in keys}


def split_head(
    head: list[Row], mapping: Mapping[str, str] | None = None
) -> tuple[Layout, list[Row], list[Row]]:
    """The layout, the rows before the header and those after it.

    Without known headings the first row as wide as the others is the header, or, when it holds values, no row.
    """
    place = find_header(head)
    if place < 0:
        place = first_full_row(head)
        if place < 0:
            return Layout(()), head, []
        if looks_like_data(head[place].cells):
            width = len(head[place].cells)
            return layout_of([""] * width, mapping), head[:place], head[place:]
    layout = layout_of([cell.strip() for cell in head[place].cells], mapping)
    return layout, [row for row in head[:place] if any(row.cells)], head[place + 1 :]


def pivoted(rows: Iterable[Row], mapping: Mapping[str, str] | None = None) -> Iterator[tuple[Layout, Row]]:
    """Records of a table with a row per field, each as one row with its own layout."""
    layouts: dict[tuple[str, ...], Layout] = {}
    for block in _blocks(rows):
        names = tuple(row.cells[0].strip() for row in block)
        if names not in layouts:
            known = {} if mapping is None else {k: v for k, v in mapping.items() if k in names}
            layouts[names] = layout_of(names, None if mapping is None else known)
        cells = ["; ".join(cell.strip() for cell in row.cells[1:] if cell.strip()) for row in block]
        yield layouts[names], Row(block[0].line, cells, "".join(row.raw for row in block))


def _blocks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Rows that belong together: a new record begins with its title, or after a blank row."""
    block: list[Row] = []
    seen: set[str] = set()
    for row in rows:
        name = heading_key(row.cells[0]) if row.cells else ""
        if not name or name in seen:
            if "title" in seen or len(block) > 2:
                yield block
            block, seen = [], set()
        if name and len(row.cells) > 1:
            block.append(row)
            seen.add(name)
    if "title" in seen or len(block) > 2:
        yield block


def _says_nothing(layout: Layout) -> str:
    return (
        "No row of the table gives a title, an author, a DOI or a PubMed number. Its columns are "
        f"{', '.join(layout.header)[:300]}. If it is a list of references, say which column holds the title."
    )


def _no_header(head: list[Row], lead: list[Row]) -> str:
    row = head[len(lead)] if len(lead) < len(head) else None
    shown = ", ".join(cell.strip() for cell in row.cells if cell.strip())[:120] if row else "nothing"
    return (
        f"Line {row.line if row else 1} is not a header with a column for the title (found: {shown}). "
        "Name the columns in the first line, for example title, authors, year, journal, doi, abstract."
    )
