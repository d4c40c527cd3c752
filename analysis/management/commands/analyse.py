"""manage.py analyse --review SLUG --plan SLUG|NAME [--risk-of-bias low] [--leave-out-derived] [--wait] [--json]."""

from argparse import BooleanOptionalAction
from typing import Any

from django.core.management.base import CommandError

from analysis.management.plan_options import find_plan
from analysis.models import Plan, Run
from analysis.reports import report_by_kind
from analysis.risk import BY_RISK
from analysis.services import request_run, run_alike
from reviews.command import ServiceCommand, find_actor, find_review
from reviews.jobs import finish_waiting
from reviews.models import Job, Review
from reviews.permissions import Permission


class Command(ServiceCommand):
    help = "Run an analysis plan on today's data."

    def add_arguments(self, parser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--plan", required=True, metavar="SLUG|NAME")
        parser.add_argument(
            "--risk-of-bias",
            choices=[*Plan.RiskOfBias.values, "all"],
            help="Pool studies at low risk of bias only, or all but those at high risk, as a plan of its own.",
        )
        parser.add_argument(
            "--subgroup-by",
            metavar="NAME",
            help=f"Group by a characteristic, or by “{BY_RISK}”, as a plan of its own.",
        )
        parser.add_argument(
            "--leave-out-derived",
            action=BooleanOptionalAction,
            help="Pool without converted and derived values (or with them), as a plan of its own.",
        )
        parser.add_argument("--by", metavar="EMAIL", help="Who asks; the review's owner if not given.")
        parser.add_argument("--wait", action="store_true", help="Wait until the result is there.")

    def act(self, **options: Any) -> tuple[dict, str]:
        review = find_review(options["review"])
        plan = find_plan(review, options["plan"])
        by, changes = find_actor(review, options["by"], Permission.ANALYSE), _changes(options)
        run = run_alike(plan=plan, by=by, **changes) if changes else request_run(plan=plan, by=by)
        if options["wait"]:
            finish_waiting(review)
            run = Run.objects.select_related("plan", "job").get(pk=run.pk)
            _refuse_unfinished(run)
        return _as_data(review, run), _in_words(run)


def _changes(options: dict[str, Any]) -> dict[str, Any]:
    """The settings that differ from the plan's."""
    names = ("risk_of_bias", "subgroup_by", "leave_out_derived")
    given = {name: options[name] for name in names if options[name] is not None}
    return given | ({"risk_of_bias": ""} if given.get("risk_of_bias") == "all" else {})


def _refuse_unfinished(run: Run) -> None:
    state = run.job.state
    if state in {Job.State.FAILED, Job.State.CANCELLED}:
        raise CommandError(run.job.error or f"Run {run.pk} was {state}.")
    if state != Job.State.DONE:
        raise CommandError(f"Run {run.pk} is still {state}; its result will be on its page.")


def _as_data(review: Review, run: Run) -> dict[str, Any]:
    return {
        "review": review.slug,
        "plan": run.plan.slug,
        "run": run.pk,
        "state": run.job.state,
        "input_hash": run.input_hash,
        "engine": run.engine_version,
        "result": run.result,
    }


def _in_words(run: Run) -> str:
    if run.result is None:
        return f"Run {run.pk} of “{run.plan.name}” is {run.job.get_state_display().lower()}."
    return f"Run {run.pk} of “{run.plan.name}”: {report_by_kind(run).headline}"
