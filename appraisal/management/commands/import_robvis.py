"""Take in judgements from a CSV file made for the R package robvis."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from appraisal.management.options import add_place, find_place
from appraisal.registry import tool_of
from appraisal.robvis_import import import_robvis
from reviews.command import ServiceCommand, find_actor, find_review, read_whole
from reviews.permissions import Permission


class Command(ServiceCommand):
    help = "Import one assessor's judgements from a CSV file made for robvis, in any of its layouts. All or nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file", metavar="CSV")
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--assessor", required=True, metavar="EMAIL", help="Whose judgements these are.")
        parser.add_argument("--instrument", required=True, metavar="KEY", help="A tool the review has.")
        add_place(parser)

    def act(self, **options: Any) -> tuple[dict, str]:
        review, file = find_review(options["review"]), options["file"]
        done = import_robvis(
            review=review,
            tool=tool_of(review, options["instrument"]),
            assessor=find_actor(review, options["assessor"], Permission.ASSESS),
            name=Path(file).name,
            data=read_whole(file),
            **find_place(review, options),
        )
        return {"review": review.slug, "assessments": done.assessments, "drafts": done.drafts}, done.sentence
