"""Write a whole review as a Word report."""

from typing import Any

from django.core.management.base import CommandParser

from reporting.exports import build_export
from reporting.exports.report import WITHOUT
from reporting.exports.shape import quiet
from reporting.report.readiness import readiness
from reporting.report.source import Source
from reviews.command import ServiceCommand, find_member, find_review, write_whole
from reviews.permissions import Permission


class Command(ServiceCommand):
    help = "Write a whole review as a Word report, and say what is lacking for it."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--out", required=True, metavar="FILE", help="The document, such as report.docx.")
        parser.add_argument(
            "--as", dest="member", metavar="E-MAIL", help="Whose view to write; the owner's if left out."
        )
        parser.add_argument(
            "--without-prompts", action="store_true", help="Do not name what the authors still have to write."
        )

    def act(self, **options: Any) -> tuple[dict, str]:
        review = find_review(options["review"])
        member = find_member(review, options["member"], Permission.EXPORT)
        chosen = {"prompts": WITHOUT} if options["without_prompts"] else {}
        tell = self._tell if options["verbosity"] > 1 else quiet
        pieces = build_export(membership=member, what="report", extension="docx", options=chosen, tell=tell)
        sha256 = write_whole(options["out"], pieces)  # type: ignore[arg-type]  # a document comes as bytes
        lacking = {part.heading: [*part.lacking] for part in readiness(Source(member)) if part.lacking}
        if not options["json"]:
            for heading, sentences in lacking.items():
                self.stderr.write(f"{heading}: {' '.join(sentences)}")
        answer = {"review": review.slug, "out": options["out"], "sha256": sha256, "lacking": lacking}
        return answer, f"Wrote {options['out']}"

    def _tell(self, done: int, total: int, message: str) -> None:
        self.stderr.write(f"{message} ({done} of {total})" if total else message)
