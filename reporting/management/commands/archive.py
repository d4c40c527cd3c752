"""Write a whole review as an archive, or the schema of archives: the same as the page Archive."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import transaction

from reporting.archive import FORMAT, VERSION, archive_schema
from reporting.archive.values import canonical
from reporting.archive.writer import PIECE, to_file
from reporting.exports.archive import require
from reviews.audit import record_event
from reviews.command import ServiceCommand, find_member, find_review, write_whole
from reviews.permissions import Permission


class Command(ServiceCommand):
    help = "Write a whole review with its files as an archive that restore_archive takes. It is not blinded."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--review", metavar="SLUG")
        parser.add_argument("--out", required=True, metavar="FILE")
        parser.add_argument(
            "--people", action="store_true", help="With names and e-mail addresses of the people."
        )
        parser.add_argument(
            "--as", dest="member", metavar="EMAIL", help="Who takes it; the owner if not given."
        )
        parser.add_argument(
            "--schema", action="store_true", help="Write the JSON Schema of archives instead."
        )

    def act(self, **options: Any) -> tuple[dict, str]:
        out = options["out"]
        if options["schema"]:
            sha256 = write_whole(out, [canonical(archive_schema()).encode()])
            return {"format": FORMAT, "version": VERSION, "out": out, "sha256": sha256}, f"Wrote {out}"
        if not options["review"]:
            raise CommandError("Name the review with --review, or ask for --schema.")
        review = find_review(options["review"])
        member = find_member(review, options["member"], Permission.PUBLISH)
        require(member)
        made, written = to_file(review, people=options["people"])
        with made:
            sha256 = write_whole(out, iter(lambda: made.read(PIECE), b""))
        with transaction.atomic():
            record_event(
                review=review,
                actor=member.user,
                verb="reporting.archive_made",
                target=review,
                sentence="took an archive of the whole review" + (" with names" if options["people"] else ""),
                detail={"sha256": sha256},
            )
        rows = sum(written.rows.values())
        answer = {"review": review.slug, "out": out, "sha256": sha256, "rows": rows, "files": written.files}
        return answer | {"people": options["people"]}, f"Wrote {out}: {rows:,} rows and {written.files} files"
