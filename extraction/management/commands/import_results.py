"""Take in extracted results from a CSV file."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from extraction.importing import import_results
from reviews.command import ServiceCommand, find_actor, find_review, read_whole
from reviews.permissions import Permission


class Command(ServiceCommand):
    help = "Import extracted results, a row per result. All or nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file", metavar="CSV")
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--extractor", required=True, metavar="EMAIL", help="Who extracted the results.")

    def act(self, **options: Any) -> tuple[dict, str]:
        review, file = find_review(options["review"]), options["file"]
        by = find_actor(review, options["extractor"], Permission.EXTRACT)
        done = import_results(review=review, by=by, name=Path(file).name, data=read_whole(file))
        sentence = f"{done.results} results recorded, {done.arms} arms added, "
        sentence += f"{done.characteristics} characteristics set."
        if done.ignored:
            sentence += f"\nColumns not used: {', '.join(done.ignored)}."
        return {"review": review.slug, **asdict(done)}, sentence
