"""A form as JSON again, always in the same shape: what is not set is left out. No Django here."""

from __future__ import annotations

from typing import Any

from extraction.form_schema.parts import Condition, Field, Group, Schema

SETTINGS = ("help", "min", "max", "decimals", "unit", "formula", "characteristic")


def write_schema(schema: Schema) -> dict[str, Any]:
    """The JSON that ``read_schema`` reads as this form."""
    return {
        "sections": [
            {"key": section.key, "label": section.label}
            | _set(help=section.help, shown_when=_condition(section.shown_when))
            | {"items": [_item(item) for item in section.items]}
            for section in schema.sections
        ]
    }


def _item(item: Field | Group) -> dict[str, Any]:
    start = {"key": item.key, "type": item.type, "label": item.label}
    if isinstance(item, Group):
        more = _set(help=item.help, shown_when=_condition(item.shown_when), at_most=item.at_most)
        if item.at_least:
            more["at_least"] = item.at_least
        return start | more | {"fields": [_item(field) for field in item.fields]}
    more = _set(**{name: getattr(item, name) for name in SETTINGS}, shown_when=_condition(item.shown_when))
    if item.options:
        more["options"] = [{"key": option.key, "label": option.label} for option in item.options]
    if item.required:
        more["required"] = True
    if not item.not_reported and not item.is_calculated:
        more["not_reported"] = False
    return start | more


def _set(**given: Any) -> dict[str, Any]:
    return {name: value for name, value in given.items() if value is not None and value != ""}


def _condition(condition: Condition | None) -> dict[str, Any] | None:
    if condition is None:
        return None
    tests = [
        {"field": test.field, "op": test.op} | ({} if test.value is None else {"value": test.value})
        for test in condition.tests
    ]
    return {"join": condition.join, "tests": tests}
