"""Learn the order of a stage now."""

from typing import Any

from django.core.management.base import CommandParser

from reviews.command import ServiceCommand, find_actor, find_review
from reviews.permissions import Permission
from screening.models import Stage
from screening.services import rankings


class Command(ServiceCommand):
    help = (
        "Learn in which order the records of a stage come, from what is decided. Everything is done here, not in the "
        "background. An order taken from a file is replaced."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--stage", default=Stage.TITLE_ABSTRACT.value, choices=Stage.values)
        parser.add_argument("--by", metavar="EMAIL", help="Who asks for it; the review's owner if not given.")

    def act(self, **options: Any) -> tuple[dict, str]:
        review, stage = find_review(options["review"]), options["stage"]
        by = find_actor(review, options["by"], Permission.AMEND_PROTOCOL)
        made = rankings.rank_now(review=review, stage=stage, by=by)
        answer = {
            "review": review.slug,
            "stage": stage,
            "start": made.about["start"],
            "ranked": made.about["ranked"],
            "labelled": made.n_labelled,
            "included": made.n_included,
            "model": made.model,
            "seconds": made.about["seconds"],
        }
        if made.about["start"] == "nothing":
            return answer, (
                "Nothing to learn from yet: no record is decided, and the protocol has no words that occur in "
                "some of the records. They come as they came."
            )
        source = f"{made.n_labelled} decisions, {made.n_included} of them inclusions"
        if made.about["start"] == "protocol":
            source = "the words of the protocol and known includes"
        return answer, f"{answer['ranked']} records ranked from {source}, in {answer['seconds']} s."
