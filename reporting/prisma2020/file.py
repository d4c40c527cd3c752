"""The CSV file of the R package PRISMA2020 and its web page, in and out. No Django.

A file that was read keeps every byte where nothing is edited: quotes, line ends, byte order mark, order of rows,
columns and rows that nobody knows. Rows are found by the first column, as the package does, the others by header.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from reporting.counts import FlowCounts, total_of
from reporting.flow.chart import Style
from reporting.prisma2020 import names
from reporting.prisma2020.cells import Cell, CsvError, Line, RawCsv, read_raw
from reporting.prisma2020.rows import HEADER, ROWS
from reporting.prisma2020.values import CellError, Pairs, list_of, number_of, written

#: What a row is given, by its first column: a number, a list of names and numbers, None for NA.
Values = Mapping[str, int | Sequence[tuple[str, int]] | None]


@dataclass(frozen=True)
class Problem:
    """A cell that does not say a number or list; ``row`` counts from 1, the header."""

    row: int
    column: str
    sentence: str


@dataclass(frozen=True)
class Contents:
    """What a file says. Numbers and totals by first column (None: NA), lists too; labels by our keys."""

    numbers: dict[str, int | None] = field(default_factory=dict)
    lists: dict[str, Pairs | None] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


@dataclass(frozen=True)
class PrismaFile:
    """A file of the package. ``rows`` and ``titles`` are places in ``raw.lines`` by first column and by box."""

    raw: RawCsv
    rows: Mapping[str, int]
    titles: Mapping[str, int]
    n: int
    boxtext: int | None

    @classmethod
    def read(cls, content: bytes) -> PrismaFile:
        """Raises CsvError when this is no such file; what is wrong in its cells is told by `contents`."""
        raw = read_raw(content)
        header = [cell.value.strip().lower() for cell in raw.lines[0].cells]
        if "n" not in header:
            raise CsvError(
                f"Row 1: there is no column “n”. The file of PRISMA2020 begins with {','.join(HEADER)}."
            )
        rows, titles = _places(raw, header)
        if not rows:
            raise CsvError(
                "No row begins with a name of PRISMA2020, such as records_screened in its first column."
            )
        boxtext = header.index("boxtext") if "boxtext" in header else None
        return cls(raw, rows, titles, header.index("n"), boxtext)

    @classmethod
    def blank(cls) -> PrismaFile:
        """The package's own template: header and 34 rows, CRLF line ends, every number NA."""
        lines = [Line(tuple(Cell(name) for name in HEADER), "\r\n")]
        raw = RawCsv((*lines, *(Line((Cell(""),), "\r\n") for _ in ROWS)))
        for i, row in enumerate(ROWS, start=1):
            start = "0" if row[0] in ("NA", "identification", "screening", "included") else "NA"
            for column, value in enumerate((*row, start)):
                raw = raw.changed(i, column, value)
        return cls.read(raw.to_bytes())

    def row_number(self, name: str) -> int:
        """The row of a first column or title box, as people count: the header is 1."""
        return {**self.titles, **self.rows}[name] + 1

    def contents(self) -> Contents:
        """Every number, list and label of the rows that are known; cells that cannot be read are told."""
        found = Contents()
        for name, at in self.rows.items():
            text = self.raw.lines[at].at(self.n)
            try:
                if name in names.LISTS:
                    found.lists[name] = list_of(text)
                elif name in names.NUMBERS or name in names.TOTALS:
                    found.numbers[name] = number_of(text)
            except CellError as error:
                found.problems.append(Problem(at + 1, "n", f"Row {at + 1} ({name}), column n: {error}."))
        for key, at in self._labelled():
            text = self.raw.lines[at].at(self.boxtext or 0).strip()
            if self.boxtext is not None and text not in ("", "NA"):
                found.labels[key] = text
        return found

    def with_counts(
        self,
        counts: FlowCounts | Values,
        labels: Mapping[str, str] | None = None,
        *,
        style: Style | None = None,
    ) -> PrismaFile:
        """The same file with other numbers: of a review, or by first column. A cell that says it already stays.

        ``labels`` are own words by our keys; those of a list name its lines. Rows that are missing are not made.
        """
        labels = labels or {}
        values = file_values(counts, labels, style or Style()) if isinstance(counts, FlowCounts) else counts
        raw = self.raw
        for name, value in values.items():
            if name in self.rows and not self._says(name, value):
                raw = raw.changed(self.rows[name], self.n, written(value))
        if self.boxtext is not None:
            for key, at in self._labelled():
                if key in labels and raw.lines[at].at(self.boxtext).strip() != labels[key]:
                    raw = raw.changed(at, self.boxtext, labels[key])
        return replace(self, raw=raw)

    def to_bytes(self) -> bytes:
        return self.raw.to_bytes()

    def _labelled(self) -> list[tuple[str, int]]:
        """Keys of labels with the line of the file that prints each."""
        titles = [(names.TITLES[box], at) for box, at in self.titles.items()]
        return [
            *titles,
            *((names.LABELS[name], at) for name, at in self.rows.items() if name in names.LABELS),
        ]

    def _says(self, name: str, value: int | Sequence[tuple[str, int]] | None) -> bool:
        """Whether the cell says this already, however it is written."""
        text = self.raw.lines[self.rows[name]].at(self.n)
        try:
            said = list_of(text) if name in names.LISTS else number_of(text)
            wanted = list_of(written(value)) if name in names.LISTS else number_of(written(value))
        except CellError:
            return False
        return said == wanted


def _places(raw: RawCsv, header: list[str]) -> tuple[dict[str, int], dict[str, int]]:
    rows: dict[str, int] = {}
    titles: dict[str, int] = {}
    box = header.index("box") if "box" in header else None
    for at, line in enumerate(raw.lines[1:], start=1):
        first = line.at(0).strip()
        title = line.at(box).strip() if box is not None and first in ("NA", "") else ""
        places, name = (rows, first) if first in names.KNOWN else (titles, title)
        if name not in names.KNOWN and name not in names.TITLES:
            continue
        if name in places:
            raise CsvError(f"Rows {places[name] + 1} and {at + 1} are both “{name}”; one of them must go.")
        places[name] = at
    return rows, titles


def prisma_csv(
    counts: FlowCounts, labels: Mapping[str, str] | None = None, style: Style | None = None
) -> str:
    """The package's template with the numbers of a review.

    Previous studies, other methods and the meta-analysis are NA when they are not shown: the package then leaves them
    out. It has no row for `other_sources`, nor for reports awaiting classification and of ongoing studies.
    """
    return PrismaFile.blank().with_counts(counts, labels, style=style).to_bytes().decode()


def file_values(counts: FlowCounts, labels: Mapping[str, str], style: Style) -> dict[str, int | Pairs | None]:
    """What each row is given for these counts, by its first column."""
    values: dict[str, int | Pairs | None] = {
        name: getattr(counts, key) for name, key in names.NUMBERS.items()
    }
    values |= {name: total_of(getattr(counts, key)) for name, key in names.TOTALS.items()}
    values |= {
        name: [(labels.get(f"{key}:{line}", line), n) for line, n in getattr(counts, key)]
        for name, key in names.LISTS.items()
    }
    hidden = [
        *(names.PREVIOUS if not style.updated(counts) else ()),
        *(names.OTHER if not style.other(counts) else ()),
        *(names.ANALYSIS if not style.meta_analysis else ()),
    ]
    return values | dict.fromkeys(hidden)
