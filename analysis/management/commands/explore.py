"""manage.py explore --run ID --kind gosh [--with JSON] [--seed N] [--count] [--by EMAIL] [--wait] [--json]."""

import json
from typing import Any

from django.core.management.base import CommandError

from analysis.explorations import KINDS
from analysis.explorations.words import EXPLORATORY, said
from analysis.models import Exploration, Run
from analysis.services import count_exploration, request_exploration
from reviews.command import ServiceCommand, find_actor
from reviews.jobs import finish_waiting
from reviews.models import Job
from reviews.permissions import Permission


class Command(ServiceCommand):
    help = "Explore a finished run: every subset of its studies, every defensible choice, permutations, bootstraps."

    def add_arguments(self, parser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--run", required=True, type=int, metavar="ID")
        parser.add_argument("--kind", required=True, choices=list(KINDS))
        parser.add_argument(
            "--with",
            default="{}",
            metavar="JSON",
            help="Settings of the kind, such as '{\"subsets\": 50000}'.",
        )
        parser.add_argument(
            "--seed", type=int, metavar="N", help="Of what is drawn at random; the run's if not given."
        )
        parser.add_argument("--count", action="store_true", help="Only say how much work it would be.")
        parser.add_argument("--by", metavar="EMAIL", help="Who asks; the review's owner if not given.")
        parser.add_argument("--wait", action="store_true", help="Wait until the result is there.")

    def act(self, **options: Any) -> tuple[dict, str]:
        run = Run.objects.select_related("plan", "review").filter(pk=options["run"]).first()
        if run is None:
            raise CommandError(
                f"There is no run {options['run']}. 'analyse --json' prints the number of a run."
            )
        settings, kind = _settings(options["with"]), options["kind"]
        by = find_actor(run.review, options["by"], Permission.ANALYSE)
        if options["count"]:
            work, size = count_exploration(run=run, kind=kind, settings=settings)
            told = {"run": run.pk, "kind": kind, "units": size.units, "exact": size.exact}
            return told | {"sentence": size.sentence, "settings": work.settings}, size.sentence
        found = request_exploration(run=run, kind=kind, by=by, settings=settings, seed=options["seed"])
        if options["wait"]:
            finish_waiting(run.review, patience=3600)
            found = Exploration.objects.select_related("job", "run__review").get(pk=found.pk)
            _refuse_unfinished(found)
        return _as_data(found), _in_words(found)


def _settings(text: str) -> dict[str, Any]:
    try:
        settings = json.loads(text)
    except ValueError as error:
        raise CommandError(f"--with is no JSON: {error}.") from error
    if not isinstance(settings, dict):
        raise CommandError('--with: give an object such as {"subsets": 50000}.')
    return settings


def _refuse_unfinished(found: Exploration) -> None:
    state = found.job.state
    if state in {Job.State.FAILED, Job.State.CANCELLED}:
        raise CommandError(found.job.error or f"Exploration {found.pk} was {state}.")
    if state != Job.State.DONE:
        raise CommandError(f"Exploration {found.pk} is still {state}; its result will be on its page.")


def _as_data(found: Exploration) -> dict[str, Any]:
    return {
        "review": found.review.slug,
        "run": found.run_id,
        "exploration": found.pk,
        "kind": found.kind,
        "settings": found.settings,
        "seed": found.seed,
        "state": found.job.state,
        "engine": found.engine_version,
        "result": found.result,
    }


def _in_words(found: Exploration) -> str:
    name = f"Exploration {found.pk} of run {found.run_id}"
    if found.result is None:
        return f"{name} ({found.get_kind_display()}) is {found.job.get_state_display().lower()}."
    return "\n".join([f"{name}:", *said(found.kind, found.run.snapshot, found.result), EXPLORATORY])
