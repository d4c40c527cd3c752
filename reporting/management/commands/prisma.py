"""Write the PRISMA flow diagram of a review: the same as the page's downloads."""

from typing import Any

from django.core.management.base import CommandParser

from reporting.diagram import diagram
from reporting.prisma2020 import prisma_csv
from reporting.prisma import flow_counts
from reviews.command import ServiceCommand, find_review, write_whole
from reviews.figures.files import FORMATS, figure_bytes


class Command(ServiceCommand):
    help = "Write the PRISMA 2020 flow diagram (SVG, PNG, PDF, TIFF) or the PRISMA2020 CSV of a review."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--format", required=True, choices=["csv", *FORMATS])
        parser.add_argument("--out", required=True, metavar="FILE")

    def act(self, **options: Any) -> tuple[dict, str]:
        review = find_review(options["review"])
        counts, form, out = flow_counts(review), options["format"], options["out"]
        if form == "csv":
            content = prisma_csv(counts).encode()
        else:
            content = figure_bytes(diagram(review, counts, linked=False), form)
        sha256, problems = write_whole(out, [content]), counts.problems()
        if not options["json"]:
            for problem in problems:
                self.stderr.write(f"The numbers do not add up: {problem}")
        answer = {"review": review.slug, "format": form, "out": out, "sha256": sha256, "problems": problems}
        return answer, f"Wrote {out}"
