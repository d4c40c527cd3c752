"""Which counts somebody asks for, as an address or a flag says it: of which moment, the update of which version."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time

from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from records.models import RecordQuerySet
from reporting.counts import FlowCounts
from reporting.models import Version
from reporting.prisma import flow_counts, rows_behind
from reviews.errors import Refused
from reviews.models import Review

WHOLE = "whole"
EARLIEST = 1970  # of the years one can ask for: no review is older


class WrongMoment(Refused):
    """The date or version asked for cannot be; the sentence says why."""


@dataclass(frozen=True)
class Asked:
    """The moment (None: now) and the version; ``query`` says the same in an address, as ``asked_for`` reads it."""

    review: Review
    as_of: datetime | None
    since: Version | None
    whole: bool
    query: Mapping[str, str]

    def counts(self, *, adjusted: bool = True) -> FlowCounts:
        return flow_counts(
            self.review, as_of=self.as_of, since=self.since, whole=self.whole, adjusted=adjusted
        )

    def rows(self, key: str, name: str = "") -> RecordQuerySet:
        return rows_behind(self.review, key, name, self.as_of, self.since, whole=self.whole)


def asked_for(review: Review, given: Mapping[str, str]) -> Asked:
    """What ``as_of`` and ``since`` of ``given`` ask for; empty or missing ones: now, and what the review offers.

    ``as_of`` is a day (its end counts) or a time (ISO 8601; without a zone that of the installation), ``since`` the
    number of a version or "whole". Raises WrongMoment.
    """
    said, which = given.get("as_of", "").strip(), given.get("since", "").strip()
    query = {name: value for name, value in (("as_of", said), ("since", which)) if value}
    whole = which == WHOLE
    as_of = _moment(said) if said else None
    since = _version(review, which) if which and not whole else None
    if since and as_of and since.closed_at > as_of:
        raise WrongMoment(
            f"{since} was closed after {said}: choose a later day, or no version.", field="as_of"
        )
    return Asked(review, as_of, since, whole, query)


def _moment(said: str) -> datetime | None:
    try:
        day = parse_date(said)
        moment = datetime.combine(day, time.max) if day else parse_datetime(said)
    except ValueError as error:  # well formed, but there is no such day or hour
        raise WrongMoment(f"“{said[:40]}”: {error}.", field="as_of") from error
    if moment is None:
        raise WrongMoment(
            f"“{said[:40]}” is not a day or time. Write it as 2026-03-01 or 2026-03-01T12:00.", field="as_of"
        )
    if not EARLIEST <= moment.year <= timezone.localdate().year:
        raise WrongMoment(f"“{said[:40]}”: choose today or a day since {EARLIEST}.", field="as_of")
    if timezone.is_naive(moment):
        moment = timezone.make_aware(moment)
    if day == timezone.localdate():
        return None  # today is not over: it is now
    if moment > timezone.now():
        raise WrongMoment(f"“{said[:40]}” is still to come: choose today or a day before.", field="as_of")
    return moment


def _version(review: Review, said: str) -> Version:
    found = review.versions.live().filter(number=int(said)) if said.isdecimal() and len(said) < 9 else None
    version = found.first() if found is not None else None
    if version is None:
        there = ", ".join(str(number) for number in review.versions.live().values_list("number", flat=True))
        raise WrongMoment(
            f"There is no version {said[:40]}. " + (f"Choose one of {there}, or “whole”." if there else ""),
            field="since",
        )
    return version
