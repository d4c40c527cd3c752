"""manage.py withdraw_version --review SLUG --number N [--restore] [--by EMAIL] [--json]."""

from typing import Any

from django.core.management.base import CommandParser

from reporting.management.versions import find_version
from reporting.services.versions import restore_version, withdraw_version
from reviews.command import ServiceCommand, find_actor, find_review
from reviews.permissions import Permission


class Command(ServiceCommand):
    help = "Take the newest version of the review back, or bring it back."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--number", required=True, type=int, metavar="N", help="Of the version.")
        parser.add_argument("--restore", action="store_true", help="Bring a version back.")
        parser.add_argument("--by", metavar="EMAIL", help="Who acts; the review's owner if not given.")

    def act(self, **options: Any) -> tuple[dict, str]:
        review = find_review(options["review"])
        by = find_actor(review, options["by"], Permission.PUBLISH)
        version = find_version(review, options["number"])
        (restore_version if options["restore"] else withdraw_version)(version=version, by=by)
        did = "stands again" if options["restore"] else "was taken back"
        answer = {"review": review.slug, "version": version.number, "stands": version.withdrawn_at is None}
        return answer, f"Version {version.number} {did}."
