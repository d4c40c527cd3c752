"""What every management command of a review needs: which review, and who acts."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from reviews.errors import Refused
from reviews.models import Membership, Review, User
from reviews.permissions import Role


def find_review(slug: str) -> Review:
    """The review called ``slug``, or a CommandError that lists what there is."""
    review = Review.objects.filter(slug=slug).first()
    if review is None:
        known = ", ".join(Review.objects.values_list("slug", flat=True)[:10]) or "none yet"
        raise CommandError(f"There is no review '{slug}'. Reviews here: {known}.")
    return review


def find_actor(review: Review, email: str | None) -> User:
    """The member with ``email``, or the review's owner when no address is given."""
    members = Membership.objects.filter(review=review, left_at=None).select_related("user")
    member = (
        members.filter(user__email__iexact=email).first()
        if email
        else members.filter(role=Role.OWNER.value).first()
    )
    if member is None:
        raise CommandError(
            f"{email} is not a member of '{review.slug}'." if email else f"'{review.slug}' has no owner."
        )
    return member.user


class ServiceCommand(BaseCommand):
    """A command that calls one service: ``--json`` and refusals are dealt with here.

    Subclasses write ``act(**options)``, which returns what was done twice: as data for ``--json`` and as a sentence.
    """

    def add_arguments(self, parser) -> None:
        parser.add_argument("--json", action="store_true", help="Print machine-readable output.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            data, sentence = self.act(**options)
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(json.dumps(data) if options["json"] else sentence)

    def act(self, **options: Any) -> tuple[dict, str]:
        raise NotImplementedError
