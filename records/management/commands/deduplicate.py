"""Search a review for duplicate records: the same service as the button."""

import json
from typing import Any

from django.core.management.base import BaseCommand

from records.services import deduplicate
from reviews.command import find_actor, find_review


class Command(BaseCommand):
    help = "Merge certain duplicates and queue the uncertain ones for a person."

    def add_arguments(self, parser) -> None:
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--by", metavar="EMAIL", help="Who asks; the review's owner if not given.")
        parser.add_argument("--json", action="store_true", help="Print machine-readable output.")

    def handle(self, *args: Any, **options: Any) -> None:
        review = find_review(options["review"])
        outcome = deduplicate(review=review, by=find_actor(review, options["by"]))
        if options["json"]:
            self.stdout.write(json.dumps({"review": review.slug, **outcome}))
        else:
            self.stdout.write(
                f"{outcome['records']} records compared: {outcome['merged']} merged, "
                f"{outcome['to_decide']} for a person to decide"
            )
