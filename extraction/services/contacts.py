"""Asking the authors of a study: the question, reminders, the reply and the value that was used of it."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from extraction.models import AuthorContact, Result
from extraction.services.errors import NotOfThisStudy, NotPossible
from reviews.audit import record_event
from reviews.errors import Conflict
from reviews.models import User
from screening.models import Study
from screening.pdf_text import plain

#: What ``change_contact`` may change.
CHANGEABLE = ("asked_of", "question", "sent_at", "reply", "replied_at", "value_used", "result")
LONGEST = 10_000


def ask_authors(
    *,
    study: Study,
    asked_of: str,
    question: str,
    by: User,
    sent_at: date | None = None,
    result: Result | None = None,
) -> AuthorContact:
    """Write down a question to the authors of ``study``; without ``sent_at`` it is still to be sent.

    ``result``: the shared result it is about, if it is about one. Raises NotPossible or NotOfThisStudy.
    """
    contact = AuthorContact(study=study, written_by=by)
    _fill(contact, {"asked_of": asked_of, "question": question, "sent_at": sent_at, "result": result})
    with transaction.atomic():
        contact.save()
        _tell(contact, "extraction.authors_asked", by, f"wrote down a question to the authors of {study}.")
    return contact


def change_contact(
    *, contact: AuthorContact, by: User, seen_version: int, changes: Mapping[str, Any]
) -> AuthorContact:
    """Change what is written down, or add the reply. Conflict when it changed since version ``seen_version``."""
    with transaction.atomic():
        found = AuthorContact.objects.select_for_update().get(pk=contact.pk)
        if found.version != seen_version:
            raise Conflict(
                "Somebody changed this entry since you opened it. Nothing was overwritten: look at it again."
            )
        old = _facts(found)
        _fill(found, changes)
        new = _facts(found)
        if new == old:
            return found
        found.version += 1
        found.save()
        came = new["reply"] and not old["reply"]
        _tell(
            found,
            "extraction.authors_answered" if came else "extraction.contact_changed",
            by,
            f"{'wrote down the reply of' if came else 'changed a question to'} the authors of {found.study}.",
            old={name: old[name] for name in old if old[name] != new[name]},
        )
    return found


def remind_authors(*, contact: AuthorContact, by: User, on: date | None = None) -> AuthorContact:
    """Write down that the authors were asked again, today or ``on`` that day."""
    day = on or timezone.localdate()
    with transaction.atomic():
        found = AuthorContact.objects.select_for_update().get(pk=contact.pk)
        if found.sent_at is None:
            raise NotPossible("The question was not sent yet, so there is nothing to remind of.", field="on")
        if found.reply:
            raise NotPossible("The authors have answered.", field="on")
        if not found.sent_at <= day <= timezone.localdate():
            raise NotPossible("A reminder was sent between the day of the question and today.", field="on")
        if day.isoformat() in found.reminders:
            raise NotPossible(f"A reminder of {day:%d %B %Y} is written down already.", field="on")
        found.reminders = sorted([*found.reminders, day.isoformat()])
        found.version += 1
        found.save()
        _tell(found, "extraction.authors_reminded", by, f"reminded the authors of {found.study}.")
    return found


def remove_contact(*, contact: AuthorContact, by: User) -> None:
    """Throw away a question that was never sent; what was sent stays in the log."""
    with transaction.atomic():
        found = AuthorContact.objects.select_for_update().get(pk=contact.pk)
        if found.sent_at or found.reply:
            raise NotPossible("It was sent, so it stays in the log. Change it if something is wrong.")
        _tell(
            found, "extraction.contact_removed", by, f"threw away a question to the authors of {found.study}."
        )
        found.delete()


def _fill(contact: AuthorContact, changes: Mapping[str, Any]) -> None:
    unknown = sorted(set(changes) - set(CHANGEABLE))
    if unknown:
        raise NotPossible(f"An entry of the log has no {', '.join(unknown)}.")
    for name, value in changes.items():
        setattr(contact, name, _text(name, value) if isinstance(value, str) else value)
    today = timezone.localdate()
    if not contact.asked_of:
        raise NotPossible(
            "Say whom you ask, for example the corresponding author's address.", field="asked_of"
        )
    if not contact.question:
        raise NotPossible("Write down the question.", field="question")
    for name in ("sent_at", "replied_at"):
        if getattr(contact, name) and getattr(contact, name) > today:
            raise NotPossible("This day is still to come.", field=name)
    if contact.reply and not contact.replied_at:
        contact.replied_at = today
    if contact.replied_at and not contact.reply:
        raise NotPossible("Write down what they replied.", field="reply")
    if contact.reply and not contact.sent_at:
        raise NotPossible("Say when the question was sent.", field="sent_at")
    if contact.sent_at and contact.replied_at and contact.replied_at < contact.sent_at:
        raise NotPossible("The reply cannot be earlier than the question.", field="replied_at")
    if contact.value_used and not contact.reply:
        raise NotPossible("A value that was used came with a reply; write that down, too.", field="reply")
    result = contact.result
    if result and (result.study_id != contact.study_id or result.extraction_id is not None):
        raise NotOfThisStudy(f"This is not a shared result of {contact.study}.", field="result")


def _text(name: str, value: str) -> str:
    lines = [plain(line).rstrip() for line in value.strip().splitlines()]
    text, most = "\n".join(lines), 200 if name == "asked_of" else LONGEST
    if len(text) > most:
        raise NotPossible(f"This has {len(text):,} characters; at most {most:,} are kept.", field=name)
    return text


def _facts(contact: AuthorContact) -> dict[str, Any]:
    days = {name: str(getattr(contact, name) or "") for name in ("sent_at", "replied_at")}
    words = {name: getattr(contact, name) for name in ("asked_of", "question", "reply", "value_used")}
    return words | days | {"result": contact.result_id}


def _tell(contact: AuthorContact, verb: str, by: User, sentence: str, **more: Any) -> None:
    record_event(
        review=contact.study.review,
        actor=by,
        verb=verb,
        target=contact,
        sentence=sentence,
        detail={"study": contact.study_id, "new": _facts(contact), **more},
    )
