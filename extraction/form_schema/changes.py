"""What changed from one version of a form to the next, in sentences. No Django here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from extraction.form_schema.conditions import in_words
from extraction.form_schema.parts import Condition, Field, Group, Schema, Section


@dataclass(frozen=True)
class Change:
    """``kind`` for programs (field_added, field_removed, type, options, unit, wording, ...), ``key`` of the part."""

    kind: str
    key: str
    sentence: str


def changes(old: Schema, new: Schema) -> list[Change]:
    """Everything that differs, additions and removals first. Parts are the same if they have the same key."""
    found = [*_additions(old, new), *_removals(old, new)]
    for key, field in new.by_key.items():
        if key in old.by_key:
            found += _field_changes(old, new, old.by_key[key], field)
    for key, group in new.groups.items():
        if key in old.groups:
            found += _group_changes(old, new, old.groups[key], group)
    old_sections = {section.key: section for section in old.sections}
    for section in new.sections:
        if section.key in old_sections:
            found += _section_changes(old, new, old_sections[section.key], section)
    return [*found, *_moves(old, new)]


def _additions(old: Schema, new: Schema) -> Iterator[Change]:
    before = {section.key for section in old.sections}
    for section in new.sections:
        if section.key not in before:
            yield Change("section_added", section.key, f"The section '{section.label}' is new.")
    for key in new.groups:
        if key not in old.groups:
            yield Change("group_added", key, f"{new.place(key)} is a new repeating group.")
    for key, field in new.by_key.items():
        if key not in old.by_key:
            need = ", and required" if field.required else ""
            yield Change("field_added", key, f"{new.place(key)} is new ({field.type_label.lower()}{need}).")


def _removals(old: Schema, new: Schema) -> Iterator[Change]:
    after = {section.key for section in new.sections}
    for section in old.sections:
        if section.key not in after:
            yield Change("section_removed", section.key, f"The section '{section.label}' was removed.")
    for key in old.groups:
        if key not in new.groups:
            yield Change("group_removed", key, f"{old.place(key)}, a repeating group, was removed.")
    for key in old.by_key:
        if key not in new.by_key:
            sentence = f"{old.place(key)} was removed; what was filled in stays with its study."
            yield Change("field_removed", key, sentence)


def _field_changes(old: Schema, new: Schema, before: Field, after: Field) -> Iterator[Change]:
    name, key = new.place(after.key), after.key
    if before.type != after.type:
        sentence = f"{name} was {before.type_label.lower()} and is {after.type_label.lower()} now."
        yield Change("type", key, sentence)
    if before.label != after.label:
        yield Change("wording", key, f"{name} was called '{before.label}'.")
    if before.help != after.help:
        yield Change("wording", key, f"{name} has another help text.")
    if before.required != after.required:
        yield Change("required", key, f"{name} is {'required' if after.required else 'no longer required'}.")
    yield from _option_changes(name, before, after)
    if before.unit != after.unit:
        sentence = f"{name} is in {after.unit or 'no unit'}, was in {before.unit or 'no unit'}; "
        yield Change("unit", key, sentence + "numbers filled in before are not converted.")
    if (before.min, before.max, before.decimals) != (after.min, after.max, after.decimals):
        yield Change("limits", key, f"{name} has other limits or decimals.")
    if before.formula != after.formula:
        yield Change(
            "formula", key, f"{name} is calculated as {after.formula or '…'}, was {before.formula or '…'}."
        )
    if before.characteristic != after.characteristic:
        what = f"sets the characteristic '{after.characteristic}'" if after.characteristic else "sets none"
        yield Change("characteristic", key, f"{name} {what}.")
    if before.not_reported != after.not_reported:
        yield Change(
            "not_reported",
            key,
            f"{name} {'offers' if after.not_reported else 'no longer offers'} 'not reported'.",
        )
    yield from _condition_change(old, new, name, key, before.shown_when, after.shown_when)


def _option_changes(name: str, before: Field, after: Field) -> Iterator[Change]:
    old, new = ({option.key: option.label for option in field.options} for field in (before, after))
    if added := [label for key, label in new.items() if key not in old]:
        yield Change("options_added", after.key, f"{name} has new answers: {', '.join(added)}.")
    if removed := [label for key, label in old.items() if key not in new]:
        yield Change("options_removed", after.key, f"{name} lost answers: {', '.join(removed)}.")
    for key, label in new.items():
        if key in old and old[key] != label:
            yield Change("wording", after.key, f"{name}: the answer '{old[key]}' is called '{label}'.")


def _group_changes(old: Schema, new: Schema, before: Group, after: Group) -> Iterator[Change]:
    name = new.place(after.key)
    if before.label != after.label:
        yield Change("wording", after.key, f"{name} was called '{before.label}'.")
    if before.help != after.help:
        yield Change("wording", after.key, f"{name} has another help text.")
    if (before.at_least, before.at_most) != (after.at_least, after.at_most):
        most = "any number of" if after.at_most is None else f"at most {after.at_most}"
        yield Change("limits", after.key, f"{name} has at least {after.at_least} and {most} rows.")
    yield from _condition_change(old, new, name, after.key, before.shown_when, after.shown_when)


def _section_changes(old: Schema, new: Schema, before: Section, after: Section) -> Iterator[Change]:
    if before.label != after.label:
        yield Change("wording", after.key, f"The section '{after.label}' was called '{before.label}'.")
    if before.help != after.help:
        yield Change("wording", after.key, f"The section '{after.label}' has another help text.")
    yield from _condition_change(old, new, after.label, after.key, before.shown_when, after.shown_when)


def _condition_change(
    old: Schema, new: Schema, name: str, key: str, before: Condition | None, after: Condition | None
) -> Iterator[Change]:
    if before != after:
        now = f"only when {in_words(after, new.by_key.get)}" if after else "always"
        was = f"only when {in_words(before, old.by_key.get)}" if before else "always"
        yield Change("condition", key, f"{name} is shown {now}, was {was}.")


def _moves(old: Schema, new: Schema) -> Iterator[Change]:
    homes = {section.key: section.label for section in (*old.sections, *new.sections)}
    for key, field in new.by_key.items():
        before = old.by_key.get(key)
        if before and before.group != field.group:
            sentence = f"{new.place(key)} moved {'into a group' if field.group else 'out of its group'}; "
            yield Change("moved_group", key, sentence + "what was filled in stays with its study.")
        elif before and before.section != field.section:
            yield Change("moved", key, f"{new.place(key)} moved here from {homes[before.section]}.")
    kept = [key for key in new.by_key if key in old.by_key]
    if kept != [key for key in old.by_key if key in new.by_key]:
        yield Change("moved", "", "The order of the fields is another one.")
