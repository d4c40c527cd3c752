"""What a person should know of a file before it enters the review, in words.

preview = Preview(batch)
preview.format, preview.hits, preview.missing, preview.samples
"""

import codecs
from dataclasses import dataclass
from functools import cached_property

from django.db.models import Sum

from records.models import ImportBatch, Record
from records.services import ENCODINGS

SAMPLES = 5
SHOWN_RAW = 20_000
FORMAT_NAMES = {
    "ris": "RIS",
    "nbib": "PubMed (nbib)",
    "pubmed_xml": "PubMed XML",
    "pubmed_text": "PubMed text",
    "endnote_xml": "EndNote XML",
    "enw": "EndNote tagged (enw)",
    "bibtex": "BibTeX",
    "ciw": "Web of Science (tagged)",
    "ovid": "Ovid tagged",
    "central": "Cochrane CENTRAL",
    "refworks": "RefWorks tagged",
    "csv": "Table (CSV or TSV)",
    "xlsx": "Workbook (XLSX)",
    "manual": "Added by hand",
}
PRESET_NAMES = {
    "asreview": "ASReview",
    "bvs": "the Virtual Health Library",
    "clinicaltrials.gov": "ClinicalTrials.gov",
    "covidence": "Covidence",
    "dimensions": "Dimensions",
    "distillersr": "DistillerSR",
    "ebsco": "EBSCOhost",
    "embase": "Embase",
    "endnote": "EndNote",
    "eppi": "EPPI-Reviewer",
    "ictrp": "the WHO trial registers (ICTRP)",
    "ieee": "IEEE Xplore",
    "lens": "Lens",
    "openalex": "OpenAlex",
    "ovid": "Ovid",
    "proquest": "ProQuest",
    "publishorperish": "Publish or Perish",
    "pubmed": "PubMed",
    "rayyan": "Rayyan",
    "refworks": "RefWorks",
    "retractionwatch": "Retraction Watch",
    "scielo": "SciELO",
    "scopus": "Scopus",
    "springer": "Springer",
    "wos": "Web of Science",
    "zotero": "Zotero",
}
FIELD_NAMES = {
    "title": "title",
    "abstract": "abstract",
    "authors": "authors",
    "year": "year",
    "journal": "journal",
    "doi": "DOI",
}
#: Files whose records count as brought by their source.
KEPT = (ImportBatch.State.DONE, ImportBatch.State.READY)
#: Of these a record that has none is worth a look.
EXPECTED = ("title", "year", "journal")


@dataclass(frozen=True, slots=True)
class Missing:
    """How many records came without a field."""

    field: str
    label: str
    count: int
    percent: float


