"""Notes on records, questions to a colleague, and the notices they give."""

import logging
from functools import partial

from celery import current_app
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from records.models import Record
from reviews.audit import record_event
from reviews.errors import Refused
from reviews.jobs import broker_troubles
from reviews.models import Membership, Review, User
from screening import notices
from screening.models import Mention, Note, Stage
from screening.services.guards import NotAllowed, short
from screening.services.hands import find_record, has_hand, require_hand, stage_now

LONGEST = 5000
log = logging.getLogger(__name__)


class NoteRefused(Refused):
    """A note that cannot be saved or changed as it is."""


@transaction.atomic
def write_note(
    *,
    review: Review,
    record: Record,
    by: User,
    text: str,
    audience: str = Note.Audience.TEAM,
    stage: str = "",
    asked: User | None = None,
) -> Note:
    """A note for oneself, for the team (read once the record is complete at ``stage``), or a question to ``asked``.

    Without ``stage`` it is of the stage at which the record is now. People named ``@Name`` in a note for the team
    get a notice as soon as they may read it; who is asked gets one at once.
    """
    require_hand(review, by)
    record = find_record(review, record)
    text = _valid(text)
    now = stage_now(record)
    if stage == Stage.FULL_TEXT and now != Stage.FULL_TEXT:
        raise NoteRefused(f"{short(record)} has not come to full text.", field="stage")
    if audience == Note.Audience.ASKED:
        asked = _may_be_asked(review, by, asked)
    elif audience in Note.Audience.values:
        asked = None
    else:
        raise NoteRefused(f"“{audience}” is nobody who could read it: {', '.join(Note.Audience.values)}.")
    note = Note.objects.create(
        review=review,
        record=record,
        stage=stage or now,
        author=by,
        audience=audience,
        asked=asked,
        text=text,
    )
    said = f"asked {asked} about" if asked else "wrote a note on"
    _record(note, by, "note_written", f"{said} {short(record)}")
    _give_notice(note)
    return note


@transaction.atomic
def answer_note(*, note: Note, by: User, text: str) -> Note:
    """Answer a note that one may read. Between who asked and who was asked it stays between the two of them until the
    record is complete; otherwise the team reads it."""
    membership = require_hand(note.review, by)
    note = note.parent or note
    readable = Note.objects.live().visible_to(membership)
    found = readable.select_related("record", "author", "asked", "review").filter(pk=note.pk).first()
    if found is None:
        raise NoteRefused("There is no such note any more.")
    if found.audience == Note.Audience.PRIVATE:
        raise NoteRefused("A note for yourself has no answers: change the note.")
    two = {found.author_id: found.asked, found.asked_id: found.author}
    other = two.get(by.pk) if found.audience == Note.Audience.ASKED else None
    answer = Note.objects.create(
        review=found.review,
        record=find_record(found.review, found.record),
        stage=found.stage,
        author=by,
        parent=found,
        audience=Note.Audience.ASKED if other else Note.Audience.TEAM,
        asked=other,
        text=_valid(text),
    )
    _record(answer, by, "note_written", f"answered a note on {short(found.record)}")
    Mention.objects.filter(note=found, user=by, seen_at=None).update(seen_at=timezone.now())
    _give_notice(answer)
    return answer


@transaction.atomic
def change_note(*, note: Note, by: User, text: str) -> Note:
    """Change the text of one's own note; the old one is kept in one's own history."""
    note = _own(note, by)
    text = _valid(text)
    if text != note.text:
        changes = {"text": {"old": note.text, "new": text}}
        note.text, note.changed_at = text, timezone.now()
        note.save(update_fields=["text", "changed_at"])
        _record(note, by, "note_changed", f"changed a note on {short(note.record)}", {"changes": changes})
        _give_notice(note)
    return note


@transaction.atomic
def remove_note(*, note: Note, by: User) -> Note:
    """Take one's own note away; ``restore_note`` brings it back. Answers of others stay."""
    note = _own(note, by)
    if note.removed_at is None:
        note.removed_at = timezone.now()
        note.save(update_fields=["removed_at"])
        _record(note, by, "note_removed", f"removed a note on {short(note.record)}", {"text": note.text})
    return note


