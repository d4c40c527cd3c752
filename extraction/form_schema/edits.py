"""Changes to the JSON of a form, one gesture each: a new form comes back, the old one stays. No Django here.

A part is named by its key: ``age`` for a field or a group, ``section.people`` for a section. Forms that go in have
the shape of ``write_schema``; what comes out may be unfinished.
"""

from __future__ import annotations

import re
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from extraction.form_schema.parts import GROUP, TYPES
from extraction.form_schema.reading import KEY, RESERVED, key_from
from extraction.form_schema.standard import STANDARD, standard_section

Data = dict[str, Any]
SECTION = "section."


class EditError(ValueError):
    """A change that cannot be made; ``name`` is the setting at fault, if one is."""

    def __init__(self, sentence: str, name: str = "") -> None:
        super().__init__(sentence)
        self.name = name


@dataclass(frozen=True)
class Edit:
    """The form after a change, what the change did ("added the field ‘Age’"), and the part it was about."""

    data: Data
    sentence: str
    part: str


@dataclass(frozen=True)
class Spot:
    """Where a part stands: in ``siblings`` at ``place``. ``above`` is its section's or group's part, or ""."""

    siblings: list[Data]
    place: int
    above: str

    @property
    def item(self) -> Data:
        return self.siblings[self.place]


def find(data: Data, part: str) -> Spot:
    """Where ``part`` stands, or EditError."""
    for n, section in enumerate(data["sections"]):
        if part == SECTION + section["key"]:
            return Spot(data["sections"], n, "")
        for m, item in enumerate(section.get("items", [])):
            if item["key"] == part:
                return Spot(section["items"], m, SECTION + section["key"])
            for k, field in enumerate(item.get("fields", [])):
                if field["key"] == part:
                    return Spot(item["fields"], k, item["key"])
    raise EditError("This part is not in the form any more; somebody may have removed it.")


def add_section(data: Data, label: str, after: str = "") -> Edit:
    """A new empty section, at the end or after the section ``after``."""
    data, label = deepcopy(data), _label(label, "Name the section, for example Participants.")
    key = key_from(label, {section["key"] for section in data["sections"]}, "section")
    place = find(data, after).place + 1 if after else len(data["sections"])
    data["sections"].insert(place, {"key": key, "label": label, "items": []})
    return Edit(data, f"added the section ‘{label}’", SECTION + key)


def add_standard(data: Data, key: str) -> Edit:
    """A ready-made section (STANDARD) at the end; keys that are taken get a number."""
    if key not in STANDARD:
        raise EditError(f"There is no ready-made section '{key}'; there are {', '.join(STANDARD)}.")
    return append(data, {"sections": [standard_section(key)]})


def append(data: Data, other: Data) -> Edit:
    """The sections of another form at the end; keys that are taken get a number, characteristics stay single."""
    data, other = deepcopy(data), deepcopy(other)
    facts = {
        item.get("characteristic", "").lower() for section in data["sections"] for item in section["items"]
    }
    labels = []
    for section in other["sections"]:
        _rename(section, keys_of(data), {one["key"] for one in data["sections"]})
        for item in section.get("items", []):
            if item.get("characteristic", "").lower() in facts:
                item.pop("characteristic", None)
        data["sections"].append(section)
        labels.append(section["label"])
    if not labels:
        raise EditError("There is no section in it to add.")
    named = ", ".join(f"‘{label}’" for label in labels)
    return Edit(data, f"added the section{'s' if len(labels) > 1 else ''} {named}", SECTION + section["key"])


def add_field(data: Data, into: str, kind: str, label: str, after: str = "") -> Edit:
    """A new field (or group, ``kind`` "group") at the end of a section or group, or after the part ``after``."""
    data, label = deepcopy(data), _label(label, "Write what is asked, for example Mean age.")
    if kind not in TYPES and kind != GROUP:
        raise EditError(f"'{kind[:30]}' is no type of field.", "type")
    siblings = _inside(data, into)
    if kind == GROUP and not into.startswith(SECTION):
        raise EditError("A repeating group cannot stand in another one.", "type")
    item: Data = {"key": key_from(label, keys_of(data)), "type": kind, "label": label}
    if kind == GROUP:
        item["fields"] = []
    spot = find(data, after) if after else None
    place = spot.place + 1 if spot and spot.siblings is siblings else len(siblings)
    siblings.insert(place, item)
    what = "repeating group" if kind == GROUP else "field"
    return Edit(data, f"added the {what} ‘{label}’", item["key"])


