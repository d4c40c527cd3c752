"""Say of an imported file what its earlier decisions mean, or at which stage its records come in."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from records.models import ImportBatch
from reviews.command import ServiceCommand, find_actor, find_review
from reviews.models import Review
from reviews.permissions import Permission
from screening.models import Intake
from screening.services import begin_intake, carry_out, undo_intake


class Command(ServiceCommand):
    help = "Say what the earlier decisions of an imported file mean, or at which stage its records come in."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--file", required=True, metavar="NAME", help="Name (or id) of the import.")
        parser.add_argument("--as", required=True, dest="kind", choices=Intake.Kind.values)
        parser.add_argument(
            "--person",
            action="append",
            default=[],
            metavar="NAME=EMAIL",
            help="With votes: whose votes those of NAME are; may be given again.",
        )
        parser.add_argument("--show-first", action="store_true", help="With prior: before people vote, too.")
        parser.add_argument("--why", default="", metavar="TEXT", help="Where the records come from.")
        parser.add_argument("--undo", action="store_true", help="Take it back.")
        parser.add_argument("--by", metavar="EMAIL", help="Who says so; the review's owner if not given.")

    def act(self, **options: Any) -> tuple[dict, str]:
        review = find_review(options["review"])
        by = find_actor(review, options["by"], Permission.MANAGE_TEAM)
        batch = _find(review, options["file"])
        if options["undo"]:
            said = (
                Intake.objects.live()
                .filter(batch=batch, kind=options["kind"])
                .select_related("batch__search")
            )
            if (intake := said.first()) is None:
                raise CommandError(f"{batch.file_name}: this was not said of it ({options['kind']}).")
            done = undo_intake(review=review, intake=intake, by=by)
            sentence = f"{done['taken_back']} records taken back."
            return {"review": review.slug, "file": batch.file_name} | done, "\n".join(
                [sentence, *done["kept"]]
            )
        intake = begin_intake(
            review=review,
            batch=batch,
            kind=options["kind"],
            by=by,
            people=dict(_person(review, each) for each in options["person"]),
            shown_first=options["show_first"],
            why=options["why"],
        )
        done = carry_out(intake=intake)
        answer = {"review": review.slug, "file": batch.file_name, "as": intake.kind} | done
        return answer, f"{done['taken']} records taken in, {done['left']} left as they were."


def _find(review: Review, name: str) -> ImportBatch:
    done = review.import_batches.filter(state=ImportBatch.State.DONE)
    found = list(done.filter(file_name=name)) or list(done.filter(pk=int(name)) if name.isdecimal() else [])
    if len(found) == 1:
        return found[0]
    known = ", ".join(f"{batch.file_name} ({batch.pk})" for batch in done[:20]) or "none yet"
    raise CommandError(
        f"{len(found) or 'No'} import of '{review.slug}' is called {name}. There are: {known}."
    )


def _person(review: Review, text: str) -> tuple[str, int]:
    name, _, email = text.rpartition("=")
    return name, find_actor(review, email, Permission.SCREEN).pk
