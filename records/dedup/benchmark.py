"""What de-duplication makes of a labelled set: a CSV file that says of each record which work it is a copy of.

    labelled = read_labelled("set.csv")
    pairs = find_pairs(labelled.records)
    outcome(pairs, labelled.groups, merge=MERGE_THRESHOLD)

Counting is by copies, as in the literature: of the records of one work all but one are surplus. TP are surplus copies
removed, FN surplus copies kept, FP works lost because they were merged into another one, TN works still there.
"""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any, NoReturn

from .cluster import cluster
from .collector import collector_paused
from .normalise import DedupRecord, prepare
from .score import Pair, verdict
from .text import known

REQUIRED = (
    "record_id", "title", "authors", "year", "journal", "volume", "issue", "pages", "doi", "abstract", "true_group",
)  # fmt: skip
OPTIONAL = ("pmid", "pmcid", "registry_ids", "type")
_COLUMNS = frozenset((*REQUIRED, *OPTIONAL))
_LONGEST_CELL = 10**7
_YEAR = re.compile(r"(?<!\d)(?:1[5-9]|20)\d\d(?!\d)")
_BETWEEN_AUTHORS = re.compile(r"[;|]| and ")
_INITIALS_AFTER = re.compile(r"[^,]+ [A-Z][A-Z-]{0,4}(?: Jr| Sr| 2nd| 3rd)?")


