"""manage.py publish --review SLUG [--parts A,B] [--label TEXT] [--days N] [--by EMAIL] [--json]."""

from datetime import timedelta
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from reporting.links import public_link
from reporting.public import PARTS
from reporting.services.public import publish
from reviews.command import ServiceCommand, find_member, find_review
from reviews.permissions import Permission


class Command(ServiceCommand):
    help = "Publish a snapshot of the review under a secret link, which is printed only now."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument(
            "--parts",
            default=",".join(PARTS),
            metavar="A,B",
            help=f"What is shown: {', '.join(PARTS)}; everything if not given.",
        )
        parser.add_argument("--label", default="", metavar="TEXT", help="For the team: who the link is for.")
        parser.add_argument(
            "--days", type=int, metavar="N", help="How long it works; until revoked if not given."
        )
        parser.add_argument("--by", metavar="EMAIL", help="Who acts; the review's owner if not given.")

    def act(self, **options: Any) -> tuple[dict, str]:
        review = find_review(options["review"])
        member = find_member(review, options["by"], Permission.PUBLISH)
        days = options["days"]
        page, token = publish(
            membership=member,
            parts=[part.strip() for part in options["parts"].split(",") if part.strip()],
            label=options["label"],
            expires_at=timezone.now() + timedelta(days=days) if days is not None else None,
        )
        answer = {
            "review": review.slug,
            "page": str(page.public_id),
            "parts": page.parts,
            "link": public_link(token),
            "expires_at": page.expires_at.isoformat() if page.expires_at else None,
        }
        return answer, f"Public now: {public_link(token)}"
