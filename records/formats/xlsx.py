"""Spreadsheets (XLSX): the cells of one sheet as text, streamed, within limits.

Formulas give the value that was saved with them. Old binary workbooks (XLS) and OpenDocument are refused.
"""

from __future__ import annotations

import csv
import datetime
import io
import os
import re
import zipfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

from .base import MAX_FILE_BYTES, UnreadableFile
from .layout import find_header
from .rows import Row

MAX_UNPACKED = 2 * MAX_FILE_BYTES
MAX_RATIO = 200
FREE = 32 * 1024 * 1024  # the ratio is only looked at beyond this size
MAX_MEMBERS = 5000
MAX_COLUMNS = 2000
_FIRST_ENTRIES = (b"[Content_Types].xml", b"_rels/", b"docProps/", b"xl/", b"customXml/")
_SAVE_AS = "Open it in a spreadsheet and save it as XLSX or CSV, or export from the database as RIS."
_DAMAGED = (
    zipfile.BadZipFile, KeyError, ValueError, TypeError, AttributeError, IndexError,
    EOFError, OSError, SyntaxError, NotImplementedError, RuntimeError, OverflowError, ArithmeticError,
)  # fmt: skip


def is_workbook(head: bytes) -> bool:
    """True when the first bytes (some kilobytes) are those of an XLSX file, not of an archive that holds one."""
    if not head.startswith(b"PK\x03\x04") or not head[30:].startswith(_FIRST_ENTRIES):
        return False
    return b"word/" not in head[:4096] and bool(
        re.search(rb"PK\x03\x04.{26}xl/|PK\x01\x02.{42}xl/", head, re.DOTALL)
    )


def refuse_others(head: bytes, filename: str = "") -> None:
    """Raise UnreadableFile for spreadsheets of other kinds, saying how to save them."""
    name = f"“{filename}”" if filename else "The file"
    if head.startswith(b"\xd0\xcf\x11\xe0") and not filename.casefold().endswith((".doc", ".ppt", ".msg")):
        raise UnreadableFile(f"{name} is a workbook of old Excel (XLS), or one with a password. {_SAVE_AS}")
    if head.startswith((b"\x09\x08\x10\x00", b"\x09\x08\x08\x00", b"\x09\x04\x06\x00")):
        raise UnreadableFile(f"{name} is a workbook of old Excel (XLS). {_SAVE_AS}")
    if head.startswith(b"PK\x03\x04") and b"opendocument.spreadsheet" in head[:200]:
        raise UnreadableFile(f"{name} is an OpenDocument spreadsheet (ODS). {_SAVE_AS}")
    if head.startswith(b"PK\x03\x04") and re.search(rb"PK\x03\x04.{26}xl/workbook\.bin", head, re.DOTALL):
        raise UnreadableFile(f"{name} is a binary workbook (XLSB). {_SAVE_AS}")


def sheets(stream: BinaryIO, name: str = "The file") -> list[str]:
    """The names of the visible sheets, in order. Raises UnreadableFile for anything that is no sound workbook."""
    with _workbook(stream, name) as book:
        return _visible(book, name)


def rows(stream: BinaryIO, sheet: str = "", name: str = "The file") -> Generator[Row, None, None]:
    """The rows of a sheet, empty ones at its end left out; `sheet` "" means the one that `choose` finds."""
    with _workbook(stream, name) as book:
        names = _visible(book, name)
        if sheet and sheet not in book.sheetnames:
            raise UnreadableFile(f"{name} has no sheet “{sheet}”: choose one of {', '.join(names)[:300]}.")
        yield from _rows(book[sheet or _choose(book, names)], name)


def choose(stream: BinaryIO, name: str = "The file") -> str:
    """The sheet to read when nobody said: the first visible one with a header of references, else the fullest."""
    with _workbook(stream, name) as book:
        return _choose(book, _visible(book, name))


@contextmanager
def _workbook(stream: BinaryIO, name: str) -> Iterator[Any]:
    # openpyxl takes a fifth of a second to import, and every process imports the formats
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    _refuse_bombs(stream, name)
    stream.seek(0)
    try:
        book = load_workbook(stream, read_only=True, data_only=True, keep_links=False)
    except (*_DAMAGED, InvalidFileException) as error:
        raise UnreadableFile(f"{name} is a damaged or protected workbook. {_SAVE_AS}") from error
    try:
        yield book
    finally:
        book.close()


def _refuse_bombs(stream: BinaryIO, name: str) -> None:
    """Look at what the zip says of itself before anything is unpacked."""
    stream.seek(0, os.SEEK_END)
    size = stream.tell()
    try:
        with zipfile.ZipFile(stream) as archive:
            members = archive.infolist()
            unpacked = sum(member.file_size for member in members)
            if any(member.flag_bits & 1 for member in members):
                raise UnreadableFile(
                    f"{name} is protected by a password. Save it without one and send it again."
                )
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise UnreadableFile(f"{name} is a damaged workbook. {_SAVE_AS}") from error
    if len(members) > MAX_MEMBERS or unpacked > MAX_UNPACKED or unpacked > max(FREE, size * MAX_RATIO):
        raise UnreadableFile(
            f"{name} would unpack to {unpacked / 1e6:,.0f} MB in {len(members):,} parts from {size / 1e6:,.1f} MB: "
            "too much for one workbook. Save the sheet as CSV and send that."
        )


def _visible(book: Any, name: str) -> list[str]:
    names = [sheet.title for sheet in book.worksheets if sheet.sheet_state == "visible"]
    names = names or [sheet.title for sheet in book.worksheets]
    if not names:
        raise UnreadableFile(f"{name} has no sheet with cells. {_SAVE_AS}")
    return names


def _choose(book: Any, names: list[str]) -> str:
    fullest, most = names[0], -1
    for title in names:
        head = []
        for row in _rows(book[title], title):
            head.append(row)
            if len(head) == 40:
                break
        if find_header(head) >= 0:
            return title
        filled = sum(bool(cell) for row in head for cell in row.cells)
        if filled > most:
            fullest, most = title, filled
    return fullest


def _rows(sheet: Any, name: str) -> Iterator[Row]:
    """Rows with text in them; blank rows in between are passed on, those at the end are not."""
    sheet.reset_dimensions()  # some writers state a size of one cell
    blank: list[Row] = []
    try:
        for number, cells in enumerate(sheet.iter_rows(values_only=True, max_col=MAX_COLUMNS), 1):
            texts = [_text(cell) for cell in cells]
            while texts and not texts[-1]:
                texts.pop()
            if not texts:
                if len(blank) < 1000:
                    blank.append(Row(number, [""], ""))
                continue
            yield from blank
            blank = []
            yield Row(number, texts, as_text(texts))
    except _DAMAGED as error:
        raise UnreadableFile(f"The sheet “{sheet.title}” of {name} is damaged. {_SAVE_AS}") from error


def _text(value: Any) -> str:
    """A cell as a person sees it: dates as 2019-03-01, whole numbers without a point, errors as Excel shows them."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == datetime.time() else value.isoformat(" ")
    if isinstance(value, datetime.date | datetime.time | datetime.timedelta):
        return str(value)
    return str(value).replace("_x000D_", "").replace("\r\n", "\n")


def as_text(cells: list[str]) -> str:
    """Cells as one line of tab-delimited text, quoted where they must be."""
    line = io.StringIO()
    csv.writer(line, delimiter="\t", lineterminator="\n").writerow(cells)
    return line.getvalue()
