"""Read a form from its JSON and find everything that is wrong with it. No Django here.

    {"sections": [{"key": "people", "label": "Participants", "help": "", "shown_when": null, "items": [
        {"key": "age", "type": "number", "label": "Mean age", "unit": "years", "decimals": 1, "min": 0, "max": 120,
         "required": true, "help": "", "characteristic": "", "not_reported": true, "shown_when": null},
        {"key": "design", "type": "choice", "label": "Design", "options": [{"key": "rct", "label": "Trial"}]},
        {"key": "total", "type": "calculated", "label": "All arms", "formula": "sum(n_arm)", "decimals": 0},
        {"key": "arms", "type": "group", "label": "Arms", "at_least": 2, "at_most": 10, "fields": [...]}]}]}

Only ``key``, ``label``, ``type`` (and ``items``, ``fields``) are needed; an option may be a plain label.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from extraction.form_schema.conditions import OPS, WITHOUT_VALUE
from extraction.form_schema.formulas import FUNCTIONS
from extraction.form_schema.linking import check_circles, index, link
from extraction.form_schema.parts import (
    GROUP,
    TYPES,
    Condition,
    Fault,
    Field,
    Group,
    Option,
    Schema,
    SchemaError,
    Section,
    Test,
)
from extraction.form_schema.values import CONTROL

KEY = re.compile(r"[a-z][a-z0-9_]{0,59}")
RESERVED = FUNCTIONS | {
    "and",
    "or",
    "not",
    "if",
    "else",
    "in",
    "is",
    "for",
    "lambda",
    "none",
    "true",
    "false",
}
MOST_FIELDS, MOST_SECTIONS, MOST_OPTIONS, MOST_TESTS, MOST_ROWS = 400, 60, 300, 10, 200
SECTION_NAMES = {"key", "label", "help", "shown_when", "items"}
COMMON = {"key", "type", "label", "help", "shown_when"}
FIELD_NAMES = COMMON | {"required", "characteristic", "not_reported"}
OWN_NAMES = {
    "number": {"min", "max", "decimals", "unit"},
    "choice": {"options"},
    "choices": {"options"},
    "calculated": {"formula", "decimals", "unit"},
}
GROUP_NAMES = COMMON | {"at_least", "at_most", "fields"}


def read_schema(data: Any, *, draft: bool = False) -> Schema:
    """The form that ``data`` describes, or SchemaError with every fault and where it is.

    With ``draft`` what is only unfinished (a choice without options, a formula that cannot be read, a condition on a
    field that is gone) does not raise: the Schema has it as ``faults``, and such formulas have no result, such
    conditions hold.
    """
    return _Reader(draft).read(data)


class _Reader:
    def __init__(self, draft: bool) -> None:
        self.draft = draft
        self.broken: list[Fault] = []
        self.unfinished: list[Fault] = []
        self.keys: dict[str, str] = {}

    def read(self, data: Any) -> Schema:
        if not isinstance(data, Mapping) or not isinstance(data.get("sections"), list):
            raise SchemaError([Fault("The form", "is not a form: it needs a list named 'sections'.")])
        self.names(data, {"sections", "name", "format"}, "The form", "")
        given = data["sections"]
        if len(given) > MOST_SECTIONS:
            raise SchemaError(
                [Fault("The form", f"has {len(given)} sections; at most {MOST_SECTIONS} are kept.")]
            )
        sections = tuple(self.section(one, place) for place, one in enumerate(given, 1))
        keys = [section.key for section in sections]
        for section in sections:
            if keys.count(section.key) > 1:
                self.fault(
                    section.label, f"two sections have the key '{section.key}'.", section.key, broken=True
                )
        self.stop_if_broken()
        schema = index(sections)
        if not schema.by_key:
            self.fault("The form", "has no fields yet; add one, or a ready-made section.")
        if len(schema.by_key) > MOST_FIELDS:
            raise SchemaError([Fault("The form", f"has {len(schema.by_key)} fields; at most {MOST_FIELDS}.")])
        schema, found = link(schema)
        self.unfinished += found
        self.broken += check_circles(schema)
        faults = self.broken + self.unfinished
        if self.broken or (faults and not self.draft):
            raise SchemaError(faults)
        return Schema(schema.sections, tuple(faults), schema.by_key, schema.groups)

    def stop_if_broken(self) -> None:
        if self.broken:
            raise SchemaError(self.broken + ([] if self.draft else self.unfinished))

    def fault(self, where: str, sentence: str, key: str = "", *, broken: bool = False) -> None:
        (self.broken if broken else self.unfinished).append(Fault(where, sentence, key))

    # --- parts -------------------------------------------------------------------------------------------------

    def section(self, data: Any, place: int) -> Section:
        where = f"Section {place}"
        if not isinstance(data, Mapping) or not isinstance(data.get("items", []), list):
            raise SchemaError([Fault(where, "is no section: it needs 'key', 'label' and a list 'items'.")])
        label = self.text(data, "label", where, 200)
        where = label or where
        self.names(data, SECTION_NAMES, where, "")
        key = self.key(data, where)
        if not label:
            self.fault(where, "has no name; give it one.", key)
        items = tuple(
            self.item(one, f"{where}, item {n}", where, key) for n, one in enumerate(data.get("items", []), 1)
        )
        return Section(
            key, label, items, self.text(data, "help", where, 5000), self.condition(data, where, key)
        )

    def item(self, data: Any, where: str, section_label: str, section: str) -> Field | Group:
        if isinstance(data, Mapping) and data.get("type") == GROUP:
            return self.group(data, where, section_label, section)
        return self.field(data, where, section_label, section)

    def group(self, data: Mapping, where: str, section_label: str, section: str) -> Group:
        label = self.text(data, "label", where, 200)
        where = f"{section_label}, group '{label or data.get('key')}'"
        self.names(data, GROUP_NAMES, where, str(data.get("key", "")))
        key = self.unique_key(data, where)
        if not label:
            self.fault(where, "has no name; give it one.", key)
        fields = data.get("fields", [])
        if not isinstance(fields, list):
            raise SchemaError([Fault(where, "needs a list named 'fields'.", key)])
        if any(isinstance(one, Mapping) and one.get("type") == GROUP for one in fields):
            raise SchemaError(
                [Fault(where, "has a repeating group inside it; a group holds fields only.", key)]
            )
        if not fields:
            self.fault(where, "has no fields; add one, or remove the group.", key)
        least = self.whole(data, "at_least", where, key, 0, MOST_ROWS) or 0
        most = self.whole(data, "at_most", where, key, 1, MOST_ROWS)
        if most is not None and most < least:
            self.fault(where, f"asks for at least {least} rows and allows at most {most}.", key)
        inside = tuple(
            self.field(one, f"{where}, field {n}", where, section, key) for n, one in enumerate(fields, 1)
        )
        when = self.condition(data, where, key)
        return Group(key, label, inside, self.text(data, "help", where, 5000), when, least, most, section)

    def field(self, data: Any, where: str, above: str, section: str, group: str = "") -> Field:
        if not isinstance(data, Mapping):
            raise SchemaError([Fault(where, "is no field: it needs 'key', 'label' and 'type'.")])
        label, kind = self.text(data, "label", where, 300), data.get("type")
        where = f"{above}, field '{label or data.get('key')}'"
        key = self.unique_key(data, where)
        if not isinstance(kind, str) or kind not in TYPES:
            said = f"'{str(kind)[:30]}' is no type of field" if kind else "has no type"
            self.fault(where, f"{said}; choose one of {', '.join(TYPES)}, group.", key, broken=True)
            return Field(key, label, "text", section=section, group=group)
        self.names(data, FIELD_NAMES | OWN_NAMES.get(kind, set()), where, key)
        if not label:
            self.fault(where, "has no label; write what is asked.", key)
        low, high = self.number(data, "min", where, key), self.number(data, "max", where, key)
        if low is not None and high is not None and low > high:
            self.fault(where, f"its smallest value ({low:g}) is above its largest ({high:g}).", key)
        required = self.truth(data, "required", where, key)
        if required and kind == "calculated":
            self.fault(
                where, "is calculated, so it cannot be required; require the fields it is made of.", key
            )
        return Field(
            key,
            label,
            kind,
            help=self.text(data, "help", where, 5000),
            required=required,
            shown_when=self.condition(data, where, key),
            min=low,
            max=high,
            decimals=self.whole(data, "decimals", where, key, 0, 10),
            unit=self.text(data, "unit", where, 40),
            options=self.options(data, where, key) if kind in {"choice", "choices"} else (),
            formula=self.text(data, "formula", where, 2000),
            characteristic=self.characteristic(data, where, key, group),
            not_reported=kind != "calculated" and self.truth(data, "not_reported", where, key, True),
            section=section,
            group=group,
        )

    def characteristic(self, data: Mapping, where: str, key: str, group: str) -> str:
        name = self.text(data, "characteristic", where, 80)
        if name and group:
            self.fault(where, "is in a repeating group, so it cannot be a characteristic of the study.", key)
        return name

    def options(self, data: Mapping, where: str, key: str) -> tuple[Option, ...]:
        given = data.get("options", [])
        if not isinstance(given, list) or len(given) > MOST_OPTIONS:
            self.fault(where, f"'options' is a list of at most {MOST_OPTIONS} answers.", key, broken=True)
            return ()
        options: list[Option] = []
        for one in given:
            if isinstance(one, str):
                one = {"label": one}
            label = one.get("label") if isinstance(one, Mapping) else None
            if not isinstance(label, str) or not label.strip() or len(label) > 300:
                self.fault(where, "an answer needs a label of at most 300 characters.", key, broken=True)
                continue
            code = one.get("key") or key_from(label, {option.key for option in options}, "option")
            if not isinstance(code, str) or not re.fullmatch(r"[a-z0-9][a-z0-9_.-]{0,59}", code):
                self.fault(
                    where,
                    f"the code '{str(code)[:30]}' has other signs than a-z, 0-9, _ . -",
                    key,
                    broken=True,
                )
                continue
            options.append(Option(code, label.strip()))
        for what, seen in (("code", [o.key for o in options]), ("label", [o.label.lower() for o in options])):
            for twice in sorted({one for one in seen if seen.count(one) > 1}):
                self.fault(where, f"two answers have the {what} '{twice}'.", key, broken=what == "code")
        if len(options) < 1:
            self.fault(where, "has no answers to choose from; write one per line.", key)
        return tuple(options)

    def condition(self, data: Mapping, where: str, key: str) -> Condition | None:
        given = data.get("shown_when")
        if given in (None, "", {}):
            return None
        if isinstance(given, Mapping) and "field" in given:
            given = {"tests": [given]}
        tests = given.get("tests") if isinstance(given, Mapping) else None
        if (
            not isinstance(tests, list)
            or given.get("join", "all") not in ("all", "any")
            or len(tests) > MOST_TESTS
        ):
            sentence = (
                'its condition is not of the shape {"join": "all", "tests": [{"field", "op", "value"}]}.'
            )
            self.fault(where, sentence, key, broken=True)
            return None
        read = []
        for one in tests:
            op = one.get("op", "is") if isinstance(one, Mapping) else None
            if op not in OPS or not isinstance(one.get("field"), str):
                self.fault(
                    where, f"its condition needs a field and one of {', '.join(OPS)}.", key, broken=True
                )
            else:
                read.append(Test(one["field"], op, None if op in WITHOUT_VALUE else one.get("value")))
        return Condition(tuple(read), given.get("join", "all")) if read else None

    # --- single values -------------------------------------------------------------------------------------------

    def names(self, data: Mapping, known: set[str], where: str, key: str) -> None:
        for name in data:
            if name not in known and data[name] not in (None, "", [], {}):
                self.fault(where, f"'{str(name)[:40]}' means nothing here.", key, broken=True)

    def text(self, data: Mapping, name: str, where: str, longest: int) -> str:
        value = data.get(name) or ""
        if not isinstance(value, str) or len(value) > longest or CONTROL.search(value):
            self.fault(
                where,
                f"'{name}' is a text of at most {longest} characters.",
                str(data.get("key")),
                broken=True,
            )
            return ""
        return value.strip()

    def truth(self, data: Mapping, name: str, where: str, key: str, default: bool = False) -> bool:
        value = data.get(name, default)
        if not isinstance(value, bool):
            self.fault(where, f"'{name}' is true or false.", key, broken=True)
            return default
        return value

    def number(self, data: Mapping, name: str, where: str, key: str) -> float | None:
        value = data.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e15:
            self.fault(where, f"'{name}' is a number.", key, broken=True)
            return None
        return value if math.isfinite(value) else None

    def whole(self, data: Mapping, name: str, where: str, key: str, least: int, most: int) -> int | None:
        value = data.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            self.fault(where, f"'{name}' is a whole number from {least} to {most}.", key, broken=True)
            return None
        return value

    def key(self, data: Mapping, where: str) -> str:
        key = data.get("key")
        if not isinstance(key, str) or not KEY.fullmatch(key):
            sentence = (
                f"its key '{str(key)[:60]}' has to begin with a letter; a-z, 0-9 and _ only, at most 60."
            )
            self.fault(where, sentence, str(key)[:60], broken=True)
            return str(key)[:60]
        return key

    def unique_key(self, data: Mapping, where: str) -> str:
        key = self.key(data, where)
        if key in RESERVED:
            self.fault(where, f"the key '{key}' has a meaning in formulas; take another.", key, broken=True)
        if key in self.keys:
            self.fault(where, f"has the key '{key}', as has {self.keys[key]}.", key, broken=True)
        self.keys.setdefault(key, where)
        return key


def key_from(label: str, taken: set[str], otherwise: str = "field") -> str:
    """A key made of a label, not yet ``taken``: "Mean age (years)" gives mean_age_years."""
    plain = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode().lower()
    key = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:50].strip("_")
    if not key or not key[0].isalpha() or key in RESERVED:
        key = f"{otherwise}_{key}".strip("_")
    free, number = key, 2
    while free in taken:
        free, number = f"{key}_{number}", number + 1
    return free
