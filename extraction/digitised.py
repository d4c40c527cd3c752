"""Points that a digitiser read off a figure: its files, and how pixels become units. No Django here.

points = read_points("fig2.csv", text)                       # WebPlotDigitizer's CSV, or plain x, y
y = Axis.through((410.0, 0.0), (95.0, 30.0), unit="points")  # two places on the axis whose value is printed
y.value(212.5)                                               # 18.8 points
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MOST_POINTS = 5_000
MOST_SERIES = 50
LARGEST = 1e12
FAULTS_SHOWN = 5


class NotPoints(ValueError):
    """The file cannot be read as points; the sentence says where and what to do."""


class NotAnAxis(ValueError):
    """No line leads from pixels to units with what was given; ``which`` is the field at fault."""

    def __init__(self, sentence: str, which: str = ""):
        super().__init__(sentence)
        self.which = which


@dataclass(frozen=True)
class Point:
    """One point as in the file; ``series`` is "" where the file names none."""

    series: str
    x: float
    y: float


def read_points(name: str, text: str) -> list[Point]:
    """The points of a CSV file, series by series in the order of the file.

    Layouts: WebPlotDigitizer's (a line of series names over pairs of columns, then a line X, Y, X, Y); x and y with
    or without a header; series, x and y; one x and a column for each series; and a bar chart's label and value, for
    which x counts the bars from 1. Comma, semicolon or tab; with the latter two a decimal comma may stand. Raises
    NotPoints.
    """
    rows, decimal = _cells(name, text)
    numeric = [all(_number(cell, decimal) is not None for cell in row if cell) for _, row in rows]
    if len(rows) > 1 and _is_xy(rows[1][1]):
        found = _pairs(name, rows[2:], _names(rows[0][1], rows[1][1]), decimal)
    elif _is_xy(rows[0][1]):
        found = _pairs(name, rows[1:], [""] * (len(rows[0][1]) // 2), decimal)
    else:
        header = rows[0][1] if not numeric[0] and _is_header(rows, decimal) else None
        found = _columns(name, rows[1:] if header else rows, header, decimal)
    if not found:
        raise NotPoints(f"{name} has no points. Export the data of the digitiser as CSV and send that.")
    if len(found) > MOST_POINTS:
        raise NotPoints(f"{name} has {len(found):,} points; at most {MOST_POINTS:,} are read.")
    if len({point.series for point in found}) > MOST_SERIES and any(point.series for point in found):
        labels = len({point.series for point in found})
        raise NotPoints(f"{name} has {labels} series; at most {MOST_SERIES} are read.")
    return found


@dataclass(frozen=True)
class Axis:
    """value = factor × pixel + offset; on a logarithmic axis that is the power of ten.

    ``references`` are the two (pixel, value) it came from, if it did.
    """

    factor: float = 1.0
    offset: float = 0.0
    unit: str = ""
    log: bool = False
    references: tuple[tuple[float, float], ...] = ()

    @classmethod
    def through(
        cls, first: tuple[float, float], second: tuple[float, float], *, unit: str = "", log: bool = False
    ) -> Axis:
        """The axis on which two (pixel, value) stand. Raises NotAnAxis."""
        (p1, v1), (p2, v2) = first, second
        if not all(map(math.isfinite, (p1, v1, p2, v2))):
            raise NotAnAxis("The two reference points need finite numbers.")
        if p1 == p2:
            raise NotAnAxis(
                "The two reference points are the same pixel; choose two that are far apart.", "p2"
            )
        if v1 == v2:
            raise NotAnAxis("The two reference points have the same value; choose two that differ.", "v2")
        if log and (v1 <= 0 or v2 <= 0):
            raise NotAnAxis("A logarithmic axis has values above 0 only.", "v1" if v1 <= 0 else "v2")
        a, b = (math.log10(v1), math.log10(v2)) if log else (v1, v2)
        factor = (b - a) / (p2 - p1)
        return cls(factor, a - factor * p1, unit, log, (first, second))

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Axis:
        """What ``write`` gave."""
        references = tuple((float(p), float(v)) for p, v in data.get("references", ()))
        return cls(
            float(data.get("factor", 1)),
            float(data.get("offset", 0)),
            str(data.get("unit", "")),
            bool(data.get("log", False)),
            references,
        )

    def write(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "factor": self.factor,
            "offset": self.offset,
            "unit": self.unit,
            "log": self.log,
            "references": [list(pair) for pair in self.references],
        }

    def check(self) -> Axis:
        """Itself; NotAnAxis if the factor is nothing to multiply by."""
        if not 0 < abs(self.factor) < LARGEST or not abs(self.offset) < LARGEST:
            raise NotAnAxis(
                "The factor is a number other than 0, and neither it nor the offset is huge.", "factor"
            )
        return self

    def value(self, pixel: float) -> float:
        """In units. A logarithmic axis that overflows gives infinity."""
        line = self.factor * pixel + self.offset
        if not self.log:
            return line
        return 10.0**line if line < 308 else math.inf

    @property
    def is_plain(self) -> bool:
        """The file's numbers are units already."""
        return self.factor == 1 and self.offset == 0 and not self.log


