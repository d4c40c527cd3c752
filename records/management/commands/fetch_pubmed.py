"""Search PubMed into a review, or run such a search again: the same service as the page."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from records.models import ImportBatch
from records.services import request_pubmed, request_pubmed_again
from reviews.command import ServiceCommand, find_actor, find_review
from reviews.jobs import finish_waiting
from reviews.models import Job, Review
from reviews.permissions import Permission

PATIENCE = 3600.0


def finished(review: Review, job: Job) -> tuple[dict, str]:
    """Wait for a fetch and what it leads to; CommandError with its sentence when it failed."""
    finish_waiting(review, patience=PATIENCE)
    job.refresh_from_db()
    if job.state != Job.State.DONE:
        raise CommandError(
            job.error or f"The fetch did not finish: job {job.pk} is {job.get_state_display().lower()}."
        )
    found = job.result
    states = ImportBatch.objects.filter(pk__in=found["imports"]).values_list("pk", "state")
    data = {
        "review": review.slug,
        "search": found["search"],
        "hits": found["hits"],
        "new": found["new"],
        "imports": [{"id": pk, "state": state} for pk, state in sorted(states)],
        "notes": found["notes"],
    }
    return data, " ".join([f"{found['hits']:,} hits, {found['new']:,} new.", *found["notes"]])


class Command(ServiceCommand):
    help = (
        "Search PubMed and import what is found, or run a search again and import what is new. Needs "
        "NETWORK_IMPORTS=1. Waits until everything is imported."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--query", default="", help="As on PubMed's own page.")
        parser.add_argument(
            "--again", type=int, metavar="SEARCH", help="Id of a search that was fetched before."
        )
        parser.add_argument(
            "--platform", default="E-utilities", help="Tells several searches of PubMed apart."
        )
        parser.add_argument(
            "--check-first",
            action="store_true",
            help="What was found waits for a person before it is imported.",
        )
        parser.add_argument("--by", metavar="EMAIL", help="Who searches; the review's owner if not given.")

    def act(self, **options: Any) -> tuple[dict, str]:
        review = find_review(options["review"])
        by = find_actor(review, options["by"], Permission.IMPORT)
        first = options["check_first"]
        if bool(options["query"]) == (options["again"] is not None):
            raise CommandError("Say what to search: --query, or --again with the id of a search.")
        if options["query"]:
            job = request_pubmed(
                review=review,
                query=options["query"],
                platform=options["platform"],
                by=by,
                check_first=first,
            )
            return finished(review, job)
        search = review.searches.select_related("review").filter(pk=options["again"]).first()
        if search is None:
            raise CommandError(f"'{review.slug}' has no search {options['again']}.")
        return finished(review, request_pubmed_again(search=search, by=by, check_first=first))
