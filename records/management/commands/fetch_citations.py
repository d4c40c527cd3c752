"""Follow citations into a review: the same service as the page."""

from typing import Any

from django.core.management.base import CommandParser

from records.management.commands.fetch_pubmed import finished
from records.services import request_citations
from records.services.from_network import DIRECTIONS
from reviews.command import ServiceCommand, find_actor, find_review
from reviews.permissions import Permission


class Command(ServiceCommand):
    help = (
        "Import what papers cite and what cites them, from OpenAlex, as citation searching. Needs NETWORK_IMPORTS=1. "
        "Waits until everything is imported."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument(
            "--record", action="append", type=int, default=[], metavar="ID", help="May be repeated."
        )
        parser.add_argument("--doi", action="append", default=[], help="May be repeated.")
        parser.add_argument("--direction", choices=[*DIRECTIONS, "both"], default="both")
        parser.add_argument(
            "--check-first",
            action="store_true",
            help="What was found waits for a person before it is imported.",
        )
        parser.add_argument("--by", metavar="EMAIL", help="Who searches; the review's owner if not given.")

    def act(self, **options: Any) -> tuple[dict, str]:
        review = find_review(options["review"])
        by = find_actor(review, options["by"], Permission.IMPORT)
        way = options["direction"]
        job = request_citations(
            review=review,
            records=options["record"],
            dois=options["doi"],
            directions=DIRECTIONS if way == "both" else [way],
            by=by,
            check_first=options["check_first"],
        )
        return finished(review, job)
