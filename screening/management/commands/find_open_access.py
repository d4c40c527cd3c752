"""Ask Unpaywall which reports without PDF may be read freely."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from reviews.command import ServiceCommand, find_actor, find_review
from reviews.jobs import finish_waiting
from reviews.models import Job
from reviews.permissions import Permission
from screening.services.open_access import request_open_access

PATIENCE = 1200.0


class Command(ServiceCommand):
    help = "Look up reports without PDF by their DOI at Unpaywall; needs NETWORK_IMPORTS=1 and CONTACT_EMAIL."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--by", metavar="EMAIL", help="Who asks; the review's owner if not given.")

    def act(self, **options: Any) -> tuple[dict, str]:
        review = find_review(options["review"])
        job = request_open_access(
            review=review, by=find_actor(review, options["by"], Permission.MANAGE_FULL_TEXT)
        )
        finish_waiting(review, patience=PATIENCE)
        job.refresh_from_db()
        if job.state != Job.State.DONE:
            raise CommandError(
                job.error or f"The look-up is {job.get_state_display().lower()} (job {job.pk})."
            )
        counts = {name: job.result[name] for name in ("asked", "open", "stored")}
        sentence = "{asked} reports asked for, {open} open access, {stored} PDFs attached.".format(**counts)
        return {"review": review.slug} | counts, sentence
