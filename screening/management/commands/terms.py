"""Lists of terms to mark: list, take from a file, write to a file, copy from another review."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from reviews.command import ServiceCommand, find_member, find_review, read_whole, write_whole
from reviews.downloads import csv_lines
from reviews.models import Membership
from screening.models import TermList
from screening.services.term_files import HEADER, as_xlsx, rows_of, take_file
from screening.services.terms import copy_lists, restore_list, retire_list


class Command(ServiceCommand):
    help = (
        "List the lists of terms of a review; take terms from a CSV or XLSX file (columns term, list, kind, colour), "
        "write them to one, copy the lists of another review, or retire or restore a list."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--by", metavar="EMAIL", help="Who acts; the review's owner if not given.")
        parser.add_argument("--take", metavar="FILE", help="Add the terms of a CSV or XLSX file.")
        parser.add_argument("--copy", metavar="SLUG", help="Copy the lists of this other review.")
        parser.add_argument("--own", action="store_true", help="Into lists only for the person who acts.")
        parser.add_argument("--out", metavar="FILE", help="Write all lists to a .csv or .xlsx file.")
        parser.add_argument("--retire", metavar="NAME")
        parser.add_argument("--restore", metavar="NAME")

    def act(self, **options: Any) -> tuple[dict, str]:
        review = find_review(options["review"])
        member = find_member(review, options["by"])
        if options["take"]:
            lists = take_file(
                review=review,
                by=member.user,
                name=Path(options["take"]).name,
                data=read_whole(options["take"]),
                own=options["own"],
            )
            return _told(lists)
        if options["copy"]:
            source = find_review(options["copy"])
            return _told(copy_lists(review=review, source=source, by=member.user, own=options["own"]))
        if options["out"]:
            return _write(member, options["out"])
        if options["retire"] or options["restore"]:
            verb = retire_list if options["retire"] else restore_list
            found = _find(member, options["retire"] or options["restore"], retired=bool(options["restore"]))
            return _told([verb(term_list=found, by=member.user)])
        return _told(list(TermList.objects.visible_to(member).in_use()))


def _write(member: Membership, out: str) -> tuple[dict, str]:
    kind = Path(out).suffix.lower()
    if kind not in {".csv", ".xlsx"}:
        raise CommandError(f"{out}: name a file that ends in .csv or .xlsx.")
    count = sum(1 for _ in rows_of(member))
    text = (line.encode() for line in csv_lines(HEADER, rows_of(member)))
    digest = write_whole(out, [as_xlsx(member)] if kind == ".xlsx" else text)
    return {"file": out, "terms": count, "sha256": digest}, f"{count} terms written to {out}."


def _told(lists: list[TermList]) -> tuple[dict, str]:
    rows = [
        {
            "name": each.name,
            "kind": each.kind,
            "colour": each.colour,
            "own": each.owner_id is not None,
            "retired": each.retired_at is not None,
            "terms": each.terms,
        }
        for each in lists
    ]
    lines = [f"{each.name} ({each.kind}): {len(each.terms)} terms" for each in lists]
    return {"lists": rows}, "\n".join(lines) or "There are no lists of terms yet."


def _find(member: Membership, name: str, *, retired: bool) -> TermList:
    named = TermList.objects.visible_to(member).filter(
        name__iexact=name.strip(), retired_at__isnull=not retired
    )
    found = named.order_by("pk").last()
    if found is None:
        raise CommandError(f"There is no {'retired ' if retired else ''}list “{name}”.")
    return found
