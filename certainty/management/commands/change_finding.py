"""manage.py change_finding --review SLUG --id ID [--set NAME=VALUE] [--retire] [--restore] [--order IDS] [--json]."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from certainty import services
from certainty.management.options import add_fields, fields_in, fields_of, find_finding, numbers_in
from certainty.models import Finding
from reviews.command import ServiceCommand, find_actor, find_review
from reviews.models import Review, User
from reviews.permissions import Permission


class Command(ServiceCommand):
    help = "Change a finding, take it out of use, bring it back, or put the findings into another order."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--id", type=int, metavar="ID", help="The finding.")
        add_fields(parser)
        parser.add_argument(
            "--seen-version", type=int, metavar="N", help="Refuse if it is not at this version any more."
        )
        parser.add_argument("--retire", action="store_true", help="Take it out of use.")
        parser.add_argument("--restore", action="store_true", help="Bring it back.")
        parser.add_argument("--order", metavar="IDS", help="All findings in this order, such as 3,1,2.")
        parser.add_argument("--by", metavar="EMAIL", help="Who changes it; the review's owner if not given.")

    def act(self, **options: Any) -> tuple[dict, str]:
        review = find_review(options["review"])
        by = find_actor(review, options["by"], Permission.GRADE)
        if options["order"]:
            return _ordered(review, by, options["order"])
        if options["id"] is None:
            raise CommandError("Say which finding: --id ID.")
        finding = find_finding(review, options["id"])
        if options["retire"] or options["restore"]:
            verb = services.retire_finding if options["retire"] else services.restore_finding
            verb(finding=finding, by=by)
            did = "taken out of use" if options["retire"] else "in use again"
        else:
            fields = fields_in(review, options)
            seen = finding.version if options["seen_version"] is None else options["seen_version"]
            services.change_finding(finding=finding, by=by, seen_version=seen, **fields)
            did = "changed"
        finding = find_finding(review, finding.pk)
        data = {"finding": finding.pk, "version": finding.version, "retired": bool(finding.retired_at)}
        return data | {"fields": fields_of(finding)}, f"Finding {finding.pk}, “{finding}”, is {did}."


def _ordered(review: Review, by: User, order: str) -> tuple[dict, str]:
    services.order_findings(review=review, by=by, order=numbers_in(order))
    found = list(Finding.objects.live().filter(review=review).select_related("outcome"))
    return {"order": [one.pk for one in found]}, "In order: " + ", ".join(
        f"{one.pk} {one}" for one in found
    ) + "."
