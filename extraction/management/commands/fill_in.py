"""Fill in the form of a study: values, rows, verification, completion."""

import json
from typing import Any

from django.core.management.base import CommandError, CommandParser

from extraction import services
from extraction.filled import missing_of, schema_of
from extraction.models import Extraction
from reviews.command import ServiceCommand, find_actor, find_review
from reviews.models import Review, User
from reviews.permissions import Permission
from screening.models import Study

#: Options that name a field, a group or a row, in the order in which they are done.
STEPS = ("restore_row", "add_row", "set", "comment", "remove_row", "verify")


class Command(ServiceCommand):
    help = "Fill in the form of one study as one person; without anything to do it shows what is filled in."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--study", required=True, metavar="LABEL")
        parser.add_argument("--by", required=True, metavar="EMAIL", help="Who extracts.")
        for name, metavar, text in (
            ("--restore-row", "GROUP.ROW", "Bring a removed row back."),
            ("--add-row", "GROUP", "Add a row to a repeating group."),
            ("--set", "FIELD=VALUE", "Fill in a field, FIELD.ROW in a group; nothing after = empties it."),
            ("--comment", "FIELD=TEXT", "Write the comment of a field."),
            ("--remove-row", "GROUP.ROW", "Take a row away; it can be brought back."),
            ("--verify", "FIELD", "Confirm a value that somebody else filled in."),
        ):
            parser.add_argument(
                name, action="append", default=[], metavar=metavar, help=f"{text} Again for more."
            )
        parser.add_argument("--complete", action="store_true", help="Hand the extraction in.")
        parser.add_argument("--reopen", action="store_true", help="Take back that it is complete.")
        parser.add_argument("--complete-study", action="store_true", help="Declare the study complete.")
        parser.add_argument("--reopen-study", action="store_true", help="Open a complete study again.")

    def act(self, **options: Any) -> tuple[dict, str]:
        review = find_review(options["review"])
        by = find_actor(review, options["by"], Permission.EXTRACT)
        study = _study(review, options["study"])
        if options["reopen_study"]:
            services.reopen_study(study=study, by=by)
        extraction = services.start_extraction(study=study, by=by)
        if options["reopen"]:
            extraction = services.reopen_extraction(extraction=extraction, by=by)
        for step in STEPS:
            for given in options[step]:
                _do(step, given, extraction, by)
        extraction.refresh_from_db()
        if options["complete"]:
            extraction = services.complete_extraction(extraction=extraction, by=by)
        if options["complete_study"]:
            services.complete_study(study=study, by=by)
        return _told(extraction, services.what_blocks(study, by))


def _study(review: Review, label: str) -> Study:
    found = Study.objects.select_related("review").filter(review=review, label=label).first()
    if found is None:
        raise CommandError(f"'{review.slug}' has no study called '{label}'.")
    return found


def _do(step: str, given: str, extraction: Extraction, by: User) -> None:
    name, equals, text = given.partition("=")
    first, _, row = name.partition(".")
    if step in ("set", "comment"):
        if not equals:
            raise CommandError(f"'{given}': write FIELD=VALUE, or FIELD.ROW=VALUE in a repeating group.")
        one = extraction.values.filter(field=first, row=row).first()
        words = {"value": text} if step == "set" else {"value": one.value if one else None, "comment": text}
        services.set_value(
            extraction=extraction,
            field=first,
            row=row,
            by=by,
            seen_version=one.version if one else 0,
            **words,
        )
    elif step == "verify":
        one = extraction.values.filter(field=first, row=row).first()
        services.verify_value(
            extraction=extraction, field=first, row=row, by=by, seen_version=one.version if one else 0
        )
    elif step == "add_row":
        services.add_row(extraction=extraction, group=given, by=by)
    elif step == "remove_row":
        services.remove_row(extraction=extraction, group=first, row=row, by=by)
    else:
        services.restore_row(extraction=extraction, group=first, row=row, by=by)


def _told(extraction: Extraction, blocks: list[str]) -> tuple[dict, str]:
    extraction = Extraction.objects.select_related("study__review", "form_version").get(pk=extraction.pk)
    values = [
        {
            "field": one.field,
            "row": one.row,
            "value": one.value,
            "comment": one.comment,
            "version": one.version,
        }
        for one in extraction.values.all()
        if one.value is not None or one.comment
    ]
    data = {
        "review": extraction.review.slug,
        "study": str(extraction.study),
        "kind": extraction.kind,
        "state": extraction.state,
        "rows": extraction.rows,
        "values": values,
        "missing": missing_of(extraction),
        "blocks": blocks,
    }
    schema = schema_of(extraction)
    labels = {key: field.label for key, field in schema.by_key.items()} if schema else {}
    lines = [
        f"{labels.get(str(one['field']), one['field'])}{' ' if one['row'] else ''}{one['row']}: "
        + json.dumps(one["value"], ensure_ascii=False)
        for one in values
    ]
    return data, "\n".join([*lines, *blocks]) or "Nothing is filled in yet."
