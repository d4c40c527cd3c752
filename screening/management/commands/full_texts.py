"""Record how far the retrieval of full texts is, from a CSV file."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from reviews.command import find_actor, find_review
from reviews.errors import Refused
from screening.services.bulk import set_full_text_states


class Command(BaseCommand):
    help = (
        "Record retrieval from a CSV file with a column that names the record (record_id, doi, pmid or title), "
        "state (sought, requested, retrieved, not_retrieved), and if wanted why_not and requested_from. "
        "All or nothing."
    )

    def add_arguments(self, parser) -> None:
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--states", required=True, metavar="CSV")
        parser.add_argument("--by", metavar="EMAIL", help="Who says so; the review's owner if not given.")
        parser.add_argument("--json", action="store_true", help="Print machine-readable output.")

    def handle(self, *args: Any, **options: Any) -> None:
        review = find_review(options["review"])
        by, path = find_actor(review, options["by"]), Path(options["states"])
        try:
            done = set_full_text_states(review=review, by=by, name=path.name, data=path.read_bytes())
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror or error}.") from error
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        if options["json"]:
            self.stdout.write(json.dumps({"review": review.slug, "set": done.taken, "already": done.already}))
        else:
            self.stdout.write(f"{done.taken} states recorded, {done.already} were there already.")
