"""manage.py plans --review SLUG [--plan SLUG|NAME] [--retired] [--json]."""

from typing import Any

from django.core.management.base import CommandParser

from analysis.management.plan_options import find_plan
from analysis.models import Plan
from analysis.plan_file import settings_of
from analysis.standing import Standing, standings
from reviews.command import ServiceCommand, find_review


class Command(ServiceCommand):
    help = "List the analysis plans: where each stands, its settings, and what was changed in it."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--plan", metavar="SLUG|NAME", help="Only this one.")
        parser.add_argument("--retired", action="store_true", help="Those out of use too.")

    def act(self, **options: Any) -> tuple[dict, str]:
        review = find_review(options["review"])
        plans = Plan.objects.filter(review=review).select_related("outcome")
        if options["plan"]:
            plans = plans.filter(pk=find_plan(review, options["plan"]).pk)
        elif not options["retired"]:
            plans = plans.live()
        found = standings(review, plans.prefetch_related("excluded_studies", "changes__changed_by"))
        lines = [_in_words(one) for one in found]
        return {"plans": [_as_data(one) for one in found]}, "\n".join(lines) or "No plans yet."


def _as_data(one: Standing) -> dict[str, Any]:
    plan = one.plan
    return {
        "plan": plan.slug,
        "version": plan.version,
        "retired": plan.retired_at is not None,
        "settings": settings_of(plan),
        "changes": [
            {
                "version": change.version,
                "changed": change.changed,
                "reason": change.reason,
                "post_hoc": change.post_hoc,
                "by": str(change.changed_by) if change.changed_by else None,
                "at": change.changed_at.isoformat(),
            }
            for change in plan.changes.all()
        ],
        "run": one.run.pk if one.run else None,
        "state": (one.under_way or one.run).job.state if one.run else None,
        "stale": one.stale,
        "studies": one.k,
        "estimate": one.estimate or None,
        "interval": one.interval or None,
    }


def _in_words(one: Standing) -> str:
    said = [f"{one.scale.label} {one.estimate} ({one.interval}), {one.k} studies" if one.pooled else ""]
    said += ["not run" if not one.run else "data or plan changed since" if one.stale else ""]
    said += [f"being computed: {one.under_way.job.percent}%" if one.under_way else ""]
    said += ["prespecified" if one.plan.prespecified else "", "changed post hoc" if one.post_hoc else ""]
    said += ["retired" if one.plan.retired_at else ""]
    return f"{one.plan.slug}: {'; '.join(filter(None, said)) or 'run'}"
