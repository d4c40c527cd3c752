"""The format of an archive for programs: its name, its version, and a JSON Schema of every table.

The version says how an archive is read. A new table or column needs no new one: what an older archive lacks is empty
here, or as the model has it by default. What is removed or comes to mean something else needs a new version, and a
reader for the old one.
"""

import tomllib
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.validators import MaxLengthValidator, MaxValueValidator, MinValueValidator
from django.db import models

from reporting.archive.tables import (
    LEFT_OUT,
    LEFT_OUT_FIELDS,
    LEFT_OUT_ROWS,
    LEFT_OUT_VERBS,
    Column,
    Table,
    tables,
)

FORMAT = "systematic-review-archive"
VERSION = 1
MANIFEST = "archive.json"
SCHEMA = "schema.json"


def table_file(name: str) -> str:
    return f"tables/{name}.jsonl"


def content_file(sha256: str) -> str:
    return f"files/{sha256}"


@cache
def application_version() -> str:
    """The version of this application, from the package or from the source tree."""
    try:
        return version("reviewapp")
    except PackageNotFoundError:
        project = tomllib.loads((Path(settings.BASE_DIR) / "pyproject.toml").read_text())
        return str(project["project"]["version"])


def left_out() -> dict[str, str]:
    """Every table and column, and what of a table, no archive has, and why."""
    found = dict(LEFT_OUT)
    for model, fields in LEFT_OUT_FIELDS.items():
        found |= {f"{model}.{name}": why for name, why in fields.items()}
    found |= {f"{model} {which}": why for model, (_, which, why) in LEFT_OUT_ROWS.items()}
    for verbs in LEFT_OUT_VERBS:
        found[f"reviews.AuditEvent of {verbs}*"] = (
            "who took a file out of one installation is the history of its copy"
        )
    return dict(sorted(found.items()))


@cache
def archive_schema() -> dict[str, Any]:
    """JSON Schema (2020-12): ``archive.json`` itself, and under ``$defs`` a row of each table by the table's name."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"{FORMAT} {VERSION}",
        "description": "archive.json. Each line of tables/<name>.jsonl is a row as $defs has it under that name; a "
        "number that points at a row is its id in that table, and ⟦table:id⟧ inside a text is such a number, too.",
        **_object(
            {
                "format": {"const": FORMAT},
                "version": {"const": VERSION},
                "application": {"type": "string"},
                "options": _object({"people": {"type": "boolean"}}),
                "review": _object({"slug": {"type": "string"}, "title": {"type": "string"}}),
                "tables": {
                    "type": "array",
                    "items": _object(_PART | {"name": {"enum": list(tables())}, **_ROWS}),
                },
                "files": {
                    "type": "array",
                    "items": _object(_PART | {"id": {"type": "integer", "minimum": 1}}),
                },
                "schema": {"type": "string", "pattern": _SHA256},
                "left_out": {"type": "object", "additionalProperties": {"type": "string"}},
            }
        ),
        "$defs": {name: _row(table) for name, table in tables().items()},
    }


_SHA256 = "^[0-9a-f]{64}$"
_PART: dict[str, Any] = {
    "sha256": {"type": "string", "pattern": _SHA256},
    "bytes": {"type": "integer", "minimum": 0},
}
_ROWS: dict[str, Any] = {"rows": {"type": "integer", "minimum": 0}}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": sorted(properties),
        "additionalProperties": False,
    }


def _row(table: Table) -> dict[str, Any]:
    columns = {column.name: _column(column) for column in table.columns}
    return {
        "type": "object",
        "description": " ".join((table.model.__doc__ or "").split()),
        "properties": {"id": {"type": "integer", "minimum": 1}, **columns},
        "required": ["id", *(column.name for column in table.columns if is_needed(column))],
        "additionalProperties": False,
    }


def is_needed(column: Column) -> bool:
    """Whether a row without this column could not be restored."""
    field = column.field
    return not (column.is_many or column.is_file or field.null or field.has_default() or field.blank)


def _column(column: Column) -> dict[str, Any]:
    said = {"description": str(column.field.help_text)} if column.field.help_text else {}
    if column.is_many:
        return {"type": "array", "items": {"type": "integer"}, "x-table": column.target, **said}
    if column.is_file:
        return {"type": ["integer", "null"], "x-table": "files", **said}
    kind = _kind(column)
    if column.field.null and "type" in kind:
        kind["type"] = [kind["type"], "null"]
    if column.field.choices:
        keys = [key for key, _ in column.field.flatchoices]
        kind["enum"] = [*keys, *([""] if column.field.blank else []), *([None] if column.field.null else [])]
    return kind | said


def _kind(column: Column) -> dict[str, Any]:
    field = column.field
    if column.target:
        return {"type": "integer", "x-table": column.target}
    if isinstance(field, models.JSONField):
        return {}
    if isinstance(field, models.BooleanField):
        return {"type": "boolean"}
    if isinstance(field, models.IntegerField | models.FloatField):
        limits = {"minimum": MinValueValidator, "maximum": MaxValueValidator}
        bounds = {name: _limit(field, validator) for name, validator in limits.items()}
        kind = "integer" if isinstance(field, models.IntegerField) else "number"
        return {"type": kind} | {name: bound for name, bound in bounds.items() if bound is not None}
    formats = {models.DateTimeField: "date-time", models.DateField: "date", models.UUIDField: "uuid"}
    for kind_of_field, name in formats.items():
        if isinstance(field, kind_of_field):
            return {"type": "string", "format": name}
    longest = _limit(field, MaxLengthValidator)
    return {"type": "string"} | ({"maxLength": longest} if longest else {})


def _limit(field: models.Field, validator: type) -> Any:
    # those that the model says: the databases' own limits differ
    declared: list[Any] = field._validators  # type: ignore[attr-defined]
    found = [limit.limit_value for limit in declared if isinstance(limit, validator)]  # type: ignore[attr-defined]
    if validator is MaxLengthValidator and not found:
        return field.max_length
    if validator is MinValueValidator and not found and isinstance(field, models.PositiveIntegerField):
        return 0
    return found[0] if found else None
