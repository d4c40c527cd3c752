"""Say what two people's extractions differ on, take over what they agree on, or how well they agreed."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from extraction import services
from extraction.api.consensus import AgreementOut, CountsOut, compared
from extraction.side_by_side import SideBySide, agreement_between, comparisons
from reviews.command import ServiceCommand, find_member, find_review
from reviews.permissions import Permission


class Command(ServiceCommand):
    help = "List the studies that two people extracted, with what is to settle; --study shows one of them, --take "
    help += "takes over what both agree on, --agreement says how well people agreed before the consensus."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument(
            "--by", metavar="EMAIL", help="Who looks or acts; the review's owner if not given."
        )
        parser.add_argument("--study", metavar="LABEL", help="Only this study, field by field.")
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--take", action="store_true", help="Take over what both agree on.")
        which.add_argument(
            "--agreement", action="store_true", help="Share of agreement, and kappa of choices."
        )

    def act(self, **options: Any) -> tuple[dict, str]:
        review = find_review(options["review"])
        member = find_member(
            review, options["by"], Permission.EXTRACT if options["take"] else Permission.VIEW
        )
        sides = comparisons(review, member)
        if options["study"] is not None:
            sides = [side for side in sides if side.study.label == options["study"]]
            if not sides:
                raise CommandError(
                    f"There is nothing of '{options['study']}' to compare that {member.user} may see: two complete "
                    "extractions are needed."
                )
        if options["agreement"]:
            return _agreement(sides)
        if options["take"]:
            return _take(sides, member.user)
        if options["study"] is not None:
            return {"comparisons": [compared(side) for side in sides]}, "\n".join(_lines(sides[0]))
        told = [
            f"{side.study}: {_number(side.fields_open, 'field')} and {_number(side.results_open, 'result')} to "
            f"settle ({side.mattering} of them change an effect), {side.waiting} to take over"
            for side in sides
        ]
        return {"comparisons": CountsOut(sides, many=True).data}, "\n".join(told) or "Nothing to compare yet."


def _lines(side: SideBySide) -> list[str]:
    lines = [f"{side.study}: {side.left.extractor} and {side.right.extractor}"]
    for item in side.items:
        one = item.difference
        if not item.is_empty:
            state = " (settled)" if item.settled else ""
            lines.append(
                f"  {one.field.label}: {one.grade.label.lower()}{state}: {one.left_text} | {one.right_text}"
            )
    for result in side.results:
        state = " (settled)" if result.settled else ""
        lines.append(f"  {result.one}: {result.pair.grade.label.lower()}{state}")
        lines += [
            f"    {shift.sentence}" for shift in result.pair.effects if shift.sentence and shift.matters
        ]
    return lines


def _take(sides: list[SideBySide], by: Any) -> tuple[dict, str]:
    values = results = 0
    for side in sides:
        if side.waiting:
            taken = services.take_all_agreeing(study=side.study, by=by)
            values, results = values + taken.values, results + taken.results
    told = f"Taken over as both have them: {_number(values, 'field')} and {_number(results, 'result')}."
    return {"values": values, "results": results}, told


def _number(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"


def _agreement(sides: list[SideBySide]) -> tuple[dict, str]:
    found = agreement_between(sides)
    total = found.total
    studies = f"{found.studies} stud{'y' if found.studies == 1 else 'ies'}"
    lines = [f"{studies}: {total.agreed} of {total.compared} entries agreed ({total.share_text})."]
    for one in (*found.fields, *found.numbers):
        kappa = one.kappa.value if one.kappa else None
        more = f", kappa {kappa:.2f}" if kappa is not None else ""
        lines.append(f"  {one.label}: {one.agreed} of {one.compared} ({one.share_text}){more}")
    return dict(AgreementOut(found).data), "\n".join(lines)
