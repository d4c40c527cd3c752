"""How far the retrieval of reports is (sought, requested, retrieved, given up, not sought at all), with the days."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date

from django.db import transaction
from django.utils import timezone

from records.models import Record
from reviews.audit import record_event
from reviews.errors import Refused
from reviews.models import AuditEvent, Review, User
from reviews.permissions import Permission
from screening.models import Decision, FullText, Stage
from screening.services.full_texts import locked
from screening.services.guards import NotEligible, require, short

State = FullText.State
#: States that end the retrieval without a report; they say why.
GIVEN_UP = (State.NOT_RETRIEVED, State.NOT_SOUGHT)
LOT = "screening.full_text_states"
MOST = 1_000
KEPT = ("state", "requested_from", "why_not", "requested_at", "retrieved_at", "given_up_at", "reminders")
DAYS = ("requested_at", "retrieved_at", "given_up_at")


@dataclass
class Lot:
    """What one gesture on many reports did: ``event`` takes it back; ``left`` are (record id, sentence)."""

    event: AuditEvent | None
    taken: int
    left: list[tuple[int, str]] = field(default_factory=list)


@transaction.atomic
def set_full_text_state(
    *,
    review: Review,
    record: Record,
    state: str,
    by: User,
    requested_from: str = "",
    why_not: str = "",
    on: date | None = None,
) -> FullText:
    """Say how far the retrieval of a report is, and since which day (``on``; None: today).

    ``not_retrieved`` and ``not_sought`` need ``why_not``. The same state again corrects its day and words. Refused
    when full-text votes were cast, or a PDF is attached, and the new state says there is nothing to read.
    """
    require(review, by, Permission.MANAGE_FULL_TEXT)
    full_text = locked(review, record)
    _require_state(state, why_not)
    if state != State.RETRIEVED:
        _require_unread(full_text)
    old = full_text.state
    _enter(full_text, state, on)
    full_text.requested_from = requested_from.strip() or full_text.requested_from
    full_text.why_not = why_not.strip() if state in GIVEN_UP else ""
    _save(full_text, by)
    record_event(
        review=review,
        actor=by,
        verb="screening.full_text_state",
        sentence=f"marked the full text of {short(full_text.record)} as {full_text.get_state_display().lower()}"
        + (f": {full_text.why_not}" if full_text.why_not else ""),
        target=full_text.record,
        detail={"old": old, "new": state, "from": full_text.requested_from, "why": full_text.why_not}
        | ({"on": on.isoformat()} if on else {}),
    )
    return full_text


@transaction.atomic
def remind(*, review: Review, record: Record, by: User, on: date | None = None) -> FullText:
    """A requested report was asked for again, today or ``on`` a day; any number of times."""
    require(review, by, Permission.MANAGE_FULL_TEXT)
    full_text = locked(review, record)
    if full_text.state != State.REQUESTED:
        raise NotEligible(
            f"The full text of {short(full_text.record)} is {full_text.get_state_display().lower()}: "
            "only one that is requested can be asked for again.",
            field="state",
        )
    day = _day(on)
    if full_text.requested_at and day < full_text.requested_at:
        raise NotEligible(
            f"It was requested on {full_text.requested_at}: a reminder comes later.", field="on"
        )
    full_text.reminders = sorted({*full_text.reminders, day.isoformat()})
    _save(full_text, by)
    record_event(
        review=review,
        actor=by,
        verb="screening.full_text_reminder",
        sentence=f"asked again for the full text of {short(full_text.record)}",
        target=full_text.record,
        detail={"on": day.isoformat()},
    )
    return full_text


@transaction.atomic
def set_states_of(
    *, review: Review, records: Collection[int], state: str, by: User, on: date | None = None, **words: str
) -> Lot:
    """``set_full_text_state`` on many records (ids); what is refused is left and told, all else is done.

    ``words``: requested_from, why_not. The lot's event is what ``undo_states`` takes back.
    """
    require(review, by, Permission.MANAGE_FULL_TEXT)
    _require_state(state, words.get("why_not", ""))
    _day(on)
    if not records:
        raise NotEligible("Choose at least one report.", field="records")
    if len(records) > MOST:
        raise NotEligible(
            f"{len(records):,} reports are chosen; at most {MOST:,} go at once.", field="records"
        )
    found = Record.objects.filter(review=review, pk__in=records).order_by("pk")
    before, left = {}, []
    for record in found:
        try:
            with transaction.atomic():
                was = FullText.objects.filter(record=record).first()
                now = set_full_text_state(review=review, record=record, state=state, by=by, on=on, **words)
        except Refused as refusal:
            left.append((record.pk, str(refusal)))
        else:
            before[str(record.pk)] = {"was": _kept(was), "now": _kept(now)} if was else {}
    if not before and not left:
        raise NotEligible("None of these records is in this review.", field="records")
    if not before:
        return Lot(None, 0, left)
    label = State(state).label.lower()
    event = record_event(
        review=review,
        actor=by,
        verb=LOT,
        sentence=f"marked {len(before)} full text{'s' if len(before) > 1 else ''} as {label}",
        detail={"state": state, "records": before},
    )
    return Lot(event, len(before), left)


@transaction.atomic
def undo_states(*, review: Review, event: AuditEvent, by: User) -> Lot:
    """Give the reports of a lot the states they had, but for those that were changed since."""
    require(review, by, Permission.MANAGE_FULL_TEXT)
    if event.review_id != review.pk or event.verb != LOT:
        raise NotEligible("This was no change of several full texts: there is nothing to undo.")
    left, taken = [], 0
    for pk, states in event.detail["records"].items():
        try:
            full_text = locked(review, Record(pk=int(pk)))
            if _kept(full_text) != states["now"]:
                raise NotEligible(f"{short(full_text.record)} was changed since.")
            if states["was"]["state"] != State.RETRIEVED:
                _require_unread(full_text)
        except Refused as refusal:
            left.append((int(pk), str(refusal)))
            continue
        _give_back(full_text, states["was"], by)
        taken += 1
    if not taken:
        raise NotEligible("They were all changed since, or undone already: there is nothing to undo.")
    done = record_event(
        review=review,
        actor=by,
        verb="screening.full_text_states_undone",
        sentence=f"took back the change of {taken} full text{'s' if taken > 1 else ''}",
        detail={"event": event.pk, "left": [pk for pk, _ in left]},
    )
    return Lot(done, taken, left)


def _save(full_text: FullText, by: User) -> None:
    full_text.changed_by, full_text.changed_at = by, timezone.now()
    full_text.save()


def _require_state(state: str, why_not: str) -> None:
    if state not in State.values:
        raise NotEligible(f"“{state}” is not a state: use {', '.join(State.values)}.", field="state")
    if state in GIVEN_UP and not why_not.strip():
        what = "could not be retrieved: the flow diagram reports it"
        if state == State.NOT_SOUGHT:
            what = "is not sought: it leaves the reports that the flow diagram counts as sought"
        raise NotEligible(f"Say why the full text {what}.", field="why_not")


def _require_unread(full_text: FullText) -> None:
    if full_text.file:
        raise NotEligible(f"The PDF of {short(full_text.record)} is attached, so it is retrieved.")
    if Decision.objects.live().filter(record=full_text.record, stage=Stage.FULL_TEXT).exists():
        raise NotEligible(f"{short(full_text.record)} has been voted on at full text, so it is retrieved.")


def _enter(full_text: FullText, state: str, on: date | None) -> None:
    """Set the state and its day; days of states that lie ahead of it are dropped."""
    same, day = full_text.state == state, _day(on)
    full_text.state = state
    if state == State.SOUGHT:
        full_text.requested_at, full_text.reminders = None, []
    if state == State.REQUESTED and (on or not same or not full_text.requested_at):
        full_text.requested_at = day
        full_text.reminders = (
            [each for each in full_text.reminders if each >= day.isoformat()] if same else []
        )
    if state == State.RETRIEVED:
        full_text.retrieved_at = day if on or not same else full_text.retrieved_at
    else:
        full_text.retrieved_at = None
    if state in GIVEN_UP:
        full_text.given_up_at = day if on or not same else full_text.given_up_at
    else:
        full_text.given_up_at = None
    ended = full_text.retrieved_at or full_text.given_up_at
    if ended and full_text.requested_at and ended < full_text.requested_at:
        raise NotEligible(
            f"It was requested on {full_text.requested_at}: it cannot be {State(state).label.lower()} since {ended}.",
            field="on",
        )


def _day(on: date | None) -> date:
    today = timezone.localdate()
    if on and on > today:
        raise NotEligible(f"{on} is in the future: give the day on which it happened.", field="on")
    return on or today


def _kept(full_text: FullText) -> dict:
    values = {name: getattr(full_text, name) for name in KEPT}
    return values | {name: values[name].isoformat() if values[name] else None for name in DAYS}


def _give_back(full_text: FullText, was: dict, by: User) -> None:
    for name in KEPT:
        value = was[name]
        setattr(full_text, name, date.fromisoformat(value) if name in DAYS and value else value)
    _save(full_text, by)
