"""The builder of forms as data: what its page shows, and what its gestures and its editor ask for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from extraction.form_schema import (
    GROUP,
    OPS,
    OPS_OF,
    STANDARD,
    TYPES,
    Condition,
    Fault,
    Field,
    FieldError,
    Group,
    Schema,
    SchemaError,
    Section,
    Test,
    in_words,
    read_schema,
    read_value,
    show_value,
)
from extraction.form_schema import edits as do
from extraction.form_schema.conditions import WITHOUT_VALUE
from extraction.form_schema.edits import SECTION, Edit, EditError
from extraction.models import FormVersion

#: A field of these types is finished with its label; the next one can be typed at once.
QUICK = frozenset({"text", "long_text", "date", "yes_no", "number"})
KINDS = [*TYPES.items(), (GROUP, "Repeating group")]


@dataclass
class TestRow:
    """One line of a condition in the editor; ``answers`` are offered where the field has them."""

    __test__ = False

    key: str = ""
    op: str = "is"
    value: str = ""
    ops: list[tuple[str, str]] = field(default_factory=list)
    answers: list[tuple[str, str]] = field(default_factory=list)

    @property
    def needs_value(self) -> bool:
        return self.op not in WITHOUT_VALUE


@dataclass
class Editor:
    """What the open part's editor shows: the settings as typed, or as they stand."""

    part: str
    kind: str
    typed: dict[str, Any]
    join: str = "all"
    tests: list[TestRow] = field(default_factory=list)
    others: list[Field] = field(default_factory=list)
    usable: list[Field] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    refusal: str = ""
    wrong: str = ""
    key_is_fixed: bool = False
    in_group: bool = False

    @property
    def is_section(self) -> bool:
        return self.part.startswith(SECTION)

    @property
    def kinds(self) -> list[tuple[str, str]]:
        return [(GROUP, "Repeating group")] if self.kind == GROUP else list(TYPES.items())


@dataclass
class PartRow:
    """One part in the outline."""

    part: str
    item: Section | Field | Group
    summary: str
    condition: str
    faults: list[Fault]
    children: list[PartRow] = field(default_factory=list)
    #: Which of its buttons gets the focus: "open", "up", "down" or "".
    focus: str = ""
    is_open: bool = False

    @property
    def is_group(self) -> bool:
        return isinstance(self.item, Group)


@dataclass
class Outline:
    """The whole page: the parts, the open editor, what is wrong, what was done last."""

    version: FormVersion
    schema: Schema
    parts: list[PartRow]
    editor: Editor | None
    focus: str
    last_edit: str = ""
    kinds: list[tuple[str, str]] = field(default_factory=lambda: KINDS)

    @property
    def standard(self) -> list[tuple[str, str, bool]]:
        """(key, label, whether the form has it) of the ready-made sections."""
        have = {section.key for section in self.schema.sections}
        return [(key, section["label"], key in have) for key, section in STANDARD.items()]


def outline_of(
    version: FormVersion, *, open_part: str = "", focus: str = "", editor: Editor | None = None
) -> Outline:
    """The page of a draft with ``open_part`` open."""
    schema = version.read()
    if editor is None and open_part:
        editor = editor_of(version, schema, open_part)
    last = version.edits.last()
    parts = [_section_row(schema, section) for section in schema.sections]
    _mark(parts, focus, editor.part if editor else "")
    return Outline(version, schema, parts, editor, focus, last.sentence if last else "")


def _mark(rows: list[PartRow], focus: str, open_part: str) -> None:
    """Say which row is open, and which of whose buttons gets the focus."""
    button, _, part = focus.partition(":")
    for row in rows:
        row.focus = button if row.part == part else ""
        row.is_open = row.part == open_part
        _mark(row.children, focus, open_part)


def editor_of(version: FormVersion, schema: Schema, part: str) -> Editor | None:
    """The editor of a part as it stands; None if it is gone."""
    try:
        spot = do.find(version.schema, part)
    except EditError:
        return None
    item = spot.item
    typed = {
        **item,
        "options": do.options_as_text(item.get("options", [])),
        "not_reported": item.get("not_reported", True),
    }
    condition = _condition_of(schema, part)
    return _filled(version, schema, part, typed, condition, spot.above)


def read_editor(version: FormVersion, posted: QueryDict) -> tuple[str, dict[str, Any]] | None:
    """(part, settings) of the editor that was sent along, or None. Raises EditError for what cannot be read."""
    part = posted.get("editing", "")
    if not part or "f-label" not in posted:
        return None
    item = do.find(version.schema, part).item
    settings: dict[str, Any] = {name: posted.get(f"f-{name}", "").strip() for name in ("label", "help")}
    settings["shown_when"] = _posted_condition(version, posted)
    if part.startswith(SECTION):
        return part, settings
    settings["key"] = str(posted.get("f-key", "")).strip() or item["key"]
    kind: str = item["type"] if item["type"] == GROUP else str(posted.get("f-type") or item["type"])
    if kind not in TYPES and kind != GROUP:
        raise EditError(f"'{kind[:30]}' is no type of field.", "type")
    settings["type"] = kind
    return part, settings | _settings_of_kind(kind, item, posted)


