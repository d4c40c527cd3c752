"""Linked reports: records that somebody told apart as two reports of one study (DuplicateCandidate.State.LINKED)."""

from dataclasses import dataclass

from django.db.models import Q

from records.models import DuplicateCandidate, Record
from reviews.models import Review
from screening.models import IN_REVIEW, Report, Study


@dataclass(frozen=True)
class Link:
    """A pair whose two records are reports of two studies, so that somebody may put them together."""

    pair: DuplicateCandidate
    one: Study
    other: Study
    reports: tuple[Report, Report]


def linked(review: Review) -> list[Link]:
    """The pairs that wait to be grouped, the earliest first; a duplicate stands for its group."""
    rows = review.duplicate_candidates.in_review().filter(state=DuplicateCandidate.State.LINKED)
    pairs = list(rows.select_related("left", "right", "decided_by").order_by("pk"))
    leaders = {_leader(record) for pair in pairs for record in pair.records}
    found = Report.objects.filter(IN_REVIEW, record__in=leaders).select_related("study", "record")
    reports = {report.record_id: report for report in found}
    links: dict[frozenset[int], Link] = {}
    for pair in pairs:
        one, other = (reports.get(_leader(record)) for record in pair.records)
        if one and other and one.study_id != other.study_id:
            key = frozenset((one.study_id, other.study_id))
            links.setdefault(key, Link(pair, one.study, other.study, (one, other)))
    return list(links.values())


def other_reports(record: Record) -> list[Record]:
    """The records linked with ``record`` or its duplicates as another report of the same study."""
    group = set(Record.objects.groups_of(record).values_list("pk", flat=True)) or {record.pk}
    pairs = DuplicateCandidate.objects.in_review().filter(
        Q(left__in=group) | Q(right__in=group), state=DuplicateCandidate.State.LINKED
    )
    ends = {_leader(end) for pair in pairs.select_related("left", "right") for end in pair.records} - group
    return list(Record.objects.live().filter(pk__in=ends).select_related("search").order_by("pk"))


def _leader(record: Record) -> int:
    return record.duplicate_of_id or record.pk
