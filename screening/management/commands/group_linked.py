"""Put linked reports under one study."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import transaction

from reviews.command import ServiceCommand, find_actor, find_review
from reviews.models import AuditEvent
from reviews.permissions import Permission
from screening.linked import linked
from screening.services import group_linked, undo_grouping


class Command(ServiceCommand):
    help = "Group the reports that were linked as two reports of one study: all that wait, or take one back."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--undo", type=int, metavar="GROUPING", help="Take this one back.")
        parser.add_argument("--by", metavar="EMAIL", help="Who does it; the review's owner if not given.")

    @transaction.atomic
    def act(self, **options: Any) -> tuple[dict, str]:
        review = find_review(options["review"])
        by = find_actor(review, options["by"], Permission.MANAGE_FULL_TEXT)
        if options["undo"] is not None:
            event = AuditEvent.objects.filter(review=review, pk=options["undo"]).first()
            if event is None:
                raise CommandError(f"'{review.slug}' has no grouping {options['undo']}.")
            back = [study.label for study in undo_grouping(review=review, event=event, by=by)]
            return {"review": review.slug, "studies": back}, f"Undone: {', '.join(back)}."
        done = []
        while waiting := linked(review):
            study, event = group_linked(review=review, pair=waiting[0].pair, by=by)
            done.append({"study": study.label, "grouping": event.pk})
        lines = [f"{each['study']} (grouping {each['grouping']})" for each in done]
        return {"review": review.slug, "grouped": done}, "\n".join(lines) or "No linked reports wait."
