"""manage.py retire_plan --review SLUG --plan SLUG|NAME [--restore] [--by EMAIL] [--json]."""

from typing import Any

from django.core.management.base import CommandParser

from analysis.management.plan_options import find_plan
from analysis.services import restore_plan, retire_plan
from reviews.command import ServiceCommand, find_actor, find_review
from reviews.permissions import Permission


class Command(ServiceCommand):
    help = "Take an analysis plan out of use, or bring it back."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--plan", required=True, metavar="SLUG|NAME")
        parser.add_argument("--restore", action="store_true", help="Bring a retired plan back.")
        parser.add_argument("--by", metavar="EMAIL", help="Who acts; the review's owner if not given.")

    def act(self, **options: Any) -> tuple[dict, str]:
        review = find_review(options["review"])
        by = find_actor(review, options["by"], Permission.ANALYSE)
        plan = find_plan(review, options["plan"])
        (restore_plan if options["restore"] else retire_plan)(plan=plan, by=by)
        did = "in use again" if options["restore"] else "retired; its runs can still be read"
        return {"plan": plan.slug, "retired": plan.retired_at is not None}, f"“{plan.name}” is {did}."
