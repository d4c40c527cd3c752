"""Cast one reviewer's votes from a CSV file."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from reviews.command import ServiceCommand, find_actor, find_review, read_whole
from reviews.permissions import Permission
from screening.models import Stage
from screening.services.bulk import cast_votes


class Command(ServiceCommand):
    help = (
        "Cast one reviewer's votes from a CSV file with a column that names the record (record_id, doi, pmid or "
        "title), vote (include, exclude, maybe; awaiting, ongoing at full text), and if wanted "
        "reason and note. All or nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--stage", required=True, choices=Stage.values)
        parser.add_argument("--reviewer", required=True, metavar="EMAIL", help="Whose votes these are.")
        parser.add_argument("--votes", required=True, metavar="CSV")

    def act(self, **options: Any) -> tuple[dict, str]:
        review = find_review(options["review"])
        reviewer = find_actor(review, options["reviewer"], Permission.SCREEN)
        done = cast_votes(
            review=review,
            stage=options["stage"],
            reviewer=reviewer,
            name=Path(options["votes"]).name,
            data=read_whole(options["votes"]),
        )
        answer = {"review": review.slug, "votes": done.taken, "already": done.already}
        return answer, f"{done.taken} votes of {reviewer} taken, {done.already} were there already."
