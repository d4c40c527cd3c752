"""Open a review and amend its protocol."""

from typing import Any

from django.db import transaction
from django.utils.text import slugify

from reviews.audit import record_event
from reviews.errors import Refused
from reviews.models import AuditEvent, Membership, Review, User
from reviews.permissions import Role
from reviews.services._rows import check_values, in_words, label_of, locked, refuse_overwriting, set_values

#: Fields a reviewer decides by: a change here is an amendment and may begin a new version of the protocol.
SCREENING_FIELDS = (
    "question",
    "framework",
    "population",
    "intervention",
    "comparator",
    "study_designs",
    "quorum_title_abstract",
    "quorum_full_text",
    "maybe_rule",
    "reasons_must_agree",
)
PROTOCOL_FIELDS = ("title", *SCREENING_FIELDS, "registration", "registry", "protocol_url", "notice")
#: Words that are addresses below /reviews/ and so cannot name a review.
RESERVED_SLUGS = frozenset({"open", "invitations", "preferences"})
AMENDMENT = "reviews.protocol_amended"
CRITERION_VERBS = tuple(f"reviews.criterion_{verb}" for verb in ("added", "changed", "retired", "restored"))


class ProtocolRefused(Refused):
    """A protocol value that cannot be; the sentence names the field."""


@transaction.atomic
def open_review(*, title: str, by: User, slug: str = "", question: str = "") -> Review:
    """Open a review owned by ``by``. Without ``slug`` the address comes from the title, numbered if it is taken."""
    review = Review(title=title.strip(), question=question.strip())
    review.slug = _free_slug(slug, field="slug") if slug else _slug_from(review.title)
    check_values(review, ["title", "question", "slug"], ProtocolRefused)
    review.save()
    Membership.objects.create(review=review, user=by, role=Role.OWNER)
    record_event(
        review=review,
        actor=by,
        verb="reviews.opened",
        target=review,
        sentence=f"opened the review “{review.title}”",
        detail={"new": {"title": review.title, "slug": review.slug, "question": review.question}},
    )
    return review


@transaction.atomic
def amend_protocol(
    *, review: Review, by: User, changes: dict[str, Any], why: str = "", seen: dict[str, Any] | None = None
) -> Review:
    """Change fields of the protocol and return the review as it is now.

    ``changes`` maps names of PROTOCOL_FIELDS to new values. ``seen`` holds what the person saw in those fields:
    a field that somebody else changed meanwhile is a Conflict, not overwritten. A change of SCREENING_FIELDS
    begins a new protocol version if work was done under the present one (see ``begin_version``).
    """
    if unknown := sorted(changes.keys() - set(PROTOCOL_FIELDS)):
        raise ProtocolRefused(f"The protocol has no field called {in_words(unknown)}.", field=unknown[0])
    review = locked(review)
    refuse_overwriting(review, changes, seen or {})
    different = set_values(review, changes)
    check_values(review, different, ProtocolRefused)
    if not different:
        return review
    relevant = [name for name in different if name in SCREENING_FIELDS]
    began = bool(relevant) and begin_version(review)
    review.save(update_fields=[*different, "protocol_version"])
    fields = in_words([label_of(review, name) for name in different])
    record_event(
        review=review,
        actor=by,
        verb=AMENDMENT if relevant else "reviews.details_changed",
        target=review,
        sentence=f"changed {fields} in the protocol"
        + (f" and so began version {review.protocol_version}" if began else ""),
        detail={"changes": different, "why": why.strip(), "protocol_version": review.protocol_version},
    )
    return review


def begin_version(review: Review) -> bool:
    """Raise ``protocol_version`` on a locked review, unless nobody worked since the last amendment; whether it did.

    Work is any event of another room: each decision carries the version it was made under, so a version must not
    change once it was used, while several edits in a row are one amendment. Does not save.
    """
    events = AuditEvent.objects.filter(review=review)
    last = events.filter(verb__in=[AMENDMENT, *CRITERION_VERBS]).values_list("pk", flat=True).first()
    work = events.exclude(verb__startswith="reviews.")
    worked = work.filter(pk__gt=last or 0).exists()
    review.protocol_version += worked
    return worked


def _slug_from(title: str) -> str:
    base = slugify(title)[:70].strip("-") or "review"
    slug, number = base, 1
    while slug in RESERVED_SLUGS or Review.objects.filter(slug=slug).exists():
        number += 1
        slug = f"{base}-{number}"
    return slug


def _free_slug(slug: str, field: str) -> str:
    if slug in RESERVED_SLUGS or Review.objects.filter(slug=slug).exists():
        raise ProtocolRefused(f"The address “{slug}” is taken. Choose another.", field=field)
    return slug
