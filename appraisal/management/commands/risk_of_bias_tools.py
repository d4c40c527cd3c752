"""List, choose and retire the tools of a review, and make tools of its own."""

import json
from typing import Any

from django.core.management.base import CommandError, CommandParser

from appraisal import services
from appraisal.models import ReviewTool, ToolVersion
from appraisal.registry import designs_of, offered
from reviews.command import ServiceCommand, find_member, find_review, read_whole
from reviews.models import Membership, Review
from reviews.permissions import Permission

GESTURES = ("add", "retire", "for_designs", "draft", "discard_draft", "publish")


class Command(ServiceCommand):
    help = (
        "List the risk-of-bias tools on offer in a review and the designs they are for; or choose one, retire one, "
        "say for which designs it is, and draft and publish tools of the review's own."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument("--by", metavar="EMAIL", help="Who acts; the review's owner if not given.")
        parser.add_argument("--add", metavar="KEY", help="Choose a tool, or offer a retired one again.")
        parser.add_argument("--retire", metavar="KEY", help="Stop offering a tool.")
        parser.add_argument("--for-designs", metavar="KEY", help="Say for which --designs this tool is.")
        parser.add_argument(
            "--designs", nargs="*", metavar="DESIGN", help="With --add or --for-designs; none: every design."
        )
        parser.add_argument(
            "--draft", metavar="JSON", help="Begin the tool in this file, or change its draft."
        )
        parser.add_argument("--discard-draft", metavar="KEY", help="Throw the draft of a tool away.")
        parser.add_argument("--publish", metavar="KEY", help="Publish the draft of a tool.")
        parser.add_argument("--note", help="With --draft or --publish: what changed, for those who assess.")

    def act(self, **options: Any) -> tuple[dict, str]:
        wanted = [name for name in GESTURES if options[name] is not None]
        if len(wanted) > 1:
            names = " or ".join(f"--{name.replace('_', '-')}" for name in wanted)
            raise CommandError(f"One thing at a time: {names}.")
        needed = Permission.AMEND_PROTOCOL if wanted else Permission.VIEW
        member = find_member(find_review(options["review"]), options["by"], needed)
        if wanted:
            _act(member, wanted[0], options[wanted[0]], options)
        return _listed(member.review)


def _act(member: Membership, wanted: str, given: str, options: dict[str, Any]) -> None:
    review, by = member.review, member.user
    match wanted:
        case "add":
            services.add_tool(review=review, key=given, by=by, designs=options["designs"])
        case "retire":
            services.retire_tool(review=review, key=given, by=by)
        case "for_designs":
            if options["designs"] is None:
                raise CommandError("--for-designs needs --designs; --designs alone stands for every design.")
            services.set_designs(review=review, key=given, designs=options["designs"], by=by)
        case "draft":
            _write(member, given, options["note"])
        case "discard_draft":
            services.discard_draft(version=_draft(review, given), by=by)
        case "publish":
            services.publish_tool(version=_draft(review, given), by=by, note=options["note"])


def _write(member: Membership, path: str, note: str | None) -> None:
    try:
        data = json.loads(read_whole(path))
    except ValueError as error:
        raise CommandError(f"{path} is not JSON: {error}.") from error
    key = data.get("key") if isinstance(data, dict) else None
    drafts = ToolVersion.objects.drafts().filter(tool__review=member.review, tool__key=key)
    there = drafts.select_related("tool__review").first()
    if there:
        services.change_draft(version=there, data=data, by=member.user, note=note)
    else:
        services.draft_tool(review=member.review, data=data, by=member.user, note=note or "")


def _draft(review: Review, key: str) -> ToolVersion:
    drafts = ToolVersion.objects.drafts().filter(tool__review=review, tool__key=key)
    found = drafts.select_related("tool__review").first()
    if found is None:
        raise CommandError(f"There is no draft of a tool '{key}' in {review.slug}.")
    return found


def _listed(review: Review) -> tuple[dict, str]:
    designs, rows = designs_of(review), ReviewTool.objects.filter(review=review).prefetch_related("versions")
    chosen = {row.key: row for row in rows}
    told = [
        _row(key, tool.name, designs[key], chosen.get(key)) | {"offered": True}
        for key, tool in offered(review).items()
    ]
    told += [
        _row(key, services.name_of(row), row.designs, row) | {"offered": False}
        for key, row in chosen.items()
        if key not in designs
    ]
    lines = [
        f"{row['key']}: {row['name']}, for {', '.join(row['designs']) or 'every design'}"
        f"{'' if row['offered'] else ' (not offered)'}"
        f"{': ' + row['fault'] if row['fault'] else ''}"
        for row in told
    ]
    return {"tools": told}, "\n".join(lines)


def _row(key: str, name: str, designs: list[str], row: ReviewTool | None) -> dict[str, Any]:
    """``version`` is the newest published one, ``draft`` the number of the draft, ``fault`` what is wrong with it."""
    versions = list(row.versions.all()) if row else []
    drafts = [version for version in versions if version.is_draft]
    published = [version.number for version in versions if not version.is_draft]
    return {
        "key": key,
        "name": name,
        "designs": designs,
        "chosen": row is not None and row.retired_at is None,
        "version": max(published, default=None),
        "draft": drafts[0].number if drafts else None,
        "fault": services.fault_of(drafts[0].data) if drafts else "",
    }
