"""Write the PRISMA flow diagram of a review: the same as the page's downloads, of now or a past day."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from reporting.asked import asked_for
from reporting.diagram_files import FORMATS, diagram_file
from reviews.command import ServiceCommand, find_review, write_whole


class Command(ServiceCommand):
    help = "Write the PRISMA 2020 flow diagram of a review (SVG, PNG, PDF, TIFF, DOCX, PPTX), or its PRISMA2020 CSV."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument(
            "--format", choices=list(FORMATS), help="With --out; without both only the numbers."
        )
        parser.add_argument("--out", metavar="FILE")
        parser.add_argument(
            "--as-of", default="", metavar="DAY", help="As it was then: 2026-03-01, or a time."
        )
        parser.add_argument(
            "--since",
            default="",
            metavar="NUMBER",
            help="The update of this version; “whole” for all from the start.",
        )

    def act(self, **options: Any) -> tuple[dict, str]:
        review = find_review(options["review"])
        form, out = options["format"], options["out"]
        if (form is None) != (out is None):
            raise CommandError("Give --format and --out together, or neither for the numbers alone.")
        counts = asked_for(review, {"as_of": options["as_of"], "since": options["since"]}).counts()
        problems = counts.problems()
        if not options["json"]:
            for problem in problems:
                self.stderr.write(f"The numbers do not add up: {problem}")
            for doubt in counts.doubts:
                self.stderr.write(f"Not known for certain: {doubt}")
        answer = {"review": review.slug, "problems": problems}
        if out is None:
            told = counts.to_json()
            lines = [f"{name}: {value}" for name, value in told.items() if isinstance(value, int) and value]
            return answer | {"counts": told}, "\n".join(lines) or "All numbers are 0."
        sha256 = write_whole(out, [diagram_file(review, counts, form)])
        return answer | {"format": form, "out": out, "sha256": sha256}, f"Wrote {out}"
