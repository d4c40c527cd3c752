"""Import search results into a review: the same service as the upload page."""

import json
from pathlib import Path
from typing import Any

from django.core.files import File
from django.core.management.base import BaseCommand, CommandError

from records.models import ImportBatch, Search
from records.services import add_search, import_file
from reviews.command import find_actor, find_review
from reviews.errors import Refused
from reviews.jobs import perform


class Command(BaseCommand):
    help = "Import search result files (RIS, nbib, EndNote XML, BibTeX, CSV, ...) into a review."

    def add_arguments(self, parser) -> None:
        parser.add_argument("files", nargs="+", metavar="FILE")
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--source", required=True, metavar="NAME", help="The database or other source.")
        parser.add_argument("--type", choices=Search.SourceType.values, default=Search.SourceType.DATABASE)
        parser.add_argument("--platform", default="")
        parser.add_argument("--by", metavar="EMAIL", help="Who imports; the review's owner if not given.")
        parser.add_argument("--json", action="store_true", help="Print machine-readable output.")

    def handle(self, *args: Any, **options: Any) -> None:
        review = find_review(options["review"])
        by = find_actor(review, options["by"])
        search = review.searches.filter(source=options["source"], platform=options["platform"]).first()
        search = search or add_search(
            review=review,
            source=options["source"],
            source_type=options["type"],
            platform=options["platform"],
            by=by,
        )
        done = [self._import(path, review, search, by, options["json"]) for path in options["files"]]
        if options["json"]:
            self.stdout.write(json.dumps({"review": review.slug, "source": str(search), "files": done}))

    def _import(self, name: str, review, search, by, quiet: bool) -> dict:
        path = Path(name)
        try:
            with path.open("rb") as handle:
                batch = import_file(review=review, search=search, file=File(handle, path.name), by=by)
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror or error}.") from error
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        perform(batch.job_id)
        batch.refresh_from_db()
        if batch.state != ImportBatch.State.DONE:
            batch.job.refresh_from_db()
            raise CommandError(batch.job.error or f"{path.name}: the import did not finish.")
        if not quiet:
            self.stdout.write(
                f"{path.name}: {batch.records_read} records read, {len(batch.rejected)} rejected"
            )
            for item in batch.rejected:
                self.stdout.write(f"  line {item['line']}: {item['cause']}")
        return {
            "file": path.name,
            "format": batch.format,
            "encoding": batch.encoding,
            "records": batch.records_read,
            "rejected": batch.rejected,
        }
