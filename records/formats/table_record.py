"""One row of a table to one record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from . import ciw
from .assemble import Fields, record
from .base import ParsedRecord, Rejected, rejected
from .cells import Style, separator_of, style_of
from .layout import Layout
from .row_fields import RowFields
from .rows import Row
from .shifts import likeliest_shift, moved, proven
from .table_notes import TableNotes

EXCEL_LONGEST = 32767
SAYS_NOTHING = "The row has neither title, abstract, authors, DOI nor PubMed number."
_TEXTS = ("title", "authors", "abstract", "journal", "keywords", "citation", "notes")


class TableRecords:
    """Builds the records of one layout; `learn` looks at some rows first to see how cells are divided."""

    def __init__(self, layout: Layout, notes: TableNotes, *, mapped: bool = False):
        self._layout = layout
        self._notes = notes
        self._width = len(layout.header)
        self._fields = layout.feeds
        self._places = list(self._fields.values())
        self._tagged = (
            layout.preset == "wos" and not mapped and {"PT", "AU", "TI", "SO"} <= set(layout.header)
        )
        self._separators: dict[int, str] = {}
        self._styles: dict[int, Style] = {}
        self._unnamed = 0  # columns without a heading, by which rows are longer than the header
        self._shift = self._width  # where those columns stand
        self.heading_cells = layout.header

    def parted_by(self, separator: str) -> None:
        """Every column of keywords is parted by this."""
        self._separators = dict.fromkeys(self._layout.columns.get("keywords", ()), separator)

    def learn(self, rows: Sequence[Sequence[str]]) -> None:
        """See from some rows by what keywords are parted in each of their columns, and if headings are missing."""
        surplus = Counter(len(row) - self._width for row in rows).most_common(1)
        self._unnamed = surplus[0][0] if surplus and surplus[0][1] * 2 > len(rows) > 2 else 0
        longer = [row for row in rows if len(row) - self._width == self._unnamed > 0]
        self._shift = likeliest_shift(self._layout, longer, self._unnamed)
        for place in self._layout.columns.get("authors", ()):
            self._styles[place] = style_of([row[place] for row in rows if place < len(row)])
        for place in self._layout.columns.get("keywords", ()):
            values = [row[place] for row in rows if place < len(row)]
            self._separators[place] = separator_of(values, comma=self._layout.preset == "embase")

    def build(self, row: Row) -> ParsedRecord | Rejected:
        if row.fault:
            return rejected(row.line, row.fault, row.raw)
        if row.mended:
            if not self._layout.fits(row.cells, need=True):
                cause = f"In this row {row.mended}, and its cells do not stand where the header says."
                if not self._layout.fits(row.cells):
                    return rejected(row.line, cause, row.raw)
            self._notes.mended(row.mended, row.line)
        cells = self._cells(row)
        if cells is None:
            cause = f"The row has {len(row.cells)} cells, the header {self._width}: a delimiter or quote is amiss."
            return rejected(row.line, cause, row.raw)
        for index, name in enumerate(self._places):
            if name and cells[index]:
                self._notes.check(row.line, self._layout.header[index], name, cells[index].strip())
            if len(cells[index]) == EXCEL_LONGEST:
                self._notes.count("truncated", row.line)
        if self._tagged:
            return self._web_of_science(row, cells)
        return self._record(row, cells)

    def _web_of_science(self, row: Row, cells: list[str]) -> ParsedRecord | Rejected:
        fields = Fields(zip(self._layout.header, cells, strict=False))
        if not any(fields.peek("TI", "AB", "AU", "DI", "PM")):
            return rejected(row.line, SAYS_NOTHING, row.raw)
        return ciw.build(fields, row.raw, row.line)

    def _cells(self, row: Row) -> list[str] | None:
        """As many cells as the header has, or None when the row cannot be made to fit it."""
        cells = row.cells
        if len(cells) < self._width:
            if not self._layout.fits(cells):
                return None
            self._notes.count("short", row.line)
            return [*cells, *([""] * (self._width - len(cells)))]
        surplus = len(cells) - self._width
        if not surplus:
            return cells
        if not any(cell.strip() for cell in cells[self._width :]):
            return cells
        if surplus == self._unnamed and self._shift < self._width:
            candidate = moved(cells, self._shift, surplus)
            if self._layout.fits(candidate, need=True) and proven(self._layout, cells, candidate):
                self._notes.shifted(self._layout.header[self._shift], row.line)
                return candidate
        if self._layout.fits(cells, need=True):
            tail = cells[self._width :]
            if self._places[-1] in _TEXTS and all(cell.startswith(" ") for cell in tail):
                self._notes.count("joined", row.line)
                return [*cells[: self._width - 1], row.delimiter.join([cells[self._width - 1], *tail])]
            self._notes.count("long", row.line)
            return cells
        if surplus != self._unnamed:
            joined = self._joined(cells, surplus, row.delimiter)
            if joined is not None:
                self._notes.count("joined", row.line)
            return joined
        for at in range(self._width, 0, -1):  # somewhere is a column without a heading
            candidate = moved(cells, at, surplus)
            if self._layout.fits(candidate, need=True):
                self._notes.count("long", row.line)
                return candidate
        if self._layout.fits(cells, names=("year", "doi"), need=True):
            self._notes.count("long", row.line)
            return cells
        return None

    def _joined(self, cells: list[str], surplus: int, delimiter: str) -> list[str] | None:
        """The row with the parts of one torn cell put together, None when that cell cannot be told.

        Where several would do, it is the one whose parts begin with a blank, as text after a comma does.
        """
        found: dict[int, list[str]] = {}
        for at in range(self._width):
            if self._places[at] in _TEXTS:
                whole = delimiter.join(cells[at : at + surplus + 1])
                candidate = [*cells[:at], whole, *cells[at + surplus + 1 :]]
                if self._layout.fits(candidate, need=True):
                    found[at] = candidate
        blanks = [at for at in found if all(c.startswith(" ") for c in cells[at + 1 : at + surplus + 1])]
        if len(found) != 1 and len(blanks) != 1:
            return None
        return found[blanks[0] if len(blanks) == 1 else next(iter(found))]

    def _record(self, row: Row, cells: list[str]) -> ParsedRecord | Rejected:
        fields = RowFields(self._layout, cells, styles=self._styles, separators=self._separators)
        taken = {**fields.words(), **fields.place(), **fields.identifiers(), **fields.kind()}
        known = (taken["title"], taken["abstract"], taken["authors"], fields.values("doi"), *taken["pmid"])
        if not any(known):
            return rejected(row.line, SAYS_NOTHING, row.raw)
        decisions = fields.decisions()
        return record(fields=fields.rest(), raw=row.raw, line=row.line, earlier=decisions, **taken)
