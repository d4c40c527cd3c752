"""Take the order of a stage from a file."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from reviews.command import ServiceCommand, find_actor, find_review, read_whole
from reviews.permissions import Permission
from screening.models import Stage
from screening.services import rankings


class Command(ServiceCommand):
    help = (
        "Take the order of a stage from a file of export_ranking, or from a table with a column place or score and "
        "record_id, doi, pmid or title. It stands until an order is learned anew."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file", metavar="FILE")
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--stage", default=Stage.TITLE_ABSTRACT.value, choices=Stage.values)
        parser.add_argument("--by", metavar="EMAIL", help="Who does it; the review's owner if not given.")

    def act(self, **options: Any) -> tuple[dict, str]:
        review, stage = find_review(options["review"]), options["stage"]
        by = find_actor(review, options["by"], Permission.AMEND_PROTOCOL)
        made = rankings.import_ranking(
            review=review,
            stage=stage,
            by=by,
            name=Path(options["file"]).name,
            data=read_whole(options["file"]),
        )
        about = made.about
        answer = {"review": review.slug, "stage": stage, "ranked": about["ranked"], "rows": about["rows"]}
        answer |= {"unknown": about["unknown"], "unknown_count": about["unknown_count"]}
        said = f"{about['ranked']} records in the order of {about['file']}."
        if about["unknown_count"]:
            said += f" {about['unknown_count']} rows name no record of this review:\n" + "\n".join(
                about["unknown"]
            )
        return answer, said