@transaction.atomic
def restore_note(*, note: Note, by: User) -> Note:
    note = _own(note, by)
    if note.removed_at is not None:
        note.removed_at = None
        note.save(update_fields=["removed_at"])
        _record(note, by, "note_restored", f"brought a note on {short(note.record)} back")
    return note


def see_notices(*, membership: Membership, record: Record | None = None) -> int:
    """Mark one's notices as seen, all of the review or those on ``record``; returns how many were new."""
    waiting = Mention.objects.unseen().visible_to(membership)
    if record is not None:
        waiting = waiting.filter(note__record=record)
    found = list(waiting.values_list("pk", flat=True))
    return Mention.objects.filter(pk__in=found).update(seen_at=timezone.now()) if found else 0


@transaction.atomic
def want_mail(*, user: User, on: bool) -> None:
    """Whether one wants an e-mail when asked, answered or mentioned; holds for all reviews."""
    locked = User.objects.select_for_update().get(pk=user.pk)
    locked.preferences["notice_email"] = on
    locked.save(update_fields=["preferences"])
    user.preferences = locked.preferences


def named_in(text: str, members: list[Membership]) -> list[User]:
    """The members named in the text as @Name: by full name, by first name if only one has it, or by the part of the
    address before the @. The longest name counts, so that @Ana Silva is not @Ana."""
    names: dict[str, list[User]] = {}
    for member in members:
        user = member.user
        for name in {str(user), user.get_short_name(), user.email.partition("@")[0]}:
            names.setdefault(name.casefold(), []).append(user)
    longest_first = sorted(names, key=len, reverse=True)
    found: dict[int, User] = {}
    for rest in text.casefold().split("@")[1:]:
        for name in longest_first:
            if rest.startswith(name) and not rest[len(name) : len(name) + 1].isalnum():
                if len({user.pk for user in names[name]}) == 1:
                    found[names[name][0].pk] = names[name][0]
                break
    return list(found.values())


def _valid(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\0", "").strip()
    if not text:
        raise NoteRefused("Write something first.", field="text")
    if len(text) > LONGEST:
        raise NoteRefused(f"A note has at most {LONGEST} characters; this one has {len(text)}.", field="text")
    return text


def _may_be_asked(review: Review, by: User, asked: User | None) -> User:
    if asked is None:
        raise NoteRefused("Choose whom to ask.", field="asked")
    member = Membership.objects.present().filter(review=review, user=asked).first()
    if member is None or not has_hand(member) or asked == by:
        raise NoteRefused("Ask a colleague who works on this review.", field="asked")
    return asked


def _own(note: Note, by: User) -> Note:
    require_hand(note.review, by)
    found = Note.objects.select_for_update(of=("self",)).select_related("record", "review").get(pk=note.pk)
    if found.author_id != by.pk:
        raise NotAllowed("Only its author can change a note.")
    return found


def _give_notice(note: Note) -> None:
    """One Mention for each person asked or named, never twice; the e-mails go out after the commit."""
    people = [note.asked] if note.asked else []
    if note.audience == Note.Audience.TEAM:
        members = Membership.objects.present().filter(review=note.review).select_related("user")
        people = named_in(note.text, [member for member in members if has_hand(member)])
        if note.parent_id and note.parent:
            people.append(note.parent.author)
    there = set(note.mentions.values_list("user", flat=True)) | {note.author_id}
    for user in {user.pk: user for user in people}.values():
        if user.pk not in there:
            mention = Mention.objects.create(note=note, user=user)
            transaction.on_commit(partial(_ask_for_mail, mention.pk))


def _ask_for_mail(pk: int) -> None:
    """Ring the worker (without a broker, send here); the notice waits in the app, should no e-mail go out."""
    if not settings.CELERY_BROKER_URL:
        notices.mail_notice(pk)
        return
    try:
        current_app.send_task("screening.mail_notice", args=[pk], retry=False)
    except broker_troubles() as error:
        log.warning("the e-mail of notice %s was not sent: %s", pk, error)


def _record(note: Note, by: User, verb: str, sentence: str, detail: dict | None = None) -> None:
    """For its author alone, always: who may read the note reads it at the record."""
    record_event(
        review=note.review,
        actor=by,
        verb=f"screening.{verb}",
        sentence=sentence,
        target=note.record,
        detail={"note": note.pk, "stage": note.stage, "audience": note.audience} | (detail or {}),
        blinded=True,
    )
