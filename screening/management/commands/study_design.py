"""Say of which design studies are."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from reviews.command import ServiceCommand, find_actor, find_review
from reviews.permissions import Permission
from screening.models import Study
from screening.services import set_design


class Command(ServiceCommand):
    help = "Say of which design studies are; risk of bias and extraction choose their tools and forms by it."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument(
            "--study", required=True, action="append", metavar="LABEL", help="May be given several times."
        )
        parser.add_argument("--design", required=True, choices=[*Study.Design.values, ""])
        parser.add_argument("--by", metavar="EMAIL", help="Who says so; the review's owner if not given.")

    def act(self, **options: Any) -> tuple[dict, str]:
        review = find_review(options["review"])
        labels = set(options["study"])
        studies = list(review.studies.filter(label__in=labels))
        if unknown := labels - {study.label for study in studies}:
            raise CommandError(f"'{review.slug}' has no study called {', '.join(sorted(unknown))}.")
        by = find_actor(review, options["by"], Permission.ASSESS)
        changed = set_design(review=review, studies=studies, design=options["design"], by=by)
        answer = {
            "review": review.slug,
            "design": options["design"],
            "changed": [study.label for study in changed],
        }
        return answer, f"Design of {len(changed)} of {len(studies)} studies changed."
