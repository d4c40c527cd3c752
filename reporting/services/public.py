"""Publish a snapshot of the review under a secret link, and revoke it."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from reporting.models import PublicPage
from reporting.public import PARTS, content_of
from reporting.snapshot import one_moment
from reviews.audit import record_event
from reviews.errors import Refused
from reviews.models import Membership, User


class PublicRefused(Refused):
    """A public page that cannot be made, found or revoked."""


def draft_content(*, membership: Membership, parts: Sequence[str]) -> dict:
    """What a page with these parts would show now; nothing is stored. Raises PublicRefused."""
    unknown = sorted(set(parts) - set(PARTS))
    if unknown:
        raise PublicRefused(
            f"There is no part '{unknown[0]}'. Choose from: {', '.join(PARTS)}.", field="parts"
        )
    if not parts:
        raise PublicRefused("Choose at least one part to show.", field="parts")
    with one_moment():
        return content_of(membership, parts)


def publish(
    *, membership: Membership, parts: Sequence[str], label: str = "", expires_at: datetime | None = None
) -> tuple[PublicPage, str]:
    """Freeze these parts under a new link; returns the page and its secret token.

    The token is nowhere stored (only its SHA-256), so this is the only moment to show the link. Raises PublicRefused.
    """
    if expires_at is not None and expires_at <= timezone.now():
        raise PublicRefused("The day on which the link ends must be in the future.", field="expires_at")
    if len(label) > 120:
        raise PublicRefused(f"The name has {len(label)} characters; it may have 120.", field="label")
    content = draft_content(membership=membership, parts=parts)
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        page = PublicPage.objects.create(
            review=membership.review,
            token_sha256=_sha256(token),
            label=" ".join(label.split()),
            parts=[key for key in PARTS if key in set(parts)],
            content=content,
            created_by=membership.user,
            expires_at=expires_at,
        )
        record_event(
            review=membership.review,
            actor=membership.user,
            verb="reporting.published",
            target=page,
            sentence=f"published {', '.join(PARTS[key].label for key in page.parts)} under a public link.",
            detail={"parts": page.parts, "until": expires_at.isoformat() if expires_at else None},
        )
    return page, token


@transaction.atomic
def revoke_public_page(*, page: PublicPage, by: User | None) -> None:
    """The link stops working at once. Raises PublicRefused when it does not work any more."""
    page = PublicPage.objects.select_for_update().get(pk=page.pk)
    if page.revoked_at is not None:
        raise PublicRefused("This link was revoked already.")
    page.revoked_at, page.revoked_by = timezone.now(), by
    page.save(update_fields=["revoked_at", "revoked_by"])
    record_event(
        review=page.review,
        actor=by,
        verb="reporting.public_page_revoked",
        target=page,
        sentence=f"revoked the public link “{page}”.",
    )


def find_public_page(token: str) -> PublicPage | None:
    """The open page of this secret token."""
    return PublicPage.objects.open().filter(token_sha256=_sha256(token)).first()


def _sha256(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
