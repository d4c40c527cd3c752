"""Read search result files as an import would, and print what comes out; no database is opened."""

import json
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from records.formats import FORMATS, Parsed, Rejected, UnreadableFile, parse
from records.formats.archives import is_archive, members

_HEAD = 1 << 16
_TOLD = ("title", "authors", "year", "journal", "abstract", "doi")


@dataclass
class Read:
    """One file, or one member of an archive, and what came of it."""

    file: str
    parsed: Parsed | None = None
    error: str = ""
    counts: Counter[str] = field(default_factory=Counter)

    def __iter__(self) -> Iterator[Any]:
        """The items of the file; what stops the reading ends up in `error`."""
        if self.parsed is None:
            return
        try:
            yield from self.parsed
        except UnreadableFile as error:
            self.error = str(error)

    @property
    def facts(self) -> dict[str, Any]:
        return {
            "file": self.file,
            "format": self.parsed.format if self.parsed else "",
            "encoding": self.parsed.encoding if self.parsed else "",
            "records": self.counts["records"],
            "rejected": self.counts["rejected"],
            "warnings": self.parsed.warnings if self.parsed else [],
            "error": self.error or None,
        }


class Command(BaseCommand):
    help = (
        "Read a search result file, or a zip or gz of them, and print the records without storing anything: to see "
        "what an import would make of it. A file that is refused gives a sentence and exit code 1."
    )
    requires_system_checks = []  # they ask the database, which need not exist

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE")
        parser.add_argument("--format", choices=FORMATS, help="Read as this format, whatever it looks like.")
        parser.add_argument("--encoding", help="Such as utf-8, utf-16 or cp1252; found out if not given.")
        parser.add_argument("--sheet", help="Which sheet of a workbook; the first with a table if not given.")
        parser.add_argument("--json", action="store_true", help="Print machine-readable output.")

    def handle(self, *args: Any, **options: Any) -> None:
        path = Path(options["file"])
        how = {name: options[name] for name in ("format", "encoding", "sheet") if options[name]}
        with tempfile.TemporaryDirectory(prefix="parse-records-") as folder:
            files, skipped, archive = _opened(path, Path(folder), how)
            if options["json"]:
                self._print_json(files, skipped, archive)
            else:
                self._print_summary(files, skipped)
        refused = [
            read.error if read.file in read.error else f"{read.file}: {read.error}"
            for read in files
            if read.error
        ]
        if refused:
            raise CommandError("\n".join(refused))

    def _print_json(self, files: list[Read], skipped: list[str], archive: bool) -> None:
        """The document piece by piece, so that a file of any length needs no more memory than one record."""
        rejected: list[dict[str, Any]] = []
        formats, encodings = (
            {getattr(read.parsed, name) for read in files if read.parsed} for name in ("format", "encoding")
        )
        self._put(f'{{"format": {_dump(_only(formats))}, "encoding": {_dump(_only(encodings))}, "records": [')
        comma = "\n"
        for read in files:
            where = {"file": read.file} if archive else {}
            for item in read:
                if isinstance(item, Rejected):
                    read.counts["rejected"] += 1
                    rejected.append({"line": item.line, "cause": item.cause, **where})
                    continue
                read.counts["records"] += 1
                self._put(comma + _dump(asdict(item) | where))
                comma = ",\n"
            if read.error:
                rejected.append({"line": 1, "cause": read.error, **where})
        facts = [read.facts for read in files]
        rest: dict[str, Any] = {
            "rejected": rejected,
            "warnings": [*skipped, *(warning for read in facts for warning in read["warnings"])],
            "error": next((read.error for read in files if read.error), None),
        }
        if archive:
            rest["files"] = facts
        self._put("\n], " + _dump(rest)[1:] + "\n")

    def _put(self, text: str) -> None:
        self.stdout.write(text, ending="")

    def _print_summary(self, files: list[Read], skipped: list[str]) -> None:
        for sentence in skipped:
            self.stdout.write(sentence)
        for read in files:
            missing, lines = Counter[str](), list[str]()
            for item in read:
                if isinstance(item, Rejected):
                    read.counts["rejected"] += 1
                    lines.append(f"  line {item.line}: {item.cause}")
                    continue
                read.counts["records"] += 1
                missing.update(name for name in _TOLD if not getattr(item, name))
            facts = read.facts
            if read.parsed is None:
                continue
            self.stdout.write(
                f"{read.file}: {facts['format']}, {facts['encoding']}, {_counted(facts['records'])}, "
                f"{facts['rejected']:,} rejected"
            )
            if missing:
                self.stdout.write("  without " + ", ".join(f"{name} {n:,}" for name, n in missing.items()))
            for line in [*lines, *(f"  {warning}" for warning in facts["warnings"])]:
                self.stdout.write(line)


def _opened(path: Path, folder: Path, how: dict[str, str]) -> tuple[list[Read], list[str], bool]:
    """The files to read, sentences about what an archive holds besides, and whether it is one."""
    try:
        with path.open("rb") as stream:
            head = stream.read(_HEAD)
        if not is_archive(head):
            return [_ready(path, path.name, how)], [], False
        opened = members(path, filename=path.name, folder=folder)
        files = [_ready(member.path, member.name, how) for member in opened]
        return files, opened.skipped, True
    except OSError as error:
        return [Read(path.name, error=f"{path}: {error.strerror or error}.")], [], False
    except UnreadableFile as error:
        return [Read(path.name, error=str(error))], [], False


def _ready(path: Path, name: str, how: dict[str, Any]) -> Read:
    try:
        return Read(name, parse(path, filename=name, **how))
    except UnreadableFile as error:
        return Read(name, error=str(error))


def _counted(records: int) -> str:
    return "1 record" if records == 1 else f"{records:,} records"


def _only(values: set[str]) -> str:
    """The one value there is; "" for none, "mixed" for several."""
    return next(iter(values)) if len(values) == 1 else "mixed" if values else ""


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=True)
