"""What the commands about certainty have in common."""

import json
from collections.abc import Iterable
from typing import Any

from django.core.management.base import CommandError, CommandParser

from analysis.management.plan_options import find_plan
from certainty.models import Finding
from certainty.services import FIELDS, InvalidFinding
from reviews.command import read_whole
from reviews.models import Outcome, Review

#: Fields whose values are JSON rather than texts.
NOT_TEXT = ("in_summary", "baselines", "minimal_important_difference", "optimal_information_size")


def add_fields(parser: CommandParser) -> None:
    """``--file FILE`` and ``--set NAME=VALUE``."""
    parser.add_argument(
        "--file", metavar="FILE", help="A JSON object of fields, as “findings --json” prints them."
    )
    parser.add_argument(
        "--set",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="One field, such as importance=important or 'baselines=[{\"per_1000\": 20}]'. Again for more.",
    )


def fields_in(review: Review, options: dict[str, Any]) -> dict[str, Any]:
    """The keywords for the services from the options; ``--set`` goes before ``--file``. Raises InvalidFinding."""
    given = _object(read_whole(options["file"])) if options["file"] else {}
    given |= dict(_pair(one) for one in options["set"])
    if unknown := sorted(set(given) - {"plan", "outcome", *FIELDS}):
        raise InvalidFinding(
            f"A finding has no {', '.join(unknown)}. It has: {', '.join(('plan', 'outcome', *FIELDS))}."
        )
    if given.get("plan"):
        given["plan"] = find_plan(review, str(given["plan"]))
    if "outcome" in given:
        given["outcome"] = _outcome(review, str(given["outcome"]))
    return given


def find_finding(review: Review, pk: int) -> Finding:
    """The finding with this id; CommandError that lists what there is."""
    findings = Finding.objects.filter(review=review).select_related("outcome", "plan", "review")
    found = findings.filter(pk=pk).first()
    if found is None:
        known = ", ".join(f"{one.pk} {one}" for one in findings.live()[:20]) or "none yet"
        raise CommandError(f"'{review.slug}' has no finding {pk}. Its findings: {known}.")
    return found


def fields_of(finding: Finding) -> dict[str, Any]:
    """Every field as ``--file`` takes it."""
    names = {"outcome": finding.outcome.name, "plan": finding.plan.slug if finding.plan else None}
    return names | {name: getattr(finding, name) for name in FIELDS}


def numbers_in(text: str) -> Iterable[int]:
    """'3,1,2' as numbers; CommandError for what is none."""
    try:
        return [int(part) for part in text.split(",") if part.strip()]
    except ValueError:
        raise CommandError(f"“{text}” is no list of numbers. Write ids with commas, such as 3,1,2.") from None


def _object(file: bytes) -> dict[str, Any]:
    try:
        given = json.loads(file)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise InvalidFinding(f"The fields are not JSON: {error}.") from error
    if not isinstance(given, dict):
        raise InvalidFinding('The fields are one JSON object, such as {"plan": "all-trials"}.')
    return given


def _pair(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        raise InvalidFinding(f"“{text}” is no field. Write NAME=VALUE, such as importance=important.")
    name = name.strip()
    if name not in NOT_TEXT:
        return name, value
    try:
        return name, json.loads(value)
    except (json.JSONDecodeError, RecursionError):
        raise InvalidFinding(f"“{value}” is no value of {name}; write it as JSON.", field=name) from None


def _outcome(review: Review, name: str) -> Outcome:
    found = review.outcomes.filter(name__iexact=name.strip()).first()
    if found is None:
        known = ", ".join(review.outcomes.values_list("name", flat=True)) or "none yet"
        raise InvalidFinding(f"There is no outcome “{name}”. Outcomes: {known}.", field="outcome")
    return found
