"""A PRISMA2020 CSV beside a review: compare it, take numbers and labels over, or fill it in."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from reporting.flow.notes import told_of
from reporting.prisma2020 import Comparison
from reporting.services.flow_in import compare_file, fill_file, take_from_file
from reviews.command import ServiceCommand, find_actor, find_review, read_whole, write_whole
from reviews.permissions import Permission


class Command(ServiceCommand):
    help = (
        "Compare a CSV of the R package PRISMA2020 with a review, take numbers over from it, or fill it in."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--file", required=True, metavar="CSV")
        parser.add_argument(
            "--as", dest="member", metavar="EMAIL", help="Who takes it over; the owner if not given."
        )
        parser.add_argument(
            "--take",
            action="append",
            default=[],
            metavar="ID",
            help="A number that differs, or 'all' of them.",
        )
        parser.add_argument(
            "--label",
            action="append",
            default=[],
            metavar="KEY",
            help="A label that differs, or 'all' of them.",
        )
        parser.add_argument(
            "--reason", default="", help="Why the numbers are corrected; printed below the diagram."
        )
        parser.add_argument("--fill", metavar="FILE", help="Write the file with the review's numbers here.")

    def act(self, **options: Any) -> tuple[dict, str]:
        review = find_review(options["review"])
        content = read_whole(options["file"])
        taking = options["take"] or options["label"]
        if options["fill"] and taking:
            raise CommandError("Fill the file in, or take numbers over from it: not both at once.")
        answer: dict[str, Any] = {"review": review.slug, "file": options["file"]}
        if options["fill"]:
            answer |= {"out": options["fill"]}
            sha256 = write_whole(options["fill"], [fill_file(review=review, content=content)])
            return answer | {"sha256": sha256}, f"Wrote {options['fill']}"
        found = compare_file(review=review, content=content)
        if not taking:
            return answer | _data(found), _sentences(found)
        seen = {one.id: one.ours for one in found.numbers}
        taken = take_from_file(
            review=review,
            by=find_actor(review, options["member"], Permission.PUBLISH),
            content=content,
            file_name=Path(options["file"]).name,
            numbers=seen
            if "all" in options["take"]
            else {each: seen.get(each, 0) for each in options["take"]},
            labels=[one.key for one in found.labels] if "all" in options["label"] else options["label"],
            reason=options["reason"],
        )
        answer |= {"adjustments": [each.pk for each in taken.adjustments], "labels": taken.labels}
        return answer, f"Took over {len(taken.adjustments)} numbers and {len(taken.labels)} labels."


def _data(found: Comparison) -> dict[str, Any]:
    return {
        "same": found.same,
        "numbers": [
            {"id": one.id, "row": one.row, "ours": one.ours, "theirs": one.theirs} for one in found.numbers
        ],
        "labels": [
            {"key": one.key, "row": one.row, "ours": one.ours, "theirs": one.theirs} for one in found.labels
        ],
        "problems": [problem.sentence for problem in found.problems],
    }


def _sentences(found: Comparison) -> str:
    lines = [f"{found.same} numbers are the same, {len(found.numbers)} differ."]
    lines += [
        f"{one.id} ({told_of(one.id)}): here {one.ours:,}, file {one.theirs:,}" for one in found.numbers
    ]
    lines += [f"{one.key}: here “{one.ours}”, file “{one.theirs}”" for one in found.labels]
    return "\n".join([*lines, *(problem.sentence for problem in found.problems)])
