"""When title and abstract screening of a review may stop."""

from typing import Any

from django.core.management.base import CommandParser

from reviews.command import ServiceCommand, find_member, find_review
from reviews.permissions import Permission
from screening.models import AutomaticRemoval
from screening.stopping_state import State
from screening.stopping_words import Rule, p_said, percent_down


def add_rule(parser: CommandParser) -> None:
    """``--rule``, ``--target`` and ``--confidence``, as every command about stopping has them."""
    parser.add_argument("--review", required=True, metavar="SLUG")
    parser.add_argument("--rule", choices=Rule.values, default=Rule.REPEATED_LOOKS.value)
    parser.add_argument("--target", type=float, default=0.95, metavar="SHARE", help="Recall to reach (0.95).")
    parser.add_argument("--confidence", type=float, default=0.95, metavar="SHARE", help="How surely (0.95).")
    parser.add_argument("--by", metavar="EMAIL", help="Who does it; the review's owner if not given.")


class Command(ServiceCommand):
    help = "Show what the test of recall, the estimate, the sample and the rules of thumb say about stopping."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        add_rule(parser)

    def act(self, **options: Any) -> tuple[dict, str]:
        review = find_review(options["review"])
        find_member(review, options["by"], Permission.VIEW)
        asked = {name: options[name] for name in ("rule", "target", "confidence")}
        numbers = State(review, **asked).numbers()
        live = AutomaticRemoval.objects.live().filter(review=review, kind=AutomaticRemoval.Kind.STOPPED)
        answer = {"review": review.slug, **numbers, "stopped": [removal.sentence for removal in live]}
        return answer, "\n".join([*_told(numbers), *answer["stopped"]])


def _told(numbers: dict) -> list[str]:
    test, estimate = numbers["test"], numbers["estimate"]
    lines = [
        f"{numbers['screened']:,} of {numbers['total']:,} records screened, {numbers['included']:,} included, "
        f"{numbers['irrelevant_in_a_row']:,} without a find since."
    ]
    if not numbers["included"]:
        return [*lines, "Nothing was included yet: nothing can be said of recall."]
    more = test["more_without_a_find"]
    wait = "only all records would do" if more is None else f"about {more:,} more without a find would do"
    lines.append(
        f"Test of recall (target {100 * numbers['target']:g} %): p {p_said(test['p'])}, level {test['level']:g}: "
        + ("screening may stop." if test["rejected"] else f"not yet; {wait}.")
    )
    if test["caution"]:
        lines.append(f"Mind the order: {test['caution']}")
    lines.append(f"At least {percent_down(test['recall_at_least'])} of the relevant records were found.")
    if estimate:
        lines.append(
            f"Estimated left: {estimate['expected']:.1f} relevant records ({estimate['low']:,} to "
            f"{estimate['high']:,})."
        )
    sample = numbers["sample"]
    if sample:
        lines.append(
            f"Sample {sample['number']}: {sample['read']:,} of {sample['drawn']:,} read, "
            f"{sample['relevant']:,} relevant."
        )
    met = [Rule(name).label for name, at in numbers["heuristics"].items() if at is not None]
    return [*lines, f"Rules of thumb that are met: {', '.join(met) or 'none'}."]