class Preview:
    """A batch that was read, as its check page, the API and the command tell of it."""

    def __init__(self, batch: ImportBatch, elsewhere: int | None = None):
        self.batch = batch
        if elsewhere is not None:  # else it is asked for
            self.elsewhere = elsewhere

    @property
    def format(self) -> str:
        return FORMAT_NAMES.get(self.batch.format, self.batch.format)

    @property
    def encoding(self) -> str:
        return encoding_name(self.batch.encoding)

    @property
    def preset(self) -> str:
        """Whose export a table was recognised as."""
        return PRESET_NAMES.get(self.batch.preset, self.batch.preset)

    @cached_property
    def elsewhere(self) -> int:
        """Records of the same source in its other files, in the review or waiting to be checked."""
        kept = self.batch.search.batches.filter(state__in=KEPT)
        return kept.exclude(pk=self.batch.pk).aggregate(n=Sum("records_read"))["n"] or 0

    @property
    def complete(self) -> bool | None:
        """Whether as many records were read as hits reported; None where nobody said how many."""
        reported = self.batch.search.hits_reported
        return None if reported is None else reported == self.elsewhere + self.batch.records_read

    @property
    def hits(self) -> str:
        """The hits the source reported and the records read, compared; "" where nobody said how many hits."""
        reported, source = self.batch.search.hits_reported, self.batch.search
        if reported is None:
            return ""
        read = self.batch.records_read
        total = read + self.elsewhere
        files = f" ({read:,} here, {self.elsewhere:,} in other files)" if self.elsewhere else ""
        were = "was" if total == 1 else "were"
        compared = f"{source} reported {_n(reported, 'hit')}, {_n(total, 'record')} {were} read{files}"
        if total == reported:
            return f"{compared}: none is missing."
        if total > reported:
            return (
                f"{compared}: {total - reported:,} more. Was the search run again before it was exported, or is the "
                "number of hits that of a part?"
            )
        rejected = self.batch.records_rejected
        unread = f" {_n(rejected, 'entry')} of this file could not be read." if rejected else ""
        return (
            f"{compared}: {reported - total:,} fewer.{unread} Many databases export only so many records at once: "
            "look whether a part is missing."
        )

    @property
    def missing(self) -> list[Missing]:
        read = self.batch.records_read or 1
        return [
            Missing(name, label, count := self.batch.missing.get(name, 0), 100 * count / read)
            for name, label in FIELD_NAMES.items()
        ]

    @property
    def to_notice(self) -> list[str]:
        """What is odd about a file that waits: fields that nearly every record has, the number of hits, warnings."""
        batch = self.batch
        if batch.state != ImportBatch.State.READY:
            return []
        lacks = [(FIELD_NAMES[name], batch.missing.get(name, 0)) for name in EXPECTED]
        sentences = [
            f"{count:,} of {_n(batch.records_read, 'record')} {'has' if count == 1 else 'have'} no {label}."
            for label, count in lacks
            if count
        ]
        return sentences + ([self.hits] if self.complete is False else []) + batch.warnings

    @property
    def known(self) -> str:
        """Records that the review had already when the file was read."""
        if not self.batch.known:
            return "None of its records looks like one the review already has."
        about, look = _about(self.batch.known, self.batch.records_read)
        one = "one" if self.batch.known == 1 else "records"
        same = "same DOI, PubMed number, or title and year"
        return f"{about} {look} like {one} the review already has ({same})."

    @property
    def doubled(self) -> str:
        if not self.batch.doubled:
            return "No record stands in the file twice."
        about, look = _about(self.batch.doubled, self.batch.records_read)
        return f"{about} {look} like another record of this same file."

    @cached_property
    def samples(self) -> list[Record]:
        """Five records: the first, the last, and three spread between them."""
        last = self.batch.records_read
        places = {1 + round(step * (last - 1) / (SAMPLES - 1)) for step in range(SAMPLES)}
        return list(self.batch.records.filter(position__in=places).order_by("position"))

    def as_dict(self) -> dict:
        """For JSON; ``samples`` with their place, title, authors and year."""
        return {
            "format": self.format,
            "encoding": self.encoding,
            "hits": self.hits,
            "known": self.known,
            "doubled": self.doubled,
            "missing": {one.field: one.count for one in self.missing},
            "samples": [
                {
                    "position": record.position,
                    "line": record.line,
                    "title": record.title,
                    "authors": record.authors,
                    "year": record.year,
                }
                for record in self.samples
            ],
        }


def previews_of(batches: list[ImportBatch]) -> list[Preview]:
    """One for each, however many, with the same few queries."""
    searches = {batch.search_id for batch in batches}
    sums = (
        ImportBatch.objects.filter(search__in=searches, state__in=KEPT)
        .values("search")
        .annotate(n=Sum("records_read"))
    )
    kept = {row["search"]: row["n"] for row in sums.order_by()}
    return [
        Preview(batch, kept.get(batch.search_id, 0) - (batch.records_read if batch.state in KEPT else 0))
        for batch in batches
    ]


def encoding_name(encoding: str) -> str:
    """The encoding as people call it: "Windows-1252 (Western European)"."""
    if encoding.replace("_", "-").lower() == "utf-8-sig":
        return "UTF-8 (with byte order mark)"
    try:
        wanted = codecs.lookup(encoding).name
    except LookupError:
        return encoding
    if wanted.startswith(("utf-16", "utf-32")):
        return wanted[:6].upper()
    return next((label for name, label in ENCODINGS.items() if codecs.lookup(name).name == wanted), encoding)


def _about(count: int, of: int) -> tuple[str, str]:
    subject = "All" if count == of > 1 else f"About {count:,}" if count > 1 else "One"
    return subject, "looks" if count == 1 else "look"


def _n(count: int, noun: str) -> str:
    plural = noun[:-1] + "ies" if noun.endswith("y") else noun + "s"
    return f"{count:,} {noun if count == 1 else plural}"
