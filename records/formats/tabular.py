"""Tables (CSV, TSV): columns recognised by their headings, whatever database wrote them.

Known layouts: Scopus, PubMed, Embase, Covidence, Rayyan, ASReview, RefWorks, IEEE, Springer, SciELO, LILACS,
Lens, OpenAlex, ClinicalTrials.gov, Web of Science (tab-delimited), RIS tags as headings, Zotero.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator

from . import ciw, normalise
from .assemble import Fields, page_range, record, split_authors
from .base import MAX_RECORD_CHARS, ParsedRecord, Rejected, UnreadableFile, rejected

DELIMITERS = ",\t;|"
csv.field_size_limit(MAX_RECORD_CHARS)  # its own default of 128 kB is too short for some author lists

# Headings are compared in lower case without anything but letters and digits; the first that has a value wins.
COLUMNS: dict[str, tuple[str, ...]] = {
    "title": (
        "title", "articletitle", "documenttitle", "itemtitle", "primarytitle", "titleprimary", "studytitle",
        "titulo", "titre", "ti", "t1", "displayname", "publicationtitlefull", "papertitle", "referencetitle",
        "maintitle", "recordtitle", "officialtitle", "publictitle", "scientifictitle", "briefoftitle",
        "originaltitle", "name",
    ),
    "abstract": (
        "abstract", "abstracts", "ab", "n2", "abstractnote", "notesabstract", "briefsummary", "resumo", "resume",
        "originalabstract", "summary", "abstracttext",
    ),
    "authors": (
        "authorfullnames", "authors", "author", "authornames", "authorsprimary", "firstauthors", "primaryauthors",
        "au", "a1", "authorss", "creators", "creator", "authorshipsauthordisplayname", "autores", "autor",
        "rawauthornames",
        "authorlist", "authorsfull",
    ),
    "year": (
        "year", "publicationyear", "publishedyear", "pubyear", "py", "yearpublished", "y1", "yr", "ano", "annee",
        "datepublished", "publicationdate", "publisheddate", "date", "da", "pubdate", "coverdate", "retractiondate",
        "startdate", "issuedate",
    ),
    "journal": (
        "journal", "sourcetitle", "publicationtitle", "journalbook", "journaltitle", "periodicalfull",
        "secondarytitle",
        "primarylocationsourcedisplayname", "journalname", "containertitle", "publication", "t2", "jf", "jo", "jt",
        "so", "revista", "source", "booktitle", "titlesecondary", "periodicalabbrev", "alternatetitle3",
        "abbreviatedsourcetitle", "alternatetitle2", "journalabbreviation", "bookseriestitle",
    ),
    "volume": ("volume", "journalvolume", "vl", "vol", "bibliovolume", "volumenumber"),
    "issue": ("issue", "journalissue", "is", "issuenumber", "biblioissue", "number", "ip", "no"),
    "pages": ("pages", "pagerange", "pg", "page", "pagination", "pp"),
    "start": ("startpage", "pagestart", "sp", "bibliofirstpage", "firstpage"),
    "end": ("endpage", "pageend", "ep", "bibliolastpage", "lastpage", "otherpages"),
    "article_number": ("artno", "articlenumber", "articleno"),
    "doi": ("doi", "do", "itemdoi", "di", "articledoi", "doiurl", "doilink", "digitalobjectidentifier"),
    "pmid": ("pmid", "pubmedid", "pm", "idspmid", "medlinepmid", "pubmed"),
    "pmcid": ("pmcid", "pmc", "idspmcid"),
    "keywords": (
        "keywords", "authorkeywords", "kw", "indexkeywords", "descriptors", "meshterms", "keyword", "manualtags",
        "tags",
        "fieldsofstudy", "conditions", "de", "ieeeterms", "emtreemedicalindexterms", "topics",
    ),
    "type": (
        "documenttype", "publicationtype", "referencetype", "typeofreference", "itemtype", "contenttype", "type",
        "ty",         "articletype", "dt",
    ),
    "language": ("language", "languageoforiginaldocument", "languages", "la", "lang"),
    "url": (
        "url", "link", "urls", "ur", "fulltexturl", "studyurl", "sourceurls", "externalurl", "openurllink", "pdflink",
        "landingpageurl",
    ),
    "issn": ("issn", "issns", "issnisbn", "sn", "isbn", "isbns", "primarylocationsourceissnl"),
    "accession": (
        "accessionnumber", "eid", "an", "nctnumber", "trialid", "pui", "lensid", "ut", "key", "recordid", "id", "ref",
    ),
}  # fmt: skip
_BY_HEADING = {heading: name for name, headings in COLUMNS.items() for heading in headings}
#: Columns that tell a table of references from any other table.
_TELLING = {"title", "abstract", "doi", "pmid", "authors", "journal"}
_WOS_HEADINGS = {"PT", "AU", "TI", "SO", "UT", "PY"}
_KINDS = (
    ("trial", "register"), ("clinical study", "register"), ("meeting abstract", "conference"),
    ("conference", "conference"), ("proceeding", "conference"), ("chapter", "chapter"),
    ("book section", "chapter"), ("booksection", "chapter"), ("book", "book"), ("thesis", "thesis"),
    ("dissertation", "thesis"), ("preprint", "preprint"), ("report", "report"), ("web", "webpage"),
    ("jour", "article"), ("article", "article"), ("review", "article"), ("editorial", "article"),
    ("letter", "article"), ("note", "article"), ("erratum", "article"), ("short survey", "article"),
    ("conf", "conference"), ("chap", "chapter"), ("rprt", "report"), ("thes", "thesis"),
)  # fmt: skip


def heading_key(heading: str) -> str:
    """A heading as it is compared: letters and digits in lower case."""
    return re.sub(r"[\W_]+", "", heading.casefold())


def guess_columns(header: list[str]) -> dict[str, list[int]]:
    """Which columns feed which field, best first: {"title": [3], "authors": [1, 0], ...}."""
    places: dict[str, list[tuple[int, int]]] = {}
    for index, heading in enumerate(header):
        key = heading_key(heading)
        name = _BY_HEADING.get(key)
        if name:
            places.setdefault(name, []).append((COLUMNS[name].index(key), index))
    return {name: [index for _, index in sorted(found)] for name, found in places.items()}


def looks_like_header(cells: list[str]) -> bool:
    """True when the cells are headings of a table of references rather than its first row."""
    names = set(guess_columns(cells))
    return bool(names & _TELLING) and len(cells) >= 2 and all(len(cell) < 120 for cell in cells)


def find_delimiter(text: str) -> str:
    """The delimiter under which the first filled line is a header; "" when none is."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    best = ("", 0)
    for delimiter in DELIMITERS:
        try:
            cells = next(csv.reader([first], delimiter=delimiter), [])
        except csv.Error:
            continue
        score = len(guess_columns(cells)) if looks_like_header(cells) else 0
        if score > best[1]:
            best = (delimiter, score)
    return best[0]


