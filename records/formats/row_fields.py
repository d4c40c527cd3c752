"""The fields of one row of a table, taken column by column; what nobody takes is the record's extra."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from . import earlier, normalise
from .assemble import Fields, page_range
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
)
from .layout import Layout

_KINDS = (
    ("trial regist", "register"), ("registry", "register"), ("register", "register"),
    ("meeting abstract", "conference"), ("conference review", "conference"),
    ("conference", "conference"), ("proceeding", "conference"), ("inproceedings", "conference"),
    ("cpaper", "conference"), ("poster", "conference"), ("chapter", "chapter"), ("book section", "chapter"),
    ("booksection", "chapter"), ("incollection", "chapter"), ("inbook", "chapter"), ("book part", "chapter"),
    ("book review", "article"), ("book", "book"), ("monograph", "book"), ("thesis", "thesis"),
    ("dissertation", "thesis"), ("preprint", "preprint"), ("posted content", "preprint"),
    ("magazine", "article"), ("early access", "article"), ("report", "report"), ("web", "webpage"),
    ("jour", "article"), ("article", "article"),
    ("review", "article"), ("editorial", "article"), ("letter", "article"), ("note", "article"),
    ("trial", "article"), ("study", "article"), ("meta-analysis", "article"), ("presentation", "conference"),
    ("erratum", "article"), ("short survey", "article"), ("comment", "article"), ("periodical", "article"),
    ("conf", "conference"), ("chap", "chapter"), ("rprt", "report"), ("thes", "thesis"),
)  # fmt: skip
_PLAIN_KINDS = {"jour", "journal article", "article", "journalarticle"}
_NO_ABSTRACT = {"", "no abstract available", "no abstract"}
_LETTERS = {"j": "article", "b": "book", "s": "chapter", "c": "conference", "p": "other"}
# Layouts whose citation begins with the journal; elsewhere authors and title may stand before it.
_CITING = {"embase", "ovid", "bvs", "scielo", "pubmed"}
_DATABASES = {
    "pubmed", "medline", "embase", "scopus", "web of science", "wos", "wos core collection", "cinahl", "psycinfo",
    "cochrane", "cochrane library", "central", "google scholar", "ieee xplore", "lilacs", "eric", "proquest",
    "ebsco", "ebscohost", "ovid", "dimensions", "lens", "openalex", "crossref", "semantic scholar", "hand search",
    "manual", "other", "acm digital library", "sciencedirect", "europe pmc", "clinicaltrials.gov", "ictrp",
}  # fmt: skip


class RowFields:
    """Cells by field. Each method gives keywords for `assemble.record` and marks the cells it used up."""

    def __init__(
        self,
        layout: Layout,
        cells: Sequence[str],
        *,
        styles: Mapping[int, Style],
        separators: Mapping[int, str],
    ):
        self._layout = layout
        self._cells = cells
        self._styles = styles
        self._separators = separators
        self._used: set[int] = set()

    def values(self, name: str) -> list[tuple[int, str]]:
        """The columns of a field that have a value, best first, with it."""
        found = ((place, given(self._cells[place])) for place in self._layout.columns.get(name, ()))
        return [(place, value) for place, value in found if value]

    def first(self, *names: str, keep: bool = False) -> str:
        """The first value of the first field that has one; `keep` leaves the cell to the extra as well."""
        for name in names:
            for place, value in self.values(name):
                if not keep:
                    self._used.add(place)
                return value
        return ""

    def words(self) -> dict[str, Any]:
        """Title, abstract, authors and keywords."""
        preset = self._layout.preset
        people = [(p, people_in(v, preset, self._styles.get(p))) for p, v in self.values("authors")]
        names, used_names = merge_people(people)
        abstract, used_abstracts = merge_abstracts(self.values("abstract"))
        self._used |= used_names | used_abstracts | set(self._layout.columns.get("keywords", ()))
        if abstract.strip(" .[]").casefold() in _NO_ABSTRACT:
            abstract = self.first("abstract_original")
        keywords = self.values("keywords")
        return {
            "title": self.first("title", "title_original"),
            "abstract": abstract,
            "authors": names,
            "keywords": [word for p, v in keywords for word in keywords_in(v, self._separators.get(p, ""))],
        }

    def place(self) -> dict[str, Any]:
        """Journal, year, volume, issue and pages, from their columns or a citation."""
        citation = citation_in(self.first("citation", keep=True), sure=self._layout.preset in _CITING)
        journal = self.first("journal", keep=True)
        if journal.casefold() in _DATABASES:  # a column "Source" that says where the record was found
            journal = ""
        elif journal:
            self.first("journal")
        begin, end, pages = (bare_number(self.first(name)) for name in ("start", "end", "pages"))
        pages = page_range(begin, end) if begin else page_range(pages) or page_range("", end)
        years = self.values("year")
        self._used.update(place for place, value in years[:1] if re.fullmatch(r"\d{4}(?:\.0)?", value))
        return {
            "journal": journal or citation.journal or self.first("journal_abbreviation"),
            "year": [*(_whole_year(value) for _, value in years), citation.year],
            "volume": bare_number(self.first("volume")) or citation.volume,
            "issue": bare_number(self.first("issue")) or citation.issue,
            "pages": pages or citation.pages or bare_number(self.first("article_number")),
        }

    def identifiers(self) -> dict[str, Any]:
        """DOI, PubMed and register numbers, address, ISSN and accession number."""
        doi, pmid, issn = (self.first(name, keep=True) for name in ("doi", "pmid", "issn"))
        url, pmcid = self.first("url"), self.first("pmcid")
        accession = bare_number(self.first("accession", keep=True))
        if accession.casefold() in _DATABASES:  # a database has numbers, its name is none
            accession = ""
        self.first("accession", keep=not accession)
        if normalise.normalise_doi(doi):
            self.first("doi")
        if normalise.normalise_pmid(pmid):
            self.first("pmid")
        if re.fullmatch(r"\d{4}-?\d{3}[\dXx]", issn):
            self.first("issn")
        elif not issn and (found := re.search(r"[?&]issn=(\d{7}[\dXx])\b", url)):
            issn = found[1]
        notes = [value for _, value in self.values("notes")]
        pmids = [normalise.normalise_pmid(pmid), _pmid_of_bvs(accession)]
        return {
            "doi": [doi if "/" in doi else "", doi_in_address(url)],
            "pmid": [*pmids, *map(normalise.find_pmid, notes), normalise.find_pmid(url)],
            "pmcid": [normalise.normalise_pmcid(pmcid), *map(normalise.find_pmcid, notes)],
            "url": url,
            "issn": issn,
            "accession": accession,
            "registry": [*notes, *(value for _, value in self.values("registry"))],
        }

    def kind(self) -> dict[str, Any]:
        """The kind of work and its language; a word for the kind that says more than ours stays in the extra."""
        text = self.first("type", keep=True).casefold()
        kind = next((ours for theirs, ours in _KINDS if theirs in text), "other" if text else "article")
        if self._layout.preset in {"clinicaltrials.gov", "ictrp"}:
            kind = "register"
        elif self._layout.preset == "wos" and text in _LETTERS:
            kind = _LETTERS[text]
        elif text in _PLAIN_KINDS:
            self.first("type")
        language = self.first("language", keep=True)
        if any(c.isdigit() for c in language):  # a number is no language
            language = ""
        self.first("language", keep=not language)
        return {"type": kind, "language": language}

    def decisions(self) -> list[dict[str, str]]:
        """Decisions in the columns for them; the cells stay in the extra."""
        reason = self.first("reason", keep=True)
        return [
            found
            for place, value in self.values("decision")
            for found in earlier.from_column(self._layout.header[place], value, reason)
        ]

    def rest(self) -> Fields:
        """What nobody took, under its heading; cells beyond the header are numbered."""
        width, feeds = len(self._layout.header), list(self._layout.feeds.values())
        names = [*self._layout.header, *(f"column {n + 1}" for n in range(width, len(self._cells)))]
        return Fields(
            (names[i], cell)
            for i, cell in enumerate(self._cells)
            if i not in self._used and (i >= width or not feeds[i] or given(cell))
        )


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
