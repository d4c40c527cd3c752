"""Share records out among reviewers."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from reviews.command import ServiceCommand, find_actor, find_review
from reviews.permissions import Permission
from screening.models import Allocation, Stage
from screening.services.allocation import Wish, carry_out, new_seed, preview, undo_allocation
from screening.services.allocation import record_allocation as record


class Command(ServiceCommand):
    help = "Share records out: by percentage, by number, by a filter, at random, or in rotating pairs."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--stage", required=True, choices=Stage.values)
        parser.add_argument("--by", metavar="EMAIL", help="Who shares out; default: the owner.")
        parser.add_argument("--way", choices=Allocation.Way.values, default=Allocation.Way.PAIRS.value)
        parser.add_argument(
            "--person",
            action="append",
            default=[],
            metavar="EMAIL[=SHARE]",
            help="One of those who get records, with per cent or number where the way needs it; repeat it.",
        )
        parser.add_argument(
            "--filter", default="", metavar="QUERY", help="Of the list of records: year_from=2015."
        )
        parser.add_argument("--each", type=int, metavar="N", help="People per record; default: the quorum.")
        parser.add_argument("--seed", type=int, help="The same seed draws the same.")
        parser.add_argument(
            "--anew", action="store_true", help="End open assignments of these records first."
        )
        parser.add_argument("--dry-run", action="store_true", help="Say who would get how many; do nothing.")
        parser.add_argument("--undo", type=int, metavar="ID", help="Take this sharing out back instead.")

    def act(self, **options: Any) -> tuple[dict, str]:
        review = find_review(options["review"])
        by = find_actor(review, options["by"], Permission.MANAGE_TEAM)
        stage = options["stage"]
        if options["undo"] is not None:
            lot = Allocation.objects.filter(review=review, pk=options["undo"]).first()
            if lot is None:
                raise CommandError(f"'{review.slug}' has no sharing out with the id {options['undo']}.")
            ended = undo_allocation(review=review, allocation=lot, by=by)
            return {"review": review.slug, "ended": ended}, f"{ended} assignments ended; votes stay."
        wish = Wish(
            way=options["way"],
            shares=dict(_person(review, each) for each in options["person"]),
            query=options["filter"],
            each=options["each"],
            seed=new_seed() if options["seed"] is None else options["seed"],
            anew=options["anew"],
        )
        if options["dry_run"]:
            given = preview(review=review, stage=stage, wish=wish, by=by).given
            answer: dict[str, Any] = {
                "review": review.slug,
                "allocation": None,
                "given": given,
                "seed": wish.seed,
            }
            return answer, f"{sum(given.values())} assignments would be made."
        lot = record(review=review, stage=stage, wish=wish, by=by)
        made = carry_out(allocation=lot)
        answer = {"review": review.slug, "allocation": lot.pk, "given": made, "seed": wish.seed}
        return answer, f"{sum(made.values())} assignments made."


def _person(review, given: str) -> tuple[int, float]:
    email, _, share = given.partition("=")
    try:
        return find_actor(review, email, Permission.SCREEN).pk, float(share or 0)
    except ValueError:
        raise CommandError(f"“{share}” in --person {given} is not a number.") from None