def editor_as_typed(version: FormVersion, posted: QueryDict, error: EditError) -> Editor | None:
    """The editor with what was typed and why it was not taken."""
    part = posted.get("editing", "")
    schema = version.read()
    editor = editor_of(version, schema, part)
    if editor:
        flags = ("required", "not_reported")
        editor.typed |= {name[2:]: value for name, value in posted.items() if name.startswith("f-")}
        editor.typed |= {name: f"f-{name}" in posted for name in flags}
        editor.kind = editor.typed.get("type", editor.kind)
        editor.refusal, editor.wrong = str(error), error.name
    return editor


def apply_editor(version: FormVersion, posted: QueryDict) -> Edit | None:
    """The form after what the editor says, or None if it says nothing new."""
    read = read_editor(version, posted)
    if read is None:
        return None
    part, settings = read
    edit = do.change(version.schema, part, settings, fixed_keys(version))
    try:
        read_schema(edit.data, draft=True)
    except SchemaError as error:
        fault = error.faults[0]
        raise EditError(fault.sentence[:1].upper() + fault.sentence[1:]) from error
    return edit


def fixed_keys(version: FormVersion) -> frozenset[str]:
    """Keys that were in a version studies were extracted with."""
    used = version.form.versions.exclude(pk=version.pk).exclude(state=FormVersion.State.DRAFT)
    return frozenset(key for schema in used.values_list("schema", flat=True) for key in do.keys_of(schema))


def gesture(data: dict, asked: str, posted: Mapping[str, Any]) -> Edit:
    """What the button ``asked`` ("up:age") does to the form; ``posted`` has what was typed for new parts."""
    name, _, rest = asked.partition(":")
    if name not in GESTURES:
        raise EditError("The builder has no such button.")
    return GESTURES[name](data, rest, posted)


def focus_after(asked: str, edit: Edit, posted: Mapping[str, Any]) -> tuple[str, str]:
    """(the part that is open afterwards, the ``do`` of the button or field that gets the focus)."""
    name, _, rest = asked.partition(":")
    if name == "add":
        kind = posted.get(f"new-type-{rest}", "text")
        return ("", f"add:{rest}") if kind in QUICK else (edit.part, f"edit:{edit.part}")
    if name in {"up", "down"}:
        return "", f"{name}:{edit.part}"
    if name == "remove":
        return "", f"open:{edit.part}"
    if name in {"section", "standard", "place"}:
        return "", f"open:{edit.part}"
    return edit.part, f"edit:{edit.part}"


def _add(data: dict, into: str, posted: Mapping[str, Any]) -> Edit:
    return do.add_field(
        data, into, posted.get(f"new-type-{into}", "text"), posted.get(f"new-label-{into}", "")
    )


def _place(data: dict, rest: str, posted: Mapping[str, Any]) -> Edit:
    part, _, target = rest.partition(":")
    into, _, before = target.partition(":")
    return do.place(data, part, into, before)


GESTURES: dict[str, Callable[[dict, str, Mapping[str, Any]], Edit]] = {
    "add": _add,
    "section": lambda data, rest, posted: do.add_section(data, posted.get("new-section", "")),
    "standard": lambda data, rest, posted: do.add_standard(data, rest or posted.get("new-standard", "")),
    "up": lambda data, rest, posted: do.move(data, rest, "up"),
    "down": lambda data, rest, posted: do.move(data, rest, "down"),
    "copy": lambda data, rest, posted: do.copy(data, rest),
    "remove": lambda data, rest, posted: do.remove(data, rest),
    "other": lambda data, rest, posted: do.add_other(data, rest),
    "place": _place,
}


# --- what the editor sends -----------------------------------------------------------------------------------


def _settings_of_kind(kind: str, item: dict, posted: QueryDict) -> dict[str, Any]:
    if kind == GROUP:
        return {name: _whole(posted, name) for name in ("at_least", "at_most")}
    settings: dict[str, Any] = dict.fromkeys(("min", "max", "decimals", "unit", "options", "formula"))
    settings["required"] = ("f-required" in posted or None) if kind != "calculated" else None
    settings["not_reported"] = None if "f-not_reported" in posted or kind == "calculated" else False
    settings["characteristic"] = posted.get("f-characteristic", "").strip()
    if kind in {"number", "calculated"}:
        settings |= {"unit": posted.get("f-unit", "").strip(), "decimals": _whole(posted, "decimals")}
    if kind == "number":
        settings |= {name: _number(posted, name) for name in ("min", "max")}
    if kind in {"choice", "choices"}:
        settings["options"] = do.options_from(posted.get("f-options", ""), item.get("options", []))
    if kind == "calculated":
        settings["formula"] = " ".join(posted.get("f-formula", "").split())
    return settings


