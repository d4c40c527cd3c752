"""Say how the flow diagram of a review is drawn, or read it: the same as the page."""

from argparse import BooleanOptionalAction
from typing import Any

from django.core.management.base import CommandError, CommandParser

from reporting.diagram import settings_of
from reporting.models import FlowSettings
from reporting.services.flow_settings import FIELDS, OPTIONS, change_flow_settings
from reviews.command import ServiceCommand, find_actor, find_review
from reviews.permissions import Permission


class Command(ServiceCommand):
    help = "Choose the template, options and own labels of the flow diagram; without any of them say what is set."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--review", required=True, metavar="SLUG")
        parser.add_argument(
            "--as", dest="member", metavar="EMAIL", help="Who changes it; the owner if not given."
        )
        parser.add_argument("--template", choices=FlowSettings.Template.values)
        for name in OPTIONS:
            parser.add_argument(f"--{name.replace('_', '-')}", action=BooleanOptionalAction, default=None)
        parser.add_argument(
            "--label",
            action="append",
            default=[],
            metavar="KEY=WORDS",
            help="Own words for a label, such as screened=Titles; no words bring the template's back.",
        )

    def act(self, **options: Any) -> tuple[dict, str]:
        review = find_review(options["review"])
        settings = settings_of(review)
        changes = {name: options[name] for name in ("template", *OPTIONS) if options[name] is not None}
        if options["label"]:
            changes["labels"] = settings.labels | dict(_label(each) for each in options["label"])
        if changes:
            by = find_actor(review, options["member"], Permission.PUBLISH)
            settings = change_flow_settings(review=review, by=by, seen_version=settings.version, **changes)
        answer = {"review": review.slug, "version": settings.version}
        answer |= {name: getattr(settings, name) for name in FIELDS}
        own = "".join(f"\n{key}: {words}" for key, words in settings.labels.items())
        chosen = [f"{name.replace('_', ' ')}: {'yes' if answer[name] else 'no'}" for name in OPTIONS]
        return answer, f"{settings.get_template_display()}; {'; '.join(chosen)}{own}"


def _label(text: str) -> tuple[str, str]:
    key, equals, words = text.partition("=")
    if not equals:
        raise CommandError(f"'{text[:60]}' is no label: write KEY=WORDS, such as screened=Titles read.")
    return key, words
