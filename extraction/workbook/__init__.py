"""Extraction in a workbook: written for one person, filled in anywhere, read back and compared three ways."""

from extraction.workbook.comparing import Cell, Item, items_of, stamp_of
from extraction.workbook.content import Sheet, book_of
from extraction.workbook.reading import BadWorkbook, read_book
from extraction.workbook.writing import write_book

__all__ = [
    "BadWorkbook",
    "Cell",
    "Item",
    "Sheet",
    "book_of",
    "items_of",
    "read_book",
    "stamp_of",
    "write_book",
]
