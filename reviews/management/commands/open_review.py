"""Open a review from the shell."""

from typing import Any

from reviews.command import ServiceCommand
from reviews.services import find_user, open_review


class Command(ServiceCommand):
    help = "Open a review owned by an existing account and print its address."

    def add_arguments(self, parser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--title", required=True)
        parser.add_argument("--owner", required=True, metavar="EMAIL")
        parser.add_argument(
            "--slug", default="", help="Its address below /reviews/; made from the title if left out."
        )

    def act(self, **options: Any) -> tuple[dict, str]:
        owner = options["owner"]
        review = open_review(title=options["title"], by=find_user(owner), slug=options["slug"])
        return (
            {"slug": review.slug, "title": review.title, "owner": owner},
            f"Opened the review '{review.slug}', owned by {owner}.",
        )