def scaled(points: Iterable[Point], x: Axis, y: Axis) -> list[Point]:
    return [Point(point.series, x.value(point.x), y.value(point.y)) for point in points]


def doubts(points: Sequence[Point], x: Axis, y: Axis) -> list[str]:
    """Sentences about what a person should look at before they trust the scaled numbers."""
    said = []
    for name, axis, pixels in (("x", x, [p.x for p in points]), ("y", y, [p.y for p in points])):
        if len(axis.references) == 2:
            marks = [pixel for pixel, _ in axis.references]
            margin = 0.02 * abs(marks[1] - marks[0])
            beyond = sum(not min(marks) - margin <= pixel <= max(marks) + margin for pixel in pixels)
            if beyond:
                said.append(
                    f"{beyond} of {len(pixels)} points lie beyond the two reference points of the {name} axis, "
                    "where a small error of the marks grows. Choose marks farther apart if the axis has them."
                )
            spread = max(pixels) - min(pixels)
            if spread and abs(marks[1] - marks[0]) < 0.25 * spread:
                said.append(
                    f"The reference points of the {name} axis are close together beside the spread of the "
                    "points; marks farther apart are more exact."
                )
        if axis.log and not all(math.isfinite(axis.value(pixel)) for pixel in pixels):
            said.append(f"Some values on the logarithmic {name} axis are too large to be right.")
    if y.references and y.factor > 0 and x.is_plain is False and x.factor > 0:
        said.append(
            "Upwards on the y axis is towards larger pixels; most programs count pixels from the top, so that the "
            "factor of y is negative. Check a point against the figure."
        )
    return said


