"""What the commands about plans have in common."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db.models import Q

from analysis.models import Plan
from analysis.plan_file import read_settings
from analysis.snapshot import Preview
from reviews.command import read_whole
from reviews.models import Review


def add_settings(parser: CommandParser) -> None:
    """``--file FILE`` and ``--set NAME=VALUE``."""
    parser.add_argument(
        "--file", metavar="FILE", help="A JSON object of settings, as “plans --json” prints them."
    )
    parser.add_argument(
        "--set",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help='One setting, such as measure=OR, level=90 or \'selection={"when": "last"}\'. Again for more.',
    )


def settings_in(review: Review, options: dict[str, Any]) -> dict[str, Any]:
    file = read_whole(options["file"]) if options["file"] else None
    return read_settings(review, file, options["set"])


def find_plan(review: Review, name: str) -> Plan:
    """The plan with this address or name, one in use first; CommandError that lists what there is."""
    plans = Plan.objects.filter(review=review).select_related("outcome", "review")
    found = plans.filter(Q(slug=name) | Q(name__iexact=name)).order_by("-pk")
    plan = found.live().first() or found.first()
    if plan is None:
        known = ", ".join(plans.live().values_list("slug", flat=True)[:20]) or "none yet"
        raise CommandError(f"'{review.slug}' has no plan '{name}'. Its plans: {known}.")
    return plan


def eligible_as_data(found: Preview) -> dict[str, Any]:
    return {
        "eligible": found.eligible,
        "studies": list(dict.fromkeys(row["study"] for row in found.rows)),
        "need_a_choice": [{"study": one.study, "why": one.why} for one in found.ties],
        "left_out": [{"study": one.study, "why": one.why} for one in found.left_out],
        "notes": found.notes,
        "without_result": found.without_result,
    }


def eligible_in_words(found: Preview) -> str:
    lines = [f"{found.eligible} {'study' if found.eligible == 1 else 'studies'} eligible."]
    lines += [f"  {one.study} needs a choice: {one.why}" for one in found.ties]
    lines += [f"  {one.study} is left out: {one.why}" for one in found.left_out]
    return "\n".join([*lines, *(f"  {note}" for note in found.notes)])
