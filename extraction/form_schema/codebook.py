"""What every field of a form means: a row per field, for people and for whoever reads the exports. No Django here."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from extraction.form_schema.conditions import in_words
from extraction.form_schema.parts import NOT_REPORTED_LABEL, Condition, Field, Schema


@dataclass(frozen=True)
class Entry:
    """One field. ``options`` is "code = label; …"; every other column is words too, or empty."""

    section: str
    group: str
    key: str
    label: str
    type: str
    unit: str
    min: str
    max: str
    decimals: str
    options: str
    required: str
    not_reported: str
    shown_when: str
    formula: str
    characteristic: str
    help: str

    def to_dict(self) -> dict[str, str]:
        return asdict(self)


COLUMNS = tuple(Entry.__dataclass_fields__)


def codebook(schema: Schema) -> list[Entry]:
    """A row per field, in the order of the form."""
    return [_entry(schema, field) for field in schema.fields]


def _entry(schema: Schema, field: Field) -> Entry:
    section = schema.section(field.section)
    group = schema.groups[field.group] if field.group else None
    return Entry(
        section=section.label,
        group=group.label if group else "",
        key=field.key,
        label=field.label,
        type=field.type,
        unit=field.unit,
        min="" if field.min is None else f"{field.min:g}",
        max="" if field.max is None else f"{field.max:g}",
        decimals="" if field.decimals is None else str(field.decimals),
        options="; ".join(f"{option.key} = {option.label}" for option in field.options),
        required="yes" if field.required else "",
        not_reported=NOT_REPORTED_LABEL if field.not_reported else "",
        shown_when=_conditions(
            schema, section.shown_when, group.shown_when if group else None, field.shown_when
        ),
        formula=field.formula,
        characteristic=field.characteristic,
        help=field.help,
    )


def _conditions(schema: Schema, *conditions: Condition | None) -> str:
    """Those of the section, the group and the field together: all have to hold."""
    return "; and ".join(in_words(one, schema.by_key.get) for one in conditions if one)
