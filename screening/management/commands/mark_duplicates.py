"""Mark duplicates by hand, from a CSV file."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from reviews.command import ServiceCommand, find_actor, find_review, read_whole
from reviews.permissions import Permission
from screening.services.bulk import mark_duplicates


class Command(ServiceCommand):
    help = (
        "Mark records as duplicates from a CSV file with a column that names the record that leaves (record_id, doi, "
        "pmid or title) and duplicate_of, the id of the record that stays. All or nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--pairs", required=True, metavar="CSV")
        parser.add_argument("--by", metavar="EMAIL", help="Who says so; the review's owner if not given.")
        parser.add_argument(
            "--anyway", action="store_true", help="Also when a settled outcome counts no more."
        )
        parser.add_argument("--undo", action="store_true", help="Take these marks back.")

    def act(self, **options: Any) -> tuple[dict, str]:
        review = find_review(options["review"])
        done = mark_duplicates(
            review=review,
            by=find_actor(review, options["by"], Permission.DEDUPLICATE),
            name=Path(options["pairs"]).name,
            data=read_whole(options["pairs"]),
            anyway=options["anyway"],
            undo=options["undo"],
        )
        word = "taken back" if options["undo"] else "marked"
        answer = {"review": review.slug, word.replace(" ", "_"): done.taken, "already": done.already}
        return answer, f"{done.taken} duplicates {word}, {done.already} were already."
