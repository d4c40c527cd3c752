"""A model as one of the reviewers: see what it would vote, let it vote, take its votes back."""

from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandParser

from reviews.command import ServiceCommand, find_actor, find_review
from reviews.models import Review
from reviews.permissions import Permission
from screening.automated import cast_at, recall_in_words
from screening.services import set_stage_settings
from screening.services.automation import RECALL, STAGE, cast, known, plan, why_not, withdraw
from screening.services.stage_settings import settings_of


class Command(ServiceCommand):
    help = (
        "Whether a model may vote at title and abstract and what it voted; --on and --off change it, --plan says "
        "what it would vote, --cast lets it vote, --withdraw takes its votes back."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--review", required=True, metavar="SLUG")
        act = parser.add_mutually_exclusive_group()
        act.add_argument("--on", action="store_true", help="Let a model cast one of the votes.")
        act.add_argument("--off", action="store_true", help="People cast all votes.")
        act.add_argument("--plan", action="store_true", help="Say what it would vote.")
        act.add_argument("--cast", action="store_true", help="Let it vote.")
        act.add_argument("--withdraw", action="store_true", help="Take its votes back.")
        parser.add_argument("--recall", type=float, default=RECALL, metavar="SHARE", help="0.9 to 1.")
        parser.add_argument("--why", default="", help="With --on and --off, for the protocol.")
        parser.add_argument("--by", metavar="EMAIL", help="Who does it; the review's owner if not given.")

    def act(self, **options: Any) -> tuple[dict, str]:
        review = find_review(options["review"])
        by = find_actor(review, options["by"], Permission.AMEND_PROTOCOL)
        if options["on"] or options["off"]:
            changes = {"automation_votes": options["on"]}
            set_stage_settings(review=review, stage=STAGE, changes=changes, by=by, why=options["why"])
        elif options["plan"]:
            found = plan(review=review, recall=options["recall"]).told()
            said = f"It would vote to exclude {found['going']} of {found['waiting']} open records."
            return {"review": review.slug, **found}, f"{said} {recall_in_words(found)}"
        elif options["cast"]:
            run = cast(review=review, by=by, recall=options["recall"])
            return {"review": review.slug, **run.result}, f"{run.result['taken']} votes cast."
        elif options["withdraw"]:
            counts = withdraw(review=review, by=by)
            return {
                "review": review.slug,
                **counts,
            }, f"{counts['withdrawn']} taken back, {counts['stay']} stay."
        return _state(review)


def _state(review: Review) -> tuple[dict, str]:
    included, excluded = known(review)
    on, reason = settings_of(review, STAGE).automation_votes, why_not(review)
    answer = {
        "review": review.slug,
        "on": on,
        "why_not": reason,
        "included": included,
        "excluded": excluded,
        "votes": asdict(cast_at(review, STAGE)),
    }
    return answer, reason or "A model may vote at title and abstract."
