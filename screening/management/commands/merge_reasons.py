"""Merge one exclusion reason into another, or take that back."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from reviews.command import ServiceCommand, find_actor, find_review
from reviews.jobs import finish_waiting
from reviews.models import ExclusionReason, Review
from reviews.permissions import Permission
from screening.models import ReasonMerge
from screening.services import merge_reasons, undo_merge


class Command(ServiceCommand):
    help = "Merge one exclusion reason into another, with all that was decided by it, or undo such a merge."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--reason", metavar="LABEL", help="The one that goes.")
        parser.add_argument("--into", metavar="LABEL", help="The one that stays.")
        parser.add_argument("--undo", type=int, metavar="MERGE", help="Take this merge back.")
        parser.add_argument("--why", default="", help="Kept in the history.")
        parser.add_argument("--by", metavar="EMAIL", help="Who does it; the review's owner if not given.")

    def act(self, **options: Any) -> tuple[dict, str]:
        review = find_review(options["review"])
        by = find_actor(review, options["by"], Permission.AMEND_PROTOCOL)
        if options["undo"] is not None:
            merge = ReasonMerge.objects.filter(review=review, pk=options["undo"]).first()
            if merge is None:
                raise CommandError(f"'{review.slug}' has no merge {options['undo']}.")
            merge = undo_merge(review=review, merge=merge, by=by)
            done = f"“{merge.gone}” is a reason of its own again."
        elif not options["reason"] or not options["into"]:
            raise CommandError("Name two reasons with --reason and --into, or a merge with --undo.")
        else:
            reason, into = _reason(review, options["reason"]), _reason(review, options["into"])
            merge = merge_reasons(review=review, reason=reason, into=into, by=by, why=options["why"])
            done = f"“{reason}” is part of “{into}” now (merge {merge.pk})."
        finish_waiting(review)
        answer = {
            "review": review.slug,
            "merge": merge.pk,
            "reason": str(merge.gone),
            "into": str(merge.into),
        }
        return answer | {"undone": merge.undone_at is not None}, done


def _reason(review: Review, label: str) -> ExclusionReason:
    found = review.exclusion_reasons.filter(label__iexact=label.strip()).first()
    if found is None:
        known = ", ".join(map(str, review.exclusion_reasons.all())) or "none yet"
        raise CommandError(f"'{review.slug}' has no exclusion reason '{label}' ({known}).")
    return found
