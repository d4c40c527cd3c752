"""Write the PRISMA flow diagram of a review: the same as the page's downloads."""

from typing import Any

from django.core.management.base import CommandParser

from reporting.diagram_files import FORMATS, diagram_file
from reporting.prisma import flow_counts
from reviews.command import ServiceCommand, find_review, write_whole


class Command(ServiceCommand):
    help = "Write the PRISMA 2020 flow diagram of a review (SVG, PNG, PDF, TIFF, DOCX, PPTX), or its PRISMA2020 CSV."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--format", required=True, choices=list(FORMATS))
        parser.add_argument("--out", required=True, metavar="FILE")

    def act(self, **options: Any) -> tuple[dict, str]:
        review = find_review(options["review"])
        counts, form, out = flow_counts(review), options["format"], options["out"]
        content = diagram_file(review, counts, form)
        sha256, problems = write_whole(out, [content]), counts.problems()
        if not options["json"]:
            for problem in problems:
                self.stderr.write(f"The numbers do not add up: {problem}")
        answer = {"review": review.slug, "format": form, "out": out, "sha256": sha256, "problems": problems}
        return answer, f"Wrote {out}"
