"""What a form says about a study: each value with a version of its own, and the rows of repeating groups."""

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import get_random_string

from extraction.filled import characteristics_of, removed_rows, schema_of
from extraction.form_schema import Field, FieldError, Group, read_value, show_with_unit
from extraction.models import Completion, Extraction, ExtractionSettings, Value
from extraction.services.arms import set_characteristic
from extraction.services.errors import NotPossible, SecondPersonNeeded
from extraction.services.settings import mode_of
from reviews.audit import record_event
from reviews.errors import Conflict, Refused
from reviews.models import User
from screening.models import Study

ROW_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"  # none that look alike
LONGEST_COMMENT = 5000
MOST_ROWS = 200


class WrongValue(Refused):
    """What was typed does not fit its field."""


class UnknownField(Refused):
    """The form has no such field, group or row."""


class NotYours(Refused):
    """Somebody else's independent extraction."""

    status = 403


class AlreadyComplete(Refused):
    """The extraction, or the study, was declared complete."""


class ValueConflict(Conflict):
    """Somebody, or another tab, wrote this value since it was looked at; ``value`` is the one that stands."""

    def __init__(self, sentence: str, value: Value | None) -> None:
        super().__init__(sentence)
        self.value = value


@transaction.atomic
def set_value(
    *,
    extraction: Extraction,
    field: str,
    value: Any,
    by: User,
    seen_version: int,
    row: str = "",
    comment: str | None = None,
) -> Value:
    """Fill in one field; ``value`` as typed or as kept, None or "" for nothing, ``comment`` None to leave it.

    ``seen_version`` is the version of the value the person looked at, 0 for none yet; another one is a ValueConflict
    that says what stands there now and who wrote it. The same value again changes nothing and is never refused: an
    autosave may arrive late or twice. What a second person had verified is to be verified again when it changes.
    """
    extraction = locked(extraction)
    place = field_of(extraction, field, row)
    try:
        clean = read_value(place, value)
    except FieldError as error:
        raise WrongValue(str(error), field=field) from error
    _require_own(extraction, by)
    old = extraction.values.filter(field=field, row=row).select_related("changed_by").first()
    said = _clean_comment(comment, old)
    _require_storable(clean, said)
    if (old.value, old.comment) == (clean, said) if old else clean is None and not said:
        return old or Value(extraction=extraction, field=field, row=row, version=0, changed_by=by)
    require_open(extraction)
    if seen_version != (old.version if old else 0):
        raise ValueConflict(_what_stands(place, old), old)
    return write_value(extraction=extraction, place=place, row=row, value=clean, comment=said, by=by, old=old)


def write_value(
    *,
    extraction: Extraction,
    place: Field,
    row: str,
    value: Any,
    comment: str,
    by: User,
    old: Value | None,
) -> Value:
    """Store a value that was read and checked; for verbs that hold the lock (``locked``) and asked for the right.

    Where the extraction is shared, the characteristics of the study follow.
    """
    before = {"value": old.value, "comment": old.comment} if old else {"value": None, "comment": ""}
    shared = extraction.kind == Extraction.Kind.CONSENSUS
    facts = characteristics_of(extraction) if shared else {}
    one = old or Value(extraction=extraction, field=place.key, row=row, version=0)
    if old is None or old.value != value:
        one.value, one.changed_by, one.changed_at = value, by, timezone.now()
        one.verified_by = one.verified_at = None
    one.comment, one.version = comment, one.version + 1
    one.save()
    what = "commented on" if before["value"] == value else "emptied" if value is None else "filled in"
    record_event(
        review=extraction.review,
        actor=by,
        verb="extraction.value_set",
        target=extraction,
        sentence=f"{what} “{place.label}” of {extraction.study}.",
        detail={
            "field": place.key,
            "row": row,
            "old": before,
            "new": {"value": value, "comment": comment},
        },
        blinded=not shared,
    )
    if shared:
        share_characteristics(extraction, facts, by)
    return one


def share_characteristics(extraction: Extraction, before: dict[str, str], by: User) -> None:
    """Let the study's characteristics say what the shared form says; ``before`` is what it said, by name.

    What stayed the same is left alone. {} for ``before`` writes every one that is filled in.
    """
    now = characteristics_of(extraction)
    for name in {**before, **now}:
        if now.get(name, "") != before.get(name, ""):
            set_characteristic(study=extraction.study, name=name, value=now.get(name, ""), by=by)


