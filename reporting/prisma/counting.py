"""The counts of a review and the rows behind them: now or at a moment, whole or as the update of a version."""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from functools import lru_cache

from django.db import connection
from django.db.models import Q
from django.db.models.expressions import RawSQL

from records.models import RecordQuerySet
from reporting.counts import Correction, FlowCounts
from reporting.models import Adjustment, Version
from reporting.prisma.boxes import BOXES, REASONS
from reporting.prisma.past import facts_at
from reporting.prisma.past.imports import entered
from reporting.prisma.pooled import in_analyses
from reporting.prisma.present import facts_now
from reporting.snapshot import one_moment
from reporting.tally import Tally
from reviews.models import Review


def flow_counts(
    review: Review,
    *,
    as_of: datetime | None = None,
    since: Version | None = None,
    whole: bool = False,
    adjusted: bool = True,
) -> FlowCounts:
    """Every number of the flow diagram, all of one moment: now, or what it was at ``as_of``.

    ``since`` a version of the review they are those of its update; without it the newest one counts if records were
    imported after it was closed, unless ``whole`` asks for the review from its beginning. ``adjusted=False`` leaves
    out what people corrected by hand; in an update only what they corrected after its version was closed is in.
    """
    with one_moment():
        version, tally = _tally(review, as_of, since, whole)
        studies, reports = in_analyses(review, tally.whole, as_of)
        counts = replace(
            tally.counts(),
            as_of=as_of,
            since=str(version) if version else "",
            studies_in_analysis=studies,
            reports_in_analysis=reports,
        )
        return counts.adjusted(_corrections(review, as_of, version)) if adjusted else counts


def rows_behind(
    review: Review,
    key: str,
    name: str = "",
    as_of: datetime | None = None,
    since: Version | None = None,
    *,
    whole: bool = False,
) -> RecordQuerySet:
    """The records that box ``key`` counts, or one line of it: a source of "databases", a reason of "reasons".

    Raises KeyError for a box that does not exist.
    """
    box = REASONS.get(key) or BOXES[key].key
    with one_moment():
        _, tally = _tally(review, as_of, since, whole)
    rows = among(review.records.all(), tally.rows(box, name))
    return rows.select_related("search", "duplicate_of").order_by("pk")


def since_which(review: Review, as_of: datetime | None = None) -> Version | None:
    """The newest version that stands (or stood then), if records came in after it was closed: they are its update."""
    versions = review.versions.order_by("-number")
    if as_of is None:
        version = versions.live().first()
    else:
        stood = Q(withdrawn_at=None) | Q(withdrawn_at__gt=as_of)
        version = versions.filter(stood, closed_at__lte=as_of).first()
    if version is None:
        return None
    here = set(review.import_batches.filter(state="done").values_list("pk", flat=True))
    came = (at for batch, at in entered(review).items() if as_of or batch in here)
    return version if any(version.closed_at < at <= (as_of or at) for at in came) else None


def _tally(
    review: Review, as_of: datetime | None, since: Version | None, whole: bool
) -> tuple[Version | None, Tally]:
    facts = facts_at(review, as_of) if as_of else facts_now(review)
    version = None if whole else since or since_which(review, as_of)
    if version is None:
        return None, Tally(facts)
    return version, Tally(facts, before=_when_closed(review.pk, version.pk, version.closed_at))


@lru_cache(maxsize=2)  # of a large review it takes seconds, and what was does not change
def _when_closed(review_id: int, version_id: int, closed_at: datetime) -> Tally:
    return Tally(facts_at(Review.objects.get(pk=review_id), closed_at))


def _corrections(review: Review, as_of: datetime | None, version: Version | None) -> Iterable[Correction]:
    """What people corrected by hand, as it stood; of an update only what was said after its version was closed."""
    rows = Adjustment.objects.filter(review=review)
    rows = rows.live() if as_of is None else rows.standing_at(as_of)
    if version:
        rows = rows.filter(created_at__gt=version.closed_at)
    return [Correction(each.key, each.name, each.amount, each.reason) for each in rows.order_by("pk")]


def among(rows: RecordQuerySet, ids: list[int]) -> RecordQuerySet:
    """Those of ``rows`` with these ids, however many: sent as one value, since databases take few parameters."""
    if connection.vendor == "postgresql":
        listed = RawSQL("SELECT value::bigint FROM json_array_elements_text(%s::json)", [json.dumps(ids)])
    else:
        listed = RawSQL("SELECT value FROM json_each(%s)", [json.dumps(ids)])
    return rows.filter(pk__in=listed)
