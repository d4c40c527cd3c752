"""Extraction forms as data, without Django: read one, show it, calculate, say what is missing, compare two.

    schema = read_schema({"sections": [...]})        # SchemaError says what is wrong and where; layout in reading.py
    value = read_value(schema.field("age"), "52.30")  # "52.30": numbers are kept as typed; number_of(value) is 52.3
    values = {("age", ""): value, ("n_arm", "k3f"): "41"}   # {(field key, row key): value}
    shown(schema, values); calculate(schema, values); missing(schema, values)

``schema.sections[].items[]`` are Field or Group; ``schema.fields`` is every Field in order (those of groups too, with
``field.group``), ``schema.field(key)``, ``schema.groups``. Calculated values are worked out, never stored.
"""

from extraction.form_schema.changes import Change, changes
from extraction.form_schema.codebook import COLUMNS as CODEBOOK_COLUMNS
from extraction.form_schema.codebook import Entry, codebook
from extraction.form_schema.conditions import OPS, OPS_OF, in_words
from extraction.form_schema.parts import (
    GROUP,
    NOT_REPORTED,
    NOT_REPORTED_LABEL,
    TYPES,
    Condition,
    Fault,
    Field,
    FieldError,
    Group,
    Option,
    Schema,
    SchemaError,
    Section,
    Test,
)
from extraction.form_schema.reading import key_from, read_schema
from extraction.form_schema.standard import STANDARD, standard_section
from extraction.form_schema.values import (
    convert_value,
    limits,
    number_of,
    read_value,
    show_value,
    show_with_unit,
)
from extraction.form_schema.working import Gap, Working, calculate, missing, shown
from extraction.form_schema.writing import write_schema

__all__ = [
    "CODEBOOK_COLUMNS",
    "GROUP",
    "NOT_REPORTED",
    "NOT_REPORTED_LABEL",
    "OPS",
    "OPS_OF",
    "STANDARD",
    "TYPES",
    "Change",
    "Condition",
    "Entry",
    "Fault",
    "Field",
    "FieldError",
    "Gap",
    "Group",
    "Option",
    "Schema",
    "SchemaError",
    "Section",
    "Test",
    "Working",
    "calculate",
    "changes",
    "codebook",
    "convert_value",
    "in_words",
    "key_from",
    "limits",
    "missing",
    "number_of",
    "read_schema",
    "read_value",
    "show_value",
    "show_with_unit",
    "shown",
    "standard_section",
    "write_schema",
]
