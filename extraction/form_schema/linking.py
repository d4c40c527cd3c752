"""What parts of a form say of each other: formulas, conditions, circles. No Django here."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter

from extraction.form_schema.conditions import OPS, OPS_OF, WITHOUT_VALUE
from extraction.form_schema.formulas import Formula, FormulaError, Named, read_formula
from extraction.form_schema.parts import NOT_REPORTED, Fault, Field, FieldError, Group, Schema, Section, Test
from extraction.form_schema.values import read_value

#: How many fields may depend on one another in a row.
LONGEST_CHAIN = 40


def link(schema: Schema) -> tuple[Schema, list[Fault]]:
    """The form with its formulas compiled, and what is wrong between its parts."""
    linker = _Linker(schema)
    return linker.link(), linker.faults


def index(sections: tuple[Section, ...]) -> Schema:
    """A Schema that finds its fields and groups by key."""
    by_key: dict[str, Field] = {}
    groups: dict[str, Group] = {}
    for section in sections:
        for item in section.items:
            if isinstance(item, Group):
                groups[item.key] = item
                by_key.update({field.key: field for field in item.fields})
            else:
                by_key[item.key] = item
    return Schema(sections, (), by_key, groups)


class _Linker:
    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.faults: list[Fault] = []

    def fault(self, where: str, sentence: str, key: str) -> None:
        self.faults.append(Fault(where, sentence, key))

    def link(self) -> Schema:
        """Compile the formulas, check the conditions, refuse circles."""
        compiled = self.formulas()
        for part in _conditional(self.schema):
            self.check_condition(part)
        self.check_names()
        sections = tuple(_with_formulas(section, compiled) for section in self.schema.sections)
        return index(sections)

    def formulas(self) -> dict[str, Formula | None]:
        """Every formula by the key of its field. Which give texts is found first: others are compared with them."""
        named = {field.key: _named(field) for field in self.schema.fields}
        calculated = [field for field in self.schema.fields if field.is_calculated]
        texts = [field for field in calculated if _gives_text(field, named)]
        while texts:
            named |= {field.key: Named("text", field.label, field.group) for field in texts}
            texts = [
                field for field in calculated if named[field.key].kind != "text" and _gives_text(field, named)
            ]
        return {field.key: self.formula(field, named) for field in calculated}

    def formula(self, field: Field, named: Mapping[str, Named]) -> Formula | None:
        where = _where(self.schema, field.key)
        try:
            formula = _read_formula(field, named)
        except FormulaError as error:
            self.fault(where, str(error), field.key)
            return None
        if formula.gives == "text" and (field.unit or field.decimals is not None):
            self.fault(where, "its formula gives a text, which has no unit or decimals.", field.key)
        return formula

    def check_condition(self, part: Section | Group | Field) -> None:
        where = part.label if isinstance(part, Section) else _where(self.schema, part.key)
        own_group = part.group if isinstance(part, Field) else ""
        for test in part.shown_when.tests:  # type: ignore[union-attr]
            field = self.schema.by_key.get(test.field)
            if field is None:
                self.fault(
                    where, f"is shown depending on '{test.field}', which is not in the form.", part.key
                )
            elif field.group and field.group != own_group:
                sentence = f"depends on '{field.label}' of a repeating group, which has a value for each row."
                self.fault(where, sentence, part.key)
            elif test.op not in OPS_OF[field.type]:
                sentence = (
                    f"'{field.label}' ({field.type_label.lower()}) cannot be asked whether it {OPS[test.op]}."
                )
                self.fault(where, sentence, part.key)
            elif test.op not in WITHOUT_VALUE:
                self.check_wanted(where, part.key, field, test)

    def check_wanted(self, where: str, key: str, field: Field, test: Test) -> None:
        if test.value == NOT_REPORTED and field.not_reported:
            return
        if field.is_calculated:
            return
        try:
            wanted = read_value(field, test.value)
        except FieldError as error:
            self.fault(where, f"its condition does not fit: {error}", key)
            return
        if wanted is None:
            self.fault(where, f"its condition on '{field.label}' has no value to compare with.", key)

    def check_names(self) -> None:
        seen: dict[str, str] = {}
        for field in self.schema.fields:
            name = field.characteristic.lower()
            if name and name in seen:
                sentence = f"sets the characteristic '{field.characteristic}', as '{seen[name]}' does."
                self.fault(_where(self.schema, field.key), sentence, field.key)
            elif name:
                seen[name] = field.label


def check_circles(schema: Schema) -> list[Fault]:
    """Fields that depend on themselves, or on too long a chain of others: such a form cannot be worked with."""
    needs = {field.key: set(depends_on(schema, field)) for field in schema.fields}
    try:
        order = list(TopologicalSorter(needs).static_order())
    except CycleError as error:
        names = " on ".join(f"'{schema.by_key[key].label or key}'" for key in reversed(error.args[1]))
        sentence = f"depends on itself through formulas or conditions ({names}); break the circle."
        return [Fault(_where(schema, error.args[1][0]), sentence, error.args[1][0])]
    length: dict[str, int] = {}
    for key in order:
        length[key] = 1 + max((length[other] for other in needs[key]), default=0)
        if length[key] > LONGEST_CHAIN:
            sentence = f"depends on a chain of more than {LONGEST_CHAIN} fields; shorten it."
            return [Fault(_where(schema, key), sentence, key)]
    return []


def depends_on(schema: Schema, field: Field) -> Iterator[str]:
    """The fields that decide whether ``field`` is shown and what it is calculated from."""
    parts: list[Section | Group | Field] = [field, schema.section(field.section)]
    if field.group:
        parts.append(schema.groups[field.group])
    for part in parts:
        if part.shown_when:
            yield from (test.field for test in part.shown_when.tests if test.field in schema.by_key)
    if field.compiled:
        yield from field.compiled.names


def _with_formulas(section: Section, compiled: Mapping[str, Formula | None]) -> Section:
    def fill(item):
        if isinstance(item, Group):
            return replace(item, fields=tuple(fill(field) for field in item.fields))
        return replace(item, compiled=compiled[item.key]) if item.key in compiled else item

    return replace(section, items=tuple(fill(item) for item in section.items))


def _conditional(schema: Schema) -> Iterator[Section | Group | Field]:
    for section in schema.sections:
        parts: tuple[Section | Group | Field, ...] = (section, *section.items)
        for part in parts:
            if part.shown_when:
                yield part
            if isinstance(part, Group):
                yield from (field for field in part.fields if field.shown_when)


def _named(field: Field) -> Named:
    kind = {"number": "number", "yes_no": "number", "calculated": "number", "choice": "text"}.get(
        field.type, ""
    )
    return Named(kind, field.label or field.key, field.group, tuple(option.key for option in field.options))


def _read_formula(field: Field, named: Mapping[str, Named]) -> Formula:
    others = {key: value for key, value in named.items() if key != field.key}
    try:
        return read_formula(field.formula, others, field.group)
    except FormulaError:
        if re.search(rf"\b{field.key}\b", field.formula):
            raise FormulaError("the formula uses the field itself.") from None
        raise


def _gives_text(field: Field, named: Mapping[str, Named]) -> bool:
    try:
        return _read_formula(field, named).gives == "text"
    except FormulaError:
        return False


def _where(schema: Schema, key: str) -> str:
    if key in schema.groups:
        group = schema.groups[key]
        return f"{schema.section(group.section).label}, group '{group.label or key}'"
    field = schema.by_key[key]
    above = schema.section(field.section).label
    if field.group:
        above += f", group '{schema.groups[field.group].label}'"
    return f"{above}, field '{field.label or key}'"
