"""Search a review for duplicate records: the same service as the button."""

from typing import Any

from django.core.management.base import CommandParser

from records.services import deduplicate
from reviews.command import ServiceCommand, find_actor, find_review
from reviews.permissions import Permission


class Command(ServiceCommand):
    help = "Merge certain duplicates and queue the uncertain ones for a person."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument(
            "--only-new", action="store_true", help="Compare only what was never compared with all the rest."
        )
        parser.add_argument("--by", metavar="EMAIL", help="Who asks; the review's owner if not given.")

    def act(self, **options: Any) -> tuple[dict, str]:
        review = find_review(options["review"])
        by = find_actor(review, options["by"], Permission.DEDUPLICATE)
        outcome = deduplicate(review=review, by=by, only_new=options["only_new"])
        sentence = (
            f"{outcome['records']} records compared: {outcome['merged']} merged, "
            f"{outcome['to_decide']} for a person to decide"
        )
        return {"review": review.slug, **outcome}, sentence
