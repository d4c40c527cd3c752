"""A random sample of what is left at title and abstract."""

from typing import Any

from django.core.management.base import CommandParser

from reviews.command import ServiceCommand, find_actor, find_review
from reviews.permissions import Permission
from screening.management.commands.stopping import add_rule
from screening.services.stopping import begin_sample, close_sample
from screening.stopping_state import State
from screening.stopping_words import percent_down


class Command(ServiceCommand):
    help = (
        "Draw a random sample of the records nobody voted on (--size), end it (--end), or show what the latest says; "
        "its records come first in every queue."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        add_rule(parser)
        parser.add_argument("--size", type=int, metavar="N", help="Draw one of so many records.")
        parser.add_argument("--seed", type=int, metavar="N", help="Of the random sample.")
        parser.add_argument("--end", action="store_true", help="End the one that is open.")
        parser.add_argument(
            "--why", default="", help="Needed to end it before all its records have an outcome."
        )

    def act(self, **options: Any) -> tuple[dict, str]:
        review = find_review(options["review"])
        by = find_actor(review, options["by"], Permission.AMEND_PROTOCOL)
        if options["size"] is not None:
            begin_sample(review=review, by=by, size=options["size"], seed=options["seed"])
        if options["end"]:
            close_sample(review=review, by=by, why=options["why"])
        state = State(review, target=options["target"], confidence=options["confidence"])
        sample = state.numbers()["sample"]
        unread = state.can_leave
        clean = state.clean_sample(unread) if unread else None
        answer = {"review": review.slug, "unread": unread, "clean_sample": clean, "sample": sample}
        if sample is None:
            said = f"No sample was drawn yet; {unread:,} records have no vote."
            return answer, said + (f" {clean:,} without a find would show the target." if clean else "")
        said = (
            f"Sample {sample['number']} (seed {sample['seed']}): {sample['read']:,} of {sample['drawn']:,} read, "
            f"{sample['relevant']:,} relevant."
        )
        if result := sample["result"]:
            said += (
                f" Left after it: {result['left']:.0f} ({result['left_low']:,} to {result['left_high']:,}) relevant "
                f"records; at least {percent_down(result['recall_at_least'])} found."
            )
        return answer, said
