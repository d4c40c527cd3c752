"""PubMed XML (PubmedArticle, MedlineCitation, PubmedBookArticle) with structured abstracts and MeSH."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from lxml import etree

from . import normalise
from .assemble import Fields, full_range, page_range, record
from .base import ParsedRecord, Rejected, rejected
from .encoding import detect_encoding
from .notices import Notices
from .text import clean
from .xml import Piece, pieces, text_of

_RECORDS = ("PubmedArticle", "PubmedBookArticle", "MedlineCitation")
_NO_TITLE = re.compile(r"^\[?(?:not available|in process citation|untitled)?\]?\.?$", re.IGNORECASE)
_KINDS = (
    ("Preprint", "preprint"),
    ("Academic Dissertation", "thesis"),
    ("Technical Report", "report"),
    ("Congress", "conference"),
    ("Meeting Abstract", "conference"),
)


def read(
    stream: BinaryIO, encoding: str = "", notices: Notices | None = None
) -> Iterator[ParsedRecord | Rejected]:
    """Records in file order, articles and book chapters alike."""
    encoding = encoding or detect_encoding(stream)
    for found in pieces(stream, encoding, _RECORDS, "PubMed XML", notices or Notices()):
        yield found if isinstance(found, Rejected) else _build(found)


def _build(piece: Piece) -> ParsedRecord | Rejected:
    element, raw, line = piece
    is_book = element.tag == "PubmedBookArticle"
    found = element.find("BookDocument") if is_book else element.find("MedlineCitation")
    source = element if found is None else found
    article = source if is_book else source.find("Article")
    pmid = text_of(source.find("PMID")).strip()
    if article is None:
        article = source
    fields = _extras(source, article)
    title = text_of(article.find("ArticleTitle"))
    if _NO_TITLE.match(clean(title)):
        title = text_of(article.find("VernacularTitle"))
    book = article.find("Book")
    container = text_of(book.find("BookTitle")) if book is not None else ""
    journal_element = article.find("Journal")
    journal = "" if journal_element is None else text_of(journal_element.find("Title"))
    journal = journal or text_of(source.find("MedlineJournalInfo/MedlineTA"))
    if not clean(title) and not pmid and not article.findall(".//LastName") and not container:
        return rejected(line, "The article has neither title, PubMed number nor authors.", raw)
    types = [text_of(t) for t in _types(article)]
    kind = next(
        (ours for theirs, ours in _KINDS if theirs in types), "chapter" if is_book and title else "article"
    )
    if is_book and not title:
        title, container, kind = container, "", "book"
    where = book if book is not None else article
    keywords = [text_of(k) for k in source.findall("MeshHeadingList/MeshHeading/DescriptorName")]
    keywords += [text_of(k) for k in source.findall("SupplMeshList/SupplMeshName")]
    keywords += [text_of(k) for k in element.findall(".//KeywordList/Keyword")]
    banks = [text_of(n) for n in article.findall("DataBankList/DataBank/AccessionNumberList/AccessionNumber")]
    issn = "" if journal_element is None else text_of(journal_element.find("ISSN"))
    return record(
        fields=fields,
        raw=raw,
        line=line,
        title=_plain_title(title),
        abstract=_abstract(article.find("Abstract")) or _abstract(_other_abstract(source)),
        authors=_authors([*article.findall("AuthorList"), *where.findall("AuthorList")]),
        year=[*_years(article, where), *_entry_years(element)],
        journal=journal or container,
        volume=text_of(article.find("Journal/JournalIssue/Volume")),
        issue=text_of(article.find("Journal/JournalIssue/Issue")),
        pages=_pages(article),
        doi=_ids(element, article, "doi"),
        pmid=[normalise.normalise_pmid(pmid)],
        pmcid=[
            normalise.normalise_pmcid(v)
            for v in [*_ids(element, article, "pmc"), *map(text_of, source.findall("OtherID[@Source='NLM']"))]
        ],
        keywords=keywords,
        type=kind,
        language=text_of(article.find("Language")),
        issn=issn or text_of(source.find("MedlineJournalInfo/ISSNLinking")),
        accession=pmid,
        registry=banks,
    )


def _plain_title(title: str) -> str:
    """A translated title stands in brackets: the database's mark, like the full stop at the end."""
    title = clean(title)
    inner = title[:-1] if title.endswith(".") and not title.endswith("..") else title
    return inner[1:-1] if inner.startswith("[") and inner.endswith("]") and inner.count("[") == 1 else inner


