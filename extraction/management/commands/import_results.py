"""Take in extracted results from a CSV file."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from extraction.importing import import_results
from reviews.command import find_actor, find_review
from reviews.errors import Refused


class Command(BaseCommand):
    help = "Import extracted results, a row per result. All or nothing."

    def add_arguments(self, parser) -> None:
        parser.add_argument("file", metavar="CSV")
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--extractor", required=True, metavar="EMAIL", help="Who extracted the results.")
        parser.add_argument("--json", action="store_true", help="Print machine-readable output.")

    def handle(self, *args: Any, **options: Any) -> None:
        review = find_review(options["review"])
        by = find_actor(review, options["extractor"])
        path = Path(options["file"])
        try:
            done = import_results(review=review, by=by, name=path.name, data=path.read_bytes())
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror or error}.") from error
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        if options["json"]:
            self.stdout.write(json.dumps({"review": review.slug, **asdict(done)}))
            return
        self.stdout.write(
            f"{done.results} results recorded, {done.arms} arms added, {done.characteristics} characteristics set."
        )
        if done.ignored:
            self.stdout.write(f"Columns not used: {', '.join(done.ignored)}.")
