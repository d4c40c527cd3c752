"""A form at work: what is shown, what is calculated, what is still missing. No Django here.

Values everywhere are ``{(field key, row key): value}`` as ``read_value`` keeps them; the row key is "" outside
repeating groups. ``rows`` is ``{group key: [row keys in order]}``; without it the rows are those that have values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from extraction.form_schema.conditions import holds
from extraction.form_schema.formulas import Cell, round_half_away
from extraction.form_schema.parts import NOT_REPORTED, Condition, Field, Group, Schema
from extraction.form_schema.values import number_of

Values = Mapping[tuple[str, str], Any]
Rows = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Gap:
    """Something missing: a required field (``row`` "" outside groups), or rows of a group (``field`` is its key)."""

    field: str
    row: str
    sentence: str


def shown(schema: Schema, values: Values, rows: Rows | None = None) -> set[tuple[str, str]]:
    """The (field key, row key) that are asked, given what was answered so far; calculated fields too."""
    return Working(schema, values, rows).shown()


def calculate(schema: Schema, values: Values, rows: Rows | None = None) -> dict[tuple[str, str], Cell]:
    """The value of every calculated field that is shown: a float (rounded to its decimals), a str, or None."""
    work = Working(schema, values, rows)
    return {place: work.value(*place) for place in work.places() if work.calculates(*place)}


def missing(schema: Schema, values: Values, rows: Rows | None = None) -> list[Gap]:
    """Required fields that are shown and empty, and groups with too few rows, in the order of the form.

    "Not reported" counts as filled in.
    """
    return Working(schema, values, rows).missing()


class Working:
    """One form with one set of values; answers are remembered, so make a new one when a value changes."""

    def __init__(self, schema: Schema, values: Values, rows: Rows | None = None) -> None:
        self.schema, self.values = schema, values
        self.rows = rows if rows is not None else _rows_of(schema, values)
        self._shown: dict[tuple[str, str], bool] = {}
        self._value: dict[tuple[str, str], Any] = {}
        self._busy: set[tuple[str, str]] = set()

    def places(self) -> list[tuple[str, str]]:
        """Every (field, row) there could be, in order: the rows of a group one after the other."""
        found = []
        for section in self.schema.sections:
            for item in section.items:
                if isinstance(item, Group):
                    found += [
                        (field.key, row) for row in self.rows.get(item.key, ()) for field in item.fields
                    ]
                else:
                    found.append((item.key, ""))
        return found

    def shown(self) -> set[tuple[str, str]]:
        return {place for place in self.places() if self.is_shown(*place)}

    def is_shown(self, key: str, row: str = "") -> bool:
        place = key, row
        if place not in self._shown:
            if place in self._busy:
                return False  # a circle in a draft
            self._busy.add(place)
            field = self.schema.by_key[key]
            self._shown[place] = (
                self.section_is_shown(field.section)
                and (not field.group or self.group_is_shown(field.group))
                and self._holds(field.shown_when, row)
            )
            self._busy.discard(place)
        return self._shown[place]

    def section_is_shown(self, key: str) -> bool:
        return self._holds(self.schema.section(key).shown_when)

    def group_is_shown(self, key: str) -> bool:
        group = self.schema.groups[key]
        return self.section_is_shown(group.section) and self._holds(group.shown_when)

    def _holds(self, condition: Condition | None, row: str = "") -> bool:
        if condition is None:
            return True
        known = [test for test in condition.tests if test.field in self.schema.by_key]
        if not known:
            return True  # a draft whose condition names a field that is gone
        return holds(
            Condition(tuple(known), condition.join), lambda key: self.value(key, self._row(key, row))
        )

    def _row(self, key: str, row: str) -> str:
        return row if self.schema.by_key[key].group else ""

    def calculates(self, key: str, row: str = "") -> bool:
        return self.schema.by_key[key].is_calculated and self.is_shown(key, row)

    def value(self, key: str, row: str = "") -> Any:
        """What counts in conditions and formulas: nothing for what is hidden, the result for what is calculated."""
        if not self.is_shown(key, row):
            return None
        field = self.schema.by_key[key]
        if not field.is_calculated:
            return self.values.get((key, row))
        place = key, row
        if place not in self._value:
            self._value[place] = None  # a circle in a draft
            self._value[place] = self._calculated(field, row)
        return self._value[place]

    def _calculated(self, field: Field, row: str) -> Cell:
        if field.compiled is None:
            return None
        result = field.compiled.value(
            lambda key: self._cell(key, self._row(key, row)),
            lambda key: [self._cell(key, one) for one in self.rows.get(self.schema.by_key[key].group, ())],
        )
        if isinstance(result, float) and field.decimals is not None:
            return round_half_away(result, field.decimals) if abs(result) < 1e15 else result
        return result

    def _cell(self, key: str, row: str) -> Cell:
        value = self.value(key, row)
        if value == NOT_REPORTED:
            return None
        field = self.schema.by_key[key]
        if field.type == "number":
            return number_of(value)
        if field.type == "yes_no":
            return None if value is None else float(value)
        return value if isinstance(value, str | float) else None if value in (None, []) else str(value)

    def missing(self) -> list[Gap]:
        gaps = []
        for section in self.schema.sections:
            for item in section.items:
                if isinstance(item, Group):
                    gaps += self._missing_in(item)
                elif self._lacks(item, ""):
                    gaps.append(Gap(item.key, "", f"{section.label}: {item.label} is not filled in."))
        return gaps

    def _missing_in(self, group: Group) -> list[Gap]:
        if not self.group_is_shown(group.key):
            return []
        rows, section = self.rows.get(group.key, ()), self.schema.section(group.section).label
        gaps = [
            Gap(field.key, row, f"{section}, {group.label}, row {number}: {field.label} is not filled in.")
            for number, row in enumerate(rows, 1)
            for field in group.fields
            if self._lacks(field, row)
        ]
        if len(rows) < group.at_least:
            wanted = (
                f"needs at least {group.at_least} row{'s' if group.at_least > 1 else ''} and has {len(rows)}"
            )
            gaps.append(Gap(group.key, "", f"{section}: {group.label} {wanted}."))
        return gaps

    def _lacks(self, field: Field, row: str) -> bool:
        return (
            field.required
            and not field.is_calculated
            and self.values.get((field.key, row)) in (None, "", [])
            and self.is_shown(field.key, row)
        )


def _rows_of(schema: Schema, values: Values) -> dict[str, list[str]]:
    rows: dict[str, list[str]] = {}
    for key, row in values:
        field = schema.by_key.get(key)
        if row and field and field.group and row not in rows.setdefault(field.group, []):
            rows[field.group].append(row)
    return rows