def change(data: Data, part: str, settings: Data, fixed: frozenset[str] = frozenset()) -> Edit:
    """Give a part other settings; None, "" or [] takes one away. A new ``key`` is followed by what refers to it.

    ``fixed`` are keys that cannot change, because values are kept under them.
    """
    data = deepcopy(data)
    item = find(data, part).item
    new_key: str = settings["key"] if "key" in settings else item["key"]
    if new_key != item["key"]:
        _check_key(data, part, new_key, fixed)
        old = item["key"]
        item["key"] = new_key
        if not part.startswith(SECTION):
            _refer_anew(data, {old: new_key})
        part = SECTION + new_key if part.startswith(SECTION) else new_key
    for name, value in settings.items():
        if name == "key":
            continue
        if value in (None, "", [], {}) and value is not False and name != "label":
            item.pop(name, None)
        else:
            item[name] = value
    return Edit(data, f"changed ‘{item.get('label') or item['key']}’", part)


def move(data: Data, part: str, to: str) -> Edit:
    """Move a part up or down by one; past the end of its section it goes on in the next one."""
    data = deepcopy(data)
    spot, step = find(data, part), {"up": -1, "down": 1}.get(to)
    if step is None:
        raise EditError("A part is moved up or down.")
    item, place = spot.item, spot.place + step
    if 0 <= place < len(spot.siblings):
        spot.siblings.insert(place, spot.siblings.pop(spot.place))
    elif not spot.above.startswith(SECTION):
        where = "first" if step < 0 else "last"
        raise EditError(f"‘{item.get('label')}’ is the {where} one already.")
    else:
        section = find(data, spot.above).place + step
        if not 0 <= section < len(data["sections"]):
            raise EditError(f"‘{item.get('label')}’ is at the {'beginning' if step < 0 else 'end'} already.")
        beside = data["sections"][section]["items"]
        beside.insert(len(beside) if step < 0 else 0, spot.siblings.pop(spot.place))
    return Edit(data, f"moved ‘{item.get('label')}’ {to}", part)


def place(data: Data, part: str, into: str, before: str = "") -> Edit:
    """Put a part into a section or group, before the part ``before`` or at the end; a section among sections."""
    data = deepcopy(data)
    spot = find(data, part)
    item = spot.item
    if part.startswith(SECTION):
        siblings = data["sections"]
    else:
        siblings = _inside(data, into)
        if item.get("type") == GROUP and not into.startswith(SECTION):
            raise EditError("A repeating group cannot stand in another one.")
    if before == part:
        return Edit(data, f"moved ‘{item.get('label')}’", part)
    spot.siblings.pop(spot.place)
    target = find(data, before) if before else None
    siblings.insert(target.place if target and target.siblings is siblings else len(siblings), item)
    return Edit(data, f"moved ‘{item.get('label')}’", part)


def copy(data: Data, part: str) -> Edit:
    """A copy right after the part, under keys of its own; what it holds refers to its own copies."""
    data = deepcopy(data)
    spot = find(data, part)
    twin = deepcopy(spot.item)
    if part.startswith(SECTION):
        twin["label"] = f"{twin['label']} (copy)"
        _rename(twin, keys_of(data), {section["key"] for section in data["sections"]})
    else:
        twin["label"] = f"{twin.get('label', '')} (copy)".strip()
        _rename({"key": "", "items": [twin]}, keys_of(data), set())
    for item in [twin, *twin.get("items", []), *twin.get("fields", [])]:
        item.pop("characteristic", None)  # one field sets a characteristic, and that stays the first
    spot.siblings.insert(spot.place + 1, twin)
    new = SECTION + twin["key"] if part.startswith(SECTION) else twin["key"]
    return Edit(data, f"copied ‘{spot.item.get('label')}’", new)


def remove(data: Data, part: str) -> Edit:
    """Take a part away; ``part`` of the Edit is its neighbour."""
    data = deepcopy(data)
    spot = find(data, part)
    item = spot.siblings.pop(spot.place)
    prefix = SECTION if part.startswith(SECTION) else ""
    near = spot.siblings[min(spot.place, len(spot.siblings) - 1)]["key"] if spot.siblings else ""
    return Edit(data, f"removed ‘{item.get('label') or item['key']}’", prefix + near if near else spot.above)


def add_other(data: Data, part: str) -> Edit:
    """Give a choice the answer "Other", and a text field beside it that is shown when "Other" is chosen."""
    data = deepcopy(data)
    spot = find(data, part)
    item = spot.item
    if item.get("type") not in {"choice", "choices"}:
        raise EditError("Only a field with answers to choose from can have the answer 'Other'.")
    options = item.setdefault("options", [])
    if any("other" in (option["key"], option["label"].lower()) for option in options):
        raise EditError(f"‘{item['label']}’ has an answer 'Other' already.")
    options.append({"key": "other", "label": "Other"})
    op = "has" if item["type"] == "choices" else "is"
    text = {
        "key": key_from(f"{item['key']} other", keys_of(data)),
        "type": "text",
        "label": f"{item['label']}: which other?",
        "shown_when": {"join": "all", "tests": [{"field": item["key"], "op": op, "value": "other"}]},
    }
    spot.siblings.insert(spot.place + 1, text)
    return Edit(data, f"gave ‘{item['label']}’ the answer ‘Other’", part)


