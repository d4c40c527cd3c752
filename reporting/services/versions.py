"""Close a version of the review, and take that back: what comes after it is an update."""

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from reporting.models import Version
from reporting.state import state_of
from reviews.audit import record_event
from reviews.errors import Refused
from reviews.models import Review, User


class VersionRefused(Refused):
    """A version that cannot be closed or taken back."""


@transaction.atomic
def close_version(*, review: Review, by: User | None, label: str, note: str = "") -> Version:
    """Keep what the review says now as its next version; records imported from now on belong to the update.

    Raises VersionRefused without a label, or when nothing was included yet.
    """
    review = Review.objects.select_for_update().get(pk=review.pk)
    label = " ".join(label.split())
    if not label:
        raise VersionRefused("Give the version a name, such as: Searches to May 2024.", field="label")
    if len(label) > 120:
        raise VersionRefused(f"The name has {len(label)} characters; it may have 120.", field="label")
    state = state_of(review)
    if not state["studies"]:
        raise VersionRefused("No study is included yet, so there is no version to close.")
    number = (review.versions.aggregate(n=Max("number"))["n"] or 0) + 1
    version = Version.objects.create(
        review=review, number=number, label=label, note=note.strip(), closed_by=by, state=state
    )
    record_event(
        review=review,
        actor=by,
        verb="reporting.version_closed",
        target=version,
        sentence=f"closed version {number}: {label} ({len(state['studies'])} studies).",
        detail={"number": number, "studies": len(state["studies"])},
    )
    return version


@transaction.atomic
def withdraw_version(*, version: Version, by: User | None) -> None:
    """Take the newest version back, as if it had not been closed; its number is not given again."""
    Review.objects.select_for_update().get(pk=version.review_id)
    version.refresh_from_db()
    newest = version.review.versions.live().order_by("-number").first()
    if version.withdrawn_at is not None:
        raise VersionRefused(f"Version {version.number} was taken back already.")
    if newest and newest.pk != version.pk:
        raise VersionRefused(
            f"Version {newest.number} came after version {version.number}: take that one back first."
        )
    version.withdrawn_at = timezone.now()
    version.save(update_fields=["withdrawn_at"])
    record_event(
        review=version.review,
        actor=by,
        verb="reporting.version_withdrawn",
        target=version,
        sentence=f"took version {version.number} back.",
    )


@transaction.atomic
def restore_version(*, version: Version, by: User | None) -> None:
    """Bring back a version that was taken back, unless another was closed since."""
    Review.objects.select_for_update().get(pk=version.review_id)
    version.refresh_from_db()
    if version.withdrawn_at is None:
        raise VersionRefused(f"Version {version.number} stands already.")
    if version.review.versions.live().filter(number__gt=version.number).exists():
        raise VersionRefused(f"Another version was closed after version {version.number}.")
    version.withdrawn_at = None
    version.save(update_fields=["withdrawn_at"])
    record_event(
        review=version.review,
        actor=by,
        verb="reporting.version_restored",
        target=version,
        sentence=f"brought version {version.number} back.",
    )
