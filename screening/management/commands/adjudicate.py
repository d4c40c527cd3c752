"""Resolve conflicts from a CSV file."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from reviews.command import find_actor, find_review
from reviews.errors import Refused
from screening.models import Stage
from screening.services.bulk import resolve_conflicts


class Command(BaseCommand):
    help = (
        "Resolve conflicts from a CSV file with a column that names the record (record_id, doi, pmid or title), "
        "decision (include, exclude), and if wanted reason and comment. All or nothing."
    )

    def add_arguments(self, parser) -> None:
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--stage", required=True, choices=Stage.values)
        parser.add_argument("--adjudicator", required=True, metavar="EMAIL", help="Who resolves.")
        parser.add_argument("--decisions", required=True, metavar="CSV")
        parser.add_argument("--json", action="store_true", help="Print machine-readable output.")

    def handle(self, *args: Any, **options: Any) -> None:
        review = find_review(options["review"])
        adjudicator, path = find_actor(review, options["adjudicator"]), Path(options["decisions"])
        try:
            done = resolve_conflicts(
                review=review,
                stage=options["stage"],
                adjudicator=adjudicator,
                name=path.name,
                data=path.read_bytes(),
            )
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror or error}.") from error
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        if options["json"]:
            answer = {"review": review.slug, "resolved": done.taken, "already": done.already}
            self.stdout.write(json.dumps(answer))
        else:
            self.stdout.write(f"{done.taken} conflicts resolved, {done.already} were already.")
