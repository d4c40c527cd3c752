"""Records as a table and as references, all or some of them, with what was decided for whoever reads them."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from records.corrected import as_corrected
from records.formats import write_bibtex, write_endnote_xml, write_ris
from records.models import Record, RecordQuerySet
from reporting.exports.choosing import chosen_records, refuse_readers
from reporting.exports.marking import included, marked, rayyan_note
from reporting.exports.said import Said, Sayings, in_words
from reviews.downloads import csv_lines
from reviews.models import Membership
from screening.earlier import hide_decisions
from screening.models import Stage
from screening.retraction_flags import in_words as retractions
from screening.retraction_flags import notices

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
    "decision",
    "title_abstract_votes",
    "full_text_votes",
    "study",
    "retraction",
    "labels",
    "notes",
]
#: What ASReview reads of a table (asreview 3, data/record.py); other columns it keeps.
ASREVIEW_HEADER = ["title", "abstract", "authors", "keywords", "year", "doi", "url", "included", "record_id"]
#: The columns of Rayyan's own tables.
RAYYAN_HEADER = [
    *(
        "key",
        "title",
        "year",
        "month",
        "day",
        "journal",
        "issn",
        "volume",
        "issue",
        "pages",
        "authors",
        "url",
    ),
    *("language", "publisher", "location", "abstract", "notes", "doi", "keywords", "pubmed_id", "pmc_id"),
]
Row = Callable[[Record, Said, str], list[Any]]


def as_csv(membership: Membership, *, reader: str = "", stage: str = "", **which: str) -> Iterable[str]:
    """One row per record. A stage's column is filled once the record is settled there; shared labels, votes and the
    team's notes are those that the member may see.

    Asked for nothing in particular these are all live records, duplicates too; else the unique ones that were chosen.
    """
    refuse_readers("CSV", reader, "asreview", "rayyan", instead="RIS")
    if reader in TABLES:
        header, row = TABLES[reader]
        records = chosen_records(membership, stage=stage, **which)
        return csv_lines(header, _program_rows(membership, records, row, stage), mark=False)
    narrowed = bool(stage or which)
    records = (
        chosen_records(membership, stage=stage, **which) if narrowed else membership.review.records.live()
    )
    return csv_lines(HEADER, record_rows(membership, records.order_by("pk")))


def as_ris(membership: Membership, *, reader: str = "", stage: str = "", **which: str) -> Iterable[str]:
    """Unique records as RIS, with the tags their source gave them, but for those that a correction made untrue or
    that tell a decision made before this review."""
    return write_ris(_references(membership, reader, stage, which))


def as_bibtex(membership: Membership, *, reader: str = "", stage: str = "", **which: str) -> Iterable[str]:
    """Unique records as BibTeX."""
    refuse_readers("BibTeX", reader, "rayyan", "zotero", instead="RIS or CSV")
    return write_bibtex(_references(membership, reader, stage, which))


def as_endnote(membership: Membership, *, reader: str = "", stage: str = "", **which: str) -> Iterable[str]:
    """Unique records as EndNote XML."""
    refuse_readers("EndNote XML", reader, "zotero", instead="RIS or CSV")
    return write_endnote_xml(_references(membership, reader, stage, which))


def record_rows(membership: Membership, records: RecordQuerySet) -> Iterator[list[Any]]:
    """The records as rows under HEADER."""
    sayings = Sayings(membership)
    for record in _read(
        records.select_related("search", "batch", "report__study").prefetch_related(notices())
    ):
        said = sayings.of(record)
        yield [*_source(record), *_fields(hide_decisions(record)), *_standing(record, said)]


def _references(membership: Membership, reader: str, stage: str, which: dict[str, str]) -> Iterator[Any]:
    sayings = Sayings(membership) if reader else None
    for record in _read(chosen_records(membership, stage=stage, **which)):
        shown = as_corrected(hide_decisions(record))
        yield marked(shown, sayings.of(record), reader=reader, stage=stage) if sayings else shown


def _program_rows(
    membership: Membership, records: RecordQuerySet, row: Row, stage: str
) -> Iterator[list[Any]]:
    sayings = Sayings(membership)
    for record in _read(records):
        yield row(hide_decisions(record), sayings.of(record), stage)


def _read(records: RecordQuerySet) -> Iterator[Record]:
    return records.defer("raw").iterator(chunk_size=500)


def _asreview_row(record: Record, said: Said, stage: str) -> list[Any]:
    return [
        record.title,
        record.abstract,
        ";".join(record.authors),
        ";".join(record.keywords),
        record.year,
        record.doi,
        record.url,
        included(said, stage),
        record.pk,
    ]


def _rayyan_row(record: Record, said: Said, stage: str) -> list[Any]:
    return [
        record.pk,
        record.title,
        record.year,
        "",
        "",
        record.journal,
        record.issn,
        record.volume,
        record.issue,
        record.pages,
        " and ".join(record.authors),
        record.url,
        record.language,
        "",
        "",
        record.abstract,
        rayyan_note(said, stage),
        record.doi,
        ", ".join(record.keywords),
        record.pmid,
        record.pmcid,
    ]


TABLES: dict[str, tuple[list[str], Row]] = {
    "asreview": (ASREVIEW_HEADER, _asreview_row),
    "rayyan": (RAYYAN_HEADER, _rayyan_row),
}


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


def _standing(record: Record, said: Said) -> list:
    report = getattr(record, "report", None)
    early, late = Stage.TITLE_ABSTRACT, Stage.FULL_TEXT
    return [
        said.states.get(early, ""),
        said.states.get(late, ""),
        said.reasons.get(late) or said.reasons.get(early, ""),
        said.decision(),
        in_words(said.votes.get(early, ())),
        in_words(said.votes.get(late, ())),
        report.study.label if report else "",
        retractions(record),
        "; ".join(said.labels),
        "\n".join(said.notes),
    ]
