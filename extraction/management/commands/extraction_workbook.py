"""Take the workbook of extraction out, and a filled-in one back in."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from extraction.services import sheets as services
from reviews.command import ServiceCommand, find_member, find_review, read_whole, write_whole
from reviews.models import Membership
from reviews.permissions import Permission


class Command(ServiceCommand):
    help = (
        "Write the workbook of extraction (--out), or read a filled-in one (--in): show what it would change, and "
        "with --apply take over every row that nobody changed here meanwhile."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--out", metavar="FILE", help="Write the workbook to this file.")
        parser.add_argument("--in", dest="file", metavar="FILE", help="Read this filled-in workbook.")
        parser.add_argument(
            "--apply", action="store_true", help="Take over what is no conflict; all or nothing."
        )
        parser.add_argument("--by", metavar="EMAIL", help="Whose workbook; the review's owner if not given.")

    def act(self, **options: Any) -> tuple[dict, str]:
        review = find_review(options["review"])
        member = find_member(review, options["by"], Permission.EXTRACT)
        if bool(options["out"]) == bool(options["file"]):
            raise CommandError("Say either --out FILE, to write the workbook, or --in FILE, to read one.")
        if options["out"]:
            sha256 = write_whole(options["out"], [services.workbook_of(membership=member)])
            return {"out": options["out"], "sha256": sha256}, f"Wrote {options['out']}"
        return _read(member, options["file"], options["apply"])


def _read(member: Membership, path: str, apply: bool) -> tuple[dict, str]:
    upload = services.upload_sheet(review=member.review, by=member.user, name=path, data=read_whole(path))
    items = services.differences(upload)
    taken = services.apply_sheet(upload=upload, by=member.user) if apply else 0
    rows: list[dict[str, Any]] = [
        {
            "where": item.place,
            "what": item.what,
            "study": item.study,
            "conflict": item.conflict,
            "cells": {cell.column: [cell.was, cell.yours, cell.now] for cell in item.cells},
        }
        for item in items
    ]
    lines = [
        f"{row['where']} ({row['study']}): {row['what']}{', changed here too' if row['conflict'] else ''}: "
        f"{', '.join(row['cells'])}"
        for row in rows
    ]
    told = f"{taken} of {len(rows)} rows taken over." if apply else f"{len(rows)} rows differ."
    return {"upload": upload.pk, "taken": taken, "differences": rows}, "\n".join([*lines, told])
