"""Take in one assessor's risk-of-bias assessments from a CSV file."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from appraisal.importing import import_assessments
from appraisal.management.options import add_place, find_place
from reviews.command import ServiceCommand, find_actor, find_review, read_whole
from reviews.permissions import Permission


class Command(ServiceCommand):
    help = (
        "Import one assessor's risk-of-bias assessments: a row per study or result, a column per domain, and if "
        "wanted per question. All or nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file", metavar="CSV")
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--assessor", required=True, metavar="EMAIL", help="Whose judgements these are.")
        parser.add_argument("--instrument", required=True, metavar="KEY", help="A tool the review has.")
        add_place(parser, "Where the file has no such column.")

    def act(self, **options: Any) -> tuple[dict, str]:
        review, file = find_review(options["review"]), options["file"]
        assessor = find_actor(review, options["assessor"], Permission.ASSESS)
        done = import_assessments(
            review=review,
            instrument=options["instrument"],
            assessor=assessor,
            name=Path(file).name,
            data=read_whole(file),
            **find_place(review, options),
        )
        sentence = f"{done.assessments} assessments of {assessor} completed."
        if done.ignored:
            sentence += f"\nColumns not used: {', '.join(done.ignored)}."
        answer = {"review": review.slug, "assessments": done.assessments, "ignored": done.ignored}
        return answer, sentence