class _Source:
    """Feeds lines to the csv module and remembers which ones went into the current row."""

    def __init__(self, lines: Iterable[str]):
        self._lines = iter(lines)
        self.number, self.size = 0, 0
        self.taken: list[str] = []

    def __iter__(self) -> _Source:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.number += 1
        self.taken.append(line)
        self.size += len(line)
        return line

    def release(self) -> str:
        raw, self.taken, self.size = "".join(self.taken), [], 0
        return raw


def read(lines: Iterable[str], delimiter: str = "") -> Iterator[ParsedRecord | Rejected]:
    """Rows in file order. A row that does not fit the header, or is empty but for its number, is Rejected."""
    source = _Source(lines)
    if not delimiter:
        source, delimiter = _peek_delimiter(lines)
    rows = csv.reader(source, delimiter=delimiter)
    header: list[str] | None = None
    columns: dict[str, list[int]] = {}
    while True:
        begun = source.number + 1
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield rejected(
                begun, f"The table cannot be read from line {begun} on: {error}.", source.release()
            )
            rows = csv.reader(source, delimiter=delimiter)
            continue
        raw = source.release()
        if not any(cell.strip() for cell in cells):
            if header is not None and len(cells) > 1:
                yield rejected(begun, "The row is empty.", raw)
            continue
        if header is None:
            header, columns = _read_header(cells, begun)
            continue
        broken = _broken_quote(raw, begun, source.number)
        if broken:
            yield rejected(begun, broken, raw)
        elif len(cells) > len(header) and not _still_fits(header, columns, cells):
            cause = (
                f"The row has {len(cells)} cells, the header {len(header)}: a delimiter or quote is amiss."
            )
            yield rejected(begun, cause, raw)
        else:
            yield _build(header, columns, cells, raw, begun)


def _peek_delimiter(lines: Iterable[str]) -> tuple[_Source, str]:
    iterator = iter(lines)
    held: list[str] = []
    for line in iterator:
        held.append(line)
        if line.strip():
            break
    delimiter = find_delimiter("".join(held)) or ","

    def again() -> Iterator[str]:
        yield from held
        yield from iterator

    return _Source(again()), delimiter


def _read_header(cells: list[str], line: int) -> tuple[list[str], dict[str, list[int]]]:
    header = [cell.strip().lstrip("\ufeff") for cell in cells]
    if not looks_like_header(header):
        shown = ", ".join(cell for cell in header if cell)[:120]
        raise UnreadableFile(
            f"Line {line} is not a header with a column for the title (found: {shown}). "
            "Name the columns in the first line, for example title, authors, year, journal, doi, abstract."
        )
    return header, guess_columns(header)


