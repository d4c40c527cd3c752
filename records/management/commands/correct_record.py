"""Correct what a record says, or give it back its first text: the same service as the page."""

from argparse import ArgumentTypeError
from typing import Any

from django.core.management.base import CommandError, CommandParser

from records.services import correct_record, restore_original
from records.values import LABELS, LISTS
from reviews.command import ServiceCommand, find_actor, find_review
from reviews.permissions import Permission


def assignment(text: str) -> tuple[str, str]:
    """FIELD=VALUE of an option."""
    name, equals, value = text.partition("=")
    if not equals or name not in LABELS:
        raise ArgumentTypeError(f"'{text}': write FIELD=VALUE, where FIELD is one of {', '.join(LABELS)}.")
    return name, value


def gathered(given: list[tuple[str, str]]) -> dict[str, str]:
    """{field: value}; a list field given several times has one item for each."""
    values: dict[str, str] = {}
    for name, value in given:
        if name in values and name not in LISTS:
            raise CommandError(f"--set {name} is given twice: a record has one {LABELS[name]}.")
        values[name] = f"{values[name]}\n{value}" if name in values else value
    return values


class Command(ServiceCommand):
    help = (
        "Correct fields of a record, or give them their first values back. The first values are kept, history says "
        "who changed what, and duplicates are looked for anew."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("record", type=int, metavar="ID")
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument(
            "--set",
            action="append",
            default=[],
            type=assignment,
            metavar="FIELD=VALUE",
            help="Again for another field, or for another author, keyword or trial register number.",
        )
        parser.add_argument("--restore", action="append", default=[], metavar="FIELD", help="Or 'all'.")
        parser.add_argument("--why", default="", help="Kept in the history.")
        parser.add_argument("--by", metavar="EMAIL", help="Who corrects; the review's owner if not given.")

    def act(self, **options: Any) -> tuple[dict, str]:
        review = find_review(options["review"])
        by = find_actor(review, options["by"], Permission.DEDUPLICATE)
        if bool(options["set"]) == bool(options["restore"]):
            raise CommandError("Say what to do: --set FIELD=VALUE, or --restore FIELD.")
        record = review.records.select_related("review").filter(pk=options["record"]).first()
        if record is None:
            raise CommandError(f"'{review.slug}' has no record {options['record']}.")
        if options["restore"]:
            fields = None if "all" in options["restore"] else options["restore"]
            record = restore_original(record=record, fields=fields, by=by)
        else:
            record = correct_record(
                record=record, changes=gathered(options["set"]), by=by, why=options["why"]
            )
        now = {name: getattr(record, name) for name in LABELS}
        data = {"review": review.slug, "record": record.pk, "now": now, "original": record.original}
        changed = ", ".join(record.original) or "nothing"
        return data, f"Record {record.pk}: {record.citation}. Corrected: {changed}."
