"""Votes, resolutions and retrieval states from a CSV file: the single verbs, row by row, all or nothing.

A row names its record by one of the columns ``record_id``, ``doi``, ``pmid`` or ``title`` (the first that is filled).
A merged duplicate stands for the record it was merged into. The same file twice changes nothing the second time.
"""

import re
import uuid
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils import timezone

from records.models import DuplicateCandidate, Record
from reviews.errors import Refused
from reviews.models import ExclusionReason, Review, User
from reviews.tables import BadTable, Faults, Row, Table, read_table
from screening import rules
from screening.models import Adjudication, CheckVote, Decision, FullText, Round
from screening.services.checks import cast_check_vote
from screening.services.conflicts import adjudicate
from screening.services.duplicates import mark_duplicate, unmark_duplicate
from screening.services.retrieval import remind, set_full_text_state
from screening.services.votes import cast_vote

KEYS = ("record_id", "doi", "pmid", "title")
REMINDED = "reminded"
NAMESPACE = uuid.UUID("6a4f5d0e-3f0c-4b53-9a55-6a1d3f0d7c11")


@dataclass(frozen=True)
class Done:
    """How many rows did something, and how many were in the review already."""

    taken: int
    already: int


class NoSuchRow(Refused):
    """A row that names no record, more than one, or an unknown reason."""


def cast_votes(*, review: Review, stage: str, reviewer: User, name: str, data: bytes) -> Done:
    """Votes of one reviewer: columns ``vote`` and, if wanted, ``reason`` (its label) and ``note``."""

    def cast(row: Row, record: Record, reason: ExclusionReason | None) -> bool:
        words = (review.pk, stage, reviewer.pk, record.pk, row["vote"], row["reason"], row["note"])
        key = uuid.uuid5(NAMESPACE, repr(words))
        if Decision.objects.filter(reviewer=reviewer, key=key).exists():
            return False
        cast_vote(
            review=review,
            record=record,
            stage=stage,
            reviewer=reviewer,
            vote=row["vote"].lower(),
            reason=reason,
            note=row["note"],
            key=key,
        )
        return True

    return _each_row(review, name, data, "vote", cast)


def answer_check(*, round: Round, reviewer: User, name: str, data: bytes) -> Done:
    """One person's answers in a check of exclusions: columns ``vote`` (include, exclude), ``reason`` and ``note``."""

    def answer(row: Row, record: Record, reason: ExclusionReason | None) -> bool:
        word = row["vote"].lower()
        if word not in ("include", "exclude"):
            raise NoSuchRow(f"“{row['vote']}” is not an answer: use include or exclude.", field="vote")
        included = word == "include"
        if CheckVote.objects.filter(
            round=round, record=record, reviewer=reviewer, included=included
        ).exists():
            return False
        cast_check_vote(
            round=round, record=record, reviewer=reviewer, included=included, reason=reason, note=row["note"]
        )
        return True

    return _each_row(round.review, name, data, "vote", answer)


def resolve_conflicts(*, review: Review, stage: str, adjudicator: User, name: str, data: bytes) -> Done:
    """Resolutions of one adjudicator: columns ``decision`` (include, exclude, at full text also awaiting and
    ongoing), ``reason`` and ``comment``."""

    def resolve(row: Row, record: Record, reason: ExclusionReason | None) -> bool:
        decision = row["decision"].lower()
        if decision not in ("include", "exclude", *rules.SET_ASIDE):
            raise NoSuchRow(
                f"“{row['decision']}” is not a decision: use include, exclude, awaiting or ongoing.",
                field="decision",
            )
        included, outcome = decision == "include", decision if decision in rules.SET_ASIDE else ""
        same = Adjudication.objects.live().filter(
            record=record,
            stage=stage,
            included=included,
            outcome=outcome,
            reason=reason,
            adjudicator=adjudicator,
        )
        if same.exists():
            return False
        adjudicate(
            review=review,
            record=record,
            stage=stage,
            adjudicator=adjudicator,
            included=included,
            outcome=outcome,
            reason=reason,
            comment=row["comment"],
        )
        return True

    return _each_row(review, name, data, "decision", resolve)


def set_full_text_states(*, review: Review, by: User, name: str, data: bytes) -> Done:
    """Retrieval states: columns ``state`` and, if wanted, ``why_not``, ``requested_from`` and ``on`` (2026-03-01).

    The state ``reminded`` says that a requested report was asked for again.
    """

    def set_state(row: Row, record: Record, reason: ExclusionReason | None) -> bool:
        state, on = row["state"].lower(), _day(row["on"])
        present = FullText.objects.filter(record=record).first()
        if state == REMINDED:
            day = (on or timezone.localdate()).isoformat()
            if present and day in present.reminders:
                return False
            remind(review=review, record=record, by=by, on=on)
            return True
        if present and _says(present, state, row, on):
            return False
        set_full_text_state(
            review=review,
            record=record,
            state=state,
            by=by,
            why_not=row["why_not"],
            requested_from=row["requested_from"],
            on=on,
        )
        return True

    return _each_row(review, name, data, "state", set_state)


