"""Stop title and abstract screening."""

from typing import Any

from django.core.management.base import CommandParser

from reviews.command import ServiceCommand, find_actor, find_review
from reviews.permissions import Permission
from screening.management.commands.stopping import add_rule
from screening.services.stopping import stop


class Command(ServiceCommand):
    help = "Stop title and abstract screening: records that nobody voted on are left unread."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        add_rule(parser)
        parser.add_argument(
            "--why", default="", help="Needed where the rule is not met; goes into the report."
        )

    def act(self, **options: Any) -> tuple[dict, str]:
        review = find_review(options["review"])
        by = find_actor(review, options["by"], Permission.AMEND_PROTOCOL)
        asked = {name: options[name] for name in ("rule", "target", "confidence", "why")}
        removal = stop(review=review, by=by, **asked)
        answer = {
            "review": review.slug,
            "stop": removal.number,
            "sentence": removal.sentence,
            **removal.numbers,
        }
        return answer, removal.sentence
