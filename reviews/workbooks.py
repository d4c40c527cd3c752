"""Workbooks to download: the same bytes for the same content, and no cell that a spreadsheet takes for a formula."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from reviews.documents.packages import LONG_AGO, fixed
from reviews.safe_csv import safe_cell

# openpyxl takes a fifth of a second to import, and every process imports what can write workbooks: the functions
# below import it when one is written
if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: Excel's own limit of one cell.
LONGEST_CELL = 32_767
#: Excel's own limit of rows.
LONGEST_SHEET = 1_048_576


def tables_as_xlsx(tables: Iterable[tuple[str, Sequence[str], Iterable[Sequence[Any]]]]) -> bytes:
    """A workbook with a sheet for each (name, header, rows); heads are bold and stay in view."""
    from openpyxl import Workbook  # late: see above

    book = Workbook(write_only=True)
    for name, header, rows in tables:
        write_table(book, name, header, rows)
    return saved(book)


def write_table(book: Workbook, name: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Add a sheet with a bold head that stays in view to a write-only workbook; how many rows were to go in.

    A sheet holds no more than Excel can read (LONGEST_SHEET, with the head); rows beyond it are counted, not written.
    """
    from openpyxl.utils import get_column_letter  # late: see above

    sheet = book.create_sheet(name[:31])
    sheet.freeze_panes = "B2"
    for number, title in enumerate(header, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = min(max(len(str(title)) + 2, 10), 40)
    sheet.append([bold(sheet, title) for title in header])
    count = 0
    for count, row in enumerate(rows, start=1):
        if count < LONGEST_SHEET:
            sheet.append([cell_of(value) for value in row])
    return count


def cell_of(value: Any) -> Any:
    """``value`` ready for a cell: no formula, no more than a cell holds."""
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE  # late: see above

    value = ILLEGAL_CHARACTERS_RE.sub("", safe_cell(value)) if isinstance(value, str) else value
    return value[: LONGEST_CELL - 1] + "…" if isinstance(value, str) and len(value) > LONGEST_CELL else value


def saved(book: Workbook) -> bytes:
    """The workbook as bytes, without a trace of the moment it was written."""
    book.properties.created = book.properties.modified = LONG_AGO
    book.properties.creator = "Review app"
    raw = io.BytesIO()
    book.save(raw)
    return fixed(raw.getvalue())


def bold(sheet: Any, title: str) -> WriteOnlyCell:
    """A bold text for a row of a write-only sheet."""
    from openpyxl.cell import WriteOnlyCell  # late: see above
    from openpyxl.styles import Font

    cell = WriteOnlyCell(sheet, value=safe_cell(title))
    cell.font = Font(bold=True)
    return cell
