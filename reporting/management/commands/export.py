"""Write an export of a review to a file: the same as the page's downloads."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from reporting.exports import EXPORTS, build_export
from reporting.exports.shape import quiet
from reviews.command import ServiceCommand, find_member, find_review, write_whole
from reviews.permissions import Permission


class Command(ServiceCommand):
    help = "Write one of the exports of a review to a file, long ones too."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--what", required=True, choices=list(EXPORTS))
        parser.add_argument("--out", required=True, metavar="FILE", help="The extension chooses the format.")
        parser.add_argument(
            "--option",
            action="append",
            default=[],
            metavar="NAME=VALUE",
            help="One of the export's options, for example decision=included; again for each further one.",
        )
        parser.add_argument(
            "--as", dest="member", metavar="EMAIL", help="Whose view; the owner's if not given."
        )

    def act(self, **options: Any) -> tuple[dict, str]:
        review = find_review(options["review"])
        member = find_member(review, options["member"], Permission.EXPORT)
        what, out = options["what"], options["out"]
        extension = Path(out).suffix.lstrip(".").lower()
        chosen = _chosen(options["option"])
        tell = self._tell if options["verbosity"] > 1 else quiet
        pieces = build_export(membership=member, what=what, extension=extension, options=chosen, tell=tell)
        sha256 = write_whole(out, (piece.encode() if isinstance(piece, str) else piece for piece in pieces))
        answer = {
            "review": review.slug,
            "what": what,
            "format": extension,
            "options": chosen,
            "as": member.user.email,
            "out": out,
            "sha256": sha256,
        }
        return answer, f"Wrote {out}"

    def _tell(self, done: int, total: int = 0, message: str = "") -> None:
        self.stderr.write(f"{done}{f' of {total}' if total else ''} {message}".rstrip())


def _chosen(given: list[str]) -> dict[str, str]:
    chosen = {}
    for each in given:
        name, equals, value = each.partition("=")
        if not (name and equals and value):
            raise CommandError(f"--option {each}: write it as NAME=VALUE, for example decision=included.")
        chosen[name.strip()] = value.strip()
    return chosen
