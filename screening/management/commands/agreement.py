"""Show how well reviewers agree."""

import csv
import io
from typing import Any

from django.core.management.base import CommandParser

from reviews.command import ServiceCommand, find_member, find_review
from reviews.permissions import Permission
from screening import pair_tables
from screening.agreement_rows import HEADER, agreement_rows
from screening.models import Stage


class Command(ServiceCommand):
    help = "Print the agreement of reviewers as a table: all, each pair, over time, and in pilots."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--stage", required=True, choices=Stage.values)
        parser.add_argument("--maybe", choices=list(pair_tables.MAYBE), default=pair_tables.WITH_INCLUDE)
        parser.add_argument("--as", dest="reader", metavar="EMAIL", help="Who reads; the owner if not given.")

    def act(self, **options: Any) -> tuple[dict, str]:
        review = find_review(options["review"])
        reader = find_member(review, options["reader"], Permission.ADJUDICATE)
        rows = agreement_rows(reader, options["stage"], options["maybe"])
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(HEADER)
        writer.writerows(rows)
        answer = {
            "review": review.slug,
            "rows": [
                {name: value for name, value in zip(HEADER, row, strict=True) if value != ""} for row in rows
            ],
        }
        return answer, text.getvalue().rstrip("\n")
