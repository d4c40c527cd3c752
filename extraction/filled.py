"""What an extraction says: its form, its values, what is shown of them, calculated from them and missing."""

from __future__ import annotations

from typing import Any

from extraction.form_schema import Group, Schema, Working, read_schema, show_value
from extraction.models import Extraction, Value


def schema_of(extraction: Extraction) -> Schema | None:
    """The form of an extraction as it was when it was begun (or taken over), if it has one."""
    return read_schema(extraction.form_version.schema) if extraction.form_version else None


def values_of(extraction: Extraction) -> dict[tuple[str, str], Any]:
    """{(field, row): value} of what is filled in, without removed rows."""
    return {
        (one.field, one.row): one.value
        for one in extraction.values.all()
        if one.value is not None and is_live(extraction, one.row)
    }


def is_live(extraction: Extraction, row: str) -> bool:
    """Whether ``row`` ("" for fields outside groups) was not removed."""
    return not row or any(row in keys for keys in extraction.rows.values())


def working_of(extraction: Extraction, schema: Schema | None = None) -> Working:
    """The form of an extraction at work on its values; it must have a form. ``schema`` if it was read already."""
    return Working(schema or schema_of(extraction), values_of(extraction), extraction.rows)  # type: ignore[arg-type]


def missing_of(extraction: Extraction) -> list[str]:
    """A sentence for each required field that is shown and empty, and for each group with too few rows."""
    return [gap.sentence for gap in working_of(extraction).missing()] if extraction.form_version_id else []


def unverified_of(extraction: Extraction, schema: Schema | None = None) -> list[Value]:
    """The values that are shown and filled in and that no second person has verified."""
    schema = schema or schema_of(extraction)
    if schema is None:
        return []
    work = working_of(extraction, schema)
    return [
        one
        for one in extraction.values.all()
        if one.value is not None
        and not one.verified_by_id
        and one.field in schema.by_key
        and (one.row in extraction.rows.get(schema.by_key[one.field].group, ()) if one.row else True)
        and work.is_shown(one.field, one.row)
    ]


def removed_rows(extraction: Extraction, group: Group) -> list[str]:
    """Keys of removed rows of a group in which something was filled in, oldest first."""
    mine, live = {field.key for field in group.fields}, extraction.rows.get(group.key, [])
    filled = [one for one in extraction.values.all() if one.field in mine and one.value is not None]
    return list(dict.fromkeys(one.row for one in filled if one.row and one.row not in live))


def characteristics_of(extraction: Extraction, schema: Schema | None = None) -> dict[str, str]:
    """{name: words} of the fields outside groups that are characteristics of the study; "" where empty or hidden."""
    schema = schema or schema_of(extraction)
    if schema is None:
        return {}
    work = working_of(extraction, schema)
    return {
        field.characteristic: show_value(field, work.value(field.key))
        for field in schema.fields
        if field.characteristic and not field.group
    }
