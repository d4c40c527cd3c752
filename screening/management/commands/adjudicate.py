"""Resolve conflicts from a CSV file."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from reviews.command import ServiceCommand, find_actor, find_review, read_whole
from reviews.permissions import Permission
from screening.models import Stage
from screening.services.bulk import resolve_conflicts


class Command(ServiceCommand):
    help = (
        "Resolve conflicts from a CSV file with a column that names the record (record_id, doi, pmid or "
        "title), decision (include, exclude; awaiting, ongoing at full text), and if wanted reason and "
        "comment. All or nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--stage", required=True, choices=Stage.values)
        parser.add_argument("--adjudicator", required=True, metavar="EMAIL", help="Who resolves.")
        parser.add_argument("--decisions", required=True, metavar="CSV")

    def act(self, **options: Any) -> tuple[dict, str]:
        review = find_review(options["review"])
        done = resolve_conflicts(
            review=review,
            stage=options["stage"],
            adjudicator=find_actor(review, options["adjudicator"], Permission.ADJUDICATE),
            name=Path(options["decisions"]).name,
            data=read_whole(options["decisions"]),
        )
        answer = {"review": review.slug, "resolved": done.taken, "already": done.already}
        return answer, f"{done.taken} conflicts resolved, {done.already} were already."
