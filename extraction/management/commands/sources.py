"""List where extracted things stand, add a source, remove one, bring one back."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from extraction import services
from extraction.api.sources import SourceOut
from extraction.models import Arm, Characteristic, Result, Source, Value
from extraction.provenance import visible
from extraction.services.sources import REMOVED, Target
from reviews.command import ServiceCommand, find_member, find_review
from reviews.models import AuditEvent, Membership
from reviews.permissions import Permission
from screening.models import FullText

TARGETS = ("result", "value", "arm", "characteristic")


class Command(ServiceCommand):
    help = "List where extracted things stand in the reports; add a source (--result, --value, --arm or "
    help += "--characteristic with --page, --quote or --locator), --remove one, --restore one."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--by", metavar="EMAIL", help="Who acts; the review's owner if not given.")
        parser.add_argument("--study", metavar="LABEL", help="List only sources of this study.")
        for name in TARGETS:
            parser.add_argument(f"--{name}", type=int, metavar="ID", help=f"Add a source to this {name}.")
        parser.add_argument("--field", default="", help="With --result: which number, for example mean1.")
        parser.add_argument("--report", type=int, metavar="RECORD", help="The record whose PDF it is in.")
        parser.add_argument("--page", type=int, help="As the PDF counts, from 1.")
        parser.add_argument("--quote", default="", help="Word for word.")
        parser.add_argument("--locator", default="", help="Table 2, Figure 3.")
        parser.add_argument("--remove", type=int, metavar="ID")
        parser.add_argument("--restore", type=int, metavar="EVENT", help="The event that --remove printed.")

    def act(self, **options: Any) -> tuple[dict, str]:
        named = [name for name in TARGETS if options[name] is not None]
        acts = bool(named) or options["remove"] is not None or options["restore"] is not None
        member = find_member(
            find_review(options["review"]), options["by"], Permission.EXTRACT if acts else Permission.VIEW
        )
        if options["remove"] is not None:
            event = services.remove_source(source=_source(member, options["remove"]), by=member.user)
            return {"event": event.pk}, f"The source was removed; --restore {event.pk} brings it back."
        if options["restore"] is not None:
            mine = AuditEvent.objects.filter(review=member.review, actor=member.user, verb=REMOVED)
            removal = mine.filter(pk=options["restore"]).first()
            if removal is None:
                raise CommandError(f"{options['restore']} is no removal of a source by {member.user}.")
            return _told(services.restore_source(review=member.review, event=removal, by=member.user))
        if named:
            return _told(_added(member, named, options))
        found = visible(member).select_related("study").order_by("study__label", "pk")
        if options["study"] is not None:
            found = found.filter(study__label=options["study"])
        lines = [f"{one.pk}, {one.study}: {one}" for one in found]
        return {"sources": [_data(one) for one in found]}, "\n".join(lines) or "There are no sources."


def _added(member: Membership, named: list[str], options: dict[str, Any]) -> Source:
    if len(named) > 1:
        raise CommandError(f"A source is of one thing; choose one of --{', --'.join(named)}.")
    given = {name: options[name] for name in ("field", "page", "quote", "locator")}
    report = None
    if options["report"] is not None:
        report = FullText.objects.filter(review=member.review, record=options["report"]).first()
        if report is None:
            raise CommandError(f"There is no full text of record {options['report']} in this review.")
    target: dict[str, Any] = {named[0]: _target(member, named[0], options[named[0]])}
    return services.add_source(by=member.user, **target, full_text=report, **given)


def _target(member: Membership, name: str, pk: int) -> Target:
    rows: dict[str, Any] = {
        "result": Result.objects.visible_to(member),
        "value": Value.objects.visible_to(member),
        "arm": Arm.objects.filter(study__review=member.review),
        "characteristic": Characteristic.objects.filter(study__review=member.review),
    }
    found = rows[name].filter(pk=pk).first()
    if found is None:
        raise CommandError(f"There is no {name} {pk} in '{member.review.slug}' that {member.user} may see.")
    return found


def _source(member: Membership, pk: int) -> Source:
    found = visible(member).filter(pk=pk).first()
    if found is None:
        raise CommandError(f"There is no source {pk} in '{member.review.slug}' that {member.user} may see.")
    return found


def _told(source: Source) -> tuple[dict, str]:
    return _data(source), f"Source {source.pk}: {source}"


def _data(source: Source) -> dict:
    data = dict(SourceOut(source).data)
    return data | {"added_at": source.added_at.isoformat()}
