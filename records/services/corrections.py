"""Correcting what a record says: the first values are kept, the change is told, and what was decided stands.

``Record.original`` holds the value each corrected field had before its first correction. A corrected field is
nobody's loan: no duplicate fills it, also when a person emptied it (records/services/groups.py asks).
"""

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.utils.text import get_text_list

from records.dedup import DedupRecord
from records.models import ImportBatch, Record
from records.services.deduplication import request_deduplication
from records.services.groups import BLANK, regroup, take_turn
from records.values import LABELS, LONGEST_WHY, alike, as_text, read_values
from reviews.audit import record_event
from reviews.errors import Conflict, Refused
from reviews.models import User

COMPARED = {field.name for field in dataclasses.fields(DedupRecord)}


class CannotCorrect(Refused):
    """What was asked is no correction; the sentence says why."""


class NotInTheReview(Conflict):
    """The record's import was undone or is not finished."""


class ChangedMeanwhile(Conflict):
    """Somebody else changed a field since the person looked; ``now`` has its present values by field."""

    def __init__(self, sentence: str, now: dict[str, Any]):
        super().__init__(sentence, field=next(iter(now)))
        self.now = now


@transaction.atomic
def correct_record(
    *,
    record: Record,
    changes: Mapping[str, Any],
    by: User,
    why: str = "",
    seen: Mapping[str, Any] | None = None,
) -> Record:
    """Write ``changes`` ({field of records.values.LABELS: value}) and return the record as it is now.

    ``seen`` are the values the person had before them: a field that says something else by now is not overwritten
    (ChangedMeanwhile, and nothing of the correction is kept). Raises CannotBe for a value the field cannot have,
    CannotCorrect when nothing would change. What a search for duplicates compares is compared again.
    """
    why = _reason(why)
    record = _lock(record)
    values = read_values(changes)
    _refuse_stale(record, values, seen or {})
    changed = {name: value for name, value in values.items() if not alike(getattr(record, name), value)}
    if not changed:
        raise CannotCorrect(f"Nothing was changed: record {record.pk} says this already.")
    old = {name: getattr(record, name) for name in changed}
    lenders = record.duplicates.exists()  # they would fill what a person has emptied
    for name, value in changed.items():
        # what a duplicate lent was never this record's own
        record.original.setdefault(name, BLANK[name] if name in record.filled else old[name])
        if alike(record.original[name], value) and (value or not lenders):
            del record.original[name]
        record.filled.pop(name, None)
        setattr(record, name, value)
    _store(record, changed)
    _tell(record, by, "records.record_corrected", "corrected", old, why)
    return _settle(record, changed, by)


@transaction.atomic
def restore_original(*, record: Record, by: User, fields: Iterable[str] | None = None) -> Record:
    """Give corrected fields (all of them, or those named) back their first values; returns the record as it is now.

    A field that was blank at first may be lent by a duplicate again. Raises CannotCorrect for a field that was
    never corrected.
    """
    record = _lock(record)
    wanted = list(dict.fromkeys(record.original if fields is None else fields))
    if missing := [name for name in wanted if name not in record.original] or (not wanted and ["record"]):
        label = LABELS.get(missing[0], f"Record {record.pk}" if missing == ["record"] else missing[0])
        raise CannotCorrect(f"{label} says what it said at first: there is nothing to restore.")
    old = {name: getattr(record, name) for name in wanted}
    for name in wanted:
        setattr(record, name, record.original.pop(name))
    _store(record, wanted)
    _tell(record, by, "records.record_restored", "gave back its first text to", old, "")
    return _settle(record, wanted, by)


def _lock(record: Record) -> Record:
    """The row as it is now, with the groups of its review held still."""
    take_turn(record.review)
    rows = Record.objects.select_for_update(of=("self",)).select_related("batch", "review", "search")
    record = rows.get(pk=record.pk)
    if record.review.archived_at:
        raise NotInTheReview("This review is archived: it can be read, not changed.")
    if record.batch.state != ImportBatch.State.DONE:
        raise NotInTheReview(
            f"Record {record.pk} is not in the review: its import was undone or is not finished."
        )
    return record


def _reason(why: str) -> str:
    why = " ".join(why.split())
    if len(why) > LONGEST_WHY:
        raise CannotCorrect(f"Why: at most {LONGEST_WHY} characters, this has {len(why)}.", field="why")
    return why


def _refuse_stale(record: Record, values: Mapping[str, Any], seen: Mapping[str, Any]) -> None:
    now = {name: getattr(record, name) for name in values if name in seen}
    stale = {
        name: value
        for name, value in now.items()
        if not alike(value, seen[name]) and not alike(value, values[name])
    }
    if stale:
        which = "; ".join(
            f"{LABELS[name]} says “{_short(value)}” now, you wrote “{_short(values[name])}”"
            for name, value in stale.items()
        )
        raise ChangedMeanwhile(
            f"Somebody changed record {record.pk} since you opened it. {which}. Nothing was saved: look at it again, "
            "and send yours once more if it is to stand.",
            stale,
        )


def _store(record: Record, names: Iterable[str]) -> None:
    record.save(update_fields=[*names, "original", "filled"])


def _tell(record: Record, by: User, verb: str, did: str, old: dict[str, Any], why: str) -> None:
    fields = get_text_list([_in_a_sentence(LABELS[name]) for name in old], "and")
    record_event(
        review=record.review,
        actor=by,
        verb=verb,
        target=record,
        sentence=f"{did} the {fields} of record {record.pk}{f': {why.rstrip(chr(46))}' if why else ''}.",
        detail={
            "changes": {name: {"old": value, "new": getattr(record, name)} for name, value in old.items()},
            "why": why,
        },
    )


def _settle(record: Record, changed: Iterable[str], by: User) -> Record:
    """What follows: the group lends anew, and duplicates are looked for in the new text."""
    regroup(record.review, [record.pk])
    if COMPARED & set(changed):
        request_deduplication(review=record.review, by=by, records=[record.pk])
    record.refresh_from_db()
    return record


def _in_a_sentence(label: str) -> str:
    return label if label.isupper() else label[0].lower() + label[1:]


def _short(value: Any) -> str:
    text = "; ".join(as_text(value).splitlines())
    return text if len(text) <= 120 else text[:119] + "…"
