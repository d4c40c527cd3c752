"""manage.py change_plan --review SLUG --plan SLUG|NAME --reason TEXT [--file FILE] [--set NAME=VALUE] [--json]."""

from typing import Any

from django.core.management.base import CommandParser

from analysis.management.plan_options import add_settings, find_plan, settings_in
from analysis.plan_changes import differences
from analysis.services import change_plan
from reviews.command import ServiceCommand, find_actor, find_review
from reviews.permissions import Permission


class Command(ServiceCommand):
    help = "Change an analysis plan; what was before stays with it, with the reason."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--plan", required=True, metavar="SLUG|NAME")
        parser.add_argument("--reason", required=True, help="Why it is changed.")
        add_settings(parser)
        parser.add_argument(
            "--seen-version",
            type=int,
            metavar="N",
            help="Refuse if the plan is not at this version any more.",
        )
        parser.add_argument("--by", metavar="EMAIL", help="Who changes it; the review's owner if not given.")

    def act(self, **options: Any) -> tuple[dict, str]:
        review = find_review(options["review"])
        by = find_actor(review, options["by"], Permission.ANALYSE)
        plan = find_plan(review, options["plan"])
        seen = plan.version if options["seen_version"] is None else options["seen_version"]
        settings = settings_in(review, options)
        plan = change_plan(plan=plan, by=by, seen_version=seen, reason=options["reason"], **settings)
        change = plan.changes.get(version=plan.version)
        told = [f"{one.setting}: {one.before} → {one.after}" for one in differences(change)]
        data = {
            "plan": plan.slug,
            "version": plan.version,
            "post_hoc": change.post_hoc,
            "changed": change.changed,
        }
        ending = ", post hoc" if change.post_hoc else ""
        return data, "\n".join([f"“{plan.name}” is at version {plan.version} now{ending}.", *told])
