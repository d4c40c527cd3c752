"""Say in which language a report is and whether it needs a translation."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from reviews.command import ServiceCommand, find_actor, find_review
from reviews.permissions import Permission
from screening.services.full_texts import set_language


class Command(ServiceCommand):
    help = "Say in which language a report is, and whether it needs a translation."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--record", required=True, type=int, metavar="ID")
        parser.add_argument("--language", default="", metavar="NAME", help="Left out: as the record says.")
        parser.add_argument("--needs-translation", action="store_true")
        parser.add_argument("--by", metavar="EMAIL", help="Who says so; the review's owner if not given.")

    def act(self, **options: Any) -> tuple[dict, str]:
        review = find_review(options["review"])
        record = review.records.filter(pk=options["record"]).first()
        if record is None:
            raise CommandError(f"'{review.slug}' has no record with the id “{options['record']}”.")
        saved = set_language(
            review=review,
            record=record,
            by=find_actor(review, options["by"], Permission.MANAGE_FULL_TEXT),
            language=options["language"],
            needs_translation=options["needs_translation"],
        )
        answer = {
            "review": review.slug,
            "record": record.pk,
            "language": saved.language,
            "needs_translation": saved.needs_translation,
        }
        return answer, f"Recorded for {record}."