def _cells(name: str, text: str) -> tuple[list[tuple[int, list[str]]], str]:
    """(line, stripped cells) of the rows that have any, and the decimal sign."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max("\t;,", key=first.count) if any(sign in first for sign in "\t;,") else ","
    try:
        reader = csv.reader(io.StringIO(text.lstrip("\ufeff"), newline=""), delimiter=delimiter)
        rows = [(reader.line_num, [cell.strip() for cell in row]) for row in reader]
    except csv.Error as error:
        raise NotPoints(f"{name} is no CSV file: {error}.") from error
    rows = [(line, row) for line, row in rows if any(row)]
    if not rows:
        raise NotPoints(f"{name} is empty. Export the data of the digitiser as CSV and send that.")
    return rows, "." if delimiter == "," else ","


def _number(cell: str, decimal: str) -> float | None:
    try:
        number = float(cell.replace(",", ".") if decimal == "," and cell.count(",") == 1 else cell)
    except ValueError:
        return None
    return number if abs(number) < LARGEST else None


def _is_xy(row: Sequence[str]) -> bool:
    """X, Y, X, Y ... with nothing behind it."""
    named = [cell.casefold() for cell in row]
    while named and not named[-1]:
        named.pop()
    return len(named) >= 2 and named == ["x", "y"] * (len(named) // 2)


def _is_header(rows: Sequence[tuple[int, list[str]]], decimal: str) -> bool:
    """The first row has words where the second has numbers."""
    if len(rows) < 2:
        return False
    return any(
        _number(second, decimal) is not None and _number(first, decimal) is None
        for first, second in zip(rows[0][1], rows[1][1], strict=False)
    )


def _names(over: Sequence[str], xy: Sequence[str]) -> list[str]:
    """A name for each pair of columns."""
    count = sum(1 for cell in xy if cell) // 2
    found = [next((cell for cell in over[2 * i : 2 * i + 2] if cell), "") for i in range(count)]
    return [name or f"Series {i + 1}" for i, name in enumerate(found)] if count > 1 else found


def _pairs(
    name: str, rows: Sequence[tuple[int, list[str]]], series: Sequence[str], decimal: str
) -> list[Point]:
    faults, found = [], []
    for i, label in enumerate(series):
        for line, row in rows:
            x, y = [*row[2 * i : 2 * i + 2], "", ""][:2]
            if not x and not y:
                continue
            point = _point(label, x, y, decimal)
            if point is None:
                faults.append(f"{name}, line {line}: '{x}' and '{y}' are not two numbers.")
            else:
                found.append(point)
    _refuse(faults)
    return found


def _columns(
    name: str, rows: Sequence[tuple[int, list[str]]], header: Sequence[str] | None, decimal: str
) -> list[Point]:
    width = max(len([cell for cell in row if cell]) for _, row in rows) if rows else 0
    words = bool(rows) and _number(rows[0][1][0], decimal) is None
    faults: list[str] = []
    found: list[Point] = []
    if not words and width > 2:  # one x, a column for each series
        labels = [cell or f"Series {i}" for i, cell in enumerate(header[1:], 1)] if header else []
        for i in range(1, width):
            label = labels[i - 1] if i <= len(labels) else f"Series {i}"
            for line, row in rows:
                cell = row[i] if i < len(row) else ""
                if cell:
                    _take(found, faults, name, line, _point(label, row[0], cell, decimal), [row[0], cell])
        _refuse(faults)
        return found
    for number, (line, row) in enumerate(rows, 1):
        cells = [*row, "", "", ""][:3]
        if words and not cells[2]:  # a bar chart: label, value
            height = _number(cells[1], decimal)
            bar = None if height is None else Point(cells[0][:120], float(number), height)
            _take(found, faults, name, line, bar, cells[1:2])
        elif words:
            _take(found, faults, name, line, _point(cells[0], cells[1], cells[2], decimal), cells[1:])
        else:
            _take(found, faults, name, line, _point("", cells[0], cells[1], decimal), cells[:2])
    _refuse(faults)
    return found


def _point(series: str, x: str, y: str, decimal: str) -> Point | None:
    left, right = _number(x, decimal), _number(y, decimal)
    return None if left is None or right is None else Point(series[:120], left, right)


def _take(
    found: list[Point], faults: list[str], name: str, line: int, point: Point | None, cells: Sequence[str]
) -> None:
    if point is None:
        said = " and ".join(f"'{cell}'" for cell in cells)
        faults.append(
            f"{name}, line {line}: {said} {'is not a number' if len(cells) == 1 else 'are not numbers'}."
        )
    else:
        found.append(point)


def _refuse(faults: Sequence[str]) -> None:
    if faults:
        more = len(faults) - FAULTS_SHOWN
        rest = [f"... and {more} more."] if more > 0 else []
        raise NotPoints("\n".join([*faults[:FAULTS_SHOWN], *rest, "Nothing was taken."]))
