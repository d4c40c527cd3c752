"""Write the PRISMA flow diagram of a review: the same as the page's downloads."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from reporting.diagram import diagram
from reporting.flow import prisma_csv
from reporting.prisma import flow_counts
from reviews.command import find_review
from reviews.figures.files import FORMATS, figure_bytes


class Command(BaseCommand):
    help = "Write the PRISMA 2020 flow diagram (SVG, PNG, PDF, TIFF) or the PRISMA2020 CSV of a review."

    def add_arguments(self, parser) -> None:
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--format", required=True, choices=["csv", *FORMATS])
        parser.add_argument("--out", required=True, metavar="FILE")

    def handle(self, *args: Any, **options: Any) -> None:
        review = find_review(options["review"])
        counts = flow_counts(review)
        if options["format"] == "csv":
            content = prisma_csv(counts).encode()
        else:
            content = figure_bytes(diagram(review, counts, linked=False), options["format"])
        try:
            Path(options["out"]).write_bytes(content)
        except OSError as error:
            raise CommandError(f"{options['out']}: {error.strerror or error}.") from error
        for problem in counts.problems():
            self.stderr.write(f"The numbers do not add up: {problem}")
        self.stdout.write(f"Wrote {options['out']}")
