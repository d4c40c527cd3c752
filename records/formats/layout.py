"""Where the header of a table is and which field each column feeds, by its headings or as a person said."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .base import UnreadableFile
from .cells import given
from .headings import (
    HEADINGS,
    guess_columns,
    heading_key,
    in_order,
    looks_like_header,
    meanings,
    preset_of,
)
from .rows import Row

HEAD_ROWS = 60
# What a value of these fields looks like: tells whether the cells of a row stand where the header says.
_TYPED = {
    "year": re.compile(r"\D*(?:1[5-9]|20)\d\d(?!\d).*", re.DOTALL),
    "doi": re.compile(r".*10\.\d{3,9}/.*", re.DOTALL),
    "pmid": re.compile(r"\D{0,12}\d{1,8}(?:\.0)?"),
    "issn": re.compile(r"\d{4}-?\d{3}[\dXx].*|97[89].*", re.DOTALL),
    "url": re.compile(r"(?:https?://|www\.).*", re.DOTALL),
    "pmcid": re.compile(r"(?:PMC)?\d+"),
}
_DATA = re.compile(r"^(?:1[5-9]\d\d|20\d\d|.*\b10\.\d{4,9}/\S+|https?://.*|-?\d+(?:[.,]\d+)?)$", re.DOTALL)
# A value that stands in rows, hardly ever in headings.
_VALUE = re.compile(r"^(?:\d{4,}|.*\b10\.\d{4,9}/\S+|https?://.*)$", re.DOTALL)
# Elements of XML, keys of JSON and blocks of CSS or a program, some of which are called "author" or "title".
_MARKUP = re.compile(r"^(?:</?[A-Za-z][^<>]*>.*|[{}].*|\[\s*|.*\{|\"[\w-]+\":.*)$", re.DOTALL)
CLEAR = 3  # fields that a row must name to be the header whatever stands above it


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of a table: their names (unique), and by field the places of its columns, best first."""

    header: tuple[str, ...]
    columns: Mapping[str, Sequence[int]] = field(default_factory=dict)
    preset: str = ""

    @property
    def feeds(self) -> dict[str, str]:
        """Each column's field, "" for columns that feed none."""
        place = {index: name for name, places in self.columns.items() for index in places}
        return {name: place.get(index, "") for index, name in enumerate(self.header)}

    def fits(self, cells: Sequence[str], *, names: Sequence[str] = tuple(_TYPED), need: bool = False) -> bool:
        """True when years, DOIs, numbers and addresses stand where the header says; `need` asks for one."""
        seen = False
        for name in names:
            for place in self.columns.get(name, ())[:1]:
                value = given(cells[place]) if place < len(cells) else ""
                if value and not _TYPED[name].fullmatch(value):
                    return False
                seen = seen or bool(value)
        return seen or not need

    @property
    def typed(self) -> bool:
        """True when there is a column whose values can be told by their looks."""
        return any(name in self.columns for name in _TYPED)


def layout_of(cells: Sequence[str], mapping: Mapping[str, str] | None = None) -> Layout:
    """The layout that a header row makes; `mapping` ({column: field or ""}) overrules what is guessed.

    A column that the mapping leaves out keeps its guess, unless the mapping gives that field to another column.
    Raises UnreadableFile when the mapping names a column or a field that does not exist.
    """
    header = unique_names(cells)
    preset = preset_of(cells)
    fields = meanings([cell.strip() for cell in cells], preset)
    if mapping is not None:
        told = _check(mapping, header)
        taken = set(told.values()) - {""}
        fields = [
            told.get(name, "" if guess in taken else guess)
            for name, guess in zip(header, fields, strict=True)
        ]
    columns = in_order(cells, fields)
    return Layout(header, columns, preset.name if preset else "")


def _check(mapping: Mapping[str, str], header: Sequence[str]) -> dict[str, str]:
    by_key = {heading_key(name): name for name in header}
    told = {}
    for column, name in mapping.items():
        if name and name not in HEADINGS:
            raise UnreadableFile(
                f"The column “{column}” is mapped to “{name}”, which is no field of a record. "
                f"Choose one of {', '.join(HEADINGS)}, or leave it empty."
            )
        found = column if column in header else by_key.get(heading_key(column), "")
        if not found:
            raise UnreadableFile(
                f"The table has no column “{column}”. Its columns are {', '.join(header)[:300]}: "
                "name the columns anew."
            )
        told[found] = name
    return told


def unique_names(cells: Sequence[str]) -> tuple[str, ...]:
    """Headings as column names: an empty one is named for its place, a repeated one is numbered.

    >>> unique_names(["Title", "", "Title"])
    ('Title', 'Column 2', 'Title (2)')
    """
    names: list[str] = []
    taken: set[str] = set()
    for place, cell in enumerate(cells, 1):
        name = " ".join(cell.replace("\ufeff", "").split()) or f"Column {place}"
        base, number = name, 2
        while name in taken:
            name, number = f"{base} ({number})", number + 1
        taken.add(name)
        names.append(name)
    return tuple(names)


def find_header(rows: Sequence[Row]) -> int:
    """The place of the header among the first rows of a table, -1 when no row has known headings.

    A row below others of the same width is the header only where its headings leave no doubt.
    """
    best, place = 0, -1
    for index, row in enumerate(rows):
        score = header_score(row.cells)
        if score > best:
            best, place = score, index
    if place > 0 and best < CLEAR and preset_of(rows[place].cells) is None:
        width = len(rows[place].cells)
        if any(is_table_row(row.cells, width) for row in rows[:place]):
            return -1
    return place


def is_table_row(cells: Sequence[str], width: int) -> bool:
    """True for a row as wide as the table that holds more than a line of text padded with delimiters."""
    return len(cells) == width > 1 and sum(bool(cell.strip()) for cell in cells) * 2 > width


def header_score(cells: Sequence[str]) -> int:
    """How many fields a row names if it is a header, 0 if it is none or holds more values than names."""
    if not looks_like_header(cells) or any(_MARKUP.match(cell.strip()) for cell in cells):
        return 0
    named = len(guess_columns(cells))
    return named if named >= sum(bool(_VALUE.match(cell.strip())) for cell in cells) else 0


def first_full_row(rows: Sequence[Row]) -> int:
    """The first row as wide as most others are: the header of a table with headings in no known language."""
    widths = Counter(len(row.cells) for row in rows if any(cell.strip() for cell in row.cells))
    if not widths:
        return -1
    usual = max(widths, key=lambda width: (widths[width], width))
    return next(index for index, row in enumerate(rows) if len(row.cells) == usual)


def looks_like_data(cells: Sequence[str]) -> bool:
    """True for a first row that holds values rather than names: a year, a DOI, an address, a long text."""
    return any(len(cell) >= 120 or _DATA.match(cell.strip()) for cell in cells)
