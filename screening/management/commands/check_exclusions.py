"""Begin, answer, show or close a check of exclusions."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import transaction

from reviews.command import ServiceCommand, find_actor, find_review, read_whole
from reviews.models import Review
from reviews.permissions import Permission
from screening.check_tables import result_of, wrongly_excluded
from screening.models import Round, Stage
from screening.services import begin_check, close_check, to_check
from screening.services.bulk import answer_check


class Command(ServiceCommand):
    help = (
        "Begin a check of exclusions (--percent, --people), or show the latest of a stage; --answers takes what one "
        "of its people says from a CSV file with record_id and vote (include, exclude), --close ends it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--stage", required=True, choices=Stage.values)
        parser.add_argument(
            "--percent", type=float, metavar="P", help="Begin one with so much of the excluded."
        )
        parser.add_argument("--people", metavar="EMAILS", help="Who screens them again, with commas between.")
        parser.add_argument("--seed", type=int, metavar="N", help="Of the random sample.")
        parser.add_argument("--answers", metavar="CSV", help="Columns record_id, vote, and if wanted note.")
        parser.add_argument("--reviewer", metavar="EMAIL", help="Whose answers these are.")
        parser.add_argument("--close", action="store_true", help="End the check.")
        parser.add_argument("--by", metavar="EMAIL", help="Who does it; the review's owner if not given.")

    def act(self, **options: Any) -> tuple[dict, str]:
        review = find_review(options["review"])
        by = find_actor(review, options["by"], Permission.AMEND_PROTOCOL)
        with transaction.atomic():
            round = _round(review, by, options)
            if options["answers"]:
                reviewer = find_actor(review, options["reviewer"], Permission.SCREEN)
                name, data = Path(options["answers"]).name, read_whole(options["answers"])
                answer_check(round=round, reviewer=reviewer, name=name, data=data)
            if options["close"]:
                round = close_check(round=round, by=by)
        return _told(review, round)


def _round(review: Review, by, options: dict) -> Round:
    if options["percent"] is not None:
        people = [
            find_actor(review, email) for email in (options["people"] or "").split(",") if email.strip()
        ]
        return begin_check(
            review=review,
            stage=options["stage"],
            percent=options["percent"],
            people=people,
            by=by,
            seed=options["seed"],
        )
    found = Round.objects.filter(review=review, stage=options["stage"], kind=Round.Kind.CHECK).first()
    if found is None:
        raise CommandError(
            f"No check at this stage of '{review.slug}': begin one with --percent and --people."
        )
    return found


def _told(review: Review, round: Round) -> tuple[dict, str]:
    found = result_of(round)
    left = {
        str(person): list(to_check(round, person).values_list("pk", flat=True))
        for person in round.people.all()
    }
    answer = {
        "review": review.slug,
        "stage": round.stage,
        "check": round.number,
        "state": round.state,
        "seed": round.seed,
        "drawn": found.drawn,
        "checked": found.checked,
        "wrong": found.wrong,
        "rate": [found.rate.value, found.rate.low, found.rate.high],
        "records": list(wrongly_excluded(round).values_list("record", flat=True)),
        "left": left if round.state == Round.State.OPEN else {},
    }
    said = f"{round}: {found.checked} of {found.drawn} checked"
    if found.percent:
        rate, low, high = found.percent
        said += f", {found.wrong} should be included ({rate:.1f}%, 95% interval {low:.1f} to {high:.1f}%)"
    return answer, said + "."
