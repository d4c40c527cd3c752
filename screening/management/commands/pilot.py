"""Begin, open, pass or close a pilot round."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from reviews.command import ServiceCommand, find_actor, find_member, find_review
from reviews.models import Review
from reviews.permissions import Permission
from screening.models import Round, Stage
from screening.pair_tables import may_see, of_round
from screening.services import begin_pilot, close_pilot, excuse, open_discussion, pilot_parts


class Command(ServiceCommand):
    help = (
        "Begin a pilot (--size, --people), or show the one that is open at a stage; --discuss opens its votes to its "
        "people, --pass and --fail close it, --excuse waits no longer for somebody."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--stage", required=True, choices=Stage.values)
        parser.add_argument("--size", type=int, metavar="N", help="Begin one with so many random records.")
        parser.add_argument("--people", metavar="EMAILS", help="Who screens them, with commas between.")
        parser.add_argument("--seed", type=int, metavar="N", help="Of the random sample.")
        parser.add_argument("--target", type=float, metavar="KAPPA", help="Kappa to reach.")
        parser.add_argument(
            "--afterwards", choices=Round.Afterwards.values, help="What becomes of the votes."
        )
        act = parser.add_mutually_exclusive_group()
        act.add_argument("--discuss", action="store_true", help="Open the votes, all of them in.")
        act.add_argument("--pass", action="store_true", dest="passed", help="Pass it: the stage is open.")
        act.add_argument("--fail", action="store_true", help="Close it as not passed.")
        act.add_argument("--excuse", metavar="EMAIL", help="Wait no longer for this person's missing votes.")
        parser.add_argument("--why", default="", help="Needed to pass below the target.")
        parser.add_argument("--by", metavar="EMAIL", help="Who does it; the review's owner if not given.")

    def act(self, **options: Any) -> tuple[dict, str]:
        review = find_review(options["review"])
        member = find_member(review, options["by"], Permission.AMEND_PROTOCOL)
        round = (
            self._begun(review, options) if options["size"] is not None else _open(review, options["stage"])
        )
        if options["discuss"]:
            round = open_discussion(round=round, by=member.user)
        elif options["excuse"]:
            round = excuse(round=round, person=find_actor(review, options["excuse"]), by=member.user)
        elif options["passed"] or options["fail"]:
            round = close_pilot(
                round=round,
                passed=options["passed"],
                by=member.user,
                why=options["why"],
                afterwards=options["afterwards"],
            )
        found = of_round(round) if may_see(member, round) else None
        left = {str(part.person): part.left for part in pilot_parts(round)} if round.state == "open" else {}
        answer = {
            "review": review.slug,
            "stage": round.stage,
            "pilot": round.number,
            "state": round.state,
            "records": round.sample.count(),
            "seed": round.seed,
            "left": left,
            "kappa": found.kappa if found else None,
            "disputed": found.disputed if found else None,
        }
        lines = [
            f"{round}: {round.get_state_display().lower()}, {answer['records']} records, seed {round.seed}."
        ]
        lines += [f"{person}: {number} left" for person, number in left.items()]
        if found:
            kappa = "not defined" if found.kappa is None else f"{found.kappa:.2f}"
            lines.append(f"Kappa {kappa}; {len(found.disputed)} records to discuss.")
        return answer, "\n".join(lines)

    def _begun(self, review: Review, options: dict) -> Round:
        people = [
            find_actor(review, email) for email in (options["people"] or "").split(",") if email.strip()
        ]
        return begin_pilot(
            review=review,
            stage=options["stage"],
            size=options["size"],
            people=people,
            by=find_actor(review, options["by"], Permission.AMEND_PROTOCOL),
            seed=options["seed"],
            afterwards=options["afterwards"] or Round.Afterwards.KEPT,
            target=options["target"],
        )


def _open(review: Review, stage: str) -> Round:
    found = Round.objects.gates().filter(review=review, stage=stage).first()
    if found is None:
        raise CommandError(
            f"No pilot is open at this stage of '{review.slug}': begin one with --size and --people."
        )
    return found
