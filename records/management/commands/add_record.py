"""Add a record by hand: the same service as the page."""

from typing import Any

from django.core.management.base import CommandParser

from records.management.commands.correct_record import assignment, gathered
from records.models import Search
from records.services import add_record
from reviews.command import ServiceCommand, find_actor, find_review
from reviews.permissions import Permission


class Command(ServiceCommand):
    help = (
        "Add one record that no export holds: from --set FIELD=VALUE, from --reference (a citation, an identifier or "
        "one RIS, PubMed, EndNote or BibTeX entry), or from both. Duplicates are looked for by the next "
        "'deduplicate' or by a running worker."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--source", required=True, metavar="NAME", help="Where it was found.")
        parser.add_argument(
            "--type",
            choices=Search.SourceType.values,
            default=Search.SourceType.WEBSITE,
            help="Of a source that the review does not have yet.",
        )
        parser.add_argument("--platform", default="")
        parser.add_argument("--reference", default="", metavar="TEXT")
        parser.add_argument("--set", action="append", default=[], type=assignment, metavar="FIELD=VALUE")
        parser.add_argument(
            "--anyway", action="store_true", help="Add it although the review has such a record."
        )
        parser.add_argument("--by", metavar="EMAIL", help="Who adds it; the review's owner if not given.")

    def act(self, **options: Any) -> tuple[dict, str]:
        review = find_review(options["review"])
        by = find_actor(review, options["by"], Permission.IMPORT)
        named = {"source": options["source"].strip(), "platform": options["platform"].strip()}
        search = review.searches.filter(
            source__iexact=named["source"], platform__iexact=named["platform"]
        ).first()
        record = add_record(
            review=review,
            values=gathered(options["set"]),
            by=by,
            search=search,
            new_search=named | {"source_type": options["type"]},
            pasted=options["reference"],
            anyway=options["anyway"],
        )
        data = {
            "review": review.slug,
            "source": str(record.search),
            "record": record.pk,
            "import": record.batch_id,
            "title": record.title,
        }
        return data, f"Record {record.pk}, {record.citation}, was added to {record.search}."
