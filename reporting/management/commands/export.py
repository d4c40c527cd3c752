"""Write an export of a review to a file: the same as the page's downloads."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from reporting.exports import EXPORTS, build_export
from reviews.command import find_actor, find_review
from reviews.errors import Refused
from reviews.models import Membership


class Command(BaseCommand):
    help = "Export records (csv, ris), decisions (csv), extraction (csv) or analysis (csv, json)."

    def add_arguments(self, parser) -> None:
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--what", required=True, choices=list(EXPORTS))
        parser.add_argument("--out", required=True, metavar="FILE", help="The extension chooses the format.")
        parser.add_argument(
            "--as", dest="member", metavar="EMAIL", help="Whose view; the owner's if not given."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        review = find_review(options["review"])
        membership = Membership.objects.get(review=review, user=find_actor(review, options["member"]))
        out = Path(options["out"])
        try:
            pieces = build_export(
                membership=membership, what=options["what"], extension=out.suffix.lstrip(".").lower()
            )
            with out.open("w", encoding="utf-8", newline="") as file:
                file.writelines(pieces)
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        except OSError as error:
            raise CommandError(f"{out}: {error.strerror or error}.") from error
        self.stdout.write(f"Wrote {out}")
