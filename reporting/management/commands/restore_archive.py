"""Restore a review from an archive, or only check it: the same as the page Restore an archive, here and now."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from reporting.archive import People, check, open_archive, restore
from reporting.services.archive import in_words
from reviews.command import ServiceCommand
from reviews.models import User


class Command(ServiceCommand):
    help = "Restore a review from an archive made with the command archive or on the page Archive."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file", metavar="FILE")
        parser.add_argument("--owner", metavar="EMAIL", help="Whose it is; somebody with an account here.")
        parser.add_argument(
            "--people",
            choices=[each.value for each in People],
            default=People.OWN.value,
            help="own: only the owner's deeds become theirs. by_address: everybody's, by e-mail address.",
        )
        parser.add_argument("--check", action="store_true", help="Only say whether it could be restored.")

    def act(self, **options: Any) -> tuple[dict, str]:
        with open(options["file"], "rb") as file, open_archive(file) as archive:
            rows, files = sum(archive.counts.values()), len(archive.files)
            told = {"title": archive.title, "rows": rows, "files": files, "application": archive.application}
            owner = None if options["check"] else self._owner(options["owner"])
            check(archive)
            if owner is None:
                return told, f"“{archive.title}” can be restored: {rows:,} rows and {files} files"
            restored = restore(archive, by=owner, people=People(options["people"]), checked=True)
        answer = told | {"review": restored.review.slug, "without_account": restored.placeholders}
        return answer, in_words(restored)

    def _owner(self, email: str | None) -> User:
        owner = User.objects.filter(email__iexact=(email or "").strip(), is_active=True).first()
        if owner is None:
            raise CommandError(
                "Name with --owner the e-mail address of somebody with an account here (see add_user)."
            )
        return owner
