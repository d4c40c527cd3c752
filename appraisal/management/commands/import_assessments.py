"""Take in one assessor's risk-of-bias judgements from a CSV file."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from appraisal.importing import import_assessments
from appraisal.instruments import INSTRUMENTS
from reviews.command import ServiceCommand, find_actor, find_review, read_whole
from reviews.permissions import Permission


class Command(ServiceCommand):
    help = (
        "Import one assessor's risk-of-bias judgements: a row per study, a column per domain. All or nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file", metavar="CSV")
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--assessor", required=True, metavar="EMAIL", help="Whose judgements these are.")
        parser.add_argument("--instrument", required=True, choices=list(INSTRUMENTS))

    def act(self, **options: Any) -> tuple[dict, str]:
        review, file = find_review(options["review"]), options["file"]
        assessor = find_actor(review, options["assessor"], Permission.ASSESS)
        done = import_assessments(
            review=review,
            instrument=INSTRUMENTS[options["instrument"]],
            assessor=assessor,
            name=Path(file).name,
            data=read_whole(file),
        )
        sentence = f"{done.assessments} assessments of {assessor} completed."
        if done.ignored:
            sentence += f"\nColumns not used: {', '.join(done.ignored)}."
        answer = {"review": review.slug, "assessments": done.assessments, "ignored": done.ignored}
        return answer, sentence
