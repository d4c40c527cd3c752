"""From the fields of one BibTeX or BibLaTeX entry to a record."""

from __future__ import annotations

import re

from . import normalise
from .assemble import Fields, author, full_range, given_first, page_range, record, split_authors
from .base import ParsedRecord
from .bibtex_entry import Entry
from .latex import plain

_KINDS = {
    "article": "article", "periodical": "article", "suppperiodical": "article", "review": "article",
    "book": "book", "mvbook": "book", "collection": "book", "mvcollection": "book", "booklet": "book",
    "manual": "report",
    "inbook": "chapter", "incollection": "chapter", "bookinbook": "chapter", "suppbook": "chapter",
    "inreference": "chapter", "suppcollection": "chapter",
    "inproceedings": "conference", "conference": "conference", "proceedings": "conference",
    "mvproceedings": "conference", "phdthesis": "thesis", "mastersthesis": "thesis", "thesis": "thesis",
    "bathesis": "thesis", "masterthesis": "thesis",
    "techreport": "report", "report": "report", "standard": "report",
    "unpublished": "preprint", "preprint": "preprint", "online": "webpage", "electronic": "webpage", "www": "webpage",
    "webpage": "webpage",
}  # fmt: skip
# What Scopus, Web of Science and biblatex say of an entry whose type says less.
_SAID = (
    ("conference", "conference"), ("proceedings", "conference"), ("book chapter", "chapter"),
    ("book-chapter", "chapter"), ("phdthesis", "thesis"), ("dissertation", "thesis"),
    ("mathesis", "thesis"), ("techreport", "report"),
)  # fmt: skip
_PREPRINTS = re.compile(
    r"\b(?:arxiv|biorxiv|medrxiv|ssrn|preprints?|osf|psyarxiv|researchsquare)\b", re.IGNORECASE
)
_NOTHING = re.compile(r"^(?:null|none|n/?a|nan|undefined)$", re.IGNORECASE)
_NOBODY = re.compile(r"^(?:others|et\.? ?al\.?|and|\.\.\.|…|[.,;\s]*)$", re.IGNORECASE)
_DATES = ("date", "publication_date", "issued", "earlyaccessdate", "early-access-date")
_DOI_KEY = re.compile(r"^(?:doi:)?(?:https?://(?:dx\.)?doi\.org/)?10\.\d{4,9}/\S+$", re.IGNORECASE)
_AND = re.compile(r"\\.|[{}]|(?:^|\s)and(?=\s|$)", re.IGNORECASE | re.DOTALL)
_NAMED_PARTS = re.compile(r"(?:family|given|prefix|given-i)\s*=", re.IGNORECASE)
_CITED_AS = re.compile(r"^[^\W\d_][\w'’-]*[a-zß-ÿ][\w'’-]*(?: [^\W\d_][\w'’-]+)* (?P<initials>[A-Z]{1,3})$")
# Family names in capitals that look like initials ("Xiaoming LI").
_SHORT_FAMILY = re.compile(
    "BO|CAI|DAI|DO|DU|FAN|FU|GAO|GU|HAN|HE|HO|HSU|HU|KIM|KO|LAI|LE|LEE|LI|LIN|LIU|LU|LUO|MA|MAO|NG|OH|PAN|QI|QIU|REN|"
    "SHI|SU|SUN|TAN|TAO|TU|WAN|WEI|WU|XIE|XU|YAN|YAO|YE|YI|YIN|YU|ZHU|ZOU"
)


