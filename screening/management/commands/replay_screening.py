"""Replay what is screened in a review in the order of the model, and tell what it would have saved."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from reviews.command import ServiceCommand, find_actor, find_review
from reviews.jobs import finish_waiting
from reviews.models import Job
from reviews.permissions import Permission
from screening.models import Stage
from screening.services.replays import request_replay

PATIENCE = 3600.0


class Command(ServiceCommand):
    help = "Screen a review again in the order of the model, from the outcomes that are settled: work saved, recall."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--stage", choices=Stage.values, default=Stage.TITLE_ABSTRACT.value)
        parser.add_argument("--runs", type=int, default=5, metavar="N", help="With new priors each (5).")
        parser.add_argument("--seed", type=int, default=0, metavar="N", help="Of the first run (0).")
        parser.add_argument("--prior-included", type=int, default=1, metavar="N", help="Known includes (1).")
        parser.add_argument("--prior-excluded", type=int, default=1, metavar="N", help="Known excludes (1).")
        parser.add_argument("--by", metavar="EMAIL", help="Who asks; the review's owner if not given.")

    def act(self, **options: Any) -> tuple[dict, str]:
        review = find_review(options["review"])
        chosen = {key: options[key] for key in ("stage", "runs", "seed", "prior_included", "prior_excluded")}
        by = find_actor(review, options["by"], Permission.VIEW)
        replay, job = request_replay(review=review, by=by, **chosen)
        finish_waiting(review, patience=PATIENCE)
        job.refresh_from_db()
        if job.state != Job.State.DONE:
            raise CommandError(
                job.error or f"The replay is {job.get_state_display().lower()} (job {job.pk})."
            )
        replay.refresh_from_db()
        result = replay.result or {}
        return {"review": review.slug, "replay": replay.pk} | chosen | result, _sentence(result)


def _sentence(result: dict[str, Any]) -> str:
    mean = result["mean"]
    return (
        f"{len(result['runs'])} runs over {result['n']} records, {result['included']} of them included. On average: "
        f"95 % recall after {mean['n95']:.0f} records, {mean['wss95']:.1f} % of the work saved, an included record "
        f"at {mean['atd']:.1f} % of the list."
    )
