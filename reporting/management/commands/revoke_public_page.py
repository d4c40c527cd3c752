"""manage.py revoke_public_page --review SLUG --page ID [--by EMAIL] [--json]."""

from typing import Any
from uuid import UUID

from django.core.management.base import CommandError, CommandParser

from reporting.services.public import revoke_public_page
from reviews.command import ServiceCommand, find_actor, find_review
from reviews.permissions import Permission


class Command(ServiceCommand):
    help = "Revoke a public link of the review; it stops working at once."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--page", required=True, type=UUID, metavar="ID", help="As publish printed it.")
        parser.add_argument("--by", metavar="EMAIL", help="Who acts; the review's owner if not given.")

    def act(self, **options: Any) -> tuple[dict, str]:
        review = find_review(options["review"])
        by = find_actor(review, options["by"], Permission.PUBLISH)
        page = review.public_pages.filter(public_id=options["page"]).first()
        if page is None:
            raise CommandError(f"'{review.slug}' has no public page {options['page']}.")
        revoke_public_page(page=page, by=by)
        return {
            "review": review.slug,
            "page": str(page.public_id),
        }, f"The link “{page}” does not work any more."
