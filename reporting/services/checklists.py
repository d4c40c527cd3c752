"""Saying where the report tells an item of a checklist, and that one does not apply."""

from django.db import IntegrityError, transaction
from django.utils import timezone

from reporting.checklists import CHECKLISTS, Checklist, Item
from reporting.models import ChecklistAnswer
from reviews.audit import record_event
from reviews.errors import Conflict, Refused
from reviews.models import Review, User

LONGEST = 1_000


class InvalidAnswer(Refused):
    """The answer cannot be kept; the sentence says what to change."""


class UnknownChecklist(Refused):
    """There is no such checklist, or it has no such item."""

    status = 404


def find_checklist(key: str) -> Checklist:
    """Raises UnknownChecklist naming those there are."""
    if key not in CHECKLISTS:
        raise UnknownChecklist(f"There is no checklist '{key[:40]}'. Choose one of: {', '.join(CHECKLISTS)}.")
    return CHECKLISTS[key]


def find_item(checklist: Checklist, number: str) -> Item:
    """Raises UnknownChecklist naming the items there are."""
    try:
        return checklist.item(number)
    except KeyError:
        there_are = ", ".join(item.number for item in checklist.items)
        raise UnknownChecklist(
            f"{checklist.name} has no item '{number[:40]}'. Its items are {there_are}."
        ) from None


def answer_item(
    *,
    review: Review,
    by: User,
    checklist: Checklist,
    item: Item,
    location: str = "",
    not_applicable: bool = False,
    seen_version: int,
) -> ChecklistAnswer:
    """Keep where the report tells the item (pages, sections, tables), or that it does not apply, and then why.

    Both empty: what the application proposes stands again. ``seen_version`` is the version that was looked at, 0
    where nobody had answered. Raises InvalidAnswer; Conflict when somebody has answered in the meantime.
    """
    location = " ".join(location.split())
    if review.archived_at:
        raise InvalidAnswer("This review is archived: it can be read, not changed.")
    if len(location) > LONGEST:
        raise InvalidAnswer(
            f"The location has {len(location):,} characters; {LONGEST:,} are possible.", field="location"
        )
    try:
        with transaction.atomic():
            return _kept(review, by, checklist, item, location, not_applicable, seen_version)
    except IntegrityError as error:  # two first answers at once
        raise _meanwhile(item) from error


def _kept(
    review: Review,
    by: User,
    checklist: Checklist,
    item: Item,
    location: str,
    not_applicable: bool,
    seen_version: int,
) -> ChecklistAnswer:
    rows = ChecklistAnswer.objects.select_for_update()
    found = rows.filter(review=review, checklist=checklist.key, item=item.number).first()
    if (found.version if found else 0) != seen_version:
        raise _meanwhile(item, found)
    if found is None:
        found = ChecklistAnswer(review=review, checklist=checklist.key, item=item.number, version=0)
    before = {"location": found.location, "not_applicable": found.not_applicable}
    after = {"location": location, "not_applicable": not_applicable}
    if before == after:
        return found
    found.location, found.not_applicable = location, not_applicable
    found.version, found.changed_by, found.changed_at = found.version + 1, by, timezone.now()
    found.save()
    record_event(
        review=review,
        actor=by,
        verb="reporting.checklist_answered",
        target=found,
        sentence=f"{_said(location, not_applicable)} item {item.number} of {checklist.name} ({item.topic})",
        detail={"checklist": checklist.key, "item": item.number, "before": before, "after": after},
    )
    return found


def _said(location: str, not_applicable: bool) -> str:
    if not_applicable:
        return f"marked as not applicable{f' ({location})' if location else ''}"
    return f"wrote “{location}” as the place of" if location else "cleared the answer to"


def _meanwhile(item: Item, found: ChecklistAnswer | None = None) -> Conflict:
    who = str(found.changed_by) if found and found.changed_by else "Somebody"
    return Conflict(f"{who} has answered item {item.number} since you opened it. Load it again.")
