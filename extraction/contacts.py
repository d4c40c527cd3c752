"""The log of questions to authors, as lists show it: what is open, and for what a reminder is due."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from extraction.models import AuthorContact
from reviews.models import Review

#: Days without an answer after which a reminder is due.
DAYS = 14
STATES = {"due": "Reminder due", "waiting": "Waiting", "draft": "To be sent", "answered": "Answered"}
COLUMNS = ("study", "asked_of", "question", "sent", "reminders", "reply", "replied", "value_used", "state")


def contacts_of(review: Review, *, days: int = DAYS) -> list[AuthorContact]:
    """Every entry of the review, by study; each has ``state`` (a key of STATES) and ``due_on``."""
    found = log().filter(study__review=review).order_by("study__label", "pk")
    return list(with_state(found, days=days))


def log() -> QuerySet[AuthorContact]:
    return AuthorContact.objects.select_related("study", "result__outcome", "written_by")


def with_state(contacts: Iterable[AuthorContact], *, days: int = DAYS) -> Iterator[AuthorContact]:
    today = timezone.localdate()
    for contact in contacts:
        contact.due_on = due_on(contact, days)
        contact.state = state_of(contact, contact.due_on, today)
        contact.state_label = STATES[contact.state]  # type: ignore[attr-defined]
        yield contact


def due_on(contact: AuthorContact, days: int = DAYS) -> date | None:
    """The day from which a reminder is due: ``days`` after the question or the last reminder."""
    if contact.sent_at is None or contact.reply:
        return None
    last = max([contact.sent_at, *map(date.fromisoformat, contact.reminders)])
    return last + timedelta(days=days)


def state_of(contact: AuthorContact, due: date | None, today: date) -> str:
    if contact.reply:
        return "answered"
    if due is None:
        return "draft"
    return "due" if due <= today else "waiting"


def rows(contacts: Iterable[AuthorContact]) -> Iterator[list[str]]:
    """Cells in the order of COLUMNS."""
    for one in contacts:
        yield [
            one.study.label,
            one.asked_of,
            one.question,
            str(one.sent_at or ""),
            "; ".join(one.reminders),
            one.reply,
            str(one.replied_at or ""),
            one.value_used,
            one.state_label,  # type: ignore[attr-defined]
        ]