def _abstract(element: etree._Element | None) -> str:
    """Labelled parts in a row: "BACKGROUND: ... METHODS: ..."."""
    if element is None:
        return ""
    parts = []
    for part in element.findall("AbstractText"):
        label, text = part.get("Label", ""), clean(text_of(part))
        parts.append(f"{label}: {text}" if label and label != "UNLABELLED" and text else text)
    return " ".join(part for part in parts if part)


def _other_abstract(source: etree._Element) -> etree._Element | None:
    """For a record without an abstract of its own: one of the publisher's in another language, English first."""
    others = source.findall("OtherAbstract")
    return next((part for part in others if part.get("Language") == "eng"), others[0] if others else None)


def _authors(lists: list[etree._Element]) -> list[str]:
    """The names in the first list of authors; of books without one, the editors. Names marked invalid are not one."""
    wanted = [found for found in lists if found.get("Type") != "editors"] or lists
    names = []
    for person in wanted[0].findall("Author") if wanted else ():
        if person.get("ValidYN") == "N":
            continue
        family = clean(text_of(person.find("LastName")))
        given = clean(text_of(person.find("ForeName")) or text_of(person.find("Initials")))
        suffix = clean(text_of(person.find("Suffix")))
        name = ", ".join(part for part in (family, given, suffix) if part)
        names.append(name or clean(text_of(person.find("CollectiveName"))))
    return [name for name in names if name]


def _years(article: etree._Element, where: etree._Element) -> list[str]:
    """The date of the issue first, as in citations; the electronic date where there is no other."""
    paths = ("Journal/JournalIssue/PubDate/Year", "Journal/JournalIssue/PubDate/MedlineDate", "PubDate/Year",
             "ArticleDate/Year", "ContributionDate/Year")  # fmt: skip
    return [text_of(found) for path in paths for base in (article, where) for found in base.findall(path)]


def _entry_years(element: etree._Element) -> list[str]:
    """When the record came into PubMed: the best guess where neither issue nor article has a date."""
    dates = element.findall("PubmedData/History/PubMedPubDate") + element.findall(
        "PubmedBookData/History/PubMedPubDate"
    )
    return [text_of(date.find("Year")) for date in dates if date.get("PubStatus") in ("pubmed", "entrez")]


def _pages(article: etree._Element) -> str:
    pages = text_of(article.find("Pagination/MedlinePgn"))
    if pages.strip():
        return full_range(page_range(pages))
    pages = page_range(
        text_of(article.find("Pagination/StartPage")), text_of(article.find("Pagination/EndPage"))
    )
    return pages or clean(
        next((text_of(e) for e in article.findall("ELocationID") if e.get("EIdType") == "pii"), "")
    )


def _ids(element: etree._Element, article: etree._Element, kind: str) -> list[str]:
    """The article's own identifiers; those of its reference list stand elsewhere and are not looked at."""
    places = [*element.findall("PubmedData/ArticleIdList/ArticleId"), *article.findall("ArticleIdList/ArticleId"),
              *element.findall("PubmedBookData/ArticleIdList/ArticleId")]  # fmt: skip
    values = [text_of(place).strip() for place in places if place.get("IdType") == kind]
    locations = [*article.findall("ELocationID"), *article.findall("Book/ELocationID")]
    values += [text_of(e).strip() for e in locations if e.get("EIdType") == kind and e.get("ValidYN") != "N"]
    return values


def _types(article: etree._Element) -> list[etree._Element]:
    return [*article.findall("PublicationTypeList/PublicationType"), *article.findall("PublicationType")]


def _extras(source: etree._Element, article: etree._Element) -> Fields:
    pairs = [("PublicationType", text_of(t)) for t in _types(article)]
    pairs += [("VernacularTitle", text_of(t)) for t in article.findall("VernacularTitle")]
    pairs += [("OtherAbstract", text_of(t)) for t in source.findall("OtherAbstract")]
    pairs += [("ISOAbbreviation", text_of(t)) for t in article.findall("Journal/ISOAbbreviation")]
    pairs += [("Affiliation", text_of(t)) for t in article.findall(".//AffiliationInfo/Affiliation")]
    pairs += [("GrantID", text_of(t)) for t in article.findall("GrantList/Grant/GrantID")]
    pairs += [("CopyrightInformation", text_of(t)) for t in article.findall("Abstract/CopyrightInformation")]
    for note in source.findall("CommentsCorrectionsList/CommentsCorrections"):
        pairs.append((note.get("RefType") or "CommentsCorrections", text_of(note).strip()))
    for bank in article.findall("DataBankList/DataBank"):
        pairs.append(("DataBank", " ".join(clean(text_of(bank)).split())))
    return Fields(pairs)
