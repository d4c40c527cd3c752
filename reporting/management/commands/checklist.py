"""The reporting checklists of a review: list them, read one, answer an item, write one to a file."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from reporting.checklists import CHECKLISTS, Checklist
from reporting.checklists.documents import FORMATS, file_of
from reporting.checklists.filling import Line, answered, filled
from reporting.services.checklists import answer_item, find_item
from reviews.command import ServiceCommand, find_actor, find_review, write_whole
from reviews.models import Review
from reviews.permissions import Permission


class Command(ServiceCommand):
    help = (
        "List the reporting checklists; read one, say where the report tells an item, or write it to a file."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument(
            "--checklist", choices=list(CHECKLISTS), help="All of them in short if not given."
        )
        parser.add_argument("--item", metavar="NUMBER", help="Answer this item, such as 13a.")
        parser.add_argument(
            "--location",
            metavar="WORDS",
            help="Where it is told, or why it does not apply; '' clears the answer.",
        )
        parser.add_argument("--not-applicable", action="store_true", help="It does not apply.")
        parser.add_argument("--out", metavar="FILE", help="The extension chooses the format: docx or csv.")
        parser.add_argument("--by", metavar="EMAIL", help="Who acts; the review's owner if not given.")

    def act(self, **options: Any) -> tuple[dict, str]:
        review = find_review(options["review"])
        if options["checklist"] is None:
            return _all(review, options)
        checklist = CHECKLISTS[options["checklist"]]
        if options["item"]:
            return self._answer(review, checklist, options)
        if options["location"] is not None or options["not_applicable"]:
            raise CommandError("Say with --item which item is answered.")
        return _written(review, checklist, options["out"]) if options["out"] else _read(review, checklist)

    def _answer(self, review: Review, checklist: Checklist, options: dict[str, Any]) -> tuple[dict, str]:
        item = find_item(checklist, options["item"])
        (line,) = filled(review, checklist, only=item)
        if options["location"] is None and not options["not_applicable"]:
            return {"checklist": checklist.key, "items": [_as_data(line)]}, _in_words(line)
        answer_item(
            review=review,
            by=find_actor(review, options["by"], Permission.EXPORT),
            checklist=checklist,
            item=item,
            location=options["location"] or "",
            not_applicable=options["not_applicable"],
            seen_version=line.version,
        )
        (line,) = filled(review, checklist, only=item)
        return {"checklist": checklist.key, "items": [_as_data(line)]}, _in_words(line)


def _all(review: Review, options: dict[str, Any]) -> tuple[dict, str]:
    if options["item"] or options["out"]:
        raise CommandError(f"Say with --checklist which one: {', '.join(CHECKLISTS)}.")
    counts = answered(review)
    rows = [
        {"checklist": one.key, "name": one.name, "items": len(one.items), "answered": counts[one.key]}
        for one in CHECKLISTS.values()
    ]
    lines = [
        f"{row['checklist']}: {row['name']}, {row['answered']} of {row['items']} answered" for row in rows
    ]
    return {"checklists": rows}, "\n".join(lines)


def _read(review: Review, checklist: Checklist) -> tuple[dict, str]:
    lines = filled(review, checklist)
    data = {"checklist": checklist.key, "items": [_as_data(line) for line in lines]}
    return data, "\n".join(_in_words(line) for line in lines)


def _written(review: Review, checklist: Checklist, out: str) -> tuple[dict, str]:
    extension = Path(out).suffix.lstrip(".").lower()
    if extension not in FORMATS:
        raise CommandError(f"A checklist is written as {' or '.join(FORMATS)}; the name of --out decides.")
    sha256 = write_whole(out, [file_of(review, checklist, extension)])
    return {"checklist": checklist.key, "out": out, "sha256": sha256}, f"Wrote {out}"


def _as_data(line: Line) -> dict[str, Any]:
    return {
        "item": line.item.number,
        "topic": line.item.topic,
        "location": line.location,
        "own": line.is_own,
        "known": [fact.words for fact in line.facts if not fact.lacking],
        "lacking": [fact.words for fact in line.facts if fact.lacking],
    }


def _in_words(line: Line) -> str:
    said = line.location or "-"
    lacking = " ".join(fact.words for fact in line.facts if fact.lacking)
    return f"{line.item.number} {line.item.topic}: {said}{f' [{lacking}]' if lacking else ''}"
