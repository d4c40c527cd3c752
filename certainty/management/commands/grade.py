"""manage.py grade --review SLUG --id FINDING [--begin | --rate DOMAIN CHANGE | --complete ...] [--json]."""

import json
from typing import Any

from django.core.management.base import CommandError, CommandParser

from certainty import services
from certainty.comparison import comparison
from certainty.grade import DOMAINS, START_LEVELS, cautions, in_words
from certainty.management.options import find_finding
from certainty.models import Finding, Grade
from certainty.staleness import what_changed
from reviews.command import ServiceCommand, find_member, find_review, read_whole
from reviews.models import Membership
from reviews.permissions import Permission

#: Options that name one gesture; the others go with one of them.
GESTURES = (
    *("begin", "start", "rate", "unrate", "accept", "look_again", "complete", "reopen", "discard"),
    "consensus",
)
ALL = "all"


class Command(ServiceCommand):
    help = "Rate the certainty of a finding, step by step, or settle a consensus; alone: how one's own rating stands."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--id", type=int, required=True, metavar="FINDING")
        parser.add_argument("--begin", action="store_true", help="Begin one's own rating.")
        parser.add_argument("--start", choices=list(START_LEVELS), help="Where it starts.")
        parser.add_argument(
            "--rate", nargs=2, metavar=("DOMAIN", "CHANGE"), help="Levels, such as imprecision -1."
        )
        parser.add_argument("--unrate", metavar="DOMAIN", help="Take back what was said of a domain.")
        parser.add_argument(
            "--accept", metavar="DOMAIN", help=f"Accept what the data suggest for a domain, or for “{ALL}”."
        )
        parser.add_argument("--reason", default="", help="With --rate, --accept or --start: why.")
        parser.add_argument("--look-again", action="store_true", help="Take today's evidence.")
        parser.add_argument("--complete", action="store_true", help="Hand the rating in.")
        parser.add_argument(
            "--reopen", action="store_true", help="A new draft in place of the complete rating."
        )
        parser.add_argument("--discard", action="store_true", help="Take the draft back.")
        parser.add_argument(
            "--consensus", metavar="JSON", help="Agree on what this file says: start, changes, reasons."
        )
        parser.add_argument("--by", metavar="EMAIL", help="Who rates; the review's owner if not given.")

    def act(self, **options: Any) -> tuple[dict, str]:
        wanted = [name for name in GESTURES if options[name] not in (None, False)]
        if len(wanted) > 1:
            names = " or ".join(f"--{name.replace('_', '-')}" for name in wanted)
            raise CommandError(f"One thing at a time: {names}.")
        review = find_review(options["review"])
        member = find_member(review, options["by"], Permission.GRADE)
        finding = find_finding(review, options["id"])
        gesture = wanted[0] if wanted else ""
        if gesture == "consensus":
            return _told(_settle(member, finding, options["consensus"]))
        if gesture == "begin":
            return _told(services.begin_grade(finding=finding, by=member.user))
        mine = _mine(member, finding)
        if gesture == "discard":
            services.discard_grade(grade=mine, by=member.user)
            return {"discarded": mine.pk}, f"Your draft about “{finding}” is taken back."
        return _told(_changed(member, mine, gesture, options) if gesture else mine)


def _changed(member: Membership, mine: Grade, gesture: str, options: dict[str, Any]) -> Grade:
    by, reason = member.user, options["reason"]
    if gesture == "reopen":
        return services.reopen_grade(grade=mine, by=by)
    seen: dict[str, Any] = {"grade": mine, "by": by, "seen_version": mine.version}
    match gesture:
        case "start":
            return services.set_start(**seen, start=options["start"], reason=reason)
        case "rate":
            domain, change = options["rate"]
            return services.rate(**seen, domain=domain, change=_levels(change), reason=reason)
        case "unrate":
            return services.unrate(**seen, domain=options["unrate"])
        case "accept" if options["accept"] == ALL:
            return services.accept_suggestions(**seen)
        case "accept":
            return services.accept_suggestion(**seen, domain=options["accept"], reason=reason)
        case "look_again":
            return services.look_again(**seen)
    return services.complete_grade(**seen)


def _mine(member: Membership, finding: Finding) -> Grade:
    own = Grade.objects.current().individual().filter(finding=finding, rater=member.user)
    found = own.select_related("rater", "finding__review", "finding__outcome", "finding__plan").first()
    if found is None:
        raise CommandError(f"{member.user.email} has no rating of “{finding}” yet: --begin begins one.")
    return found


def _levels(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise CommandError(f"“{text}” is no number of levels; write -1 or 0.") from None


def _settle(member: Membership, finding: Finding, path: str) -> Grade:
    """The file has start, changes and reasons; the stamp is that of now unless it says another."""
    try:
        given = json.loads(read_whole(path))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise CommandError(f"{path} is not JSON: {error}.") from error
    known = {"start": str, "start_reason": str, "changes": dict, "reasons": dict, "stamp": str}
    if not isinstance(given, dict) or any(
        name not in known or not isinstance(value, known[name]) for name, value in given.items()
    ):
        raise CommandError(
            f"{path} is one JSON object with {', '.join(known)}; changes and reasons are objects by domain."
        )
    changes = given.get("changes", {})
    if wrong := [name for name, value in changes.items() if type(value) is not int]:
        raise CommandError(f"{path}: changes are whole numbers; see {', '.join(wrong)}.")
    if wrong := [name for name, value in given.get("reasons", {}).items() if not isinstance(value, str)]:
        raise CommandError(f"{path}: reasons are texts; see {', '.join(wrong)}.")
    return services.reconcile_grades(
        finding=finding,
        by=member.user,
        start=given.get("start", "high"),
        start_reason=given.get("start_reason", ""),
        changes=changes,
        reasons=given.get("reasons", {}),
        stamp=given.get("stamp") or comparison(finding, member).stamp,
    )


def _told(grade: Grade) -> tuple[dict, str]:
    changed, unusual = what_changed(grade), cautions(grade.start, grade.changes)
    data = {
        "finding": grade.finding_id,
        "grade": grade.pk,
        "kind": grade.kind,
        "state": grade.state,
        "start": grade.start,
        "level": grade.level.value,
        "version": grade.version,
        "steps": [
            {"domain": step.domain, "change": step.change, "proposed": step.proposed, "reason": step.reason}
            for step in grade.steps.all()
        ],
        "stale": changed,
        "cautions": unusual,
    }
    left = [
        domain.label.lower() for key, domain in DOMAINS.items() if domain.lowers and key not in grade.changes
    ]
    lines = [f"{grade.finding}, {grade.get_state_display().lower()}: {in_words(grade.start, grade.changes)}"]
    if left:
        lines.append(f"Still to be rated: {', '.join(left)}.")
    lines += [f"Note: {sentence}" for sentence in (*unusual, *changed)]
    return data, "\n".join(lines)
