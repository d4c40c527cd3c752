"""One row of a table to one record."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta

from . import ciw, earlier, normalise
from .assemble import Fields, page_range, record
from .base import ParsedRecord, Rejected, rejected
from .cells import (
    Style,
    bare_number,
    citation_in,
    doi_in_address,
    given,
    keywords_in,
    merge_abstracts,
    merge_people,
    people_in,
    separator_of,
    style_of,
)
from .layout import Layout
from .rows import Row
from .table_notes import TableNotes

EXCEL_LONGEST = 32767
_KINDS = (
    ("trial", "register"), ("clinical study", "register"), ("interventional", "register"),
    ("observational", "register"), ("meeting abstract", "conference"), ("conference review", "conference"),
    ("conference", "conference"), ("proceeding", "conference"), ("inproceedings", "conference"),
    ("cpaper", "conference"), ("poster", "conference"), ("chapter", "chapter"), ("book section", "chapter"),
    ("booksection", "chapter"), ("incollection", "chapter"), ("inbook", "chapter"), ("book part", "chapter"),
    ("book review", "article"), ("book", "book"), ("monograph", "book"), ("thesis", "thesis"),
    ("dissertation", "thesis"), ("preprint", "preprint"), ("posted content", "preprint"),
    ("magazine", "article"), ("early access", "article"), ("report", "report"), ("web", "webpage"),
    ("jour", "article"), ("article", "article"),
    ("review", "article"), ("editorial", "article"), ("letter", "article"), ("note", "article"),
    ("erratum", "article"), ("short survey", "article"), ("comment", "article"), ("periodical", "article"),
    ("conf", "conference"), ("chap", "chapter"), ("rprt", "report"), ("thes", "thesis"),
)  # fmt: skip
_PLAIN_KINDS = {"jour", "journal article", "article", "journalarticle"}
_LETTERS = {"j": "article", "b": "book", "s": "chapter", "c": "conference", "p": "other"}
# Layouts whose citation begins with the journal; elsewhere authors and title may stand before it.
_CITING = {"embase", "ovid", "bvs", "scielo", "pubmed"}
_DATABASES = {
    "pubmed", "medline", "embase", "scopus", "web of science", "wos", "wos core collection", "cinahl", "psycinfo",
    "cochrane", "cochrane library", "central", "google scholar", "ieee xplore", "lilacs", "eric", "proquest",
    "ebsco", "ebscohost", "ovid", "dimensions", "lens", "openalex", "crossref", "semantic scholar", "hand search",
    "manual", "other", "acm digital library", "sciencedirect", "europe pmc", "clinicaltrials.gov", "ictrp",
}  # fmt: skip
_TEXTS = ("title", "authors", "abstract", "journal", "keywords", "citation", "notes")


class TableRecords:
    """Builds the records of one layout; `learn` looks at some rows first to see how cells are divided."""

    def __init__(self, layout: Layout, notes: TableNotes, *, mapped: bool = False):
        self._layout = layout
        self._notes = notes
        self._width = len(layout.header)
        self._fields = layout.feeds
        self._places = list(self._fields.values())
        self._tagged = (
            layout.preset == "wos" and not mapped and {"PT", "AU", "TI", "SO"} <= set(layout.header)
        )
        self._separators: dict[int, str] = {}
        self._styles: dict[int, Style] = {}
        self._unnamed = 0  # columns without a heading, by which rows are longer than the header
        self.heading_cells = layout.header

    def parted_by(self, separator: str) -> None:
        """Every column of keywords is parted by this."""
        self._separators = dict.fromkeys(self._layout.columns.get("keywords", ()), separator)

    def learn(self, rows: Sequence[Sequence[str]]) -> None:
        """See from some rows by what keywords are parted in each of their columns, and if headings are missing."""
        surplus = Counter(len(row) - self._width for row in rows).most_common(1)
        self._unnamed = surplus[0][0] if surplus and surplus[0][1] * 2 > len(rows) > 2 else 0
        for place in self._layout.columns.get("authors", ()):
            self._styles[place] = style_of([row[place] for row in rows if place < len(row)])
        for place in self._layout.columns.get("keywords", ()):
            values = [row[place] for row in rows if place < len(row)]
            self._separators[place] = separator_of(values, comma=self._layout.preset == "embase")

    def build(self, row: Row) -> ParsedRecord | Rejected:
        if row.fault:
            return rejected(row.line, row.fault, row.raw)
        if row.mended:
            if not self._layout.fits(row.cells, need=True):
                cause = f"In this row {row.mended}, and its cells do not stand where the header says."
                if not self._layout.fits(row.cells):
                    return rejected(row.line, cause, row.raw)
            self._notes.mended(row.mended, row.line)
        cells = self._cells(row)
        if cells is None:
            cause = f"The row has {len(row.cells)} cells, the header {self._width}: a delimiter or quote is amiss."
            return rejected(row.line, cause, row.raw)
        for index, name in enumerate(self._places):
            if name and cells[index]:
                self._notes.check(row.line, self._layout.header[index], name, cells[index].strip())
            if len(cells[index]) == EXCEL_LONGEST:
                self._notes.count("truncated", row.line)
        if self._tagged:
            return self._web_of_science(row, cells)
        return self._record(row, cells)

    def _web_of_science(self, row: Row, cells: list[str]) -> ParsedRecord | Rejected:
        fields = Fields(zip(self._layout.header, cells, strict=False))
        if not any(fields.peek("TI", "AB", "AU", "DI", "PM")):
            return rejected(
                row.line, "The row has neither title, abstract, authors, DOI nor PubMed number.", row.raw
            )
        return ciw.build(fields, row.raw, row.line)

    def _cells(self, row: Row) -> list[str] | None:
        """As many cells as the header has, or None when the row cannot be made to fit it."""
        cells = row.cells
        if len(cells) < self._width:
            if not self._layout.fits(cells):
                return None
            self._notes.count("short", row.line)
            return [*cells, *([""] * (self._width - len(cells)))]
        surplus = len(cells) - self._width
        if not surplus:
            return cells
        if not any(cell.strip() for cell in cells[self._width :]):
            return cells
        if self._layout.fits(cells, need=True):
            self._notes.count("long", row.line)
            return cells
        if surplus != self._unnamed:
            joined = self._joined(cells, surplus, row.delimiter)
            if joined is not None:
                self._notes.count("joined", row.line)
            return joined
        for at in range(self._width, 0, -1):  # somewhere is a column without a heading
            candidate = [*cells[:at], *cells[at + surplus :], *cells[at : at + surplus]]
            if self._layout.fits(candidate, need=True):
                self._notes.count("long", row.line)
                return candidate
        if self._layout.fits(cells, names=("year", "doi"), need=True):
            self._notes.count("long", row.line)
            return cells
        return None

    def _joined(self, cells: list[str], surplus: int, delimiter: str) -> list[str] | None:
        """The row with the parts of one torn cell put together, None when that cell cannot be told.

        Where several would do, it is the one whose parts begin with a blank, as text after a comma does.
        """
        found: dict[int, list[str]] = {}
        for at in range(self._width):
            if self._places[at] in _TEXTS:
                whole = delimiter.join(cells[at : at + surplus + 1])
                candidate = [*cells[:at], whole, *cells[at + surplus + 1 :]]
                if self._layout.fits(candidate, need=True):
                    found[at] = candidate
        blanks = [at for at in found if all(c.startswith(" ") for c in cells[at + 1 : at + surplus + 1])]
        if len(found) != 1 and len(blanks) != 1:
            return None
        return found[blanks[0] if len(blanks) == 1 else next(iter(found))]

    def _record(self, row: Row, cells: list[str]) -> ParsedRecord | Rejected:
        used: set[int] = set()

        def values(name: str) -> list[tuple[int, str]]:
            found = ((place, given(cells[place])) for place in self._layout.columns.get(name, ()))
            return [(place, value) for place, value in found if value]

        def first(*names: str, keep: bool = False) -> str:
            for name in names:
                for place, value in values(name):
                    if not keep:
                        used.add(place)
                    return value
            return ""

        citation = citation_in(first("citation", keep=True), sure=self._layout.preset in _CITING)
        title = first("title", "title_original")
        journal = first("journal") or citation.journal or first("journal_abbreviation")
        if journal.casefold() in _DATABASES:  # a column "Source" that says where a record was found
            journal = citation.journal or first("journal_abbreviation")
        volume = bare_number(first("volume")) or citation.volume
        issue = bare_number(first("issue")) or citation.issue
        begin, end, pages = (bare_number(first(name)) for name in ("start", "end", "pages"))
        pages = page_range(begin, end) if begin else page_range(pages)
        pages = pages or page_range("", end) or citation.pages or bare_number(first("article_number"))
        names, used_names = merge_people(
            [(p, people_in(v, self._layout.preset, self._styles.get(p))) for p, v in values("authors")]
        )
        abstract, used_abstracts = merge_abstracts(values("abstract"))
        if not abstract:
            abstract = first("abstract_original")
        used |= used_names | used_abstracts
        years = values("year")
        for place, value in years[:1]:
            if re.fullmatch(r"\d{4}(?:\.0)?", value):
                used.add(place)
        words = [w for p, v in values("keywords") for w in keywords_in(v, self._separators.get(p, ""))]
        used.update(self._layout.columns.get("keywords", ()))
        doi_cell, url = first("doi", keep=True), first("url")
        if normalise.normalise_doi(doi_cell):
            first("doi")
        pmid, pmcid = first("pmid", keep=True), first("pmcid")
        if normalise.normalise_pmid(pmid):
            first("pmid")
        kind, kept = self._kind(first("type", keep=True))
        if not kept:
            used.update(place for place, _ in values("type")[:1])
        notes = [value for _, value in values("notes")]
        registry = [value for _, value in values("registry")]
        if not any((title, abstract, names, doi_cell, normalise.normalise_pmid(pmid))):
            return rejected(
                row.line, "The row has neither title, abstract, authors, DOI nor PubMed number.", row.raw
            )
        decisions = [
            found
            for place, value in values("decision")
            for found in earlier.from_column(self._layout.header[place], value, first("reason", keep=True))
        ]
        language, accession, issn = (
            first("language"),
            bare_number(first("accession")),
            first("issn", keep=True),
        )
        if not issn and (found := re.search(r"[?&]issn=(\d{7}[\dXx])\b", url)):
            issn = found[1]
        if re.fullmatch(r"\d{4}-?\d{3}[\dXx]", issn):
            first("issn")
        header = [*self._layout.header, *(f"column {n + 1}" for n in range(self._width, len(cells)))]
        rest = Fields(
            (header[i], cell)
            for i, cell in enumerate(cells)
            if i not in used and (given(cell) or i >= self._width or not self._places[i])
        )
        return record(
            fields=rest,
            raw=row.raw,
            line=row.line,
            title=title,
            abstract=abstract if abstract.strip(" .[]").casefold() != "no abstract available" else "",
            authors=names,
            year=[*(_whole_year(value) for _, value in years), citation.year],
            journal=journal,
            volume=volume,
            issue=issue,
            pages=pages,
            doi=[doi_cell if "/" in doi_cell else "", doi_in_address(url)],
            pmid=[
                normalise.normalise_pmid(pmid),
                _pmid_of_bvs(accession),
                *map(normalise.find_pmid, notes),
                normalise.find_pmid(url),
            ],
            pmcid=[normalise.normalise_pmcid(pmcid), *map(normalise.find_pmcid, notes)],
            keywords=words,
            type=kind,
            language=language,
            url=url,
            issn=issn,
            accession=accession,
            registry=[*notes, *registry],
            earlier=decisions,
        )

    def _kind(self, text: str) -> tuple[str, bool]:
        """The kind of work, and whether its own word says more than that and is worth keeping."""
        if self._layout.preset in {"clinicaltrials.gov", "ictrp"}:
            return "register", bool(text)
        plain = text.casefold().strip()
        if plain in _LETTERS and self._layout.preset == "wos":
            return _LETTERS[plain], True
        kind = next((ours for theirs, ours in _KINDS if theirs in plain), "article" if not plain else "other")
        return kind, plain not in _PLAIN_KINDS


def _pmid_of_bvs(accession: str) -> str:
    """BVS numbers what it has from MEDLINE "mdl-" and the PubMed number."""
    return normalise.normalise_pmid(accession[4:]) if accession.startswith("mdl-") else ""


def _whole_year(text: str) -> str:
    """A year that a spreadsheet wrote as 2.019E+03 or 2,019, or as the number of a day (43525 is 1 March 2019)."""
    if re.fullmatch(r"[2-6]\d{4}(?:\.\d+)?", text):
        return str((date(1899, 12, 30) + timedelta(days=int(float(text)))).year)
    if re.fullmatch(r"[12][.,]\d{1,3}E\+?0?3", text, re.IGNORECASE):
        return str(round(float(text.replace(",", "."))))
    return re.sub(r"^([12]),(\d{3})$", r"\1\2", text)
