"""What looks wrong with the extracted results, and dismissing a warning."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from extraction import services
from extraction.checks import CODES
from extraction.linting import Found, all_found
from reviews.command import ServiceCommand, find_member, find_review
from reviews.models import User
from reviews.permissions import Permission


class Command(ServiceCommand):
    help = "List the warnings about extracted results; dismiss or restore one."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--by", metavar="EMAIL", help="Whose view; the owner's if not given.")
        parser.add_argument("--code", choices=sorted(CODES), help="Only this rule.")
        parser.add_argument("--study", metavar="LABEL", help="Only this study.")
        parser.add_argument("--dismissed", action="store_true", help="List the dismissed ones instead.")
        parser.add_argument(
            "--dismiss", metavar="FINGERPRINT", help="Dismiss the warning; needs --result, --reason."
        )
        parser.add_argument("--result", type=int, metavar="ID", help="The result it is about.")
        parser.add_argument("--reason", default="", help="Why its numbers are right.")
        parser.add_argument("--restore", metavar="FINGERPRINT", help="Let it stand again; needs --result.")

    def act(self, **options: Any) -> tuple[dict, str]:
        review = find_review(options["review"])
        changes = options["dismiss"] or options["restore"]
        member = find_member(review, options["by"], Permission.EXTRACT if changes else Permission.VIEW)
        every = all_found(member)
        if changes:
            self._change(every, member.user, options)
            every = all_found(member)
        shown = [
            one
            for one in every
            if (one.dismissal is not None) == options["dismissed"]
            and options["code"] in (None, one.warning.code)
            and options["study"] in (None, one.result.study.label)
        ]
        data = {"review": review.slug, "warnings": [_row(one) for one in shown]}
        word = "dismissed" if options["dismissed"] else "open"
        lines = [
            f"{one.result.study}, {one.result.outcome} (result {one.result.pk}): {one.warning.seen} "
            f"[{one.warning.code} {one.warning.fingerprint}]"
            for one in shown
        ]
        return data, "\n".join([*lines, f"{len(shown)} {word}."])

    def _change(self, every: list[Found], by: User, options: dict[str, Any]) -> None:
        """Dismiss or restore the warning of this fingerprint on this result."""
        mark = options["dismiss"] or options["restore"]
        found = next(
            (o for o in every if o.result.pk == options["result"] and o.warning.fingerprint == mark), None
        )
        if found is None:
            raise CommandError(
                f"Result {options['result']} has no warning '{mark}'. List them without --dismiss."
            )
        if options["restore"]:
            if found.dismissal is None:
                raise CommandError("This warning was not dismissed.")
            services.restore_warning(dismissed=found.dismissal, by=by)
            return
        services.dismiss_warning(
            result=found.result,
            code=found.warning.code,
            fingerprint=mark,
            reason=options["reason"],
            by=by,
        )


def _row(one: Found) -> dict[str, Any]:
    return {
        "result": one.result.pk,
        "study": one.result.study.label,
        "outcome": one.result.outcome.name,
        "code": one.warning.code,
        "fingerprint": one.warning.fingerprint,
        "seen": one.warning.seen,
        "check": one.warning.check,
        "reason": one.dismissal.reason if one.dismissal else "",
    }
