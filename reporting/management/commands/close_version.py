"""manage.py close_version --review SLUG --label TEXT [--note TEXT] [--by EMAIL] [--json]."""

from typing import Any

from django.core.management.base import CommandParser

from reporting.services.versions import close_version
from reviews.command import ServiceCommand, find_actor, find_review
from reviews.permissions import Permission


class Command(ServiceCommand):
    help = "Close a version of the review: records imported from now on belong to its update."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--label", required=True, metavar="TEXT", help="The name of the version.")
        parser.add_argument("--note", default="", metavar="TEXT", help="Where it was published, for example.")
        parser.add_argument("--by", metavar="EMAIL", help="Who acts; the review's owner if not given.")

    def act(self, **options: Any) -> tuple[dict, str]:
        review = find_review(options["review"])
        by = find_actor(review, options["by"], Permission.PUBLISH)
        version = close_version(review=review, by=by, label=options["label"], note=options["note"])
        answer = {
            "review": review.slug,
            "version": version.number,
            "label": version.label,
            "studies": len(version.state["studies"]),
        }
        return answer, f"{version} is closed."
