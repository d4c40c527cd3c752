"""What rules find in the PDF of a report; accept one of it."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from extraction import services
from extraction.api.sources import SourceOut
from extraction.models import Arm
from extraction.services.suggestions import accept_suggestion, read_report
from extraction.suggesting import Suggestion
from reviews.command import ServiceCommand, find_member, find_review
from reviews.permissions import Permission
from screening.models import FullText, Study


class Command(ServiceCommand):
    help = (
        "Read the PDF of a report by rules and print what they find, each with its sentence and page; with --accept "
        "keep one of it as a --characteristic, the number randomised of an --arm or a --field of the form."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--by", metavar="EMAIL", help="Who acts; the review's owner if not given.")
        parser.add_argument(
            "--report", required=True, type=int, metavar="RECORD", help="The report's record."
        )
        parser.add_argument("--accept", type=int, metavar="NUMBER", help="Its number in the list, from 1.")
        parser.add_argument("--value", help="With --accept: keep this instead of what was suggested.")
        parser.add_argument("--characteristic", metavar="NAME")
        parser.add_argument("--arm", metavar="LABEL")
        parser.add_argument("--field", metavar="KEY")
        parser.add_argument(
            "--seen-version", type=int, help="Of the value or arm; as it is now if not given."
        )

    def act(self, **options: Any) -> tuple[dict, str]:
        member = find_member(find_review(options["review"]), options["by"], Permission.EXTRACT)
        found = FullText.objects.filter(
            review=member.review, record=options["report"], record__report__isnull=False
        )
        full_text = found.select_related("record").first()
        if full_text is None:
            raise CommandError(
                f"Record {options['report']} is no report of a study of '{member.review.slug}'."
            )
        listed = [Suggestion(**one) for one in read_report(full_text)["suggestions"]]
        if options["accept"] is None:
            lines = [
                f"{number}. {one.label}: {one.value} (p. {one.page}: “{one.sentence}”)"
                for number, one in enumerate(listed, 1)
            ]
            data = [
                {
                    "number": number,
                    "key": one.key,
                    "value": one.value,
                    "page": one.page,
                    "sentence": one.sentence,
                }
                for number, one in enumerate(listed, 1)
            ]
            return {"suggestions": data}, "\n".join(lines) or "The rules found nothing."
        if not 1 <= options["accept"] <= len(listed):
            raise CommandError(
                f"There are {len(listed)} suggestions; there is no number {options['accept']}."
            )
        one = listed[options["accept"] - 1]
        source = accept_suggestion(
            full_text=full_text,
            value=options["value"] if options["value"] is not None else one.value,
            sentence=one.sentence,
            page=one.page,
            by=member.user,
            **_target(full_text, member.user, options),
        )
        kept = dict(SourceOut(source).data) | {"added_at": source.added_at.isoformat()}
        return kept, f"Kept, with {source.place} as its source."


def _target(full_text: FullText, by, options: dict[str, Any]) -> dict[str, Any]:
    study = Study.objects.select_related("review").get(reports__record=full_text.record_id)
    seen = options["seen_version"]
    if options["arm"] is not None:
        arm = Arm.objects.filter(study=study, label=options["arm"]).first()
        if arm is None:
            raise CommandError(f"{study} has no arm '{options['arm']}'.")
        return {"arm": arm, "seen_version": arm.version if seen is None else seen}
    if options["field"] is not None:
        extraction = services.start_extraction(study=study, by=by)
        value = extraction.values.filter(field=options["field"], row="").first()
        present = value.version if value else 0
        version = present if seen is None else seen
        return {"extraction": extraction, "field": options["field"], "seen_version": version}
    return {"characteristic": options["characteristic"] or ""}
