"""List notes and questions, write one, answer, change, remove and bring one back."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from records.models import Record
from reviews.command import ServiceCommand, find_actor, find_member, find_review
from reviews.models import Membership
from screening import remarks
from screening.api.remarks import NoteSerializer
from screening.models import Note, Stage
from screening.services.notes import (
    answer_note,
    change_note,
    remove_note,
    restore_note,
    see_notices,
    write_note,
)


class Command(ServiceCommand):
    help = (
        "List the notes that the person who acts may read (their own, questions to them, the team's on complete "
        "records); or write one on a record, ask a colleague, answer, change, remove or bring back."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--by", metavar="EMAIL", help="Who acts; the review's owner if not given.")
        parser.add_argument("--record", type=int, metavar="ID", help="Only notes on this record.")
        parser.add_argument("--new", action="store_true", help="Only those with a notice not seen yet.")
        parser.add_argument("--seen", action="store_true", help="Mark the notices as seen.")
        parser.add_argument("--write", metavar="TEXT", help="Write a note on --record, for the team.")
        parser.add_argument(
            "--private", action="store_true", help="With --write: only for the person who acts."
        )
        parser.add_argument("--ask", metavar="EMAIL", help="With --write: a question to this colleague.")
        parser.add_argument(
            "--stage",
            choices=Stage.values,
            default="",
            help="With --write; where the record is now if not given.",
        )
        parser.add_argument("--answer", type=int, metavar="ID", help="Answer this note with --text.")
        parser.add_argument("--change", type=int, metavar="ID", help="Change one's own note to --text.")
        parser.add_argument("--text", help="For --answer and --change.")
        parser.add_argument("--remove", type=int, metavar="ID", help="Take one's own note away.")
        parser.add_argument("--restore", type=int, metavar="ID", help="Bring one's own note back.")

    def act(self, **options: Any) -> tuple[dict, str]:
        member = find_member(find_review(options["review"]), options["by"])
        if options["write"] is not None:
            note = _write(member, options)
            return _told(note), f"Note {note.pk} is written."
        for name, verb, done in (
            ("answer", answer_note, "answered"),
            ("change", change_note, "changed"),
            ("remove", remove_note, "removed"),
            ("restore", restore_note, "back"),
        ):
            if options[name] is not None:
                note = _find(member, options[name])
                more = {"text": _text(options, name)} if name in ("answer", "change") else {}
                return _told(verb(note=note, by=member.user, **more)), f"Note {note.pk} is {done}."
        return _listed(member, options)


def _write(member: Membership, options: dict[str, Any]) -> Note:
    if options["record"] is None:
        raise CommandError("--write needs --record, the id of the record.")
    if options["private"] and options["ask"]:
        raise CommandError("A note is --private or a question to somebody (--ask), not both.")
    audience = Note.Audience.PRIVATE if options["private"] else Note.Audience.TEAM
    return write_note(
        review=member.review,
        record=_record(member, options["record"]),
        by=member.user,
        text=options["write"],
        audience=Note.Audience.ASKED if options["ask"] else audience,
        stage=options["stage"],
        asked=find_actor(member.review, options["ask"]) if options["ask"] else None,
    )


def _listed(member: Membership, options: dict[str, Any]) -> tuple[dict, str]:
    found = Note.objects.live().visible_to(member).select_related("author", "asked", "record").order_by("pk")
    record = None
    if options["record"] is not None:
        record = _record(member, options["record"])
        found = found.filter(record=record)
    if options["new"]:
        found = found.filter(pk__in=remarks.notices(member).values("note"))
    notes = list(found)
    answer: dict[str, Any] = {"notes": [_told(note) for note in notes]}
    lines = [
        f"{note.pk}, record {note.record_id}, {note.author}{f' to {note.asked}' if note.asked else ''}: {note.text}"
        for note in notes
    ]
    if options["seen"]:
        answer["seen"] = see_notices(membership=member, record=record)
        lines.append(f"{answer['seen']} notices marked as seen.")
    return answer, "\n".join(lines) or "There are no notes to read."


def _told(note: Note) -> dict:
    return dict(NoteSerializer(note).data)


def _record(member: Membership, pk: int) -> Record:
    record = Record.objects.filter(review=member.review, pk=pk).first()
    if record is None:
        raise CommandError(f"{pk} is no record of {member.review.slug}.")
    return record


def _find(member: Membership, pk: int) -> Note:
    """A note the person may read; one's own also when it was removed."""
    note = Note.objects.visible_to(member).select_related("review", "record").filter(pk=pk).first()
    if note is None:
        raise CommandError(
            f"There is no note {pk} that {member.user} may read. List them with: "
            f"manage.py notes --review {member.review.slug} --by {member.user.email}"
        )
    return note


def _text(options: dict[str, Any], name: str) -> str:
    if options["text"] is None:
        raise CommandError(f"--{name} needs --text.")
    return options["text"]
