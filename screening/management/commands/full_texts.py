"""Record how far the retrieval of full texts is, from a CSV file."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from reviews.command import ServiceCommand, find_actor, find_review, read_whole
from reviews.permissions import Permission
from screening.services.bulk import set_full_text_states


class Command(ServiceCommand):
    help = (
        "Record retrieval from a CSV file with a column that names the record (record_id, doi, pmid or title), "
        "state (sought, requested, reminded, retrieved, not_retrieved, not_sought), and if wanted on (a day), "
        "requested_from and why_not. "
        "All or nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--states", required=True, metavar="CSV")
        parser.add_argument("--by", metavar="EMAIL", help="Who says so; the review's owner if not given.")

    def act(self, **options: Any) -> tuple[dict, str]:
        review = find_review(options["review"])
        done = set_full_text_states(
            review=review,
            by=find_actor(review, options["by"], Permission.MANAGE_FULL_TEXT),
            name=Path(options["states"]).name,
            data=read_whole(options["states"]),
        )
        answer = {"review": review.slug, "set": done.taken, "already": done.already}
        return answer, f"{done.taken} states recorded, {done.already} were there already."
