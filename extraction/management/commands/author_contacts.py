"""The log of questions to authors: list, ask, remind, write down a reply, write a CSV."""

from datetime import date
from typing import Any

from django.core.management.base import CommandError, CommandParser

from extraction.api.contacts import ContactOut
from extraction.contacts import COLUMNS, DAYS, contacts_of, log, rows
from extraction.models import AuthorContact
from extraction.services.contacts import ask_authors, change_contact, remind_authors
from reviews.command import ServiceCommand, find_member, find_review, write_whole
from reviews.downloads import csv_lines
from reviews.models import Membership
from reviews.permissions import Permission
from screening.models import Study


class Command(ServiceCommand):
    help = "List the questions to authors (with --due only those for which a reminder is due); or --ask one, "
    help += "write down that a --remind was sent or what they --reply, or write the log to --out as CSV."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--by", metavar="EMAIL", help="Who acts; the review's owner if not given.")
        parser.add_argument("--due", action="store_true", help="Only those for which a reminder is due.")
        parser.add_argument("--days", type=int, default=DAYS, help="Days until a reminder is due.")
        parser.add_argument("--study", metavar="LABEL", help="Of this study only; with --ask its study.")
        parser.add_argument("--ask", metavar="QUESTION", help="With --study and --of.")
        parser.add_argument("--of", metavar="WHOM", default="", help="Whom, and how to reach them.")
        parser.add_argument("--remind", type=int, metavar="ID", help="A reminder was sent.")
        parser.add_argument("--reply", type=int, metavar="ID", help="They replied --text.")
        parser.add_argument("--text", default="", help="With --reply.")
        parser.add_argument("--used", default="", help="With --reply: what is used of it.")
        parser.add_argument(
            "--on", metavar="DATE", type=date.fromisoformat, help="The day it was sent, as 2026-03-01."
        )
        parser.add_argument("--out", metavar="FILE", help="Write the log as CSV.")

    def act(self, **options: Any) -> tuple[dict, str]:
        acts = any(options[name] is not None for name in ("ask", "remind", "reply"))
        member = find_member(
            find_review(options["review"]), options["by"], Permission.EXTRACT if acts else Permission.VIEW
        )
        if options["ask"] is not None:
            contact = ask_authors(
                study=_study(member, options["study"]),
                asked_of=options["of"],
                question=options["ask"],
                sent_at=options["on"],
                by=member.user,
            )
            return _data(contact), f"Question {contact.pk} is in the log."
        if options["remind"] is not None:
            contact = remind_authors(
                contact=_contact(member, options["remind"]), by=member.user, on=options["on"]
            )
            return _data(contact), f"The reminder of question {contact.pk} is in the log."
        if options["reply"] is not None:
            contact = _contact(member, options["reply"])
            changes = {"reply": options["text"], "value_used": options["used"]}
            changes |= {"replied_at": options["on"]} if options["on"] else {}
            contact = change_contact(
                contact=contact, by=member.user, seen_version=contact.version, changes=changes
            )
            return _data(contact), f"The reply to question {contact.pk} is in the log."
        return _listed(member, options)


def _listed(member: Membership, options: dict[str, Any]) -> tuple[dict, str]:
    found = contacts_of(member.review, days=options["days"])
    if options["study"] is not None:
        found = [one for one in found if one.study.label == options["study"]]
    if options["due"]:
        found = [one for one in found if one.state == "due"]  # type: ignore[attr-defined]
    answer: dict[str, Any] = {"contacts": [_data(one) for one in found]}
    if options["out"]:
        lines = (line.encode() for line in csv_lines(COLUMNS, rows(found)))
        answer |= {"out": options["out"], "sha256": write_whole(options["out"], lines)}
        return answer, f"{len(found)} questions written to {options['out']}."
    lines_shown = [
        f"{one.pk}, {one.study}, {one.state_label}: {one.asked_of}: {one.question}"  # type: ignore[attr-defined]
        for one in found
    ]
    return answer, "\n".join(lines_shown) or "There are no such questions."


def _study(member: Membership, label: str | None) -> Study:
    found = Study.objects.filter(review=member.review, label=label or "").first()
    if found is None:
        raise CommandError(
            f"--ask needs --study: there is no study '{label or ''}' in '{member.review.slug}'."
        )
    return found


def _contact(member: Membership, pk: int) -> AuthorContact:
    found = log().filter(study__review=member.review, pk=pk).first()
    if found is None:
        raise CommandError(f"There is no question {pk} in '{member.review.slug}'.")
    return found


def _data(contact: AuthorContact) -> dict:
    data = dict(ContactOut(contact).data)
    return {name: str(value) if isinstance(value, date) else value for name, value in data.items()}
