"""Show or change how a stage is worked."""

import json
from datetime import date
from typing import Any

from django.core.management.base import CommandError, CommandParser

from reviews.command import ServiceCommand, find_actor, find_member, find_review
from reviews.models import Review, User
from reviews.permissions import Permission
from screening.models import Stage
from screening.services import change_stage_settings, recount, settings_of
from screening.services.recounting import affected
from screening.services.stage_settings import CHOICES, PEOPLE, PLAIN, PROTOCOL, values_of, with_changes

NUMBERS = ("quorum", "claim_minutes", "hold_minutes", "criteria_needed", "random_share", "order_seed")


class Command(ServiceCommand):
    help = "Show the settings of a stage, change some of them, or say what a change would do."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--stage", required=True, choices=Stage.values)
        parser.add_argument(
            "--set",
            action="append",
            default=[],
            metavar="NAME=VALUE",
            help="A setting; people by e-mail address, with commas between. Again for more.",
        )
        parser.add_argument("--why", default="", help="Kept in the history.")
        parser.add_argument(
            "--dry-run", action="store_true", help="Say what it would do, and change nothing."
        )
        parser.add_argument("--recount", action="store_true", help="Count the votes anew afterwards.")
        parser.add_argument("--by", metavar="EMAIL", help="Who does it; the review's owner if not given.")

    def act(self, **options: Any) -> tuple[dict, str]:
        review, stage = find_review(options["review"]), options["stage"]
        by = find_actor(review, options["by"], Permission.AMEND_PROTOCOL)
        changes = dict(_setting(review, stage, given) for given in options["set"])
        if options["dry_run"]:
            membership = find_member(review, options["by"], Permission.AMEND_PROTOCOL)
            parts = affected(membership, *with_changes(review, stage, changes)).parts
            said = ", ".join(f"{number} {name}" for name, number in parts.items() if number)
            return {
                "review": review.slug,
                "stage": stage,
                "affected": parts,
            }, said or "No record is affected."
        answer: dict[str, Any] = {"review": review.slug, "stage": stage}
        if changes:
            change_stage_settings(review=review, stage=stage, changes=changes, by=by, why=options["why"])
            review.refresh_from_db()
        answer["settings"] = _told(values_of(review, settings_of(review, stage)))
        if options["recount"]:
            answer["recount"] = recount(review=review, by=by)
        lines = [f"{name}: {json.dumps(value)}" for name, value in answer["settings"].items()]
        if options["recount"]:
            lines.append(f"Counted anew: {sum(answer['recount']['changed'].values())} outcomes changed.")
        return answer, "\n".join(lines)


def _setting(review: Review, stage: str, given: str) -> tuple[str, Any]:
    """NAME=VALUE as ``set_stage_settings`` takes it."""
    name, equals, value = given.partition("=")
    if not equals or name not in {*PLAIN, *PEOPLE, *PROTOCOL[Stage(stage)]}:
        known = ", ".join(sorted({*PLAIN, *PEOPLE, *PROTOCOL[Stage(stage)]}))
        raise CommandError(f"'{given}' is not a setting of {stage}: write NAME=VALUE with one of {known}.")
    if name in PEOPLE:
        emails = [part.strip() for part in value.split(",") if part.strip()]
        return name, [find_actor(review, email, PEOPLE[name]) for email in emails]
    if name in CHOICES:
        return name, value
    if name == "due_on":
        return name, _date(value)
    if name in NUMBERS:
        if not value.isdecimal():
            raise CommandError(f"'{value}' is not a number, as {name} needs.")
        return name, int(value)
    if value not in ("yes", "no"):
        raise CommandError(f"{name} is yes or no, not '{value}'.")
    return name, value == "yes"


def _date(value: str) -> date | None:
    try:
        return date.fromisoformat(value) if value else None
    except ValueError as error:
        raise CommandError(
            f"'{value}' is not a date: write it as 2026-03-31, or nothing for none."
        ) from error


def _told(values: dict[str, Any]) -> dict[str, Any]:
    """The values as JSON can hold them, people by their e-mail addresses."""
    emails = dict(
        User.objects.filter(pk__in=[pk for name in PEOPLE for pk in values[name]]).values_list("pk", "email")
    )
    return {
        name: [emails[pk] for pk in value]
        if name in PEOPLE
        else value.isoformat()
        if isinstance(value, date)
        else value
        for name, value in values.items()
    }
