"""Import search results into a review: the same services as the upload and check pages."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.files import File
from django.core.management.base import BaseCommand, CommandError, CommandParser

from records import services
from records.models import ImportBatch, Search
from records.preview import Preview
from reviews.command import find_actor, find_review, read_whole, told_in_a_sentence
from reviews.errors import Refused
from reviews.jobs import perform
from reviews.models import Review, User
from reviews.permissions import Permission

PATIENCE = 3600.0
State = ImportBatch.State
VERBS = ("commit", "discard", "again", "undo", "move", "remove_source")


class Command(BaseCommand):
    help = (
        "Import search result files (RIS, nbib, EndNote XML, CSV, ..., or a zip of them) into a review and wait "
        "until they are read. A file that is refused, such as one imported before, does not hold up the others; its "
        "sentence goes to standard error and the exit code is 1. With --preview they are read only, and wait for "
        "--commit or --discard; --undo takes an import back, --move counts it under another source."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="*", metavar="FILE")
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--source", metavar="NAME", help="The database or other source.")
        parser.add_argument(
            "--type",
            choices=Search.SourceType.values,
            default=Search.SourceType.DATABASE,
            help="Of a source that the review does not have yet.",
        )
        parser.add_argument("--platform", default="")
        parser.add_argument("--by", metavar="EMAIL", help="Who imports; the review's owner if not given.")
        parser.add_argument("--preview", action="store_true", help="Read only, and say what was read.")
        parser.add_argument("--encoding", default="", help="Overrules the encoding that is detected.")
        parser.add_argument("--sheet", default="", help="Which sheet of a workbook.")
        parser.add_argument("--mapping", metavar="FILE", help='JSON: {"column header": "field"}, for tables.')
        verb = parser.add_mutually_exclusive_group()
        verb.add_argument(
            "--commit", type=int, metavar="ID", help="Let a file that was read into the review."
        )
        verb.add_argument("--discard", type=int, metavar="ID", help="Drop a file that is not in the review.")
        verb.add_argument(
            "--again",
            type=int,
            metavar="ID",
            help="Read it again: with --encoding, or --mapping and --sheet.",
        )
        verb.add_argument("--undo", type=int, metavar="ID", help="Take an import out of the review.")
        verb.add_argument(
            "--move", type=int, metavar="ID", help="Count an import under --source instead, with its records."
        )
        verb.add_argument(
            "--remove-source",
            action="store_true",
            default=None,
            help="Remove the search of --source, by which nothing came into the review.",
        )
        parser.add_argument(
            "--confirm", type=int, metavar="N", help="How much work of people may be lost with --undo."
        )
        parser.add_argument("--json", action="store_true", help="Print machine-readable output.")

    def handle(self, *args: Any, **options: Any) -> None:
        verbs = [name for name in VERBS if options[name] is not None]
        with told_in_a_sentence():
            review = find_review(options["review"])
            by = find_actor(review, options["by"], Permission.IMPORT)
            if verbs and options["files"]:
                name = verbs[0].replace("_", "-")
                raise CommandError(f"--{name} is about what was brought in before: leave the files out.")
            if verbs == ["remove_source"]:
                self._remove_source(review, by, options)
            elif verbs:
                self._settle(review, by, verbs[0], options)
            elif not options["files"] or options["source"] is None:
                raise CommandError("Name the files to import, and with --source where they are from.")
            else:
                self._import_all(review, by, options)

    def _import_all(self, review: Review, by: User, options: dict[str, Any]) -> None:
        named = {"source": options["source"].strip(), "platform": options["platform"].strip()}
        search = services.search_named(review, **named)
        reading = {"check_first": options["preview"], "encoding": options["encoding"]}
        if options["mapping"] or options["sheet"]:
            reading |= {"mapping": _mapping(options["mapping"]), "sheet": options["sheet"]}
        files: list[dict] = []
        for name in options["files"]:
            new = {**named, "source_type": options["type"]}
            for outcome in self._import(Path(name), review, search, new, by, reading):
                search = outcome.pop("search", search)
                files.append(outcome)
                if not options["json"]:
                    self._tell(outcome)
        if options["json"]:
            source = str(search) if search else options["source"]
            self.stdout.write(json.dumps({"review": review.slug, "source": source, "files": files}))
        refused = [outcome["error"] for outcome in files if "error" in outcome]
        if refused:
            raise CommandError("\n".join(refused))

    def _import(self, path: Path, review, search, new_search: dict, by, reading: dict) -> Iterator[dict]:
        """What came of one file, or of each in an archive: ``error`` is why nothing of it was imported."""
        try:
            with path.open("rb") as handle:
                batches, refusals = services.import_files(
                    review=review,
                    files=[File(handle, path.name)],
                    by=by,
                    search=search,
                    new_search=new_search,
                    **reading,
                )
        except OSError as error:
            yield {"file": path.name, "error": f"{path}: {error.strerror or error}."}
            return
        except Refused as refusal:
            yield {"file": path.name, "error": str(refusal)}
            return
        for batch in batches:
            yield {**self._read(batch), "search": batch.search}
        for refused in refusals:
            yield {"file": path.name, "error": str(refused)}

    def _read(self, batch: ImportBatch) -> dict:
        """Read it here, or wait for the worker that was quicker."""
        outcome = {"file": batch.file_name, "import": batch.pk}
        if batch.archive_name:
            outcome["archive"] = batch.archive_name
        job = batch.job
        give_up = time.monotonic() + PATIENCE
        while job and not job.is_finished and time.monotonic() < give_up:
            perform(job.pk)
            job.refresh_from_db()
            if not job.is_finished:
                time.sleep(0.2)
        batch.refresh_from_db()
        if batch.state == State.MAPPING:
            return outcome | _columns(batch)
        if batch.state not in (State.DONE, State.READY):
            unfinished = f"{batch.file_name}: the import did not finish (job {batch.job_id})."
            return outcome | {"error": (job and job.error) or unfinished}
        outcome |= {
            "state": batch.state,
            "format": batch.format,
            "encoding": batch.encoding,
            "records": batch.records_read,
            "rejected": batch.rejected,
            "warnings": batch.warnings,
        }
        return outcome | ({"preview": Preview(batch).as_dict()} if batch.state == State.READY else {})

    def _settle(self, review: Review, by: User, verb: str, options: dict[str, Any]) -> None:
        batch = review.import_batches.filter(pk=options[verb]).first()
        if batch is None:
            raise CommandError(f"There is no import {options[verb]} in '{review.slug}'.")
        if verb == "again":
            self._again(batch, by, options)
            return
        if verb == "move":
            batch = self._move(batch, by, options)
        elif verb == "undo":
            batch = services.undo_import(batch=batch, by=by, confirm=options["confirm"])
        else:
            settle = {"commit": services.commit_import, "discard": services.discard_import}[verb]
            batch = settle(batch=batch, by=by)
        outcome = {
            "file": batch.file_name,
            "import": batch.pk,
            "state": batch.state,
            "records": batch.records_read,
        }
        if verb == "move":
            outcome["source"] = str(batch.search)
        what = f"{batch.file_name}: {batch.get_state_display().lower()}, {batch.records_read} records"
        self.stdout.write(json.dumps({"review": review.slug, **outcome}) if options["json"] else what)

    def _move(self, batch: ImportBatch, by: User, options: dict[str, Any]) -> ImportBatch:
        if not options["source"]:
            raise CommandError("Say with --source (and --platform) where the file is from.")
        named = {"source": options["source"].strip(), "platform": options["platform"].strip()}
        search = services.search_named(batch.review, **named)
        new = {**named, "source_type": options["type"]}
        return services.move_import(batch=batch, search=search, new_search=new, by=by)

    def _remove_source(self, review: Review, by: User, options: dict[str, Any]) -> None:
        source = (options["source"] or "").strip()
        search = services.search_named(review, source, options["platform"])
        if search is None:
            known = ", ".join(map(str, review.searches.all())) or "none"
            raise CommandError(f"'{review.slug}' has no source “{source}”. It has: {known}.")
        services.remove_search(search=search, by=by)
        outcome = {"review": review.slug, "removed": str(search)}
        self.stdout.write(json.dumps(outcome) if options["json"] else f"{search}: removed")

    def _again(self, batch: ImportBatch, by: User, options: dict[str, Any]) -> None:
        if options["mapping"]:
            mapping = _mapping(options["mapping"]) or {}
            batch = services.remap_import(batch=batch, mapping=mapping, sheet=options["sheet"], by=by)
        else:
            batch = services.reread_import(batch=batch, encoding=options["encoding"], by=by)
        outcome = self._read(batch)
        if options["json"]:
            self.stdout.write(json.dumps({"review": batch.review.slug, **outcome}))
        else:
            self._tell(outcome)
        if "error" in outcome:
            raise CommandError(outcome["error"])

    def _tell(self, outcome: dict) -> None:
        if "error" in outcome:
            return
        if outcome["state"] == State.MAPPING:
            self.stdout.write(
                f"{outcome['file']}: import {outcome['import']} waits for its columns to be named "
                f"({', '.join(outcome['columns'])}). Write a JSON file and use --again {outcome['import']} --mapping."
            )
            return
        rejected = outcome["rejected"]
        self.stdout.write(f"{outcome['file']}: {outcome['records']} records read, {len(rejected)} rejected")
        for item in rejected:
            self.stdout.write(f"  line {item['line']}: {item['cause']}")
        for sentence in outcome["warnings"]:
            self.stdout.write(f"  {sentence}")
        if "preview" in outcome:
            told = outcome["preview"]
            lacks = ", ".join(f"{count} {name}" for name, count in told["missing"].items() if count)
            for sentence in (told["hits"], told["known"], told["doubled"], f"Missing: {lacks or 'nothing'}."):
                if sentence:
                    self.stdout.write(f"  {sentence}")
            for sample in told["samples"]:
                self.stdout.write(f"  {sample['position']}: {sample['title'] or 'No title'}")
            self.stdout.write(f"  Nothing is in the review yet: --commit {outcome['import']} or --discard.")


def _columns(batch: ImportBatch) -> dict:
    """What a person needs to name the columns; and why, if the reading failed under the present names."""
    table = services.table_in(batch)
    told = {"state": batch.state, "columns": table.columns, "guess": table.guess, "rows": table.rows}
    return told | ({"error": batch.job.error} if batch.job and batch.job.error else {})


def _mapping(name: str | None) -> dict[str, str] | None:
    """The mapping in a JSON file; a CommandError says what is wrong with it."""
    if not name:
        return None
    try:
        mapping = json.loads(read_whole(name).decode("utf-8-sig"))
    except (UnicodeDecodeError, ValueError) as error:
        raise CommandError(f"{name} is no JSON file: {error}.") from error
    if not isinstance(mapping, dict) or not all(isinstance(value, str) for value in mapping.values()):
        raise CommandError(f'{name}: write {{"column header": "field", ...}}, a field being blank for none.')
    return mapping
