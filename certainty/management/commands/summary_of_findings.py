"""manage.py summary_of_findings --review SLUG [--comparison KEY] [--profile] [--out FILE] [--by EMAIL] [--json]."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from certainty.documents import FORMATS, TABLES, rows_in
from certainty.tables import comparisons
from reviews.command import ServiceCommand, find_member, find_review, write_whole
from reviews.permissions import Permission


class Command(ServiceCommand):
    help = "Print the summary of findings or the evidence profile of a comparison, or write it as a file."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--comparison", metavar="KEY", help="Which comparison; the first if not given.")
        parser.add_argument("--profile", action="store_true", help="The evidence profile instead.")
        parser.add_argument("--out", metavar="FILE", help="Write .docx, .csv or .html.")
        parser.add_argument("--by", metavar="EMAIL", help="Who looks; the review's owner if not given.")

    def act(self, **options: Any) -> tuple[dict, str]:
        review = find_review(options["review"])
        find_member(review, options["by"], Permission.VIEW)
        kind = TABLES["profile" if options["profile"] else "summary"]
        table = kind.build(review, options["comparison"])
        known = [one.key for one in comparisons(review, only_summary=kind.only_summary)]
        data = table.to_dict() | {"comparisons": known}
        if options["out"]:
            extension = Path(options["out"]).suffix.lstrip(".").lower()
            if extension not in FORMATS:
                raise CommandError(f"--out ends in one of: {', '.join(f'.{name}' for name in FORMATS)}.")
            digest = write_whole(options["out"], [FORMATS[extension].write(table)])
            return data | {"file": options["out"], "sha256": digest}, f"Written to {options['out']}."
        lines = [table.title, *(f"{name}: {text}" for name, text in table.head)]
        for row in rows_in(table):
            lines.append(
                f"{row.outcome}: {row.relative or row.narrative or row.reason} ({row.people}); {row.certainty}"
            )
            lines += [f"  {row.statement}"] if row.statement else []
            lines += [f"  changed since: {sentence}" for sentence in row.stale]
        lines += [f"{mark} {text}" for mark, text in table.footnotes]
        if not table.rows:
            lines.append("No finding is in it yet.")
        return data, "\n".join(lines)
