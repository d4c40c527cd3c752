"""A corrected record as it may leave the house: no tag of its source contradicts the correction. Pure."""

import copy
from collections.abc import Iterable
from typing import Any

#: Tags (RIS, PubMed, EndNote, BibTeX, table columns) that say again what a field says, in small letters.
SAID_AGAIN = {
    "title": {"ti", "t1", "ct", "bt", "title"},
    "authors": {"au", "a1", "fau", "af", "author", "authors"},
    "year": {"py", "y1", "yr", "da", "dp", "dep", "edat", "year", "date", "publication year"},
    "journal": {
        "t2",
        "jo",
        "jf",
        "ja",
        "j1",
        "j2",
        "jt",
        "ta",
        "so",
        "journal",
        "journaltitle",
        "full_journal",
    },
    "volume": {"vl", "vi", "volume", "full_volume"},
    "issue": {"is", "ip", "cp", "issue", "number", "full_issue"},
    "pages": {"sp", "ep", "pg", "bp", "pages", "full_pages"},
    "abstract": {"ab", "n2", "abstract"},
    "keywords": {"kw", "de", "id", "mh", "ot", "keywords", "author keywords"},
    "doi": {"do", "di", "doi", "lid", "aid", "full_doi"},
    "pmid": {"pmid", "pm", "pubmed id"},
    "pmcid": {"pmc", "pmcid"},
    "type": {"ty", "pt", "type"},
    "language": {"la", "language"},
    "url": {"ur", "l1", "l2", "lk", "url", "link"},
    "issn": {"sn", "ei", "issn", "isbn"},
    "accession": {"an", "ut", "accession", "id"},
}
#: Fields whose first value may stand alone under any tag, such as a DOI in M3 or "PMID: 77" in a note.
IDENTIFIERS = ("doi", "pmid", "pmcid", "accession")
LABELS_BEFORE = ("doi:", "pmid:", "pmcid:", "https://doi.org/", "http://dx.doi.org/", "doi")


def as_corrected(record: Any) -> Any:
    """``record`` itself, or a copy whose ``extra`` has no tag that repeats what a person corrected."""
    if not record.original or not record.extra:
        return record
    unsaid = {tag for name in record.original for tag in SAID_AGAIN.get(name, ())}
    old = {str(record.original[name]).lower() for name in IDENTIFIERS if record.original.get(name)}
    shown = copy.copy(record)
    kept = {
        tag: [value for value in _values(values) if _bare(value) not in old]
        for tag, values in record.extra.items()
        if tag.strip().lower() not in unsaid
    }
    shown.extra = {tag: values for tag, values in kept.items() if values}
    return shown


def _values(values: Any) -> Iterable[Any]:
    return values if isinstance(values, list) else [values]


def _bare(value: Any) -> str:
    text = str(value).strip().lower()
    for label in LABELS_BEFORE:
        text = text.removeprefix(label).strip()
    return text
