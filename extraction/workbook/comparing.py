"""Three ways: what was exported, what the workbook says, what stands here now."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from extraction.workbook.content import Sheet

#: Columns that say something about a change and are none themselves.
REMARKS = frozenset({"why"})


@dataclass(frozen=True)
class Cell:
    """One difference: ``was`` when exported, ``yours`` in the workbook, ``now`` here. ``conflict``: both changed."""

    column: str
    head: str
    was: str
    yours: str
    now: str

    @property
    def conflict(self) -> bool:
        return not _same(self.was, self.now)


@dataclass
class Item:
    """A row that can be taken or left. ``what`` is changed, new or unknown (its row is not here any more).

    ``sheet`` and ``line`` say where it stands in the file; ``key`` is that of the row, "" for a new one.
    """

    id: str
    what: str
    sheet: str
    kind: str
    line: int
    key: str
    study: str
    cells: list[Cell] = field(default_factory=list)
    version: int = 0
    group: str = ""

    @property
    def conflict(self) -> bool:
        return any(cell.conflict for cell in self.cells)

    @property
    def place(self) -> str:
        return f"{self.sheet}, line {self.line}"

    @property
    def given(self) -> dict[str, str]:
        """{column: text} of what the workbook says in the cells that differ."""
        return {cell.column: cell.yours for cell in self.cells}


def items_of(content: dict[str, Any], present: Iterable[Sheet]) -> list[Item]:
    """What the workbook changes, in its order; a row that is as it was, or as it is now, is no item."""
    now = {(sheet.kind, sheet.version, sheet.group): sheet for sheet in present}
    return [
        item
        for told in content["sheets"]
        for item in _of_sheet(told, now.get((told["kind"], told["version"], told["group"])))
    ]


def stamp_of(items: Iterable[Item]) -> str:
    """What a page remembers of the differences it showed, so that a later change is noticed."""
    told = json.dumps([asdict(item) for item in items], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(told.encode()).hexdigest()[:32]


def _of_sheet(told: dict[str, Any], sheet: Sheet | None) -> Iterator[Item]:
    for row in told["rows"]:
        key, cells = row["key"], row["cells"]
        item = Item(
            id=f"{told['title']}:{row['line']}",
            what="changed" if key else "new",
            sheet=told["title"],
            kind=told["kind"],
            line=row["line"],
            key=key,
            study=cells.get("study", ""),
            version=told["version"],
            group=told["group"],
        )
        origin = told["origin"].get(key, {})
        stands = sheet.rows.get(key) if sheet else None
        if key and (stands is None or sheet is None):
            if any(not _same(origin.get(name, ""), text) for name, text in cells.items()):
                item.what = "unknown"
                item.cells = _cells(cells, origin, {}, sheet)
                yield item
            continue
        item.cells = _cells(cells, origin, stands or {}, sheet)
        if any(cell.column not in REMARKS for cell in item.cells):
            yield item


def _cells(
    cells: dict[str, str], origin: dict[str, str], stands: dict[str, str], sheet: Sheet | None
) -> list[Cell]:
    """Cells that this person changed and that say something else than what stands here now."""
    heads = sheet.columns if sheet else {}
    return [
        Cell(name, heads.get(name, name), origin.get(name, ""), text, stands.get(name, ""))
        for name, text in cells.items()
        if not _same(origin.get(name, ""), text)
        and not _same(stands.get(name, ""), text)
        and (not sheet or name in sheet.columns)
    ]


def _same(one: str, other: str) -> bool:
    """The same text, or the same number written otherwise: a spreadsheet drops the zero of 12.50."""
    one, other = one.strip(), other.strip()
    if one == other:
        return True
    if one.casefold() == other.casefold() and one.casefold() in {"yes", "no"}:
        return True
    try:
        return float(one) == float(other)
    except ValueError:
        return False