def _whole(posted: QueryDict, name: str) -> int | None:
    text = posted.get(f"f-{name}", "").strip()
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 4:
        raise EditError(f"'{text[:20]}' is no whole number.", name)
    return int(text) or (0 if name == "decimals" else None)


def _number(posted: QueryDict, name: str) -> float | int | None:
    text = posted.get(f"f-{name}", "").strip()
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        raise EditError(f"'{text[:20]}' is no number; write it with a point.", name) from None
    if not abs(number) < 1e15:
        raise EditError(f"'{text[:20]}' is too large.", name)
    return int(number) if number.is_integer() else number


def _posted_condition(version: FormVersion, posted: QueryDict) -> dict | None:
    """The rows of the condition that name a field; answers are kept by their code."""
    schema = version.read()
    rows = zip(posted.getlist("c-field"), posted.getlist("c-op"), posted.getlist("c-value"), strict=False)
    tests = []
    for key, op, value in rows:
        asked = schema.by_key.get(key)
        if asked is None:
            continue
        offered = OPS_OF[asked.type]
        op = op if op in offered else offered[0]
        tests.append(
            {"field": key, "op": op} | ({} if op in WITHOUT_VALUE else {"value": _wanted(asked, value)})
        )
    join = posted.get("c-join", "all")
    return {"join": join if join in {"all", "any"} else "all", "tests": tests} if tests else None


def _wanted(asked: Field, value: str) -> Any:
    if asked.type == "calculated":
        return value.strip()
    try:
        return read_value(asked, value)
    except FieldError:
        return value.strip()


# --- what the page shows -------------------------------------------------------------------------------------


def _filled(
    version: FormVersion, schema: Schema, part: str, typed: dict, condition: Condition | None, above: str
) -> Editor:
    in_group = bool(above) and not above.startswith(SECTION)
    others = [one for one in schema.fields if one.key != part and (not one.group or one.group == above)]
    if part in schema.groups:
        others = [one for one in others if one.group != part]
    elif part.startswith(SECTION):
        others = [one for one in others if SECTION + one.section != part]
    tests = [_test_row(schema, test) for test in (condition.tests if condition else ())]
    return Editor(
        part=part,
        kind=typed.get("type", "section"),
        typed=typed,
        join=condition.join if condition else "all",
        tests=[*tests, TestRow(ops=[(op, words) for op, words in OPS.items()])],
        others=others,
        usable=[
            one for one in schema.fields if one.key != part and one.type not in {"text", "long_text", "date"}
        ],
        faults=[fault for fault in schema.faults if fault.key == part.removeprefix(SECTION)],
        key_is_fixed=part in fixed_keys(version),
        in_group=in_group,
    )


def _test_row(schema: Schema, test: Test) -> TestRow:
    asked = schema.by_key.get(test.field)
    if asked is None:
        return TestRow(test.field, test.op, str(test.value or ""), list(OPS.items()))
    row = TestRow(
        test.field, test.op, show_value(asked, test.value), [(op, OPS[op]) for op in OPS_OF[asked.type]]
    )
    if asked.options:
        row.answers = [(option.key, option.label) for option in asked.options]
        row.value = str(test.value)
    elif asked.type == "yes_no":
        row.answers = [("yes", "Yes"), ("no", "No")]
        row.value = "yes" if test.value is True else "no"
    return row


def _condition_of(schema: Schema, part: str) -> Condition | None:
    if part.startswith(SECTION):
        return schema.section(part.removeprefix(SECTION)).shown_when
    return (schema.groups.get(part) or schema.by_key[part]).shown_when


def _section_row(schema: Schema, section: Section) -> PartRow:
    row = _row(schema, SECTION + section.key, section)
    row.children = [_item_row(schema, item) for item in section.items]
    return row


def _item_row(schema: Schema, item: Field | Group) -> PartRow:
    row = _row(schema, item.key, item)
    if isinstance(item, Group):
        row.children = [_row(schema, one.key, one) for one in item.fields]
    return row


def _row(schema: Schema, part: str, item: Section | Field | Group) -> PartRow:
    key = part.removeprefix(SECTION)
    condition = in_words(item.shown_when, schema.by_key.get) if item.shown_when else ""
    if isinstance(item, Section):
        return PartRow(part, item, "", condition, [])
    faults = [fault for fault in schema.faults if fault.key == key]
    return PartRow(part, item, _summary(item), condition, faults)


def _summary(item: Field | Group) -> str:
    """What kind of field it is, in a few words: "Number, kg", "One of 4"."""
    if isinstance(item, Group):
        return f"Repeating group, {len(item.fields)} field{'' if len(item.fields) == 1 else 's'}"
    if item.type in {"choice", "choices"}:
        return f"{'One' if item.type == 'choice' else 'Any'} of {len(item.options)}"
    if item.type == "calculated":
        return f"= {item.formula}" if item.formula else "Calculated"
    return ", ".join(filter(None, [TYPES[item.type], item.unit]))
