"""Count the votes of a review anew after its quorum or rules changed."""

from typing import Any

from django.core.management.base import CommandParser

from reviews.command import ServiceCommand, find_actor, find_review
from reviews.permissions import Permission
from screening.services import recount


class Command(ServiceCommand):
    help = "Count all votes of a review anew under the protocol's present quorum and rules."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--by", metavar="EMAIL", help="Who does it; the review's owner if not given.")

    def act(self, **options: Any) -> tuple[dict, str]:
        review = find_review(options["review"])
        result = recount(review=review, by=find_actor(review, options["by"], Permission.AMEND_PROTOCOL))
        lines = [f"{number} now {state}" for state, number in sorted(result["changed"].items())]
        lines += [f"Kept: {sentence}" for sentence in result["kept"]]
        nothing = "Every outcome is what the present rules give."
        return {"review": review.slug} | result, "\n".join(lines) or nothing
