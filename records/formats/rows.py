"""Text to rows of cells: delimiters, quotes of any style, and what to do when the quotes are wrong.

A cell may hold line ends when it is quoted. Where a quotation mark opens and never closes, the csv module would
swallow the rows that follow; here such a row is recognised, mended if its place is clear, and the next line
starts a new row.
"""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from .base import MAX_RECORD_CHARS

csv.field_size_limit(MAX_RECORD_CHARS)  # its own default of 128 kB is too short for some author lists
DELIMITERS = ",\t;|"
_MAX_ROW_LINES = 5000
_WIDE = 5  # columns from which on a line with few cells is told from a row
_REST = 30  # lines that a torn row may go on for
_PATIENCE = 500  # lines in which the end of a badly quoted row is looked for, less after each disappointment
_SEP_LINE = re.compile(r"^\ufeff?\"?sep=(.|\\t)\"?\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the cells of a text file are parted."""

    delimiter: str = ","
    quote: str = '"'
    escape: str = ""  # a backslash where MySQL and R write \\" for a quotation mark
    spaced: bool = False  # `"a", "b"`: blanks between the delimiter and the quotation mark


@dataclass(slots=True)
class Row:
    """One row of a table: where it begins, its cells and its own text."""

    line: int
    cells: list[str]
    raw: str
    mended: str = ""  # what was wrong with the row and put right
    fault: str = ""  # why its cells cannot be trusted
    delimiter: str = ", "  # what parted the cells


def separator(line: str) -> str:
    """The delimiter that Excel's own first line ("sep=;") names, "" for any other line."""
    found = _SEP_LINE.match(line)
    return "\t" if found and found[1] in ("\t", "\\t") else found[1] if found else ""


def dialect_of(lines: Iterable[str], delimiter: str) -> Dialect:
    """The quoting style of some lines of a table with a known delimiter."""
    lines = [line.rstrip("\r\n") for line in lines]
    text = "\n".join(lines)
    mark = re.escape(delimiter)
    single = re.compile(rf"'[^'\n]*'(?: ?{mark} ?'[^'\n]*')+")
    quote = "'" if any(single.fullmatch(line) for line in lines[:5]) else '"'
    inside = rf"(?![{mark}\r\n]|$)"  # a backslash before a mark that ends its cell is a mere character
    escaped = len(re.findall(rf"\\{quote}{inside}", text, re.MULTILINE))
    escape = "\\" if escaped > len(re.findall(rf"{quote}{quote}{inside}", text, re.MULTILINE)) else ""
    spaced = delimiter != " " and text.count(f"{delimiter} {quote}") > text.count(f"{delimiter}{quote}")
    return Dialect(delimiter, quote, escape, spaced)


class _Taking:
    """Hands lines to the csv module and keeps the ones it took, so that they can be given back."""

    def __init__(self, lines: Iterable[str]):
        self._lines = iter(lines)
        self._back: deque[str] = deque()
        self.number = 0  # of the last line handed out
        self.taken: list[str] = []
        self._size = 0

    def __iter__(self) -> _Taking:
        return self

    def __next__(self) -> str:
        line = self._back.popleft() if self._back else next(self._lines)
        self.number += 1
        self.taken.append(line)
        self._size += len(line)
        if self._size > MAX_RECORD_CHARS or len(self.taken) > _MAX_ROW_LINES:
            raise csv.Error("too long")
        return line

    def start(self) -> None:
        self.taken, self._size = [], 0

    def give_back(self, keep: int) -> None:
        """Leave `keep` of the lines taken since `start`; the others will come again."""
        surplus = self.taken[keep:]
        self._back.extendleft(reversed(surplus))
        self.number -= len(surplus)
        self._size -= sum(map(len, surplus))
        del self.taken[keep:]


class TextRows:
    """The rows of some lines, lazily. `width` (the number of columns) may be set as soon as it is known."""

    def __init__(self, lines: Iterable[str], dialect: Dialect):
        self._source = _Taking(lines)
        self._dialect = dialect
        self._patience = _PATIENCE
        self.width = 0
        self.plausible: Callable[[list[str]], bool] = lambda cells: True  # could this be a row of the table?
        self.typed = False  # there are columns whose values can be told by their looks
        self.end = ""  # how rows end, as soon as it is known: any other line end is part of a cell

    def __iter__(self) -> Iterator[Row]:
        return self

    def __next__(self) -> Row:
        source = self._source
        source.start()
        line = next(source)
        begun = source.number
        if self._dialect.quote not in line and not self._dialect.escape:
            cells = line.rstrip("\r\n").split(self._dialect.delimiter)
            return self._row(begun, self._with_lone_ends(line, cells))
        if self._dialect.delimiter == "\t":
            cells = line.rstrip("\r\n").split("\t")
            if len(cells) == self.width:
                return self._row(begun, self._tab_delimited(cells))
        source.give_back(0)
        source.start()
        try:
            cells = next(self._reader(source))
        except csv.Error:
            return self._mend(begun)
        if len(source.taken) > 1 and self._swallowed(len(cells), sure=False):
            return self._first_line(begun)
        if len(cells) == 1 and (parts := self._unwrapped(cells[0])):
            return self._row(begun, parts)
        return self._row(begun, cells)

    def _reader(self, lines: Iterable[str]) -> Iterator[list[str]]:
        """Rows as the csv module reads them; csv.Error where the quotation marks are not sound."""
        dialect = self._dialect
        return csv.reader(
            lines,
            strict=True,
            delimiter=dialect.delimiter,
            quotechar=dialect.quote,
            escapechar=dialect.escape or None,
            skipinitialspace=dialect.spaced,
        )

    def _row(self, begun: int, cells: list[str], mended: str = "", fault: str = "") -> Row:
        return Row(begun, cells, "".join(self._source.taken), mended, fault, self._dialect.delimiter)

    def _with_lone_ends(self, line: str, cells: list[str]) -> list[str]:
        """A short line that ends otherwise than rows do (LF where they end in CRLF) goes on in the next one."""
        whole = cells
        while self.end and len(whole) < self.width and not self._ends_a_row(line):
            try:
                line = next(self._source)
            except (StopIteration, csv.Error):
                break
            more = line.rstrip("\r\n").split(self._dialect.delimiter)
            whole = [*whole[:-1], f"{whole[-1]}\n{more[0]}", *more[1:]]
            if self._dialect.quote in line:
                break
        if len(whole) == self.width and self._ends_a_row(line) and self._dialect.quote not in line:
            return whole
        self._source.give_back(1)
        return self._with_loose_lines(cells) if _WIDE <= self.width > len(cells) > 1 else cells

    def _with_loose_lines(self, cells: list[str]) -> list[str]:
        """A short line and the ones after it as one row, if only so they make one: its line ends were not quoted."""
        whole = cells
        while self.typed and len(whole) < self.width and len(self._source.taken) < _REST:
            try:
                line = next(self._source)
                more = next(self._reader([line])) or [""]
            except (StopIteration, csv.Error):
                break
            if self.plausible(more) or len(whole) + len(more) - 1 > self.width:
                break
            whole = [*whole[:-1], f"{whole[-1]}\n{more[0]}", *more[1:]]
            if len(whole) == self.width and self.plausible(whole):
                return whole
        self._source.give_back(1)
        return cells

    def _ends_a_row(self, line: str) -> bool:
        return line[len(line.rstrip("\r\n")) :] in ("", self.end)

    def _tab_delimited(self, parts: list[str]) -> list[str]:
        """The cells of a line that has as many as it should; quotation marks may be text, or not.

        They are not when a cell begins with one and goes on, well quoted, behind a tab or in the lines below.
        """
        quote = self._dialect.quote
        if not any(part.startswith(quote) and part.count(quote) % 2 for part in parts):
            return [self._unquoted(part) for part in parts]
        self._source.give_back(0)
        try:
            cells = next(self._reader(self._source))
        except csv.Error:
            cells = []
        if len(cells) == self.width and not any(map(self._is_row, self._source.taken[1:])):
            return cells
        self._source.give_back(1)
        return [self._unquoted(part) for part in parts]

    def _unquoted(self, cell: str) -> str:
        """A cell of a line that needs no quotes, without the ones a spreadsheet put around it."""
        quote = self._dialect.quote
        inner = cell[1:-1]
        if len(cell) >= 2 and cell[0] == cell[-1] == quote and not inner.replace(quote * 2, "").count(quote):
            return inner.replace(quote * 2, quote)
        return cell

    def _mend(self, begun: int) -> Row:
        """A row that breaks the rules of quoting: read its quotation marks by what stands around them."""
        source = self._source
        source.give_back(0)
        source.start()
        split = _Sloppy(self._dialect)
        try:
            for line in source:
                if split.feed(line):
                    self._patience = min(_PATIENCE, self._patience * 2)
                    break
                if len(source.taken) >= self._patience:
                    self._patience = max(5, self._patience // 2)
                    return self._first_line(begun)
        except csv.Error:  # longer than any row can be
            return self._first_line(begun)
        if split.open or (len(source.taken) > 1 and self._swallowed(len(split.cells), sure=True)):
            return self._first_line(begun)
        cells = self._parted(split.cells)
        if cells is not split.cells:
            return self._row(begun, cells, "a quotation mark that should close a cell was missing")
        if self.width and len(cells) != self.width and len(source.taken) > 1:
            return self._first_line(begun)
        return self._row(begun, cells, "quotation marks inside a cell were not doubled")

    def _parted(self, cells: list[str]) -> list[str]:
        """Too few cells, parted where a new one clearly begins (`,"`); the same list when that does not help."""
        mark = self._dialect.delimiter + self._dialect.quote
        if sum(cell.count(mark) for cell in cells) != self.width - len(cells) or len(cells) >= self.width:
            return cells
        return [part for cell in cells for part in cell.split(mark)]

    def _unwrapped(self, cell: str) -> list[str]:
        """The cells of a row that a spreadsheet wrapped in quotation marks as a whole, [] when it is none."""
        try:
            parts = next(self._reader(cell.splitlines(keepends=True)), [])
        except csv.Error:
            return []
        return parts if len(parts) > 1 and len(parts) == (self.width or len(parts)) else []

    def _swallowed(self, found: int, *, sure: bool) -> bool:
        """True when a row of several lines must be several rows.

        That is so when its later lines make full rows by themselves; a row whose quoting is sound (`sure` is
        False) gets the benefit of the doubt as long as it has the right number of cells.
        """
        if self.width < 2 or (not sure and found == self.width):
            return False
        return any(map(self._is_row, self._source.taken[1:]))

    def _is_row(self, line: str) -> bool:
        """True for a line that is a sound row by itself, without quotation marks gone astray."""
        try:
            cells = next(self._reader([line]), [])
        except csv.Error:
            return False
        quote = self._dialect.quote
        stray = quote * 2 not in line and any(quote in cell for cell in cells)
        return len(cells) == self.width and not stray and self.plausible(cells)

    def _first_line(self, begun: int) -> Row:
        """The first line as a row by itself, its unclosed quotation mark being a mere character."""
        self._source.give_back(1)
        split = _Sloppy(self._dialect, literal=True)
        split.feed(self._source.taken[0])
        cells, opened = split.cells, split.opened_at
        if self.width and len(cells) > self.width and 0 <= opened <= self.width - 1:
            surplus = len(cells) - self.width
            joined = self._dialect.delimiter.join(cells[opened : opened + surplus + 1])
            cells = [*cells[:opened], joined.lstrip(self._dialect.quote), *cells[opened + surplus + 1 :]]
        elif 0 <= opened < len(cells):
            cells[opened] = cells[opened].lstrip(self._dialect.quote)
        cause = "a quotation mark opened and never closed"
        rest = self._rest()
        if rest and opened == len(cells) - 1 == self.width - 1:
            cells[-1] = "\n".join([cells[-1], *(line.rstrip("\r\n") for line in rest)]).rstrip(
                self._dialect.quote
            )
        elif rest and len(cells) == self.width:
            self._source.give_back(1)
        if self.width and len(cells) != self.width:
            return self._row(
                begun,
                cells,
                fault="A quotation mark opened in this row never closes, and its cells do not fit the header.",
            )
        return self._row(begun, cells, cause)

    def _rest(self) -> list[str]:
        """Take the lines after a torn row that can only be more of it: too short for rows, and none begins one."""
        source, kept = self._source, 1
        while self.width >= _WIDE and kept < _REST:
            try:
                line = next(source)
            except (StopIteration, csv.Error):
                break
            if self._looks_like_a_row(line) or (line.strip() and self._begins_a_row(kept)):
                source.give_back(kept)
                break
            kept += 1
        source.give_back(kept)
        return source.taken[1:]

    def _looks_like_a_row(self, line: str) -> bool:
        """True for a line with enough cells, whose years and addresses stand where they should: another torn row."""
        if line.count(self._dialect.delimiter) < self.width - 1:
            return False
        split = _Sloppy(self._dialect, literal=True)
        split.feed(line)
        return self.plausible(split.cells[: self.width])

    def _begins_a_row(self, kept: int) -> bool:
        """True when a sound row of the table begins with the line taken after the first `kept` ones."""
        self._source.give_back(kept)
        try:
            cells = next(self._reader(self._source), [])
        except csv.Error:
            cells = []
        self._source.give_back(kept)
        next(self._source)
        return len(cells) == self.width and self.plausible(cells)


class _Sloppy:
    """Splits lines at delimiters; a quotation mark closes a cell only where a delimiter or the end follows."""

    def __init__(self, dialect: Dialect, *, literal: bool = False):
        self._dialect = dialect
        self._literal = literal
        self.cells: list[str] = []
        self.open = False
        self.opened_at = -1  # the cell with a quotation mark that never closes

    def feed(self, line: str) -> bool:
        """Take one more line; True when the row is complete with it."""
        text = line.rstrip("\r\n")
        quote, delimiter = self._dialect.quote, self._dialect.delimiter
        place = 0
        while True:
            if not self.open:
                if self._dialect.spaced:
                    place += len(text[place:]) - len(text[place:].lstrip(" "))
                if text[place : place + 1] == quote:
                    self.cells.append("")
                    self.open, place = True, place + 1
                else:
                    end = text.find(delimiter, place)
                    self.cells.append(text[place:] if end < 0 else text[place:end])
                    if end < 0:
                        return True
                    place = end + 1
                    continue
            end = self._closing(text, place)
            if end < 0 and self._literal:
                self.opened_at = len(self.cells) - 1
                end = text.find(delimiter, place)
                self.cells[-1] = quote + (text[place:] if end < 0 else text[place:end])
                self.open = False
                if end < 0:
                    return True
                place = end + 1
                continue
            if end < 0:
                self.cells[-1] += self._plain(text[place:]) + "\n"
                return False
            self.cells[-1] += self._plain(text[place:end])
            self.open = False
            place = end + 1
            if not text[place:].strip(" "):
                return True
            place = text.index(delimiter, place) + 1

    def _closing(self, text: str, place: int) -> int:
        """Where the quotation mark stands that closes the cell, -1 when this line has none."""
        quote, delimiter = self._dialect.quote, self._dialect.delimiter
        while (end := text.find(quote, place)) >= 0:
            run = len(text[end:]) - len(text[end:].lstrip(quote))
            after = text[end + run :].lstrip(" ") if delimiter != " " else text[end + run :]
            if run % 2 and (not after or after.startswith(delimiter)):
                return end + run - 1
            place = end + run
        return -1

    def _plain(self, text: str) -> str:
        text = text.replace(self._dialect.quote * 2, self._dialect.quote)
        return text.replace("\\" + self._dialect.quote, self._dialect.quote) if self._dialect.escape else text