def _broken_quote(raw: str, begun: int, last: int) -> str:
    """A quote that never closes swallows the rest of the file: told by its odd number of quotation marks."""
    if last - begun > 1 and raw.count('"') % 2 and not raw.rstrip().endswith('"'):
        return f"A quotation mark opened in this row never closes; the text up to line {last} is lost in it."
    return ""


def _still_fits(header: list[str], columns: dict[str, list[int]], cells: list[str]) -> bool:
    """A row with cells to spare is kept when its year and DOI stand where the header says; else it is shifted."""
    if not any(cell.strip() for cell in cells[len(header) :]):
        return True
    checks = [(cells[i], r"\D*(?:1[5-9]|20)\d\d\b.*") for i in columns.get("year", ())[:1]]
    checks += [(cells[i], r".*10\.\d{3,9}/.*") for i in columns.get("doi", ())[:1]]
    return bool(checks) and all(not cell.strip() or re.fullmatch(rule, cell.strip()) for cell, rule in checks)


def _build(
    header: list[str], columns: dict[str, list[int]], cells: list[str], raw: str, line: int
) -> ParsedRecord | Rejected:
    cells = [*cells, *([""] * (len(header) - len(cells)))]
    if set(header) >= _WOS_HEADINGS:
        return ciw.build(Fields(zip(header, cells, strict=False)), raw, line)
    used: set[int] = set()

    def value(name: str, *, keep: bool = False) -> str:
        for index in columns.get(name, ()):
            if cells[index].strip() and cells[index].strip().casefold() not in {
                "null",
                "nan",
                "na",
                "n/a",
                "none",
            }:
                if not keep:
                    used.add(index)
                return cells[index].strip()
        return ""

    start, end, pages = value("start"), value("end"), value("pages")
    doi_cell, url = value("doi"), value("url")
    journal, year_cells = value("journal"), [cells[i] for i in columns.get("year", ())]
    if (year_column := next(iter(columns.get("year", ())), None)) is not None:
        used.add(year_column)
    journal, volume, issue, pages = _citation(journal, value("volume"), value("issue"), pages, start, end)
    title, abstract, people = value("title"), value("abstract"), value("authors")
    accession = value("accession")
    kind = value("type")
    notes = [
        cells[i]
        for i, h in enumerate(header)
        if heading_key(h) in {"notes", "note", "extra", "clinicaltrialnumbers"}
    ]
    keywords = [cells[i] for i in columns.get("keywords", ())]
    used.update(columns.get("keywords", ()))
    pmid, pmcid = value("pmid"), value("pmcid")
    known = _kind(kind)
    if known == "other" or kind.casefold() not in {"jour", "journal article", "article"}:
        used -= set(columns.get("type", ()))
    if not any((title, abstract, people, doi_cell, pmid)):
        return rejected(line, "The row has neither title, abstract, authors, DOI nor PubMed number.", raw)
    names = [*header, *([""] * (len(cells) - len(header)))]
    rest = Fields((names[i] or f"column {i + 1}", cell) for i, cell in enumerate(cells) if i not in used)
    return record(
        fields=rest,
        raw=raw,
        line=line,
        title=title,
        abstract=abstract if abstract.strip(" .[]").casefold() != "no abstract available" else "",
        authors=split_authors(_without_ids(people)),
        year=year_cells,
        journal=journal,
        volume=volume,
        issue=issue,
        pages=pages or value("article_number"),
        doi=[_bare_doi(doi_cell), *([url] if "doi.org/" in url else [])],
        pmid=[normalise.normalise_pmid(pmid), *map(normalise.find_pmid, notes), normalise.find_pmid(url)],
        pmcid=[normalise.normalise_pmcid(pmcid), *map(normalise.find_pmcid, notes)],
        keywords=[word.replace("|", ";") for word in keywords],
        type=known,
        language=value("language"),
        url=url,
        issn=value("issn"),
        accession=accession,
        registry=notes,
    )


def _bare_doi(cell: str) -> str:
    return cell if "/" in cell else ""


def _without_ids(names: str) -> str:
    """Scopus writes "Smith, John (57190000000)" in its column of full names."""
    return re.sub(r"\s*\(\d{6,}\)", "", names)


def _citation(
    journal: str, volume: str, issue: str, pages: str, start: str, end: str
) -> tuple[str, str, str, str]:
    """Embase and others put the whole citation in Source: "Title (2013) 9:1 (12-19). Date of ..."."""
    pages = page_range(start, end) if start else page_range(pages)
    found = re.match(
        r"^(?P<j>.+?) \((?:\d{4})\) (?P<v>[\w-]*)(?::(?P<i>[^ ]+))?(?: \((?P<p>[^)]+)\))?", journal
    )
    if found and not volume:
        return found["j"], found["v"] or "", found["i"] or issue, pages or page_range(found["p"] or "")
    return journal, volume, issue, pages


def _kind(text: str) -> str:
    text = text.casefold()
    return next((ours for theirs, ours in _KINDS if theirs in text), "article" if not text else "other")
