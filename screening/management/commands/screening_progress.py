"""Show where screening stands."""

from typing import Any

from django.core.management.base import CommandParser

from reviews.command import ServiceCommand, find_member, find_review
from reviews.permissions import Permission
from screening.api.rounds import own_numbers
from screening.dashboard import lead_view, own_list
from screening.round_serializers import LeadSerializer, OwnSerializer


class Command(ServiceCommand):
    help = "Show what is left for a person, and for owners and managers the stages and the people."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--as", dest="reader", metavar="EMAIL", help="Who reads; the owner if not given.")

    def act(self, **options: Any) -> tuple[dict, str]:
        review = find_review(options["review"])
        reader = find_member(review, options["reader"], Permission.VIEW)
        own = own_list(reader)
        lead = lead_view(reader) if Permission.MANAGE_TEAM in reader.may else None
        answer = {
            "review": review.slug,
            "own": OwnSerializer(own_numbers(own)).data,
            "lead": LeadSerializer(lead).data if lead else None,
        }
        lines = [f"{stage.label}: {progress.left} left for {reader.user}" for stage, progress in own.stages]
        for bar in lead.stages if lead else []:
            parts = ", ".join(f"{records} {words}" for _, words, records, _, _ in bar.parts)
            done = f"; done about {bar.forecast.on}" if bar.forecast else ""
            lines.append(f"{bar.stage.label}: {bar.total} records, {parts}{done}")
            if bar.awaited and bar.awaited.behind:
                lines.append(f"{bar.stage.label}: {bar.awaited.in_words}")
        for person in lead.people if lead else []:
            counted = ", ".join(f"{votes} at {stage.label.lower()}" for stage, votes in person.votes.items())
            lines.append(f"{person.user}: {counted}")
        return answer, "\n".join(lines)
