"""Import search results into a review: the same services as the upload page."""

import json
import time
from pathlib import Path
from typing import Any

from django.core.files import File
from django.core.management.base import BaseCommand, CommandError, CommandParser

from records.models import ImportBatch, Search
from records.services import import_files
from reviews.command import find_actor, find_review, told_in_a_sentence
from reviews.errors import Refused
from reviews.jobs import perform
from reviews.permissions import Permission

PATIENCE = 3600.0


class Command(BaseCommand):
    help = (
        "Import search result files (RIS, nbib, EndNote XML, BibTeX, CSV, ...) into a review and wait until they are "
        "read. A file that is refused, such as one imported before, does not hold up the others; its sentence goes "
        "to standard error and the exit code is 1."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", metavar="FILE")
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--source", required=True, metavar="NAME", help="The database or other source.")
        parser.add_argument(
            "--type",
            choices=Search.SourceType.values,
            default=Search.SourceType.DATABASE,
            help="Of a source that the review does not have yet.",
        )
        parser.add_argument("--platform", default="")
        parser.add_argument("--by", metavar="EMAIL", help="Who imports; the review's owner if not given.")
        parser.add_argument("--json", action="store_true", help="Print machine-readable output.")

    def handle(self, *args: Any, **options: Any) -> None:
        with told_in_a_sentence():
            self._import_all(options)

    def _import_all(self, options: dict[str, Any]) -> None:
        review = find_review(options["review"])
        by = find_actor(review, options["by"], Permission.IMPORT)
        named = {"source": options["source"].strip(), "platform": options["platform"].strip()}
        search = review.searches.filter(
            source__iexact=named["source"], platform__iexact=named["platform"]
        ).first()
        files = []
        for name in options["files"]:
            outcome = self._import(Path(name), review, search, {**named, "source_type": options["type"]}, by)
            search = search or outcome.pop("search", None)
            outcome.pop("search", None)
            files.append(outcome)
            if not options["json"]:
                self._tell(outcome)
        if options["json"]:
            source = str(search) if search else options["source"]
            self.stdout.write(json.dumps({"review": review.slug, "source": source, "files": files}))
        refused = [outcome["error"] for outcome in files if "error" in outcome]
        if refused:
            raise CommandError("\n".join(refused))

    def _import(self, path: Path, review, search, new_search: dict, by) -> dict:
        """What came of one file: ``error`` is the sentence why nothing of it was imported."""
        try:
            with path.open("rb") as handle:
                batches, refusals = import_files(
                    review=review,
                    files=[File(handle, path.name)],
                    by=by,
                    search=search,
                    new_search=new_search,
                )
        except OSError as error:
            return {"file": path.name, "error": f"{path}: {error.strerror or error}."}
        except Refused as refusal:
            return {"file": path.name, "error": str(refusal)}
        if refusals:
            return {"file": path.name, "error": str(refusals[0])}
        return self._read(batches[0], path.name)

    def _read(self, batch: ImportBatch, name: str) -> dict:
        """Read it here, or wait for the worker that was quicker."""
        job = batch.job
        assert job is not None, "import_file queues one"
        give_up = time.monotonic() + PATIENCE
        while not job.is_finished and time.monotonic() < give_up:
            perform(job.pk)
            job.refresh_from_db()
            if not job.is_finished:
                time.sleep(0.2)
        batch.refresh_from_db()
        outcome = {"file": name, "search": batch.search}
        if batch.state != ImportBatch.State.DONE:
            return outcome | {"error": job.error or f"{name}: the import did not finish (job {job.pk})."}
        return outcome | {
            "format": batch.format,
            "encoding": batch.encoding,
            "records": batch.records_read,
            "rejected": batch.rejected,
        }

    def _tell(self, outcome: dict) -> None:
        if "error" in outcome:
            return
        rejected = outcome["rejected"]
        self.stdout.write(f"{outcome['file']}: {outcome['records']} records read, {len(rejected)} rejected")
        for item in rejected:
            self.stdout.write(f"  line {item['line']}: {item['cause']}")
