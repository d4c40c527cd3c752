"""What the commands of risk of bias share: naming a result."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from reviews.models import Outcome, Review


def add_place(parser: CommandParser, more: str = "") -> None:
    """Add ``--outcome`` and ``--time-point``."""
    parser.add_argument("--outcome", metavar="NAME", help=f"The outcome that is assessed. {more}".strip())
    parser.add_argument("--time-point", default="", metavar="WORDS", help=f"Of the outcome. {more}".strip())


def find_place(review: Review, options: dict[str, Any]) -> dict[str, Any]:
    """``outcome`` and ``time_point`` as the services take them; CommandError for an unknown outcome."""
    if options["outcome"] is None:
        return {"outcome": None, "time_point": options["time_point"]}
    found = Outcome.objects.filter(review=review, name__iexact=options["outcome"].strip()).first()
    if found is None:
        known = ", ".join(review.outcomes.values_list("name", flat=True)) or "none yet"
        raise CommandError(f"There is no outcome '{options['outcome']}'. Outcomes: {known}.")
    return {"outcome": found, "time_point": options["time_point"]}
