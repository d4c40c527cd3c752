"""manage.py adjust_flow --review SLUG (--key KEY --amount N --reason TEXT [--name TEXT] | --withdraw ID | --list)."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from reporting.counts import ADJUSTABLE
from reporting.models import Adjustment
from reporting.services.adjustments import adjust, withdraw
from reviews.command import ServiceCommand, find_actor, find_review
from reviews.permissions import Permission


class Command(ServiceCommand):
    help = "Correct a number of the flow diagram by hand, with a reason; list the corrections; take one back."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--review", required=True, metavar="SLUG")
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--key", choices=list(ADJUSTABLE), metavar="KEY", help="A number of the diagram.")
        what.add_argument("--withdraw", type=int, metavar="ID", help="Take this correction back.")
        what.add_argument("--list", action="store_true", help="Only list them.")
        parser.add_argument("--name", default="", metavar="TEXT", help="Of a source or reason, for a list.")
        parser.add_argument(
            "--amount", type=int, metavar="N", help="Added to what is counted; may be negative."
        )
        parser.add_argument("--reason", default="", metavar="TEXT")
        parser.add_argument("--by", metavar="EMAIL", help="Who acts; the review's owner if not given.")

    def act(self, **options: Any) -> tuple[dict, str]:
        review = find_review(options["review"])
        if options["list"]:
            said = "The corrections of the flow diagram"
        else:
            by = find_actor(review, options["by"], Permission.PUBLISH)
            if options["withdraw"]:
                made = review.adjustments.filter(pk=options["withdraw"]).first()
                if made is None:
                    raise CommandError(
                        f"There is no correction {options['withdraw']} in this review: see --list."
                    )
                withdraw(review=review, by=by, adjustment=made)
                said = f"Took back: {made}"
            else:
                made = adjust(
                    review=review,
                    by=by,
                    key=options["key"],
                    name=options["name"],
                    amount=options["amount"] or 0,
                    reason=options["reason"],
                )
                said = f"Corrected: {made}"
        rows = [_told(each) for each in review.adjustments.live().order_by("pk")]
        lines = [
            f"{each['id']}: {each['key']} {each['name']} {each['amount']:+d} ({each['reason']})"
            for each in rows
        ]
        return {"review": review.slug, "corrections": rows}, "\n".join([said, *lines])


def _told(each: Adjustment) -> dict:
    return {name: getattr(each, name) for name in ("id", "key", "name", "amount", "reason", "source")}
