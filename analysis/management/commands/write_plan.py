"""manage.py write_plan --review SLUG [--file FILE] [--set NAME=VALUE] [--preview] [--by EMAIL] [--json]."""

from typing import Any

from django.core.management.base import CommandParser

from analysis.management.plan_options import add_settings, eligible_as_data, eligible_in_words, settings_in
from analysis.plan_file import settings_of
from analysis.services import InvalidPlan, draft_plan, write_plan
from analysis.snapshot import preview
from reviews.command import ServiceCommand, find_actor, find_review
from reviews.models import Review
from reviews.permissions import Permission


class Command(ServiceCommand):
    help = "Write an analysis plan, or with --preview say which studies it would take in."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--review", required=True, metavar="SLUG")
        add_settings(parser)
        parser.add_argument("--preview", action="store_true", help="Save nothing; count the studies.")
        parser.add_argument("--by", metavar="EMAIL", help="Who writes it; the review's owner if not given.")

    def act(self, **options: Any) -> tuple[dict, str]:
        review = find_review(options["review"])
        by = find_actor(review, options["by"], Permission.ANALYSE)
        settings = settings_in(review, options)
        if "outcome" not in settings:
            settings["outcome"] = _only_outcome(review)
        if options["preview"]:
            left_out = [study.pk for study in settings.get("excluded_studies", ())]
            found = preview(draft_plan(review=review, **{"name": "Plan"} | settings), left_out)
            return eligible_as_data(found), eligible_in_words(found)
        if "name" not in settings:
            raise InvalidPlan("A plan needs a name: --set name=NAME.", field="name")
        plan = write_plan(review=review, by=by, **settings)
        data = {"plan": plan.slug, "version": plan.version, "settings": settings_of(plan)}
        return (
            data,
            f"“{plan.name}” is written; run it with: analyse --review {review.slug} --plan {plan.slug}",
        )


def _only_outcome(review: Review) -> Any:
    outcomes = list(review.outcomes.all()[:2])
    if len(outcomes) != 1:
        raise InvalidPlan("Say which outcome the plan is about: --set outcome=NAME.", field="outcome")
    return outcomes[0]
