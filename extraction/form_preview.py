"""A form as the extractor will see it, to be tried out; what is typed is not stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import QueryDict

from extraction.filling import Cell, GroupView, Page, Row, SectionView
from extraction.form_schema import NOT_REPORTED, Field, FieldError, Group, Schema, Working, read_value

#: Rows that a group has in the preview, at least.
ROWS = 2


def preview_of(schema: Schema, typed: Mapping[str, Any] | None = None) -> Page:
    """The page of ``schema`` with what was ``typed`` into it, by cell name ("age." or "n_arm.r1")."""
    typed, refusals, values = typed or {}, {}, {}
    rows = {
        key: [f"r{n}" for n in range(1, max(ROWS, min(group.at_least, 6)) + 1)]
        for key, group in schema.groups.items()
    }
    for field in schema.fields:
        for row in rows[field.group] if field.group else [""]:
            name = f"{field.key}.{row}"
            try:
                values[field.key, row] = None if field.is_calculated else read_value(field, typed.get(name))
            except FieldError as error:
                refusals[name] = str(error)
    return _Preview(schema, Working(schema, values, rows), typed, refusals).page()


def typed_in(schema: Schema, posted: QueryDict) -> dict[str, Any]:
    """What was typed into the preview, by cell name."""
    lists = {field.key for field in schema.fields if field.type == "choices"}
    found: dict[str, Any] = {}
    for name in posted:
        mark, _, cell = name.partition(":")
        if mark == "v":
            found[cell] = posted.getlist(name) if cell.partition(".")[0] in lists else posted.get(name, "")
    unreported = {name.partition(":")[2]: NOT_REPORTED for name in posted if name.startswith("n:")}
    return found | unreported


class _Preview:
    def __init__(
        self, schema: Schema, work: Working, typed: Mapping[str, Any], refusals: dict[str, str]
    ) -> None:
        self.schema, self.work, self.typed, self.refusals = schema, work, typed, refusals
        self.cells: dict[str, Cell] = {}

    def page(self) -> Page:
        sections = [
            SectionView(
                section, [self.item(item) for item in section.items], self.work.section_is_shown(section.key)
            )
            for section in self.schema.sections
        ]
        shown = [cell for cell in self.cells.values() if cell.shown and not cell.field.is_calculated]
        missing = [gap.sentence for gap in self.work.missing()]
        filled = sum(self.work.values.get((cell.field.key, cell.row)) is not None for cell in shown)
        return Page(sections=sections, cells=self.cells, missing=missing, asked=len(shown), filled=filled)

    def item(self, item: Field | Group) -> Cell | GroupView:
        if not isinstance(item, Group):
            return self.cell(item)
        view = GroupView(item, [], self.work.group_is_shown(item.key))
        view.rows = [
            Row(row, [self.cell(field, row, view.as_table) for field in item.fields])
            for row in self.work.rows[item.key]
        ]
        return view

    def cell(self, field: Field, row: str = "", in_table: bool = False) -> Cell:
        cell = Cell(
            field=field,
            row=row,
            one=None,
            shown=self.work.is_shown(field.key, row),
            result=self.work.value(field.key, row) if field.is_calculated else None,
            in_table=in_table,
        )
        cell.typed, cell.refusal = self.typed.get(cell.name), self.refusals.get(cell.name, "")
        self.cells[cell.name] = cell
        return cell
