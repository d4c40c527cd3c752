"""manage.py add_finding --review SLUG [--plan SLUG|NAME] [--outcome NAME] [--set NAME=VALUE] [--json]."""

from typing import Any

from django.core.management.base import CommandParser

from certainty.management.options import add_fields, fields_in, fields_of
from certainty.services import add_finding
from reviews.command import ServiceCommand, find_actor, find_review
from reviews.permissions import Permission


class Command(ServiceCommand):
    help = "Add a finding: an outcome of a comparison, with the analysis it rests on, to rate its certainty."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--plan", metavar="SLUG|NAME", help="The analysis it rests on.")
        parser.add_argument("--outcome", metavar="NAME", help="Where no analysis is behind it.")
        add_fields(parser)
        parser.add_argument("--by", metavar="EMAIL", help="Who adds it; the review's owner if not given.")

    def act(self, **options: Any) -> tuple[dict, str]:
        review = find_review(options["review"])
        by = find_actor(review, options["by"], Permission.GRADE)
        named = [f"{name}={options[name]}" for name in ("plan", "outcome") if options[name]]
        fields = fields_in(review, options | {"set": [*options["set"], *named]})
        finding = add_finding(review=review, by=by, **fields)
        return (
            {"finding": finding.pk, "version": finding.version, "fields": fields_of(finding)},
            f"Finding {finding.pk}, “{finding}” ({finding.intervention} against {finding.comparison}), is added; "
            f"rate it with: grade --review {review.slug} --id {finding.pk} --begin",
        )