def build(entry: Entry, inherited: list[tuple[str, str]]) -> ParsedRecord:
    """The record of an entry; `inherited` fields count where it has none of its own."""
    fields = Fields((name, value) for name, value in entry.fields if not _NOTHING.match(value.strip("{} ")))
    parents = Fields((name, value) for name, value in inherited if name not in fields)

    def take(*names: str) -> str:
        return fields.take(*names) or parents.take(*names)

    title = _title(fields) or plain(parents.take("title"))
    names = _names(fields)
    journal = plain(take("journal", "journaltitle", "fjournal", "booktitle", "journal-full", "maintitle"))
    kind = _kind(entry.type, fields, journal)
    if not title and kind in {"book", "conference"} and journal:
        title, journal = journal, ""
    if kind == "book" and journal.casefold() == title.casefold():
        journal = ""
    url = take("url", "ee", "link", "bdsk-url-1")
    url = url.split()[0].replace("\\", "") if url.strip() else ""
    notes = [plain(note) for note in fields.peek("note", "annote", "extra", "notes")]
    is_pubmed = "pubmed" in " ".join(fields.peek("eprinttype", "archiveprefix")).casefold()
    pubmed = fields.peek("eprint") if is_pubmed else []
    addresses = [url, *fields.peek("howpublished", "bdsk-url-1", "bdsk-url-2", "ee"), *notes]
    doi = [plain(value) if "\\" in value or "{" in value else value for value in fields.all("doi")]
    doi += [address for address in addresses if "doi.org/" in address or "doi:" in address.casefold()]
    doi += [normalise.normalise_doi(value) for value in fields.peek("crossref")]
    doi += [entry.key] if _DOI_KEY.match(entry.key) else []
    pages = fields.take("pages", "page") or fields.take("article-number", "art_number", "articleno", "eid")
    numbered = kind not in {"report", "thesis", "book"}
    issue = take("number", "issue") if numbered else take("issue")
    if entry.key:
        fields.add("key", entry.key)
    if entry.type not in {"article", "book"}:
        fields.add("entrytype", entry.type)
    return record(
        fields=fields,
        raw=entry.raw,
        line=entry.line,
        title=title,
        abstract=plain(fields.take("abstract", "abstractnote")),
        authors=names,
        year=[*fields.all("year"), *fields.peek(*_DATES), *parents.peek("year", *_DATES)],
        journal=journal,
        volume=plain(take("volume")),
        issue=plain(issue),
        pages=full_range(page_range(plain(pages.replace("--", "-")).replace("−", "-"))),
        doi=doi,
        pmid=[
            *map(normalise.normalise_pmid, [*fields.all("pmid", "pubmed_id", "pubmed-id", "pubmedid"), *pubmed]),
            *map(normalise.find_pmid, [*notes, url]),
        ],
        pmcid=[
            *map(normalise.normalise_pmcid, fields.all("pmcid", "pmc", "pmc_id", "pmc-id")),
            *map(normalise.find_pmcid, [*notes, url]),
        ],
        keywords=_keywords(fields.all("keywords", "keyword", "author_keywords", "author-keywords", "keywords-plus")),
        type=kind,
        language=plain(take("language", "langid")),
        url=url,
        issn=take("issn", "isbn"),
        accession=plain(fields.take("unique-id", "accession", "accession_number", "accession-number")),
        registry=notes,
    )  # fmt: skip


def _title(fields: Fields) -> str:
    title, subtitle = plain(fields.take("title")), plain(fields.take("subtitle"))
    if subtitle and subtitle.casefold() not in title.casefold():
        title = f"{title}: {subtitle}" if title and title[-1] not in ":?!." else f"{title} {subtitle}".strip()
    return title


def _kind(type: str, fields: Fields, journal: str) -> str:
    kind = _KINDS.get(type, "other")
    said = plain(" ".join(fields.peek("document_type", "type", "document-type"))).casefold()
    if kind in {"other", "article", "thesis", "report"} and not said.startswith("article"):
        kind = next((ours for theirs, ours in _SAID if theirs in said), kind)
    archive = " ".join(fields.peek("archiveprefix", "eprinttype", "publisher", "howpublished"))
    if (
        kind in {"other", "article", "webpage"}
        and (not journal or _PREPRINTS.search(journal))
        and _PREPRINTS.search(f"{archive} {journal}")
    ):
        return "preprint"
    if "preprint" in " ".join([said, *fields.peek("note", "archiveprefix", "eprinttype")]).casefold():
        return "preprint"
    return "article" if kind == "other" and journal else kind


