"""manage.py what_if --review SLUG --run ID [--without STUDY ...] [--tau2 DL] [--test z] [--measure OR] [--json]."""

from typing import Any

from django.core.management.base import CommandError

from analysis.choices import TAU2_LABELS, TEST_LABELS, measure_names
from analysis.engine import row_key
from analysis.models import Plan, Run
from analysis.what_if import what_if
from reviews.command import ServiceCommand, find_review


class Command(ServiceCommand):
    help = "What a run would have found without some studies or by other methods. Nothing is saved."

    def add_arguments(self, parser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--run", required=True, type=int, metavar="ID")
        parser.add_argument(
            "--without",
            action="append",
            default=[],
            metavar="STUDY",
            help="Label of a study, or key of a row, to leave out; may be given again.",
        )
        parser.add_argument("--measure", choices=measure_names(), help="Another effect measure.")
        parser.add_argument("--method", choices=Plan.Method.values, help="Another way of pooling.")
        parser.add_argument(
            "--tau2", choices=list(TAU2_LABELS), help="Another estimator of the between-study variance."
        )
        parser.add_argument("--test", choices=list(TEST_LABELS), help="Another confidence interval.")
        parser.add_argument("--level", type=float, help="Another confidence level, in percent.")

    def act(self, **options: Any) -> tuple[dict, str]:
        run = find_run(options["review"], options["run"])
        found = what_if(
            run,
            without=_keys(run, options["without"]),
            measure=options["measure"],
            method=options["method"],
            tau2_method=options["tau2"],
            test=options["test"],
            level=options["level"],
        )
        told = [f"{found.in_words or 'As the run'}:", *found.sentences]
        return found.to_dict(), " ".join(told)


def find_run(slug: str, pk: int) -> Run:
    """A run with a result."""
    review = find_review(slug)
    run = Run.objects.select_related("plan__outcome", "review", "job").filter(review=review, pk=pk).first()
    if run is None:
        known = ", ".join(map(str, Run.objects.filter(review=review).values_list("pk", flat=True)[:20]))
        raise CommandError(f"'{slug}' has no run {pk}. Its runs: {known or 'none yet'}.")
    if run.result is None:
        raise CommandError(f"Run {pk} has no result: it is {run.job.get_state_display().lower()}.")
    return run


def _keys(run: Run, studies: list[str]) -> list[str]:
    """The rows of studies by their labels; what is no label may be a key."""
    labels: dict[str, list[str]] = {}
    for row in run.snapshot["rows"]:
        labels.setdefault(row["study"].casefold(), []).append(str(row_key(row)))
    return [key for name in studies for key in labels.get(name.casefold(), [name])]
