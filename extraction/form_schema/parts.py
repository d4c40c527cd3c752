"""What a form is made of: sections, fields, repeating groups, conditions. No Django here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from extraction.form_schema.formulas import Formula

#: {type: what a person calls it}, in the order in which a builder offers them.
TYPES = {
    "text": "Text, one line",
    "long_text": "Text, several lines",
    "number": "Number",
    "date": "Date",
    "choice": "One of several options",
    "choices": "Any of several options",
    "yes_no": "Yes or no",
    "calculated": "Calculated from other fields",
}
GROUP = "group"
#: The value of a field whose answer the reports do not give: filled in, and no answer.
NOT_REPORTED = "@not_reported"
NOT_REPORTED_LABEL = "Not reported"


class SchemaError(ValueError):
    """A form that cannot be used; ``faults`` says of each fault where it is and what to do."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults


class FieldError(ValueError):
    """What was typed does not fit the field; the message says what would."""


@dataclass(frozen=True)
class Fault:
    """Something wrong with a form. ``where`` is for people ("Participants, field 'Age'"), ``key`` names the part."""

    where: str
    sentence: str
    key: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.sentence}" if self.where else self.sentence


@dataclass(frozen=True)
class Option:
    key: str
    label: str


@dataclass(frozen=True)
class Test:
    """One comparison of a condition: field ``field`` ``op`` ``value``."""

    __test__ = False  # not a test case of pytest

    field: str
    op: str
    value: Any = None


@dataclass(frozen=True)
class Condition:
    """When a part is shown: if ``join`` ("all" or "any") of the tests hold."""

    tests: tuple[Test, ...]
    join: str = "all"


@dataclass(frozen=True)
class Field:
    """One thing asked. ``group`` is the key of its repeating group, or ""; ``section`` that of its section."""

    key: str
    label: str
    type: str
    help: str = ""
    required: bool = False
    shown_when: Condition | None = None
    min: float | None = None
    max: float | None = None
    decimals: int | None = None
    unit: str = ""
    options: tuple[Option, ...] = ()
    formula: str = ""
    characteristic: str = ""
    #: Whether "Not reported" is offered as an answer.
    not_reported: bool = True
    section: str = ""
    group: str = ""
    #: The compiled formula; None when it is not calculated, or when the formula of a draft is wrong.
    compiled: Formula | None = field(default=None, compare=False, repr=False)

    is_group = False

    @property
    def is_calculated(self) -> bool:
        return self.type == "calculated"

    @property
    def type_label(self) -> str:
        return TYPES[self.type]

    def option(self, key: str) -> Option | None:
        return next((option for option in self.options if option.key == key), None)


@dataclass(frozen=True)
class Group:
    """Fields asked once per row: arms, sites, funders."""

    key: str
    label: str
    fields: tuple[Field, ...]
    help: str = ""
    shown_when: Condition | None = None
    at_least: int = 0
    at_most: int | None = None
    section: str = ""

    type = GROUP
    type_label = "Repeating group"
    is_group = True


@dataclass(frozen=True)
class Section:
    key: str
    label: str
    items: tuple[Field | Group, ...]
    help: str = ""
    shown_when: Condition | None = None


@dataclass(frozen=True)
class Schema:
    """A form. ``faults`` is empty unless it was read as a draft."""

    sections: tuple[Section, ...]
    faults: tuple[Fault, ...] = ()
    #: {field key: Field} of every field, those in groups too, in the order of the form.
    by_key: dict[str, Field] = field(default_factory=dict, compare=False, repr=False)
    #: {group key: Group}.
    groups: dict[str, Group] = field(default_factory=dict, compare=False, repr=False)

    @property
    def fields(self) -> list[Field]:
        """Every field in the order of the form, those of groups too."""
        return list(self.by_key.values())

    def field(self, key: str) -> Field:
        """The field of this key, or KeyError."""
        return self.by_key[key]

    def group(self, key: str) -> Group:
        return self.groups[key]

    def section(self, key: str) -> Section:
        return next(section for section in self.sections if section.key == key)

    def place(self, key: str) -> str:
        """Where the field or group stands, in words: "Participants, Age"."""
        part = self.by_key.get(key) or self.groups[key]
        names = [self.section(part.section).label]
        if isinstance(part, Field) and part.group:
            names.append(self.groups[part.group].label)
        return ", ".join([*names, part.label or part.key])

    def __iter__(self) -> Iterator[Section]:
        return iter(self.sections)
