"""manage.py what_changed --review SLUG --since N [--until N] [--json]."""

from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandParser

from reporting.changes import changes_since, told
from reporting.management.versions import find_version
from reviews.command import ServiceCommand, find_review


class Command(ServiceCommand):
    help = "What changed since a version: studies, estimates, certainty, flow of records."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--since", required=True, type=int, metavar="N", help="Number of a version.")
        parser.add_argument("--until", type=int, metavar="N", help="Another version; now if not given.")

    def act(self, **options: Any) -> tuple[dict, str]:
        review = find_review(options["review"])
        until = find_version(review, options["until"]) if options["until"] else None
        found = changes_since(find_version(review, options["since"]), until=until)
        lines = [found.in_short]
        lines += [f"New study: {study['label']}" for study in found.studies_new]
        lines += [f"Not included any more: {study['label']}" for study in found.studies_gone]
        for one in map(told, found.estimates):
            if one.changed:
                lines.append(
                    f"{one.label}: {one.before or 'nothing'} -> {one.now or 'nothing'} {one.note}".rstrip()
                )
        lines += [
            f"Certainty of {one.label}: {one.before_words} -> {one.now_words}"
            for one in found.certainty
            if one.before != one.now
        ]
        return asdict(found) | {"in_short": found.in_short}, "\n".join(lines)
