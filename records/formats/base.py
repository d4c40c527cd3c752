"""What every reader of search-result files gives back, and the one exception they raise."""

from __future__ import annotations

from dataclasses import dataclass, field

#: Names under which readers are registered and which `sniff` may answer.
FORMATS = (
    "ris",
    "nbib",
    "endnote_xml",
    "pubmed_xml",
    "pubmed_text",
    "enw",
    "bibtex",
    "ciw",
    "ovid",
    "central",
    "refworks",
    "csv",
    "xlsx",
)

#: The normalised kinds of `ParsedRecord.type`.
TYPES = (
    "article",
    "book",
    "chapter",
    "conference",
    "thesis",
    "report",
    "preprint",
    "register",
    "webpage",
    "other",
)

MAX_FILE_BYTES = 1024 * 1024 * 1024
MAX_WHOLE_FILE_BYTES = 256 * 1024 * 1024
MAX_LINE_CHARS = 8 * 1024 * 1024
MAX_RECORD_CHARS = 16 * 1024 * 1024
SHORT_RAW = 300


class UnreadableFile(ValueError):
    """The file as a whole cannot be read; the message is a sentence for the person who sent it."""


@dataclass(frozen=True, slots=True)
class ParsedRecord:
    """One entry of a search result, the same whatever the format it came in.

    Text is NFC, single-spaced and free of markup; `raw` and `extra` keep the source's wording.
    """

    title: str = ""
    abstract: str = ""
    authors: list[str] = field(default_factory=list)  # "Family, Given"
    year: int | None = None
    journal: str = ""
    volume: str = ""
    issue: str = ""
    pages: str = ""
    doi: str = ""  # bare and lower case
    pmid: str = ""
    pmcid: str = ""  # with its "PMC"
    registry_ids: list[str] = field(default_factory=list)
    keywords: list[str] = field(default_factory=list)
    type: str = "other"
    language: str = ""
    url: str = ""
    issn: str = ""
    accession: str = ""
    raw: str = ""
    extra: dict[str, list[str]] = field(default_factory=dict)
    line: int = 1  # 1-based, where the record begins in its file
    earlier: list[dict[str, str]] = field(default_factory=list)  # decisions found in the file, see earlier.py


@dataclass(frozen=True, slots=True)
class Rejected:
    """A stretch of the file that was meant as a record but could not be read as one."""

    line: int
    cause: str
    raw: str


@dataclass(frozen=True, slots=True)
class Detected:
    """The answer of `sniff`: format, Python codec name, and for tables the delimiter."""

    format: str
    encoding: str
    delimiter: str = ""


def rejected(line: int, cause: str, raw: str) -> Rejected:
    """A `Rejected` whose raw text is cut to a length that fits a report."""
    raw = raw.replace("\x00", "").strip()
    return Rejected(line, cause, raw if len(raw) <= SHORT_RAW else raw[:SHORT_RAW] + "…")
