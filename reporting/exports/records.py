"""Records as a table and as RIS."""

from collections.abc import Iterable, Iterator

from records.corrected import as_corrected
from records.formats import write_ris
from records.models import Record
from reporting.exports.remarks import labels_of, notes_of
from reviews.downloads import csv_lines
from reviews.models import Membership
from screening.earlier import hide_decisions
from screening.models import Stage, Verdict
from screening.retraction_flags import in_words, notices

HEADER = [
    "record_id",
    "duplicate_of",
    "source",
    "source_type",
    "file",
    "title",
    "authors",
    "year",
    "journal",
    "volume",
    "issue",
    "pages",
    "doi",
    "pmid",
    "pmcid",
    "registry_ids",
    "abstract",
    "keywords",
    "type",
    "title_abstract",
    "full_text",
    "exclusion_reason",
    "study",
    "retraction",
    "labels",
    "notes",
]


def as_csv(membership: Membership) -> Iterable[str]:
    """One row per live record. A stage's column is filled once the record is settled there; shared
    labels and the team's notes are those that the member may see."""
    return csv_lines(HEADER, _rows(membership))


def as_ris(membership: Membership) -> Iterable[str]:
    """Unique records as RIS, with the tags their source gave them, but for those that a correction made untrue or
    that tell a decision made before this review."""
    records = membership.review.records.unique().order_by("pk").iterator(chunk_size=500)
    return write_ris(as_corrected(hide_decisions(record)) for record in records)


def _rows(membership: Membership) -> Iterator[list]:
    review = membership.review
    settled = _settled(membership)
    labels, notes = labels_of(membership), notes_of(membership)
    records = (
        review.records.live()
        .select_related("search", "batch", "report__study")
        .order_by("pk")
        .defer("raw")
        .prefetch_related(notices())
    )
    for record in records.iterator(chunk_size=500):
        yield [
            *_source(record),
            *_fields(hide_decisions(record)),
            *_standing(record, settled.get(record.pk, {})),
            "; ".join(labels.get(record.pk, ())),
            "\n".join(notes.get(record.pk, ())),
        ]


def _source(record: Record) -> list:
    return [
        record.pk,
        record.duplicate_of_id,
        str(record.search),
        record.search.source_type,
        record.batch.file_name,
    ]


def _fields(record: Record) -> list:
    return [
        record.title,
        "; ".join(record.authors),
        record.year,
        record.journal,
        record.volume,
        record.issue,
        record.pages,
        record.doi,
        record.pmid,
        record.pmcid,
        "; ".join(record.registry_ids),
        record.abstract,
        "; ".join(record.keywords),
        record.type,
    ]


def _standing(record: Record, verdicts: dict[str, Verdict]) -> list:
    title, full = verdicts.get(Stage.TITLE_ABSTRACT), verdicts.get(Stage.FULL_TEXT)
    reason = (full and full.reason) or (title and title.reason)
    report = getattr(record, "report", None)
    return [
        title.state if title else "",
        full.state if full else "",
        reason.label if reason else "",
        report.study.label if report else "",
        in_words(record),
    ]


def _settled(membership: Membership) -> dict[int, dict[str, Verdict]]:
    found: dict[int, dict[str, Verdict]] = {}
    verdicts = Verdict.objects.told().filter(review=membership.review).select_related("reason")
    for verdict in verdicts:
        found.setdefault(verdict.record_id, {})[verdict.stage] = verdict
    return found
