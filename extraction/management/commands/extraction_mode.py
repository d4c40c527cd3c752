"""Show or choose how a review extracts."""

from typing import Any

from django.core.management.base import CommandParser

from extraction import services
from extraction.models import ExtractionSettings
from reviews.command import ServiceCommand, find_actor, find_review
from reviews.permissions import Permission


class Command(ServiceCommand):
    help = "Show how studies are extracted, or choose another way with --mode."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--mode", choices=ExtractionSettings.Mode.values)
        parser.add_argument("--by", metavar="EMAIL", help="Who does it; the review's owner if not given.")

    def act(self, **options: Any) -> tuple[dict, str]:
        review = find_review(options["review"])
        settings = services.settings_of(review)
        if options["mode"]:
            by = find_actor(review, options["by"], Permission.AMEND_PROTOCOL)
            settings = services.set_mode(
                review=review, mode=options["mode"], by=by, seen_version=settings.version
            )
        said = f"{settings.get_mode_display()}."
        return {"review": review.slug, "mode": settings.mode, "version": settings.version}, said
