"""Take a stop of screening back, or bring single records back."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import transaction

from records.models import Record
from reviews.command import ServiceCommand, find_actor, find_review
from reviews.permissions import Permission
from screening.services.removals import bring_back
from screening.services.stopping import undo_stop


class Command(ServiceCommand):
    help = (
        "Take the latest stop of screening back (or --number), or bring back only the records of --records."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument(
            "--number", type=int, metavar="N", help="Which stop; the latest that stands if not given."
        )
        parser.add_argument("--records", metavar="IDS", help="Only these, with commas between.")
        parser.add_argument("--by", metavar="EMAIL", help="Who does it; the review's owner if not given.")

    def act(self, **options: Any) -> tuple[dict, str]:
        review = find_review(options["review"])
        by = find_actor(review, options["by"], Permission.AMEND_PROTOCOL)
        if options["records"]:
            ids = [_number(word) for word in options["records"].split(",") if word.strip()]
            with transaction.atomic():
                for pk in ids:
                    bring_back(record=Record(pk=pk, review=review), by=by)
            return {"review": review.slug, "records": ids}, f"{len(ids)} brought back."
        removal = undo_stop(review=review, by=by, number=options["number"])
        back = removal.removed.filter(withdrawn_at=removal.undone_at).count()
        answer = {"review": review.slug, "stop": removal.number, "back": back}
        return answer, f"Stop {removal.number} is taken back: {back:,} records wait for votes again."


def _number(word: str) -> int:
    if not word.strip().isdecimal() or len(word.strip()) > 18:
        raise CommandError(f"“{word.strip()[:40]}” is not the id of a record.")
    return int(word)
