"""Write the order of a stage to a file."""

import json
from typing import Any

from django.core.management.base import CommandParser

from reviews.command import ServiceCommand, find_member, find_review, write_whole
from reviews.errors import Refused
from reviews.permissions import Permission
from screening import ranked
from screening.models import Stage
from screening.services import rankings


class Command(ServiceCommand):
    help = (
        "Write the order of a stage to a JSON file: records with scores, what it was learned from, model, seed and "
        "versions. import_ranking reads it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--stage", default=Stage.TITLE_ABSTRACT.value, choices=Stage.values)
        parser.add_argument("--out", required=True, metavar="FILE")
        parser.add_argument("--by", metavar="EMAIL", help="Whose order; the review's owner if not given.")

    def act(self, **options: Any) -> tuple[dict, str]:
        review, stage = find_review(options["review"]), options["stage"]
        member = find_member(review, options["by"], Permission.EXPORT)
        if not ranked.may_see_scores(member, stage):
            raise Refused("Scores are hidden at this stage: who leads the review writes them to a file.")
        found = ranked.shown_to(review, stage, member.user)
        if found is None:
            raise Refused("Nothing is ranked yet at this stage: run rank_records first.")
        data = rankings.export_ranking(found)
        digest = write_whole(options["out"], [json.dumps(data, indent=1, ensure_ascii=False).encode(), b"\n"])
        answer = {"review": review.slug, "stage": stage, "records": len(data["records"]), "sha256": digest}
        return answer | {
            "out": options["out"]
        }, f"{len(data['records'])} records written to {options['out']}."
