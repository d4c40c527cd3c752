"""The filter for randomised trials: see what would leave, take it out, bring it back."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from reviews.command import ServiceCommand, find_actor, find_review
from reviews.models import Review
from reviews.permissions import Permission
from screening.models import AutomaticRemoval
from screening.priority.design import RULES, WIDEST
from screening.services import removals
from screening.services.design_filter import apply_filter, look


class Command(ServiceCommand):
    help = (
        "Show which records have no word of a randomised trial; --apply takes those that nobody voted on out of "
        "screening, --undo brings the records of the latest use back, --bring-back one of them."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--rule", choices=list(RULES), default=WIDEST)
        parser.add_argument(
            "--keep-animals",
            action="store_true",
            help="Ask of records indexed with animals only like of others.",
        )
        act = parser.add_mutually_exclusive_group()
        act.add_argument("--apply", action="store_true", help="Take them out of screening.")
        act.add_argument("--undo", action="store_true", help="Bring the records of the latest use back.")
        act.add_argument("--bring-back", type=int, metavar="RECORD", help="Bring one record back, by its id.")
        parser.add_argument("--why", default="", help="For the history.")
        parser.add_argument("--by", metavar="EMAIL", help="Who does it; the review's owner if not given.")

    def act(self, **options: Any) -> tuple[dict, str]:
        review = find_review(options["review"])
        by = find_actor(review, options["by"], Permission.AMEND_PROTOCOL)
        asked = {"rule": options["rule"], "animals": not options["keep_animals"]}
        if options["undo"]:
            return _told(review, removals.undo(removal=_latest(review), by=by))
        if options["bring_back"] is not None:
            row = (
                _latest(review).removed.filter(record=options["bring_back"]).select_related("record").first()
            )
            if row is None:
                raise CommandError(f"Record {options['bring_back']} was not taken out by the latest use.")
            removals.bring_back(record=row.record, by=by)
            return _told(review, row.removal)
        if options["apply"]:
            return _told(review, apply_filter(review=review, by=by, why=options["why"], **asked))
        found = look(review=review, **asked)
        said = f"{len(found.going)} of {found.total} records without an outcome would leave screening."
        return {"review": review.slug, **found.numbers(), "sample": list(found.sample)}, said


def _latest(review: Review) -> AutomaticRemoval:
    found = AutomaticRemoval.objects.filter(review=review, kind=AutomaticRemoval.Kind.DESIGN).first()
    if found is None:
        raise CommandError(f"The filter has not been used in '{review.slug}'.")
    return found


def _told(review: Review, removal: AutomaticRemoval) -> tuple[dict, str]:
    out = removal.removed.live().count()
    answer = {
        "review": review.slug,
        "number": removal.number,
        **removal.numbers,
        "taken": removal.removed.count(),
        "out": out,
        "sentence": removal.sentence,
    }
    return answer, f"{removal.sentence} Out of screening now: {out}."
