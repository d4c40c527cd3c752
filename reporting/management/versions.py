"""What the commands about versions share."""

from django.core.management.base import CommandError

from reporting.models import Version
from reviews.models import Review


def find_version(review: Review, number: int) -> Version:
    """The version with this number, or a CommandError that lists what there is."""
    version = review.versions.filter(number=number).first()
    if version is None:
        known = ", ".join(str(n) for n in review.versions.values_list("number", flat=True)) or "none yet"
        raise CommandError(f"'{review.slug}' has no version {number}. Versions: {known}.")
    return version
