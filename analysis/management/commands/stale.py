"""manage.py stale --review SLUG [--plan SLUG|NAME] [--json]."""

from typing import Any

from django.core.management.base import CommandError
from django.db.models import Q

from analysis.models import Plan, Run
from analysis.staleness import Staleness, stale_runs
from analysis.standing import standings
from reviews.command import ServiceCommand, find_review
from reviews.models import Review


class Command(ServiceCommand):
    help = "List the analyses whose data or plan changed since they ran: what changed, who did it, what it would do."

    def add_arguments(self, parser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--plan", metavar="SLUG|NAME", help="This plan only; all in use if not given.")

    def act(self, **options: Any) -> tuple[dict, str]:
        review = find_review(options["review"])
        shown = [one for one in standings(review, _plans(review, options["plan"])) if one.run]
        out_of_date = [one.run.pk for one in shown if one.run and one.stale]
        runs = Run.objects.filter(pk__in=out_of_date).select_related(
            "plan__outcome", "plan__review", "review"
        )
        found = stale_runs(runs.order_by("plan"))
        return _as_data(review, found, len(shown)), _in_words(found, len(shown))


def _plans(review: Review, name: str | None) -> list[Plan]:
    plans = Plan.objects.live().filter(review=review).select_related("outcome", "review")
    if name is None:
        return list(plans)
    found = list(plans.filter(Q(slug=name) | Q(name__iexact=name)))
    if not found:
        known = ", ".join(plans.values_list("slug", flat=True)[:20]) or "none yet"
        raise CommandError(f"'{review.slug}' has no plan '{name}' in use. Its plans: {known}.")
    return found


def _as_data(review: Review, found: list[tuple[Run, Staleness]], shown: int) -> dict[str, Any]:
    return {
        "review": review.slug,
        "analyses": shown,
        "stale": [{"run": run.pk, "plan": run.plan.slug} | one.to_dict() for run, one in found],
    }


def _in_words(found: list[tuple[Run, Staleness]], shown: int) -> str:
    if not found:
        return f"None of {shown} is stale." if shown else "There is no run of a plan in use yet."
    lines = [f"{len(found)} of {shown} stale:"]
    for run, one in found:
        lines.append(f"Run {run.pk} of “{run.plan.name}”. {one.becomes}".rstrip())
        lines += [f"  {change.sentence}" for change in one.changes]
    return "\n".join(lines)
