"""A row of an archive as a row of this database: values of the right kind, references to rows that are there."""

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from appraisal.instruments import ToolError, tool_from_data
from extraction.form_schema import SchemaError, read_schema
from reporting.archive import places
from reporting.archive.package import BadArchive
from reporting.archive.people import Person
from reporting.archive.references import Keys, decode, decode_text
from reporting.archive.schema import is_needed, table_file
from reporting.archive.tables import COMPUTED, LEFT_OUT_FIELDS, PEOPLE, REVIEW, Column, Table
from reporting.archive.values import BadValue, from_json
from reviews.models import Job

#: Descriptions that pages are made of: they are read as those who write them here have theirs read.
MADE_OF: dict[str, Callable[[Any], Any]] = {
    "appraisal.toolversion.data": tool_from_data,
    "extraction.formversion.schema": lambda data: read_schema(data, draft=True),
    "extraction.formedit.schema": lambda data: read_schema(data, draft=True),
}
#: Texts in which rows are named.
NAMING_TEXTS = {*places.TEXTS, places.TARGET}


class Reader:
    """Reads the rows of one archive. Before ``keys`` are filled everything is checked, but no link leads anywhere.

    What was ``checked`` so is not held against the limits of each column again: that is half of the time.
    """

    def __init__(self, keys: Keys, files: int, *, checked: bool = False):
        self.keys, self._files, self._checked = keys, files, checked

    def values(self, table: Table, data: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, list[int]]]:
        """Values by the names of attributes, files still as their numbers; and keys by the names of sets of rows.

        Raises BadArchive with table, line and column.
        """
        where = f"{table_file(table.name)}, line {data['id']}"
        known = {column.name for column in table.columns}
        if unknown := sorted(data.keys() - known - {"id"}):
            raise BadArchive(
                f"{where} has a column “{unknown[0][:60]}” that this version of the application does not know: the "
                "archive was made by a newer one, or is none of ours."
            )
        plain: dict[str, Any] = {}
        many: dict[str, list[int]] = {}
        for column in table.columns:
            try:
                if column.is_many:
                    many[column.name] = self._many(column, data.get(column.name, []))
                else:
                    plain[column.field.attname] = self._one(table, column, data)
            except BadValue as error:
                raise BadArchive(f"{where}: the value of “{column.name}” {error}.") from error
        for (label, name), compute in COMPUTED.items():
            if label == table.model._meta.label and plain[name] == "":
                plain[name] = compute(plain)
        return plain, many

    def _one(self, table: Table, column: Column, data: Mapping[str, Any]) -> Any:
        field = column.field
        if column.name not in data:
            if is_needed(column):
                raise BadValue("is missing")
            return None if column.is_file or column.target else field.get_default()
        value, name = data[column.name], f"{table.name}.{column.name}"
        if column.is_file:
            return self._file(value)
        if column.target:
            return self._link(column, value)
        if isinstance(field, models.JSONField):
            return self._json(name, field, value)
        if name in NAMING_TEXTS and isinstance(value, str):
            value = decode_text(value, self.keys)
        return from_json(column, value, checked=self._checked)

    def _json(self, name: str, field: models.JSONField, value: Any) -> Any:
        if value is None and not field.null:
            raise BadValue("is missing where there must be one")
        decoded = decode(value, self.keys)
        if field.default in (dict, list) and decoded is not None and not isinstance(decoded, field.default):
            raise BadValue(f"is no {'object' if field.default is dict else 'list'}")
        if name in MADE_OF and not self._checked:
            try:
                MADE_OF[name](decoded)
            except (ToolError, SchemaError) as error:
                raise BadValue(f"cannot be used: {' '.join(str(error).split())[:300]}") from error
        return decoded

    def _link(self, column: Column, value: Any) -> int | None:
        if value is None:
            if not column.field.null:
                raise BadValue("is missing where there must be one")
            return None
        if type(value) is not int:
            raise BadValue("is no number of a row")
        return self.keys.of(column.target, value)

    def _many(self, column: Column, value: Any) -> list[int]:
        if not isinstance(value, list) or not all(type(each) is int for each in value):
            raise BadValue("is no list of numbers of rows")
        if len(set(value)) < len(value):
            raise BadValue("names a row twice")
        return [self.keys.of(column.target, each) for each in value]

    def _file(self, value: Any) -> int | None:
        if value is not None and (type(value) is not int or not 0 < value <= self._files):
            raise BadValue("is no number of a file in the archive")
        return value


def person(data: Mapping[str, Any], table: Table) -> Person:
    """A line of people. Raises BadArchive."""
    where = f"{table_file(PEOPLE)}, line {data['id']}"
    if data.keys() != {"id", "name", "email"}:
        raise BadArchive(f"{where}: a person has an id, a name and an email, and nothing else.")
    try:
        for column in table.columns:
            from_json(column, data[column.name])
    except (BadValue, ValidationError) as error:
        raise BadArchive(f"{where}: the value of “{column.name}” {error}.") from error
    return Person(data["name"], data["email"])


def made_anew(table: Table, number: int) -> dict[str, Any]:
    """Values of the columns that no archive has."""
    found: dict[str, Any] = {}
    for name in LEFT_OUT_FIELDS.get(table.model._meta.label, ()):
        field = table.model._meta.get_field(name)
        if isinstance(field, models.UUIDField) and not field.null:
            found[name] = uuid.uuid4()
    return found | ({"key": f"from-archive-{number}"} if table.model is Job else {})


def needs_review(table: Table) -> bool:
    return table.path == "review" and table.name != REVIEW
