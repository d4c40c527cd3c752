"""A PRISMA2020 CSV beside a review: compared, chosen numbers and labels taken over, or filled in."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.db import transaction

from reporting.diagram import settings_of, style_of
from reporting.models import Adjustment
from reporting.prisma import flow_counts
from reporting.prisma2020 import Comparison, CsvError, PrismaFile, compare
from reporting.services.adjustments import adjust
from reporting.services.flow_settings import change_flow_settings, require_publisher
from reviews.errors import Conflict, Refused
from reviews.models import Review, User


class FileRefused(Refused):
    """The file, or what was chosen of it, cannot be taken; the sentence says why."""


@dataclass(frozen=True)
class Taken:
    """What was taken over of a file."""

    adjustments: list[Adjustment] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)


def compare_file(*, review: Review, content: bytes) -> Comparison:
    """What the file says otherwise than the review; nothing is changed. Raises FileRefused."""
    return compare(_read(content), flow_counts(review), settings_of(review).labels)


def fill_file(*, review: Review, content: bytes) -> bytes:
    """The same file with the review's numbers and own labels: every other byte stays. Raises FileRefused."""
    style = style_of(settings_of(review))
    file = _read(content).with_counts(flow_counts(review), style.labels, style=style)
    try:
        return file.to_bytes()
    except CsvError as error:
        raise FileRefused(str(error), field="file") from error


@transaction.atomic
def take_from_file(
    *,
    review: Review,
    by: User,
    content: bytes,
    file_name: str,
    numbers: Mapping[str, int],
    labels: Sequence[str] = (),
    reason: str = "",
) -> Taken:
    """Make corrections of the chosen ``numbers`` and own labels of the chosen ``labels``; all or nothing.

    ``numbers`` are the ids of differences (`screened`, `databases:MEDLINE`) with what the review said when they were
    looked at: a Conflict when it says something else by now. Each becomes a correction by hand with ``reason``, and
    the file's name as its source. Raises FileRefused, or what correcting and drawing raise.
    """
    require_publisher(review, by)
    review = Review.objects.select_for_update().get(pk=review.pk)
    found = compare_file(review=review, content=content)
    name = plain_name(file_name)
    if not numbers and not labels:
        raise FileRefused("Choose at least one number or label to take over.", field="numbers")
    if numbers and not reason.strip():
        raise FileRefused("Give the reason; it is printed below the diagram.", field="reason")
    taken = Taken([_adjusted(review, by, found, each, seen, name, reason) for each, seen in numbers.items()])
    there = {label.key: label.theirs for label in found.labels}
    for key in labels:
        if key not in there:
            raise FileRefused(f"The file has no other label for “{key[:60]}”.", field="labels")
        taken.labels.append(key)
    if labels:
        settings = settings_of(review)
        own = settings.labels | {key: there[key] for key in labels}
        change_flow_settings(review=review, by=by, seen_version=settings.version, labels=own)
    return taken


def plain_name(file_name: str) -> str:
    """A file's name without folders and characters that cannot be printed."""
    last = re.split(r"[\\/]", file_name)[-1]
    return "".join(char for char in last if char.isprintable()).strip()[:200] or "PRISMA.csv"


def _adjusted(
    review: Review, by: User, found: Comparison, chosen: str, seen: int, file_name: str, reason: str
) -> Adjustment:
    difference = next((one for one in found.numbers if one.id == chosen), None)
    if difference is None:
        raise FileRefused(
            f"The file has no other number for “{chosen[:60]}”; compare it again.", field="numbers"
        )
    if difference.ours != seen:
        raise Conflict(
            f"The number of “{chosen[:60]}” changed from {seen:,} to {difference.ours:,} in the meantime. Nothing "
            "was taken over: compare the file again."
        )
    return adjust(
        review=review,
        by=by,
        key=difference.key,
        name=difference.name,
        amount=difference.amount,
        reason=reason,
        source=file_name,
    )


def _read(content: bytes) -> PrismaFile:
    try:
        return PrismaFile.read(content)
    except CsvError as error:
        raise FileRefused(str(error), field="file") from error
