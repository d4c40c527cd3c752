"""What two people agree on: the values of the form. Both originals stay as they are; the consensus is the shared one.

Whoever may reconcile settles anything; whoever may extract takes over what both agree on.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from extraction.filled import characteristics_of
from extraction.form_schema import Field, FieldError, read_value, show_with_unit
from extraction.models import Completion, Extraction, Value
from extraction.services.errors import NotPossible
from extraction.services.sources import carry_sources
from extraction.services.values import (
    LONGEST_COMMENT,
    AlreadyComplete,
    NotYours,
    UnknownField,
    ValueConflict,
    WrongValue,
    share_characteristics,
)
from extraction.side_by_side import FieldItem, SideBySide, side_by_side
from reviews.audit import record_event
from reviews.models import Membership, User
from reviews.permissions import Permission
from screening.models import Study

Key = tuple[str, str]


class NothingToCompare(NotPossible):
    """Two complete extractions are needed, and one's own must not be a draft."""


@dataclass(frozen=True)
class Choice:
    """What to agree on for one field: ``value`` as typed or as kept (None or "" for "not there").

    ``seen_version`` is the version of the shared value the person looked at, 0 for none yet.
    """

    value: Any
    seen_version: int = 0
    comment: str | None = None


@dataclass(frozen=True)
class Table:
    """A comparison that ``by`` may settle now; the study is locked."""

    side: SideBySide
    by: User
    may_reconcile: bool


def unsettled(study: Study) -> list[str]:
    """What two people have not agreed on yet, as sentences; none when the consensus is complete."""
    side = side_by_side(study)
    if side is None:
        done = study.extractions.independent().complete().count()
        return [
            f"Two people extract {study} independently; {done or 'none'} of the two {_is(done)} complete."
        ]
    sentences = [
        (side.fields_open, "field differs and is not settled", "fields differ and are not settled"),
        (side.results_open, "result differs and is not settled", "results differ and are not settled"),
        (side.waiting, "entry both agree on is not taken over", "entries both agree on are not taken over"),
    ]
    return [f"{number} {one if number == 1 else many}." for number, one, many in sentences if number]


@transaction.atomic
def agree_values(*, study: Study, by: User, choices: Mapping[Key, Choice]) -> list[Value]:
    """Write the agreed values of some fields: {(field key, row key): Choice}. All or nothing.

    A row key is the one the comparison names; a row whose values are all empty is left out of the consensus. Raises
    WrongValue, UnknownField, NotYours (who may only extract takes what both agree on) or ValueConflict when a value
    was settled otherwise in the meantime. The same again changes nothing.
    """
    table = open_table(study, by)
    known = {item.difference.key: item for item in table.side.items}
    read = {key: _read(table, key, choice, known) for key, choice in choices.items()}
    for key, value in read.items():
        _check_right(table, known.get(key), key, value)
    shared = shared_of(table)
    present = {(one.field, one.row): one for one in shared.values.select_related("changed_by")}
    changed = {}
    for key, choice in choices.items():
        old = present.get(key)
        comment = old.comment if old and choice.comment is None else (choice.comment or "").strip()
        if old and (old.value, old.comment) == (read[key], comment):
            continue
        if choice.seen_version != (old.version if old else 0):
            raise ValueConflict(_what_stands(_field(table, key[0]), old), old)
        changed[key] = (old, read[key], comment)
    return _write(table, shared, known, changed)


@transaction.atomic
def take_agreeing_values(table: Table) -> list[Value]:
    """Take over what both agree on and nobody settled yet; never overwrites."""
    known = {item.difference.key: item for item in table.side.items}
    waiting = {key: (None, item.difference.proposed, "") for key, item in known.items() if item.waits}
    return _write(table, shared_of(table), known, waiting)


def open_table(study: Study, by: User) -> Table:
    """Lock the study and look at its comparison as ``by`` may; refused while there is nothing to settle."""
    study = Study.objects.select_for_update().select_related("review").get(pk=study.pk)
    member = Membership.objects.filter(review=study.review, user=by, left_at=None).first()
    may = member.may if member else frozenset()
    if not may & {Permission.RECONCILE, Permission.EXTRACT}:
        raise NotYours("Your role cannot take part in extraction.")
    assert member is not None
    mine = study.extractions.independent().filter(extractor=by, state=Extraction.State.DRAFT)
    side = side_by_side(study, member)
    if side is None or mine.exists():
        raise NothingToCompare(
            f"Complete your own extraction of {study} first, so that it stays independent."
            if mine.exists()
            else f"A consensus on {study} needs two complete independent extractions."
        )
    if Completion.objects.filter(study=study).exists():
        raise AlreadyComplete(f"The extraction of {study} was declared complete. Reopen it to change it.")
    return Table(side, by, Permission.RECONCILE in may)


def shared_of(table: Table) -> Extraction:
    """The shared extraction of the study, begun now if there is none yet."""
    side = table.side
    shared = (
        Extraction.objects.consensus()
        .select_related("review", "study", "form_version")
        .filter(study=side.study)
    )
    return shared.first() or Extraction.objects.create(
        review=side.study.review,
        study=side.study,
        form_version=side.form_version,
        kind=Extraction.Kind.CONSENSUS,
        extractor=table.by,
    )


def check_words(text: str, most: int, field: str) -> None:
    """Refuse a text that is too long, or that a database cannot hold."""
    if len(text) > most:
        raise WrongValue(
            f"{field.capitalize()} has at most {most} characters; this has {len(text)}.", field=field
        )
    if "\x00" in text:
        raise WrongValue(f"{field.capitalize()} has a character that cannot be stored.", field=field)