class NotLabelled(Exception):
    """The file is no labelled set; the message says where and why."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """`records` in the order of the file, `groups` {record id: work}, `warnings` about cells that were left out."""

    records: list[DedupRecord]
    groups: dict[str, str]
    warnings: list[str]

    @property
    def works(self) -> int:
        return len(set(self.groups.values()))

    @property
    def surplus(self) -> int:
        return len(self.groups) - self.works


@collector_paused()
def read_labelled(path: Path | str) -> Labelled:
    """Read a labelled set. NotLabelled names the line and the field of what is missing or broken."""
    path = Path(path)
    records: list[DedupRecord] = []
    groups: dict[str, str] = {}
    warnings: list[str] = []
    csv.field_size_limit(_LONGEST_CELL)
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            for line, row in _rows(csv.reader(stream, strict=True), path.name):
                records.append(_record(row, line, path.name, groups))
                if row["year"] and records[-1].year is None and known(row["year"]):
                    warnings.append(
                        f"{path.name}, line {line}, field year: '{row['year']}' is no year; left out."
                    )
    except OSError as error:
        raise NotLabelled(f"{path}: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: _place_of(path, error)].count(b"\n") + 1
        raise NotLabelled(
            f"{path.name}, line {line}: the text is not UTF-8. Save the table as CSV UTF-8."
        ) from error
    if not records:
        raise NotLabelled(f"{path.name}: there is no record below the header.")
    return Labelled(records, groups, warnings)


def _place_of(path: Path, error: UnicodeDecodeError) -> int:
    """Where in the file the bytes are that are no UTF-8; the error itself counts from the start of a buffer."""
    try:
        path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as whole:
        return whole.start
    return error.start


def _rows(reader: Any, name: str) -> Iterator[tuple[int, dict[str, str]]]:
    """(line on which the row begins, {column: cell}); blank lines and columns of other names are passed over."""
    begins = 1
    try:
        header = [cell.strip().casefold() for cell in next(reader, [])]
        _check_header(header, name)
        begins = reader.line_num + 1
        wanted = [(place, column) for place, column in enumerate(header) if column in _COLUMNS]
        for cells in reader:
            if len(cells) == len(header):
                yield begins, {column: cells[place].strip() for place, column in wanted}
            elif cells:
                _refuse(header, cells, begins, name)
            begins = reader.line_num + 1
    except csv.Error as error:
        raise NotLabelled(f"{name}, line {begins}: the row cannot be read as CSV ({error}).") from error


def _check_header(header: list[str], name: str) -> None:
    if not any(header):
        raise NotLabelled(f"{name}, line 1: there is no header. Columns needed: {', '.join(REQUIRED)}.")
    missing = [column for column in REQUIRED if column not in header]
    if missing:
        columns = f"columns {', '.join(missing)} are" if len(missing) > 1 else f"column {missing[0]} is"
        raise NotLabelled(
            f"{name}, line 1: the {columns} missing. Columns there: {', '.join(filter(None, header))}."
        )
    twice = [
        column for column, times in Counter(header).items() if times > 1 and column in (*REQUIRED, *OPTIONAL)
    ]
    if twice:
        raise NotLabelled(f"{name}, line 1, field {twice[0]}: the column is there twice. Leave one.")


def _refuse(header: list[str], cells: list[str], line: int, name: str) -> NoReturn:
    if len(cells) < len(header):
        raise NotLabelled(
            f"{name}, line {line}, field {header[len(cells)]}: the row ends after {len(cells)} of {len(header)} "
            "cells."
        )
    raise NotLabelled(
        f"{name}, line {line}: the row has {len(cells)} cells, the header {len(header)}. "
        "Put cells that contain commas into quotation marks."
    )


def _record(row: dict[str, str], line: int, name: str, groups: dict[str, str]) -> DedupRecord:
    """The record of a row; its group is noted in `groups`."""
    for column in ("record_id", "true_group"):
        if not row[column]:
            raise NotLabelled(f"{name}, line {line}, field {column}: it is empty. Every record needs one.")
    if row["record_id"] in groups:
        raise NotLabelled(f"{name}, line {line}, field record_id: '{row['record_id']}' was there before.")
    groups[row["record_id"]] = row["true_group"]
    year = _YEAR.search(row["year"])
    numbers = row.get("registry_ids", "")
    return DedupRecord(
        row["record_id"],
        row["title"],
        _people(row["authors"]),
        int(year.group()) if year else None,
        row["journal"],
        row["volume"],
        row["issue"],
        row["pages"],
        row["doi"],
        row.get("pmid", ""),
        row.get("pmcid", ""),
        [number.strip() for number in numbers.split(";") if number.strip()] if numbers else [],
        row["abstract"],
        row.get("type", ""),
    )


def _people(cell: str) -> list[str]:
    """Authors divided by ";", "|", " and ", or by commas when initials follow names: "Smith J, Doe KL"."""
    if ";" not in cell and "|" not in cell and " and " not in cell:
        parts = cell.split(", ")
        if len(parts) > 1 and all(_INITIALS_AFTER.fullmatch(part.strip(" .")) for part in parts):
            return [part.strip() for part in parts]
    return [name.strip() for name in _BETWEEN_AUTHORS.split(cell) if name.strip()]


def outcome(pairs: Sequence[Pair], groups: Mapping[str, str], *, merge: float) -> dict[str, Any]:
    """The figures for what merges by itself and, under "with_queue", for what it becomes when a person answers
    every question rightly: says the same of copies of one work, and different of the rest."""
    certain = [pair for pair in pairs if pair.score >= merge]
    asked = [pair for pair in pairs if pair.score < merge]
    same = [pair for pair in asked if groups[pair.left_id] == groups[pair.right_id]]
    with_queue = _figures([*certain, *same], groups)
    share = len(asked) / len(groups)
    return {
        "records": len(groups),
        "true_duplicates": len(groups) - len(set(groups.values())),
        **_figures(certain, groups),
        "with_queue": {
            **with_queue,
            "queue": len(asked),
            "queue_share": round(share, 6),
            "answered_same": len(same),
        },
    }


def _figures(merged: Sequence[Pair], groups: Mapping[str, str]) -> dict[str, float | int | None]:
    works = len(set(groups.values()))
    surplus = len(groups) - works
    removed = lost = wrong = 0
    for members in cluster(merged, 0):
        held = Counter(groups[item] for item in members)
        removed += sum(times - 1 for times in held.values())
        lost += len(held) - 1
        wrong += len(held) > 1
    return {
        "tp": removed,
        "fp": lost,
        "fn": surplus - removed,
        "tn": works - lost,
        "sensitivity": _share(removed, surplus),
        "specificity": _share(works - lost, works),
        "precision": _share(removed, removed + lost),
        "f1": _share(2 * removed, 2 * removed + lost + surplus - removed),
        "false_merges": wrong,
    }


def _share(part: int, whole: int) -> float | None:
    """None where there is nothing to take a share of."""
    return round(part / whole, 6) if whole else None


def wrong_pairs(pairs: Sequence[Pair], labelled: Labelled, *, merge: float) -> Iterator[tuple[str, Pair]]:
    """("wrong merge" | "asked" | "missed", pair): pairs that merge different works, and for each work whose copies
    did not come together the pair that came nearest, which a person is asked about or not."""
    groups, prepared = labelled.groups, {record.id: prepare(record) for record in labelled.records}
    certain = [pair for pair in pairs if pair.score >= merge]
    asked = {frozenset((pair.left_id, pair.right_id)) for pair in pairs if pair.score < merge}
    for pair in certain:
        if groups[pair.left_id] != groups[pair.right_id]:
            yield "wrong merge", pair
    cluster_of = {item: place for place, members in enumerate(cluster(certain, 0)) for item in members}
    copies: dict[str, dict[Any, list[str]]] = defaultdict(lambda: defaultdict(list))
    for item, work in groups.items():
        copies[work][cluster_of.get(item, item)].append(item)
    for parts in copies.values():
        for one, two in combinations(parts.values(), 2):
            near = [Pair(a, b, *verdict(prepared[a], prepared[b])) for a in one[:9] for b in two[:9]]
            best = max(near, key=lambda pair: pair.score)
            questions = any(frozenset((a, b)) in asked for a in one for b in two)
            yield "asked" if questions else "missed", best
