"""Take in one assessor's risk-of-bias judgements from a CSV file."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from appraisal.importing import import_assessments
from appraisal.instruments import INSTRUMENTS
from reviews.command import find_actor, find_review
from reviews.errors import Refused


class Command(BaseCommand):
    help = (
        "Import one assessor's risk-of-bias judgements: a row per study, a column per domain. All or nothing."
    )

    def add_arguments(self, parser) -> None:
        parser.add_argument("file", metavar="CSV")
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--assessor", required=True, metavar="EMAIL", help="Whose judgements these are.")
        parser.add_argument("--instrument", required=True, choices=list(INSTRUMENTS))
        parser.add_argument("--json", action="store_true", help="Print machine-readable output.")

    def handle(self, *args: Any, **options: Any) -> None:
        review = find_review(options["review"])
        assessor = find_actor(review, options["assessor"])
        path = Path(options["file"])
        try:
            done = import_assessments(
                review=review,
                instrument=INSTRUMENTS[options["instrument"]],
                assessor=assessor,
                name=path.name,
                data=path.read_bytes(),
            )
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror or error}.") from error
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        if options["json"]:
            self.stdout.write(
                json.dumps({"review": review.slug, "assessments": done.assessments, "ignored": done.ignored})
            )
            return
        self.stdout.write(f"{done.assessments} assessments of {assessor} completed.")
        if done.ignored:
            self.stdout.write(f"Columns not used: {', '.join(done.ignored)}.")