def finish(table: Table) -> None:
    """Mark the shared extraction as complete once nothing is left to settle."""
    side = side_by_side(table.side.study)
    shared = shared_of(table)
    if side is None or not side.settled or shared.is_complete:
        return
    shared.state, shared.completed_at = Extraction.State.COMPLETE, timezone.now()
    shared.completed_by = table.by
    shared.version += 1
    shared.save(update_fields=["state", "completed_at", "completed_by", "version"])
    record_event(
        review=side.study.review,
        actor=table.by,
        verb="extraction.agreed",
        target=side.study,
        sentence=f"settled the last difference between the two extractions of {side.study}.",
        detail={"extractions": [side.left.pk, side.right.pk], "differed": side.differed},
    )


def _field(table: Table, key: str) -> Field:
    schema = table.side.schema
    if schema is None or key not in schema.by_key:
        raise UnknownField(f"The form of {table.side.study} has no field '{key[:60]}'.", field="field")
    return schema.by_key[key]


def _read(table: Table, key: Key, choice: Choice, known: Mapping[Key, FieldItem]) -> Any:
    field, row = _field(table, key[0]), key[1]
    rows = table.side.row_order(field.group) if field.group else [""]
    if row not in rows:
        raise UnknownField(f"“{field.label}” has no row '{row[:12]}' in this comparison.", field="row")
    check_words(choice.comment or "", LONGEST_COMMENT, "comment")
    item = known.get(key)
    if item and choice.value is not None and choice.value in (item.difference.left, item.difference.right):
        return choice.value  # as one of them has it, though the form may ask otherwise by now
    try:
        return read_value(field, choice.value)
    except FieldError as error:
        raise WrongValue(str(error), field=field.key) from error


def _check_right(table: Table, item: FieldItem | None, key: Key, value: Any) -> None:
    if table.may_reconcile:
        return
    label = _field(table, key[0]).label
    if item is None or item.is_empty or not item.difference.agrees:
        raise NotYours(
            f"The two extractions differ on “{label}”. Someone who may reconcile (adjudicator, manager or owner) "
            "settles that."
        )
    if value not in (item.difference.left, item.difference.right):
        raise NotYours(f"“{label}”: another value than the two agree on takes someone who may reconcile.")
    if item.shared is not None and item.shared.value != value:
        raise NotYours(f"“{label}” was agreed on. Only someone who may reconcile changes it.")


def _write(
    table: Table,
    shared: Extraction,
    known: Mapping[Key, FieldItem],
    changed: Mapping[Key, tuple[Value | None, Any, str]],
) -> list[Value]:
    """Store the agreed values with their sources, the rows and characteristics that follow, and a line of history."""
    before = characteristics_of(shared)
    written, told = [], []
    for key, (old, value, comment) in changed.items():
        one = old or Value(extraction=shared, field=key[0], row=key[1], version=0)
        told.append(_told(known.get(key), key, old, value, comment))
        one.value, one.comment, one.version = value, comment, one.version + 1
        one.changed_by, one.changed_at = table.by, timezone.now()
        one.verified_by = one.verified_at = None
        one.save()
        _carry(known.get(key), one)
        written.append(one)
    if written:
        _list_rows(table.side, shared, written)
        share_characteristics(shared, before, table.by)
        record_event(
            review=table.side.study.review,
            actor=table.by,
            verb="extraction.values_agreed",
            target=shared,
            sentence=_sentence(table, written),
            detail={
                "values": told,
                "left": str(table.side.left.extractor),
                "right": str(table.side.right.extractor),
            },
        )
    finish(table)
    return written


def _carry(item: FieldItem | None, one: Value) -> None:
    """The sources of those who had this value (of both, where both agree)."""
    for origin in (item.left, item.right) if item else ():
        if origin and item and (item.difference.agrees or origin.value == one.value):
            carry_sources(origin, one)


def _list_rows(side: SideBySide, shared: Extraction, written: Iterable[Value]) -> None:
    """Rows with an agreed value, in the order of the comparison; a row with nothing but empty values is left out."""
    assert side.schema is not None
    filled = set(shared.values.exclude(value=None).values_list("row", flat=True))
    rows = {}
    for group in side.schema.groups:
        order = [
            *side.row_order(group),
            *(row for row in shared.rows.get(group, []) if row not in side.row_order(group)),
        ]
        rows[group] = [row for row in order if row in filled]
    rows = {group: keys for group, keys in rows.items() if keys}
    if rows != shared.rows:
        shared.rows = rows
        shared.version += 1
        shared.save(update_fields=["rows", "version"])


def _told(item: FieldItem | None, key: Key, old: Value | None, value: Any, comment: str) -> dict[str, Any]:
    difference = item.difference if item else None
    return {
        "field": key[0],
        "row": key[1],
        "left": difference.left if difference else None,
        "right": difference.right if difference else None,
        "grade": str(difference.grade) if difference else "",
        "old": old.value if old else None,
        "new": value,
        "comment": comment,
    }


def _sentence(table: Table, written: list[Value]) -> str:
    study = table.side.study
    if len(written) == 1:
        return f"agreed on “{_field(table, written[0].field).label}” of {study}."
    return f"agreed on {len(written)} fields of {study}."


def _what_stands(field: Field, one: Value | None) -> str:
    if one is None:
        return f"“{field.label}” is not settled any more. Nothing was overwritten."
    words = show_with_unit(field, one.value)
    now = f"it is now ‘{words}’" if words else "it is empty now"
    return f"{one.changed_by} settled “{field.label}” in the meantime: {now}. Nothing was overwritten."


def _is(number: int) -> str:
    return "is" if number == 1 else "are"
