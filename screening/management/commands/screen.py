"""Cast one reviewer's votes from a CSV file."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from reviews.command import find_actor, find_review
from reviews.errors import Refused
from screening.models import Stage
from screening.services.bulk import cast_votes


class Command(BaseCommand):
    help = (
        "Cast one reviewer's votes from a CSV file with a column that names the record (record_id, doi, pmid or "
        "title), vote (include, exclude, maybe), and if wanted reason and note. All or nothing."
    )

    def add_arguments(self, parser) -> None:
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--stage", required=True, choices=Stage.values)
        parser.add_argument("--reviewer", required=True, metavar="EMAIL", help="Whose votes these are.")
        parser.add_argument("--votes", required=True, metavar="CSV")
        parser.add_argument("--json", action="store_true", help="Print machine-readable output.")

    def handle(self, *args: Any, **options: Any) -> None:
        review = find_review(options["review"])
        reviewer, path = find_actor(review, options["reviewer"]), Path(options["votes"])
        try:
            done = cast_votes(
                review=review,
                stage=options["stage"],
                reviewer=reviewer,
                name=path.name,
                data=path.read_bytes(),
            )
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror or error}.") from error
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        if options["json"]:
            self.stdout.write(
                json.dumps({"review": review.slug, "votes": done.taken, "already": done.already})
            )
        else:
            self.stdout.write(f"{done.taken} votes of {reviewer} taken, {done.already} were there already.")
