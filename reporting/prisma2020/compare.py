"""A file of PRISMA2020 beside the numbers and labels of a review: what it says otherwise. No Django."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from reporting.counts import FlowCounts, total_of
from reporting.flow.labels import LabelError, Words, checked_labels
from reporting.prisma2020 import names
from reporting.prisma2020.file import Contents, PrismaFile, Problem
from reporting.prisma2020.values import Pairs, cell_name


@dataclass(frozen=True)
class Difference:
    """A number that the file has otherwise. ``key`` and ``name`` are those of FlowCounts; ``row`` is the file's."""

    row: int
    key: str
    name: str
    ours: int
    theirs: int

    @property
    def id(self) -> str:
        """What it is chosen by: `screened`, `databases:MEDLINE`."""
        return f"{self.key}:{self.name}" if self.name else self.key

    @property
    def amount(self) -> int:
        return self.theirs - self.ours


@dataclass(frozen=True)
class LabelDifference:
    """Words that the file prints otherwise; ``key`` is that of our label."""

    row: int
    key: str
    ours: str
    theirs: str


@dataclass(frozen=True)
class Comparison:
    """What a file says otherwise, what in it cannot be taken over and why, and how many numbers are the same."""

    numbers: list[Difference] = field(default_factory=list)
    labels: list[LabelDifference] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    same: int = 0


def compare(file: PrismaFile, counts: FlowCounts, labels: Mapping[str, str]) -> Comparison:
    """The differences in the order of the file. A cell that says nothing (empty, NA) is no difference."""
    found = file.contents()
    numbers, problems, same = [], [*found.problems], 0
    for name, n in found.numbers.items():
        if name in names.NUMBERS and n is not None:
            key = names.NUMBERS[name]
            ours = getattr(counts, key) or 0
            same += ours == n
            numbers += [Difference(file.row_number(name), key, "", ours, n)] if ours != n else []
    for key, row, theirs in _lists(file, found, problems):
        ours_listed = getattr(counts, key)
        lines = _lines(key, row, ours_listed, theirs, labels)
        same += sum(line.ours == line.theirs for line in lines)
        numbers += [line for line in lines if line.ours != line.theirs]
        problems += [
            Problem(
                line.row,
                "n",
                f"Row {line.row}: the total ({total_of(theirs)}) is smaller than what is counted here "
                f"({total_of(ours_listed)}), and names no lines to take it from.",
            )
            for line in lines
            if line.theirs < 0
        ]
    numbers = sorted((line for line in numbers if line.theirs >= 0), key=lambda line: line.row)
    told = _labels(file, found, labels, problems)
    return Comparison(numbers, told, sorted(problems, key=lambda problem: problem.row), same)


def _lists(file: PrismaFile, found: Contents, problems: list[Problem]) -> Iterator[tuple[str, int, Pairs]]:
    """Each list of the file: its key, row and lines; a total where no lines are named. Doubts go to ``problems``."""
    for name, key in names.LISTS.items():
        if name in file.rows and name not in found.lists:
            continue  # a cell that cannot be read, which is told; nothing is guessed from its total
        total_name = next((total for total, of in names.TOTALS.items() if of == key), "")
        total = found.numbers.get(total_name)
        pairs = found.lists.get(name)
        if pairs:
            if total is not None and total != total_of(pairs):
                row = file.row_number(total_name)
                problems.append(
                    Problem(
                        row,
                        "n",
                        f"Row {row} ({total_name}): the total ({total:,}) is not the sum of row "
                        f"{file.row_number(name)} ({total_of(pairs):,}); the lines of that row count.",
                    )
                )
            yield key, file.row_number(name), pairs
        elif total is not None:
            yield key, file.row_number(total_name), [("", total)]
        elif pairs is not None:
            yield key, file.row_number(name), pairs


def _lines(key: str, row: int, ours: Pairs, theirs: Pairs, labels: Mapping[str, str]) -> list[Difference]:
    """Each line of a list on both sides; a name is the same in own words, and whatever stands for its commas."""
    if [name for name, _ in theirs] == [""]:
        if theirs[0][1] == total_of(ours):
            return []
        rest = names.UNNAMED[key]
        there = dict(ours).get(rest, 0)
        return [Difference(row, key, rest, there, there + theirs[0][1] - total_of(ours))]
    known: dict[str, str] = {}
    for name, _ in ours:
        for told in (name, labels.get(f"{key}:{name}", name)):
            known.setdefault(cell_name(told).casefold(), name)
    wanted = {known.get(cell_name(name).casefold(), name): n for name, n in theirs}
    counted = dict(ours)
    return [
        Difference(row, key, name, counted.get(name, 0), wanted.get(name, 0))
        for name in {**wanted, **counted}
    ]


def _labels(
    file: PrismaFile, found: Contents, labels: Mapping[str, str], problems: list[Problem]
) -> list[LabelDifference]:
    """Words that are neither the package's nor the template's nor ours."""
    told = []
    rows = {
        **{key: file.row_number(box) for box, key in names.TITLES.items() if box in file.titles},
        **{key: file.row_number(name) for name, key in names.LABELS.items() if name in file.rows},
    }
    for key, words in found.labels.items():
        usual = {names.PACKAGE_LABELS[key], Words()(key), Words(updated=True)(key)}
        ours = Words(labels)(key)
        if words == ours or words in usual:
            continue
        try:
            checked_labels({key: words})
        except LabelError as error:
            problems.append(Problem(rows[key], "boxtext", f"Row {rows[key]}, column boxtext: {error}"))
        else:
            told.append(LabelDifference(rows[key], key, ours, words))
    return sorted(told, key=lambda label: label.row)