def _says(full_text: FullText, state: str, row: Row, on: date | None) -> bool:
    """Whether the report stands as the row says already."""
    days: dict[str, date | None] = {
        FullText.State.REQUESTED: full_text.requested_at,
        FullText.State.RETRIEVED: full_text.retrieved_at,
    }
    return (
        (full_text.state, full_text.why_not) == (state, row["why_not"])
        and row["requested_from"] in ("", full_text.requested_from)
        and on in (None, days.get(state, full_text.given_up_at))
    )


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise NoSuchRow(f"“{text[:40]}” is not a day: write it as 2026-03-01.", field="on") from error


def mark_duplicates(
    *, review: Review, by: User, name: str, data: bytes, anyway: bool = False, undo: bool = False
) -> Done:
    """Duplicates: the row's record leaves, the record with the id in column ``duplicate_of`` stays.

    With ``undo`` such marks are taken back: the row then names the one that left by its ``record_id``.
    """

    def mark(row: Row, record: Record, reason: ExclusionReason | None) -> bool:
        stays, left = _numbered(review, row["duplicate_of"]), record
        if row["record_id"]:
            left = _numbered(review, row["record_id"])
        if undo:
            return _unmark(review, left, stays, by)
        if (stays.duplicate_of_id or stays.pk) == (left.duplicate_of_id or left.pk):
            return False
        mark_duplicate(review=review, record=left, of=stays, stays=stays, by=by, anyway=anyway)
        return True

    return _each_row(review, name, data, "duplicate_of", mark)


def _numbered(review: Review, number: str) -> Record:
    found = (
        review.records.live().filter(pk=int(number)).first() if re.fullmatch("[0-9]{1,18}", number) else None
    )
    if found is None:
        raise NoSuchRow(f"no record of this review has the id “{number[:80]}”.", field="duplicate_of")
    return found


def _unmark(review: Review, left: Record, stays: Record, by: User) -> bool:
    ends = sorted((left.pk, stays.pk))
    merged = review.duplicate_candidates.filter(state=DuplicateCandidate.State.MERGED)
    pair = merged.filter(left=ends[0], right=ends[1]).first()
    if pair is None:
        return False
    unmark_duplicate(review=review, pair=pair, by=by)
    return True


def _each_row(
    review: Review,
    name: str,
    data: bytes,
    required: str,
    act: Callable[[Row, Record, ExclusionReason | None], bool],
) -> Done:
    """Do ``act`` for each row in one transaction; raises BadTable with a line for every fault."""
    table = read_table(name, data, required=[required])
    faults, counts = Faults(name), {True: 0, False: 0}
    find = _finder(review, name, table)
    reasons = {reason.label.casefold(): reason for reason in review.exclusion_reasons.all()}
    with transaction.atomic():
        for row in table.rows:
            try:
                counts[act(row, find(row), _reason(reasons, row["reason"]))] += 1
            except Refused as refusal:
                faults.add(row.line, str(refusal), refusal.field or "")
        faults.raise_if_any()
    return Done(taken=counts[True], already=counts[False])


def _reason(reasons: dict[str, ExclusionReason], label: str) -> ExclusionReason | None:
    if not label:
        return None
    if label.casefold() not in reasons:
        known = ", ".join(str(reason) for reason in reasons.values()) or "none yet"
        raise NoSuchRow(f"“{label}” is not a reason of this review ({known}).", field="reason")
    return reasons[label.casefold()]


def _finder(review: Review, name: str, table: Table) -> Callable[[Row], Record]:
    """A function from a row to its record; reads the review's identifiers once."""
    columns = [column for column in KEYS if column in table.columns]
    if not columns:
        raise BadTable(f"{name}: no column names the record; give one of {', '.join(KEYS)}.")
    index: dict[tuple[str, str], set[int]] = defaultdict(set)
    for pk, primary, doi, pmid, title in review.records.live().values_list(
        "pk", "duplicate_of", "doi", "pmid", "title"
    ):
        for column, value in zip(KEYS, (str(pk), doi, pmid, title), strict=True):
            if value:
                index[column, _plain(column, value)].add(primary or pk)

    def find(row: Row) -> Record:
        column = next((column for column in columns if row[column]), None)
        if column is None:
            raise NoSuchRow(f"no record is named: fill {' or '.join(columns)}.")
        found = index.get((column, _plain(column, row[column])), set())
        if len(found) != 1:
            many = f"{len(found)} records have" if found else "no record of this review has"
            raise NoSuchRow(f"{many} the {column} “{row[column][:80]}”.", field=column)
        return Record(pk=next(iter(found)), review=review)

    return find


def _plain(column: str, value: str) -> str:
    """A value as it is compared: a DOI without its resolver, a title by its letters and digits alone."""
    value = value.casefold().strip()
    if column == "doi":
        return re.sub(r"^(https?://(dx\.)?doi\.org/|doi:\s*)", "", value)
    return re.sub(r"[\W_]+", " ", value).strip() if column == "title" else value
