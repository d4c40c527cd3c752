"""Cast one vote on every record that a search finds, or take such a lot back."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from reviews.command import ServiceCommand, find_member, find_review
from reviews.models import ExclusionReason, Membership, Review
from reviews.permissions import Permission
from screening.filters import found_by
from screening.models import Decision, SavedSearch, Stage, VoteLot
from screening.services import bulk_votes


class Command(ServiceCommand):
    help = (
        "Cast one reviewer's vote on every record that a search finds, see what it would do, or take it back."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--reviewer", required=True, metavar="EMAIL", help="Whose votes these are.")
        parser.add_argument("--stage", choices=Stage.values, default=Stage.TITLE_ABSTRACT)
        parser.add_argument("--vote", choices=Decision.Vote.values)
        parser.add_argument("--reason", default="", metavar="LABEL", help="Of an exclusion.")
        parser.add_argument("--note", default="", metavar="TEXT")
        parser.add_argument(
            "--search", metavar="QUERY", help="As in the list's address: q=alpha&year_from=2010."
        )
        parser.add_argument("--saved", metavar="NAME", help="A saved search instead.")
        parser.add_argument("--preview", action="store_true", help="Only count.")
        parser.add_argument("--undo", type=int, metavar="LOT", help="Take this lot back.")

    def act(self, **options: Any) -> tuple[dict, str]:
        review = find_review(options["review"])
        member = find_member(review, options["reviewer"], Permission.SCREEN)
        if options["undo"] is not None:
            return _undo(review, member, options["undo"])
        query = _query(member, options["search"], options["saved"])
        records = found_by(member, query)
        stage = options["stage"]
        if options["preview"]:
            found = bulk_votes.preview(review=review, by=member.user, stage=stage, records=records)
            data = {
                "taken": found.taken,
                "mine": found.mine,
                "complete": found.complete,
                "elsewhere": found.elsewhere,
            }
            return {"review": review.slug} | data, (
                f"{found.taken} would get the vote; left: {found.mine} voted on already, {found.complete} complete, "
                f"{found.elsewhere} not at this stage."
            )
        if not options["vote"]:
            raise CommandError("Say which vote (--vote), or --preview.")
        lot = bulk_votes.begin_lot(
            review=review,
            by=member.user,
            stage=stage,
            records=records,
            vote=options["vote"],
            reason=_reason(review, options["reason"]),
            note=options["note"],
            query=query,
            in_background=False,
        )
        done = bulk_votes.carry_out_lot(lot=lot)
        answer = {"review": review.slug, "lot": lot.pk, "votes": done["taken"], "refused": done["refused"]}
        lines = [f"Lot {lot.pk}: {done['taken']} votes of {member.user} taken, {done['refused']} not."]
        lines += [f"Record {pk}: {sentence}" for pk, sentence in done["left"]]
        return answer, "\n".join(lines)


def _undo(review: Review, member: Membership, number: int) -> tuple[dict, str]:
    lot = VoteLot.objects.visible_to(member).filter(pk=number).first()
    if lot is None:
        raise CommandError(f"{member.user} has no lot {number} in '{review.slug}'.")
    done = bulk_votes.undo_lot(lot=lot, by=member.user)
    sentence = (
        f"{done['undone']} votes taken back, {done['kept']} stay (their records are complete or counted)."
    )
    return {"review": review.slug, "lot": lot.pk} | done, sentence


def _query(member: Membership, search: str | None, saved: str | None) -> str:
    if (search is None) == (saved is None):
        raise CommandError("Say which records: --search with a filter, or --saved with a name.")
    if search is not None:
        return search
    found = list(SavedSearch.objects.live().visible_to(member).filter(name=saved).order_by("pk"))
    own = [each for each in found if each.owner_id == member.user_id]
    if not found:
        raise CommandError(f"{member.user} sees no saved search “{saved}”.")
    return (own or found)[0].query


def _reason(review: Review, label: str) -> ExclusionReason | None:
    if not label:
        return None
    reasons = {reason.label.casefold(): reason for reason in review.exclusion_reasons.filter(retired_at=None)}
    if label.casefold() not in reasons:
        known = ", ".join(map(str, reasons.values())) or "none yet"
        raise CommandError(f"“{label}” is not a reason of this review ({known}).")
    return reasons[label.casefold()]
