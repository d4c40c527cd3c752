"""Check the records of a review against a list of retraction notices."""

from pathlib import Path
from typing import Any

from django.core.files import File
from django.core.management.base import CommandParser

from reviews.command import ServiceCommand, find_actor, find_review
from reviews.errors import Refused
from reviews.permissions import Permission
from screening.models import RetractionList
from screening.services import retractions


class Command(ServiceCommand):
    help = (
        "Check the records of a review against a list of retraction notices (CSV in the layout of Retraction Watch). "
        "Without a list: against the newest one of the review. Everything is done here, not in the background."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--list", metavar="CSV", help="A new list, which is kept.")
        parser.add_argument("--by", metavar="EMAIL", help="Who asks for it; the review's owner if not given.")

    def act(self, **options: Any) -> tuple[dict, str]:
        review = find_review(options["review"])
        by = find_actor(review, options["by"], Permission.MANAGE_FULL_TEXT)
        given: RetractionList | None = None
        if options["list"]:
            path = Path(options["list"])
            if not path.is_file():
                raise Refused(f"There is no file {path}.")
            with path.open("rb") as stream:
                given = retractions.store_list(review=review, file=File(stream, name=path.name), by=by)
        found = given or retractions.newest_list(review)
        if found is None:
            raise Refused("There is no list of retractions yet: give one with --list.")
        result = retractions.check(retraction_list=found, by=by)
        answer = {"review": review.slug, "list": found.file_name}
        answer |= {name: result[name] for name in ("rows", "matched", "new", "faults", "doubts")}
        said = f"{result['rows']} notices read, {result['matched']} records found, {result['new']} notices are new."
        lines = [f"line {line}: {sentence}" for line, sentence in result["faults"]]
        return answer, "\n".join([said, *lines, *result["doubts"]])