def _names(fields: Fields) -> list[str]:
    people = list(dict.fromkeys(" ".join(value.split()) for value in fields.all("author", "authors")))
    if not people:
        people = fields.all("collaboration", "bookauthor")
    return [name for text in people for name in _split(text) if name]


def _split(text: str) -> list[str]:
    """The names of one field. Where "and" is missing, other separators are taken if they leave no doubt."""
    people = [part for person in _people(text) for part in _semicolons(person)]
    if len(people) == 1:
        parts = [part.strip() for part in text.split(",")]
        if len(parts) > 3 or (len(parts) == 3 and all(" " in part for part in parts)):
            return split_authors(plain(text))
    cited = [name for name in map(plain, people) if _is_cited(name)] if "," not in people[0] else []
    if cited and len(cited) == sum(1 for name in people if not _NOBODY.match(name)):
        return [author(name) for name in cited]
    return [_person(person) for person in people]


def _semicolons(person: str) -> list[str]:
    """Names parted by semicolons, which stand in no name but in braces and HTML entities."""
    return [person] if re.search(r"\{[^{}]*;|&#?\w+;", person) else person.split(";")


def _people(text: str) -> list[str]:
    """The names between the "and"s that stand outside of braces."""
    found, begun, depth = [], 0, 0
    for mark in _AND.finditer(text):
        if mark.group() in "{}":
            depth = max(depth + (1 if mark.group() == "{" else -1), 0)
        elif depth == 0 and mark.group()[0] != "\\":
            found.append(text[begun : mark.start()])
            begun = mark.end()
    return [name.strip() for name in (*found, text[begun:]) if name.strip()]


def _is_cited(name: str) -> bool:
    """True for "Smith JA", which BibTeX's rules would take for a Mr. JA."""
    found = _CITED_AS.match(name)
    return found is not None and not _SHORT_FAMILY.fullmatch(found["initials"])


def _person(text: str) -> str:
    """ "Family, Given, Suffix"; a name in braces of its own stays as it is."""
    # only reading BibTeX needs it, and every process imports the formats
    from bibtexparser.middlewares.names import InvalidNameError, parse_single_name_into_parts

    text = re.sub(r"\s+0\d{3}$", "", text.strip().strip(",").strip())  # DBLP numbers people of one name
    if _NOBODY.match(text):
        return ""
    if re.fullmatch(r"\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}", text) and not re.match(r"\{\\\W?[a-zA-Z]", text):
        return plain(text)
    if _NAMED_PARTS.match(text):
        return _of_named_parts(text)
    try:
        parts = parse_single_name_into_parts(text, strict=False)
    except InvalidNameError:
        return author(plain(text))
    family = plain(" ".join([*parts.von, *parts.last]))
    given, suffix = plain(" ".join(parts.first)), plain(" ".join(parts.jr))
    if not given and not suffix and "," not in text:
        return given_first(family) if len(parts.von) > 1 else family
    return ", ".join(part for part in (family, given, suffix) if part)


def _of_named_parts(text: str) -> str:
    """Biblatex's "family=Beethoven, given=Ludwig, prefix=van, useprefix=true"."""
    parts = {
        name.strip().casefold(): plain(value)
        for name, _, value in (p.partition("=") for p in text.split(","))
    }
    family = " ".join(part for part in (parts.get("prefix", ""), parts.get("family", "")) if part)
    return ", ".join(part for part in (family, parts.get("given", ""), parts.get("suffix", "")) if part)


def _keywords(values: list[str]) -> list[str]:
    """Parted by semicolons where there are any, else by commas."""
    words = [plain(value) for value in values]
    return [word if ";" in word else word.replace(",", ";") for word in words]
