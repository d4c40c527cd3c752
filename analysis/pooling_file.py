"""Pool the trials of a CSV file: read it, check every cell, pool, and say what was left out.

Columns are named as in R metafor's escalc (`ai bi ci di`, `m1i sd1i n1i m2i sd2i n2i`, `yi vi`, ...); `study` or
`slab` labels the rows. A blank cell (or NA) leaves its row out; anything else that is not a number stops with its
line."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.stats import (
    Effects,
    MissingColumns,
    Pooled,
    StatsError,
    Subgroups,
    effect_sizes,
    natural_scale,
    pool,
    subgroups,
)
from analysis.stats.measures import GENERIC_COLUMNS, measure_named
from analysis.stats.transformations import NEEDS_SIZE

LABEL_COLUMNS = ("study", "slab")
BLANK = frozenset({"", "na", "n/a", "nan", "."})
MAX_BYTES = 50_000_000
HINTS = {
    ",": "Write decimals with a point and thousands without a comma.",
    "%": "Write 20 % as 0.2.",
    "\u2212": "Write the minus sign as a hyphen.",
}


class PoolingFileError(ValueError):
    """The file cannot be pooled; the message says where and what to do."""


@dataclass(frozen=True)
class Row:
    """A row left out: its line in the file, its label and why."""

    line: int
    study: str
    reason: str

    def to_dict(self) -> dict[str, Any]:
        return {"line": self.line, "study": self.study, "reason": self.reason}


@dataclass(frozen=True)
class PooledFile:
    """What came out of a file: the effects of its rows, the pooled effect, subgroups if asked for, rows left out."""

    effects: Effects
    pooled: Pooled
    subgroups: Subgroups | None
    dropped: tuple[Row, ...]

    def to_dict(self) -> dict[str, Any]:
        """The keys of `Pooled.to_dict()`, then `dropped` and, with subgroups, `subgroups`."""
        result = self.pooled.to_dict() | {"dropped": [row.to_dict() for row in self.dropped]}
        if self.subgroups is not None:
            test = self.subgroups.to_dict()
            del test[
                "dropped"
            ]  # the same rows, and those without a subgroup, are in `dropped` with their lines
            result["subgroups"] = test
        return result


@dataclass(frozen=True)
class _Table:
    path: Path
    header: tuple[str, ...]
    lines: tuple[int, ...]
    rows: tuple[dict[str, str], ...]

    def column(self, name: str) -> list[str]:
        return [row[name] for row in self.rows]


def pool_file(
    path: str | Path,
    *,
    measure: str,
    tau2: str = "REML",
    test: str = "z",
    level: float = 0.95,
    by: str | None = None,
) -> PooledFile:
    """Pool the trials in the CSV file `path`; with `by`, each level of that column too, and test their differences.

    `measure`, `tau2`, `test`, `level`: as in `analysis.stats.pool`. Raises `PoolingFileError` with a sentence that
    names the file, the line and the column."""
    table = _read(Path(path))
    chosen = _ask(table, lambda: measure_named(measure))
    known = {name for names in (*chosen.columns, *GENERIC_COLUMNS) for name in names} | {"ni"}
    present = [name for name in table.header if name in known]
    columns: dict[str, Any] = {
        name: [_number(table, row, name) for row in range(len(table.rows))] for name in present
    }
    labels = _labels(table)
    if by is not None and by not in table.header:
        raise PoolingFileError(
            f"{table.path.name} has no column {by!r} to form subgroups by. Its columns are {', '.join(table.header)}."
        )
    effects = _ask(table, lambda: effect_sizes(chosen.name, slab=labels, **columns))
    pooled = _ask(table, lambda: pool(effects, tau2=tau2, test=test, level=level))
    groups = None
    if by is not None:
        levels = ["" if value.lower() in BLANK else value for value in table.column(by)]
        groups = _ask(table, lambda: subgroups(effects, levels, tau2=tau2, test=test, level=level))
    dropped = [Row(table.lines[d.row], d.label, d.reason) for d in effects.dropped]
    if groups is not None:
        lost = {d.row for d in effects.dropped}
        dropped += [
            Row(table.lines[d.row], d.label, f"{by} is blank: left out of the subgroups only.")
            for d in groups.dropped
            if d.row not in lost
        ]
    return PooledFile(effects, pooled, groups, tuple(sorted(dropped, key=lambda row: row.line)))


def _ask(table: _Table, question: Any) -> Any:
    """Run a step of the statistics, adding the file and line to what it refuses."""
    try:
        return question()
    except StatsError as error:
        place = table.path.name
        sentence = str(error)
        if error.row is not None:
            place += f", line {table.lines[error.row]}"
            sentence = sentence.removeprefix(f"Row {error.row + 1}: ")
        if isinstance(error, MissingColumns):
            sentence += f" The columns of the file are {', '.join(table.header)}."
        raise PoolingFileError(f"{place}: {sentence}") from error


def _labels(table: _Table) -> list[str]:
    for name in LABEL_COLUMNS:
        if name in table.header:
            pairs = zip(table.column(name), table.lines, strict=True)
            return [label or f"Line {line}" for label, line in pairs]
    return [f"Line {line}" for line in table.lines]


def _number(table: _Table, row: int, name: str) -> float | None:
    text = table.rows[row][name]
    if text.lower() in BLANK:
        return None
    try:
        if "_" in text:  # Python reads 1_0 as ten; a table does not mean that
            raise ValueError
        return float(text)
    except ValueError:
        sentences = [
            f"{text!r} is not a number.",
            *(hint for mark, hint in HINTS.items() if mark in text),
            "Correct the cell, or leave it blank to leave the row out.",
        ]
        raise PoolingFileError(
            f"{table.path.name}, line {table.lines[row]}, column {name}: {' '.join(sentences)}"
        ) from None


def _read(path: Path) -> _Table:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise PoolingFileError(
                f"{path.name} is larger than {MAX_BYTES // 1_000_000} MB; give a table of trials."
            )
        text = data.decode("utf-8-sig")
    except FileNotFoundError:
        raise PoolingFileError(f"There is no file {path}; check the path.") from None
    except UnicodeDecodeError:
        raise PoolingFileError(f"{path.name} is not UTF-8 text; save it as CSV in UTF-8.") from None
    except OSError as error:
        raise PoolingFileError(f"{path} cannot be read: {error.strerror}.") from None
    if "\0" in text:
        raise PoolingFileError(f"{path.name} is not a text file; save the table as CSV in UTF-8.")
    return _parse(path, text)


def _parse(path: Path, text: str) -> _Table:
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(text.splitlines(keepends=True), delimiter=delimiter, strict=True)
    records = [
        (line, cells) for line, cells in _numbered(path, reader) if any(cell.strip() for cell in cells)
    ]
    if not records:
        raise PoolingFileError(f"{path.name} is empty; the first line must name the columns.")
    header = tuple(name.strip() for name in records[0][1])
    twice = sorted({name for name in header if name and header.count(name) > 1})
    if twice:
        raise PoolingFileError(
            f"{path.name}, line {records[0][0]}: the column {twice[0]!r} stands there twice."
        )
    rows = []
    for line, cells in records[1:]:
        if len(cells) > len(header) and any(cell.strip() for cell in cells[len(header) :]):
            raise PoolingFileError(
                f"{path.name}, line {line}: there are {len(cells)} cells under {len(header)} columns. Put text that "
                f"contains {delimiter!r} in double quotes."
            )
        padded = [*cells, *([""] * len(header))][: len(header)]
        rows.append(dict(zip(header, (cell.strip() for cell in padded), strict=True)))
    if not rows:
        raise PoolingFileError(f"{path.name} has column names but no rows under them.")
    return _Table(path, header, tuple(line for line, _ in records[1:]), tuple(rows))


def _numbered(path: Path, reader: Any) -> Iterator[tuple[int, list[str]]]:
    """Each record with the line it starts on (a quoted cell may span lines)."""
    end = 0
    try:
        for cells in reader:
            yield end + 1, cells
            end = reader.line_num
    except csv.Error as error:
        raise PoolingFileError(
            f"{path.name}, line {end + 1}: this row cannot be read as CSV ({error}). A double quote around a cell "
            "must be closed, and one inside it written twice."
        ) from None


def as_text(result: PooledFile) -> str:
    """The result as a short table for a terminal."""
    p = result.pooled
    percent = f"{100 * p.level:g} %"
    lines = [
        f"{p.measure}: {p.k} of {len(result.effects)} rows pooled, tau2 by {p.tau2_method}, test {p.test}",
        "",
        f"  {'estimate':<24}{p.estimate:.6g}   {percent} CI {p.ci_low:.6g} to {p.ci_high:.6g}",
        f"  {'standard error':<24}{p.se:.6g}   statistic {p.stat:.4g}   p {p.pval:.4g}",
        f"  {'heterogeneity':<24}tau2 {p.tau2:.6g}   I2 {_digits(p.i2)} %   H2 {_digits(p.h2)}   "
        f"Q {_digits(p.q)} on {p.q_df} df, p {_digits(p.q_pval)}",
    ]
    if p.pi_low is not None:
        lines.append(f"  {f'{percent} prediction':<24}{p.pi_low:.6g} to {p.pi_high:.6g}   ({p.pi_method})")
    if p.measure not in NEEDS_SIZE and (natural := natural_scale(p))["scale"]:
        interval = f"{percent} CI {natural['ci_low']:.6g} to {natural['ci_high']:.6g}"
        lines.append(f"  {natural['scale']:<24}{natural['estimate']:.6g}   {interval}")
    lines += [f"  Note: {note}" for note in p.notes]
    if result.subgroups is not None:
        lines += ["", "Subgroups"]
        for group in result.subgroups.groups:
            q = group.pooled
            numbers = f"{q.estimate:.6g}   {q.ci_low:.6g} to {q.ci_high:.6g}   k {q.k}" if q else "k 0"
            lines.append(f"  {group.name:<24}{numbers}" + (f"   {group.note}" if group.note else ""))
        s = result.subgroups
        if s.q_between is not None:
            lines.append(
                f"  {'difference':<24}Q {s.q_between:.6g} on {s.q_between_df} df, p {s.q_between_pval:.4g}"
            )
        lines += [f"  Note: {note}" for note in s.notes]
    if result.dropped:
        lines += ["", "Left out"]
        lines += [f"  line {row.line}, {row.study}: {row.reason}" for row in result.dropped]
    return "\n".join(lines)


def _digits(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"
