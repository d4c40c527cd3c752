"""EndNote's XML export (also written by Zotero, Mendeley and others): runs of styled text joined."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from lxml import etree

from . import normalise
from .assemble import Fields, full_range, names_of, page_range, record
from .base import ParsedRecord, Rejected, rejected
from .encoding import detect_encoding
from .notices import Notices
from .xml import Piece, pieces, text_of

_KINDS = (
    ("clinical trial", "register"), ("journal", "article"), ("newspaper", "article"), ("magazine", "article"),
    ("electronic article", "article"), ("book section", "chapter"), ("encyclopedia", "chapter"), ("book", "book"),
    ("conference", "conference"), ("thesis", "thesis"), ("report", "report"), ("government", "report"),
    ("web", "webpage"), ("blog", "webpage"), ("unpublished", "preprint"), ("preprint", "preprint"),
)  # fmt: skip
_NUMBERS = {"17": "article", "0": "article", "6": "book", "5": "chapter", "7": "chapter", "10": "conference",
            "47": "conference", "3": "conference", "32": "thesis", "2": "thesis", "27": "report", "12": "webpage",
            "16": "webpage"}  # fmt: skip
# Where a value stands, below <record>, and the name under which it is kept when nobody takes it.
_PLACES = {
    "authors": "contributors/authors/author", "editors": "contributors/secondary-authors/author",
    "titles": "titles/title", "secondary-title": "titles/secondary-title", "alt-title": "titles/alt-title",
    "tertiary-title": "titles/tertiary-title", "short-title": "titles/short-title",
    "translated-title": "titles/translated-title",
    "full-title": "periodical/full-title", "alt-periodical": "alt-periodical/full-title",
    "abbr-1": "periodical/abbr-1",
    "keywords": "keywords/keyword", "year": "dates/year", "pub-dates": "dates/pub-dates/date",
    "urls": "urls/related-urls/url", "web-urls": "urls/web-urls/url", "pdf-urls": "urls/pdf-urls/url",
}  # fmt: skip
_SKIP = {"database", "source-app", "rec-number", "foreign-keys", "ref-type"}
_GROUPS = {"contributors", "titles", "periodical", "alt-periodical", "keywords", "dates", "urls"}


def read(
    stream: BinaryIO, encoding: str = "", notices: Notices | None = None
) -> Iterator[ParsedRecord | Rejected]:
    """Records in file order, each <record> one; also of EndNote's first XML, which is all capitals."""
    encoding = encoding or detect_encoding(stream)
    for found in pieces(stream, encoding, ("record", "RECORD"), "EndNote XML", notices or Notices()):
        yield found if isinstance(found, Rejected) else _build(found)


def _collect(element: etree._Element) -> Fields:
    pairs: list[tuple[str, str]] = []
    for name, path in _PLACES.items():
        pairs += [(name, text_of(found)) for found in element.findall(path)]
    for child in element:
        if isinstance(child.tag, str) and child.tag not in _SKIP and child.tag not in _GROUPS:
            pairs.append((child.tag, text_of(child)))
    for group in ("contributors", "titles"):
        known = set(_PLACES.values())
        for child in element.findall(f"{group}/*"):
            for leaf in child.findall("author") or [child]:
                path = f"{group}/{child.tag}" + ("/author" if leaf is not child else "")
                if path not in known:
                    pairs.append((child.tag, text_of(leaf)))
    return Fields(pairs)


def _build(found: Piece) -> ParsedRecord | Rejected:
    element, raw, line = found
    if element.tag == "RECORD":
        element = _as_today(element)
    fields = _collect(element)
    if not fields:
        return rejected(line, "The <record> holds no field with a value.", raw)
    kind = _kind(element.find("ref-type"))
    number = text_of(element.find("rec-number")).strip()
    title = fields.take("titles", "translated-title", "short-title")
    journal = (fields.take("secondary-title") if kind in {"chapter", "conference"} else "") or fields.take(
        "full-title", "secondary-title", "alt-periodical", "alt-title", "abbr-1"
    )
    fields.drop_repeats(journal, "full-title", "secondary-title", "alt-periodical", "alt-title", "abbr-1")
    accession = fields.take("accession-num")
    notes = fields.peek("notes", "custom2", "custom1", "custom7", "label", "research-notes")
    provider = " ".join(fields.peek("remote-database-name", "remote-database-provider")).casefold()
    doi = fields.all("electronic-resource-num")
    url = fields.take("urls", "web-urls")
    if url.startswith("<Go to ISI>"):  # EndNote's way to say which record of Web of Science it is
        accession, url = accession or url.removeprefix("<Go to ISI>://"), fields.take("urls", "web-urls")
    trusted = accession if any(name in provider for name in ("medline", "pubmed", "nlm")) else ""
    return record(
        fields=fields,
        raw=raw,
        line=line,
        title=title,
        abstract=fields.take("abstract"),
        authors=names_of(fields.all("authors")),
        year=[fields.take("year"), *fields.peek("pub-dates")],
        journal=journal,
        volume=fields.take("volume"),
        issue=fields.take("number", "issue"),
        pages=full_range(page_range(fields.take("pages"))),
        doi=[*doi, *(v for v in [url, *fields.peek("urls")] if "doi.org/" in v)],
        pmid=[
            normalise.normalise_pmid(trusted),
            *map(normalise.find_pmid, [accession, *notes, url, *fields.peek("urls")]),
        ],
        pmcid=[normalise.find_pmcid(v) for v in [*notes, url]],
        keywords=fields.all("keywords"),
        type=kind,
        language=fields.take("language"),
        url=url,
        issn=fields.take("isbn", "issn"),
        accession=accession or number,
        registry=notes,
    )


_CAPITALS = {"REFERENCE_TYPE": "ref-type", "REFNUM": "rec-number", "TITLE": "titles/title",
    "SECONDARY_TITLE": "titles/secondary-title", "TERTIARY_TITLE": "titles/tertiary-title",
    "ALTERNATE_TITLE": "titles/alt-title", "SHORT_TITLE": "titles/short-title", "YEAR": "dates/year",
    "DATE": "dates/pub-dates/date", "URL": "urls/related-urls/url", "ACCESSION_NUMBER": "accession-num",
    "AUTHOR": "contributors/authors/author", "SECONDARY_AUTHOR": "contributors/secondary-authors/author",
    "KEYWORD": "keywords/keyword", "DOI": "electronic-resource-num", "TYPE_OF_WORK": "work-type"}  # fmt: skip


def _as_today(old: etree._Element) -> etree._Element:
    """A record of EndNote 5 to 7 (<RECORD><REFERENCE_TYPE>0</REFERENCE_TYPE>...) under today's names."""
    new = etree.Element("record")
    for leaf in (part for part in old.iterdescendants() if isinstance(part.tag, str) and part.text):
        here = new
        *groups, name = _CAPITALS.get(leaf.tag, leaf.tag.lower().replace("_", "-")).split("/")
        for group in groups:
            there = here.find(group)
            here = etree.SubElement(here, group) if there is None else there
        etree.SubElement(here, name).text = text_of(leaf)
    return new


def _kind(ref_type: etree._Element | None) -> str:
    if ref_type is None:
        return "article"
    name = (ref_type.get("name") or "").casefold()
    found = next((ours for theirs, ours in _KINDS if theirs in name), "")
    return found or _NUMBERS.get(text_of(ref_type).strip(), "other")
