"""Count the votes of a review anew after its quorum or rules changed."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from reviews.command import find_actor, find_review
from reviews.errors import Refused
from screening.services import recount


class Command(BaseCommand):
    help = "Count all votes of a review anew under the protocol's present quorum and rules."

    def add_arguments(self, parser) -> None:
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--by", metavar="EMAIL", help="Who does it; the review's owner if not given.")
        parser.add_argument("--json", action="store_true", help="Print machine-readable output.")

    def handle(self, *args: Any, **options: Any) -> None:
        review = find_review(options["review"])
        try:
            result = recount(review=review, by=find_actor(review, options["by"]))
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        if options["json"]:
            self.stdout.write(json.dumps({"review": review.slug} | result))
            return
        for state, number in sorted(result["changed"].items()):
            self.stdout.write(f"{number} now {state}")
        for sentence in result["kept"]:
            self.stdout.write(f"Kept: {sentence}")
        if not result["changed"] and not result["kept"]:
            self.stdout.write("Every outcome is what the present rules give.")