def keys_of(data: Data) -> set[str]:
    """Every key of a field or group."""
    items = [item for section in data["sections"] for item in section.get("items", [])]
    return {one["key"] for item in items for one in (item, *item.get("fields", []))}


def options_from(text: str, old: list[Data] | tuple = ()) -> list[Data]:
    """Answers from lines "label" or "code = label".

    A label that was there keeps its code; so does the one at the same place when only wordings changed.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    by_label = {option["label"].lower(): option["key"] for option in old}
    pairs = []
    for line in lines:
        code, sign, label = (part.strip() for part in line.partition("="))
        explicit = bool(sign and label and re.fullmatch(r"[a-z0-9][a-z0-9_.-]{0,59}", code))
        pairs.append((code, label) if explicit else (by_label.get(line.lower(), ""), line))
    kept = {code for code, _ in pairs if code}
    if len(pairs) == len(old):
        pairs = [
            (code or ("" if was["key"] in kept else was["key"]), label)
            for (code, label), was in zip(pairs, old, strict=True)
        ]
    taken = {code for code, _ in pairs if code}
    options = []
    for code, label in pairs:
        key = code or key_from(label, taken, "option")
        taken.add(key)
        options.append({"key": key, "label": label})
    return options


def options_as_text(options: list[Data]) -> str:
    """The lines that ``options_from`` reads: the code only where it does not follow from the label."""
    return "\n".join(
        option["label"]
        if option["key"] == key_from(option["label"], set(), "option")
        else f"{option['key']} = {option['label']}"
        for option in options
    )


def _label(label: str, otherwise: str) -> str:
    label = " ".join(label.split())
    if not label:
        raise EditError(otherwise, "label")
    if len(label) > 200:
        raise EditError("At most 200 characters, please; a help text takes more.", "label")
    return label


def _inside(data: Data, into: str) -> list[Data]:
    item = find(data, into).item
    if into.startswith(SECTION):
        return item.setdefault("items", [])
    if item.get("type") != GROUP:
        raise EditError("A field goes into a section or a repeating group.")
    return item.setdefault("fields", [])


def _check_key(data: Data, part: str, key: Any, fixed: frozenset[str]) -> None:
    is_section = part.startswith(SECTION)
    if not is_section and part in fixed:
        raise EditError("The key stays: it was published, and values are kept under it.", "key")
    if not isinstance(key, str) or not KEY.fullmatch(key) or key in RESERVED:
        sentence = (
            "A key begins with a letter and has a-z, 0-9 and _ only; words of formulas such as min are taken."
        )
        raise EditError(sentence, "key")
    taken = {one["key"] for one in data["sections"]} if is_section else keys_of(data)
    if key in taken:
        raise EditError(f"The key '{key}' is taken.", "key")


def _rename(section: Data, taken: set[str], sections: set[str]) -> None:
    """Give a section and what it holds keys that are not taken, and let its parts refer to one another by them."""
    if section["key"] in sections:
        section["key"] = _free(section["key"], sections)
    new: dict[str, str] = {}
    for item in section.get("items", []):
        for one in (item, *item.get("fields", [])):
            key = one["key"]
            one["key"] = key if key not in taken else _free(key, taken)
            taken.add(one["key"])
            if one["key"] != key:
                new[key] = one["key"]
    _refer_anew({"sections": [section]}, new)


def _free(key: str, taken: set[str]) -> str:
    number = 2
    while f"{key[:56]}_{number}" in taken:
        number += 1
    return f"{key[:56]}_{number}"


def _refer_anew(data: Data, new: dict[str, str]) -> None:
    """Follow keys that changed, in conditions and formulas."""
    if not new:
        return
    names = re.compile(rf"\b({'|'.join(map(re.escape, new))})\b")
    for section in data["sections"]:
        parts = [section, *section.get("items", [])]
        for part in [
            *parts,
            *(field for item in section.get("items", []) for field in item.get("fields", [])),
        ]:
            condition = part.get("shown_when") or {}
            for test in condition.get("tests", [condition] if "field" in condition else []):
                test["field"] = new.get(test["field"], test["field"])
            if part.get("formula"):
                part["formula"] = _outside_quotes(names, new, part["formula"])


def _outside_quotes(names: re.Pattern[str], new: dict[str, str], formula: str) -> str:
    pieces = re.split(r"""('[^']*'|"[^"]*")""", formula)
    return "".join(
        piece if n % 2 else names.sub(lambda found: new[found[1]], piece) for n, piece in enumerate(pieces)
    )