@transaction.atomic
def verify_value(
    *, extraction: Extraction, field: str, by: User, seen_version: int, row: str = "", yes: bool = True
) -> Value:
    """Confirm a shared value against its source as a second person; ``yes`` False takes one's own word back."""
    extraction = locked(extraction)
    place = field_of(extraction, field, row)
    _require_shared(extraction)
    require_open(extraction)
    one = extraction.values.filter(field=field, row=row).select_related("changed_by", "verified_by").first()
    if one is None or one.version != seen_version:
        raise ValueConflict(_what_stands(place, one), one)
    if one.value is None:
        raise NotPossible(f"“{place.label}” is empty, so there is nothing to verify.", field=field)
    if yes and one.changed_by_id == by.pk:
        raise SecondPersonNeeded(f"You filled in “{place.label}”, so somebody else has to verify it.")
    if yes == bool(one.verified_by_id):
        return one
    if not yes and one.verified_by_id != by.pk:
        raise SecondPersonNeeded(
            f"{one.verified_by} verified “{place.label}”; correct the value if it is wrong."
        )
    one.verified_by, one.verified_at = (by, timezone.now()) if yes else (None, None)
    one.save(update_fields=["verified_by", "verified_at"])
    record_event(
        review=extraction.review,
        actor=by,
        verb="extraction.value_verified" if yes else "extraction.value_unverified",
        target=extraction,
        sentence=(
            f"verified “{place.label}” of {extraction.study} against its source."
            if yes
            else f"took back the verification of “{place.label}” of {extraction.study}."
        ),
        detail={"field": field, "row": row, "value": one.value, "version": one.version},
    )
    return one


@transaction.atomic
def add_row(*, extraction: Extraction, group: str, by: User) -> str:
    """Add an empty row to a repeating group and return its key."""
    extraction = locked(extraction)
    place = _group_of(extraction, group)
    _require_own(extraction, by)
    require_open(extraction)
    rows = extraction.rows.get(group, [])
    most = min(place.at_most or MOST_ROWS, MOST_ROWS)
    if len(rows) >= most:
        raise NotPossible(f"“{place.label}” has at most {most} row{'' if most == 1 else 's'}.")
    row = new_row()
    _put_rows(extraction, group, [*rows, row], by)
    _record_row(extraction, place, row, by, "added a row to")
    return row


@transaction.atomic
def remove_row(*, extraction: Extraction, group: str, row: str, by: User) -> None:
    """Take a row away; its values stay and come back with ``restore_row``."""
    extraction = locked(extraction)
    place = _group_of(extraction, group)
    _require_own(extraction, by)
    rows = extraction.rows.get(group, [])
    if row not in rows:
        return
    require_open(extraction)
    _put_rows(extraction, group, [one for one in rows if one != row], by)
    _record_row(extraction, place, row, by, "removed a row from", place_of=rows.index(row))


@transaction.atomic
def restore_row(
    *, extraction: Extraction, group: str, row: str, by: User, position: int | None = None
) -> None:
    """Bring a removed row back with what was in it; ``position`` (from 0) says where, else it comes last."""
    extraction = locked(extraction)
    place = _group_of(extraction, group)
    _require_own(extraction, by)
    rows = extraction.rows.get(group, [])
    if row in rows:
        return
    require_open(extraction)
    if row not in removed_rows(extraction, place):
        raise UnknownField(f"“{place.label}” has no removed row '{row[:12]}' with something in it.")
    at = len(rows) if position is None else max(0, min(position, len(rows)))
    _put_rows(extraction, group, [*rows[:at], row, *rows[at:]], by)
    _record_row(extraction, place, row, by, "brought back a row of")


def new_row() -> str:
    """A key for a row."""
    return get_random_string(8, ROW_LETTERS)


def locked(extraction: Extraction) -> Extraction:
    """The extraction as it is now; whoever writes to its study waits until this transaction ends."""
    Study.objects.select_for_update().get(pk=extraction.study_id)
    rows = Extraction.objects.select_related("study__review", "review", "extractor", "form_version")
    return rows.get(pk=extraction.pk)


