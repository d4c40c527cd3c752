"""What tells two snapshots apart, row by row and in words. No Django here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from extraction.values import LABELS

Row = Mapping[str, Any]
Snapshot = Mapping[str, Any]

CHANGED, CAME, WENT, LEFT_OUT, ORDER = "changed", "came", "went", "left out", "order"
#: What follows from something else that is told.
FOLLOWS = frozenset(
    {"result_id", "result_ids", "version", "row", "subgroup_order", "converted", "part", "treatments"}
)
NAMES = {
    **LABELS,
    "study": "name of the study",
    "experimental": "experimental arm",
    "comparator": "comparator arm",
    "kind": "kind of result",
    "scale": "scale",
    "time_point": "time point",
    "rater": "rater",
    "weeks": "weeks since randomisation",
    "population": "population",
    "people": "subgroup",
    "is_change": "change from baseline",
    "adjusted": "adjusted for covariates",
    "derived": "derived",
    "basis": "basis",
    "source": "source",
    "subgroup": "subgroup of the analysis",
}


@dataclass(frozen=True)
class Field:
    """One field that differs; ``name`` as the row has it, the others in words. An absent value is "empty"."""

    name: str
    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Difference:
    """One study: ``what`` is one of the constants; ``before`` and ``after`` are its rows, where it has or had one.

    ``why`` is why it is left out: of a study that came, why it had been; else why it is now.
    """

    what: str
    study: str
    study_id: int | None
    fields: tuple[Field, ...] = ()
    before: Row | None = None
    after: Row | None = None
    why: str = ""


def differences(old: Snapshot, new: Snapshot) -> list[Difference]:
    """What differs in the studies, in the order of the new snapshot, those that went last."""
    before, after = _by_key(old), _by_key(new)
    left_before, left_after = _left_out(old), _left_out(new)
    had, has = ({row["study_id"] for row in rows.values()} for rows in (before, after))
    found = []
    for key, row in after.items():
        if key in before:
            found += _changed(before[key], row)
        else:
            why = "" if row["study_id"] in had else left_before.get(row["study_id"], ("", ""))[1]
            found.append(Difference(CAME, row["study"], row["study_id"], after=row, why=why))
    for key, row in before.items():
        if key not in after:
            why = left_after.get(row["study_id"], ("", ""))[1]
            found.append(Difference(WENT, row["study"], row["study_id"], before=row, why=why))
    for study, (label, why) in left_after.items():
        if study not in had | has and left_before.get(study) != (label, why):
            found.append(Difference(LEFT_OUT, label, study, why=why))
    for study, (label, _) in left_before.items():
        if study not in had | has and study not in left_after:
            found.append(Difference(WENT, label, study))
    if not found and list(before) != list(after):
        found.append(Difference(ORDER, "", None))
    return found


def shown(value: Any) -> str:
    """A value of a row as people read it."""
    if value is None or value == "" or value is False:
        return "no" if value is False else "empty"
    if value is True:
        return "yes"
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _changed(before: Row, after: Row) -> list[Difference]:
    fields = tuple(_fields(before, after))
    same = all(before.get(name) == after.get(name) for name in ("result_id", "result_ids", "version"))
    if not fields and same:
        return []
    return [Difference(CHANGED, after["study"], after["study_id"], fields, before, after)]


def _fields(before: Row, after: Row) -> Iterable[Field]:
    for name in dict.fromkeys((*before, *after)):
        one, other = before.get(name), after.get(name)
        if one == other or name in FOLLOWS:
            continue
        if name == "moderators":
            yield from _moderators(one or {}, other or {})
        elif name == "risk":
            yield Field(name, "risk of bias", _risk(one), _risk(other))
        elif isinstance(one, bool) or isinstance(other, bool):
            yield Field(name, NAMES.get(name, name), shown(bool(one)), shown(bool(other)))
        else:
            yield Field(name, NAMES.get(name, name), shown(one), shown(other))


def _moderators(before: Row, after: Row) -> Iterable[Field]:
    for name in dict.fromkeys((*before, *after)):
        if before.get(name) != after.get(name):
            yield Field(f"moderators.{name}", name, shown(before.get(name)), shown(after.get(name)))


def _risk(given: Row | None) -> str:
    """The overall judgement, or how the domains were judged where there is none."""
    if not given:
        return "not agreed"
    return given.get("overall") or ", ".join(f"{domain} {level}" for domain, level in given["values"].items())


def _by_key(snapshot: Snapshot) -> dict[str, Row]:
    return {str(row.get("row", row["study_id"])): row for row in snapshot["rows"]}


def _left_out(snapshot: Snapshot) -> dict[int, tuple[str, str]]:
    return {one["study_id"]: (one["study"], one["why"]) for one in snapshot["left_out"]}