def field_of(extraction: Extraction, field: str, row: str = "") -> Field:
    """The field of the form; UnknownField when there is none, or when ``row`` is not one of its group's."""
    schema = schema_of(extraction)
    if schema is None or field not in schema.by_key:
        raise UnknownField(f"The form of {extraction.study} has no field '{field[:60]}'.", field="field")
    place = schema.by_key[field]
    if row not in (extraction.rows.get(place.group, []) if place.group else [""]):
        raise UnknownField(
            f"“{place.label}” has no row '{row[:12]}'; it may have been removed in the meantime."
            if place.group
            else f"“{place.label}” is not in a repeating group, so it has no rows.",
            field="row",
        )
    return place


def may_write(extraction: Extraction, user: User) -> bool:
    """Whether ``user`` (whose role may extract) can fill in this extraction as it stands."""
    try:
        _require_own(extraction, user)
        require_open(extraction)
    except Refused:
        return False
    return True


def require_open(extraction: Extraction) -> None:
    """Refuse what would change a complete independent extraction, or a study declared complete."""
    if extraction.kind == Extraction.Kind.INDEPENDENT:
        if extraction.is_complete:
            raise AlreadyComplete("This extraction is complete. Reopen it to change it.")
        if extraction.study.extractions.consensus().complete().exists():
            raise AlreadyComplete(f"The extraction of {extraction.study} was agreed on without this draft.")
    if Completion.objects.filter(study=extraction.study_id).exists():
        raise AlreadyComplete(
            f"The extraction of {extraction.study} was declared complete. Reopen it to change it."
        )


def _require_own(extraction: Extraction, by: User) -> None:
    if extraction.kind == Extraction.Kind.INDEPENDENT:
        if extraction.extractor_id != by.pk:
            raise NotYours(f"Only {extraction.extractor} may change this extraction.")
    else:
        _require_shared(extraction)


def _require_shared(extraction: Extraction) -> None:
    """In a shared extraction that was not agreed on from two: those are changed where they are compared."""
    if extraction.kind == Extraction.Kind.INDEPENDENT:
        raise NotPossible("An independent extraction is compared with another one, not verified.")
    if mode_of(extraction.study) == ExtractionSettings.Mode.DUAL:
        raise NotPossible(
            f"{extraction.study} is extracted by two people independently. What they agreed on is changed on the "
            "page that compares them."
        )


def _group_of(extraction: Extraction, group: str) -> Group:
    schema = schema_of(extraction)
    if schema is None or group not in schema.groups:
        raise UnknownField(
            f"The form of {extraction.study} has no repeating group '{group[:60]}'.", field="group"
        )
    return schema.groups[group]


def _clean_comment(comment: str | None, old: Value | None) -> str:
    if comment is None:
        return old.comment if old else ""
    comment = comment.replace("\r\n", "\n").strip()
    if len(comment) > LONGEST_COMMENT:
        raise WrongValue(
            f"A comment has at most {LONGEST_COMMENT} characters; this one has {len(comment)}.",
            field="comment",
        )
    return comment


def _require_storable(value: Any, comment: str) -> None:
    """Refuse half characters and the zero character, which no database takes."""
    texts = [
        comment,
        *(one for one in (value if isinstance(value, list) else [value]) if isinstance(one, str)),
    ]
    if any("\x00" in text or any("\ud800" <= letter <= "\udfff" for letter in text) for text in texts):
        raise WrongValue("There is a character in it that cannot be stored; type it again.")


def _what_stands(place: Field, one: Value | None) -> str:
    if one is None:
        return f"“{place.label}” has nothing filled in any more. Nothing was overwritten."
    words = show_with_unit(place, one.value)
    now = f"it is now ‘{words}’" if words else "it is empty now"
    return f"{one.changed_by} changed “{place.label}” in the meantime: {now}. Nothing was overwritten."


def _put_rows(extraction: Extraction, group: str, rows: list[str], by: User) -> None:
    shared = extraction.kind == Extraction.Kind.CONSENSUS
    facts = characteristics_of(extraction) if shared else {}
    extraction.rows = extraction.rows | {group: rows}
    extraction.version += 1
    extraction.save(update_fields=["rows", "version"])
    if shared:
        share_characteristics(extraction, facts, by)


def _record_row(extraction: Extraction, place: Group, row: str, by: User, did: str, **detail: Any) -> None:
    record_event(
        review=extraction.review,
        actor=by,
        verb="extraction.rows_changed",
        target=extraction,
        sentence=f"{did} “{place.label}” of {extraction.study}.",
        detail={"group": place.key, "row": row, **detail},
        blinded=extraction.kind == Extraction.Kind.INDEPENDENT,
    )
