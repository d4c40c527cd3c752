"""A record reduced to what can be compared: one spelling for titles, names, journals, pages and numbers."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from sys import intern
from typing import Any, Protocol

from rapidfuzz import fuzz

from .text import fold, known, words
from .titles import folded_title, generic_in, key_of, main_title, notice_in, numbers_in, variants


class Comparable(Protocol):
    """What `find_pairs` reads off a record; a Django model or a `DedupRecord` alike."""

    @property
    def id(self) -> Any: ...
    @property
    def title(self) -> str: ...
    @property
    def authors(self) -> list[str]: ...
    @property
    def year(self) -> int | None: ...
    @property
    def journal(self) -> str: ...
    @property
    def volume(self) -> str: ...
    @property
    def issue(self) -> str: ...
    @property
    def pages(self) -> str: ...
    @property
    def doi(self) -> str: ...
    @property
    def pmid(self) -> str: ...
    @property
    def pmcid(self) -> str: ...
    @property
    def registry_ids(self) -> list[str]: ...
    @property
    def abstract(self) -> str: ...
    @property
    def type(self) -> str: ...


@dataclass(frozen=True, slots=True)
class DedupRecord:
    """The plain form of `Comparable`; only `id` is needed."""

    id: Any
    title: str = ""
    authors: list[str] = field(default_factory=list)
    year: int | None = None
    journal: str = ""
    volume: str = ""
    issue: str = ""
    pages: str = ""
    doi: str = ""
    pmid: str = ""
    pmcid: str = ""
    registry_ids: list[str] = field(default_factory=list)
    abstract: str = ""
    type: str = ""


@dataclass(slots=True, eq=False)
class Prepared:
    """A record made comparable once, before it meets its many candidates; about 1.5 kB.

    `find_pairs` takes these in place of records, so that earlier records need to be prepared only once.
    """

    id: Any
    title: str
    main_title: str
    variants: tuple[str, ...]
    numbers: tuple[str, ...]
    notice: str
    generic: bool
    families: tuple[str, ...]
    first_initial: str
    names: str
    year: int | None
    journal: str
    journal_parts: tuple[str, ...]
    volume: str
    issue: str
    ranges: tuple[tuple[str, str], ...]
    doi: str
    pmid: str
    pmcid: str
    registry_ids: frozenset[str]
    raw_abstract: str
    type: str
    _abstract: str | None = None

    @property
    def first_page(self) -> str:
        return self.ranges[0][0] if self.ranges else ""

    @property
    def last_page(self) -> str:
        return self.ranges[0][1] if self.ranges else ""

    @property
    def first_names(self) -> set[str]:
        """Words of the first author's name, family and given, without initials."""
        return {word for word in words(self.names.partition("\n")[0]) if len(word) > 1}

    @property
    def name_words(self) -> set[str]:
        """Words of all the names, family and given, without initials."""
        return {word for word in words(self.names) if len(word) > 2}

    @property
    def abstract(self) -> str:
        """The words of the abstract's beginning; made when first asked for, as most abstracts never are."""
        if self._abstract is None:
            self._abstract = " ".join(words(fold(known(self.raw_abstract))))
        return self._abstract


_NO_NUMBERS: frozenset[str] = frozenset()
_ABSTRACT = 440  # characters of an abstract that are kept
_NOBODY = frozenset(
    {
        "unknown",
        "n/a",
        "na",
        "none",
        "null",
        "nan",
        "anonymous",
        "anon",
        "et al",
        "et al.",
        "no authorship indicated",
        "no author listed",
        "no author name available",
        "no author",
        "no authors",
        "other",
        "no authors listed",
    }
)
_PARTICLES = frozenset(
    {"van", "von", "der", "den", "de", "del", "della", "di", "da", "dos", "du", "la", "le", "el", "al", "ter"}
)
_MOST_AUTHORS = 40
_WITH_INITIALS = re.compile(r"([a-z]{3,}) ([a-z]{1,2}|(?:[a-z]\.)+[a-z]?)")  # "smith jk", "smith j.k"
_BRACKETS = re.compile(r"\([^)]*\)|\[[^\]]*\]")
_JOURNAL_PARTS = re.compile(r"\s*[:=;]\s+|\s+[-–—]\s+")
_SMALL_WORDS = frozenset({"the", "of", "and", "for", "in", "on", "de", "la", "et", "und", "a", "an"})


@lru_cache(maxsize=8192)
def journal_key(journal: str) -> str:
    """A journal name folded, without articles, brackets and the place of publication.

    >>> journal_key("The Lancet (London, England)")
    'lancet'
    """
    text = fold(known(journal)).replace("&amp;", " ").replace("&", " ")
    return intern(" ".join([w for w in words(_BRACKETS.sub(" ", text)) if w not in _SMALL_WORDS]))


@lru_cache(maxsize=8192)
def journal_parts(journal: str) -> tuple[str, ...]:
    """The names in "JPEN: Journal of Parenteral and Enteral Nutrition" and "Diabetes. Conference: 70th Sessions"."""
    text = _BRACKETS.sub(" ", known(journal))
    if text.count(". ") == 1:  # more of them are an abbreviation: "Proc. Natl. Acad. Sci."
        text = text.replace(". ", " : ")
    keys = dict.fromkeys(journal_key(part) for part in _JOURNAL_PARTS.split(text))
    parts = tuple(key for key in keys if len(key) > 2)
    return parts if len(parts) > 1 else ()


def _people(authors: Iterable[str] | str) -> tuple[tuple[str, ...], str, str]:
    """Family names in order, the initial of the first author, all names folded, the first author's first."""
    names = authors.split(";") if isinstance(authors, str) else list(authors or ())
    if not names:
        return (), "", ""
    everybody = fold("\n".join(names[:_MOST_AUTHORS]))
    families: list[str] = []
    initial = ""
    for folded in everybody.split("\n"):
        family, comma, given = folded.partition(",")
        if not (comma and family.isalpha()):  # nearly all authors are "Family, Given"
            folded = folded.strip(" .[]()")
            family, given = _family_in(family, folded, comma, given)
            if not family:
                continue
        families.append(intern(family))
        if len(families) == 1:
            given_words = words(given)
            initial = given_words[0][0] if given_words else ""
            everybody = everybody[everybody.index(folded) :]
    if not families:
        return (), "", ""
    return tuple(families), initial, everybody


def _family_in(before: str, folded: str, comma: str, given: str) -> tuple[str, str]:
    """(family name in one word, given names) of "Van der Berg, J.", "Smith JK" and the like; "" where nobody is."""
    if comma and (single := before.strip()).isalpha():
        return single, given
    if not folded or folded in _NOBODY:
        return "", ""
    if plain := _WITH_INITIALS.fullmatch(folded):
        return plain[1], plain[2]
    parts = words(before)
    if not comma:
        kept = [w for w in parts if len(w) > 2 or not w.isascii()] or parts[:1]
        given = " ".join([w for w in parts if w not in kept])
        parts = kept if given else parts
    if len(parts) > 1:
        parts = [w for w in parts if w not in _PARTICLES] or parts
    return "".join(parts), given


_NUMBER_WORD = re.compile(r"\b(?:vol(?:ume)?|no|num(?:ber)?|issue|iss|heft|bd)\b\.?")
_MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS = {name: str(n) for n, name in enumerate(_MONTH_NAMES, 1)}
_NOT_WORD = re.compile(r"[^\w]+")
_LEADING_ZEROS = re.compile(r"(?<![0-9])0+(?=\d)")
_VOLUME_ISSUE = re.compile(r"(\d+)\s*\(([^)]+)\)")


@lru_cache(maxsize=8192)
def _number(text: str) -> str:
    """A volume or issue without words, leading zeros and supplement marks spelled several ways; May is issue 5."""
    text = fold(known(text))
    if text[:3] in _MONTHS and text.isalpha():
        return _MONTHS[text[:3]]
    if not text.isdigit():
        text = _NUMBER_WORD.sub("", text.replace("supplement", "suppl"))
        text = _NOT_WORD.sub("", text)
    return intern(_LEADING_ZEROS.sub("", text))


_RANGE = re.compile(r"([a-z]{0,4}\d+[a-z]?\d*)(?:[-–—‐‑−]+([a-z]{0,4}\d+[a-z]?\d*))?")
_ROMAN_RANGE = re.compile(r"([ivxlc]{1,8})(?:[-–—]+([ivxlc]{1,8}))?")
_PLAIN_RANGE = re.compile(r"(\d{1,7})-{1,2}(\d{1,7})")
_BLANKS = re.compile(r"\s+")
_LONG_WORDS = re.compile(r"[a-z]{5,}")


def _pages(text: str) -> tuple[tuple[str, str], ...]:
    """(first, last) of each range of pages, the article's first range first; "221-8" ends on 228."""
    text = known(text)
    if not text or "no pagination" in text.casefold():
        return ()
    if plain := _PLAIN_RANGE.fullmatch(text):
        return (_range(*plain.groups()),)
    text = fold(text)
    if roman := _ROMAN_RANGE.fullmatch(text):
        return ((intern(roman[1]), intern(roman[2] or "")),)
    text = _LONG_WORDS.sub(";", text)  # "2243-5; author reply 2243-5"
    text = _BLANKS.sub("", text.replace("pp", "").replace("p.", ""))
    return tuple(dict.fromkeys(_range(first, last) for first, last in _RANGE.findall(text)[:6]))


def _range(first: str, last: str) -> tuple[str, str]:
    first, last = first.lstrip("0"), last.lstrip("0")
    if last and len(last) < len(first) and last.isdigit():
        start = first[: len(first) - len(last)]
        if first.isdigit() or start.rstrip("0123456789").isalpha():
            last = start + last
    return intern(first), intern(last)


_DOI_TAIL = re.compile(r"(?:/(?:full|abstract|pdf|epdf|html|meta|summary)|\.pdf|[\s.,;:>\])]+)+$")


def doi_key(doi: str) -> str:
    """A DOI from its "10." on, in lower case, without what web addresses add behind it.

    >>> doi_key("https://doi.org/10.1002/DA.22788/full")
    '10.1002/da.22788'
    """
    text = known(doi).casefold()
    start = text.find("10.")
    if start < 0:
        return text
    text = text[start:]
    if "%" in text:
        text = text.replace("%2f", "/").replace("%28", "(").replace("%29", ")")
    found = _DOI_TAIL.search(text)
    return (
        text[: found.start()]
        if found and text.count("(") <= text[: found.start()].count(")")
        else text.rstrip(" .;,")
    )


_PREPRINT_DOI = re.compile(
    r"10\.(?:1101/(?:\d{6}|20\d\d\.)|21203/rs\.|2139/ssrn|31234/|31219/|31235/|48550/|20944/preprints|36227/|26434/chemrxiv)"
)
_PREPRINT_SERVERS = frozenset(
    {
        "medrxiv",
        "biorxiv",
        "arxiv",
        "ssrn",
        "research square",
        "psyarxiv",
        "preprints",
        "chemrxiv",
        "osf preprints",
    }
)


def _kind(kind: str, doi: str, journal: str) -> str:
    """The type of the record; a preprint is one by its DOI or server too, whatever the database calls it."""
    if kind in {"", "article", "other"} and (doi or journal):
        name = journal.casefold().partition("(")[0].strip()
        if name in _PREPRINT_SERVERS or (doi and _PREPRINT_DOI.match(doi)):
            return "preprint"
    return kind


def prepare(record: Comparable | Prepared) -> Prepared:
    """A record ready for comparison; what is prepared already stays as it is."""
    if isinstance(record, Prepared):
        return record
    raw_title = known(record.title)
    folded = folded_title(raw_title)
    title = key_of(folded)
    families, initial, names = _people(record.authors)
    volume, issue = _number(record.volume or ""), _number(record.issue or "")
    if not issue and record.volume and (found := _VOLUME_ISSUE.fullmatch(known(record.volume))):
        volume, issue = _number(found[1]), _number(found[2])
    journal, doi = record.journal or "", doi_key(record.doi or "")
    return Prepared(
        id=record.id,
        title=title,
        main_title=main_title(folded, title),
        variants=variants(raw_title, title),
        numbers=numbers_in(title),
        notice=notice_in(folded),
        generic=generic_in(folded),
        families=families,
        first_initial=initial,
        names=names,
        year=record.year,
        journal=journal_key(journal),
        journal_parts=journal_parts(journal),
        volume=volume,
        issue=issue,
        ranges=_pages(record.pages or ""),
        doi=doi,
        pmid=known(record.pmid),
        pmcid=known(record.pmcid).upper(),
        registry_ids=frozenset(record.registry_ids) if record.registry_ids else _NO_NUMBERS,
        raw_abstract=(record.abstract or "")[:_ABSTRACT],
        type=_kind(record.type or "", doi, journal),
    )


def without_shared_dois(records: Sequence[Prepared]) -> list[Prepared]:
    """The records, without those DOIs that stand on three or more unlike titles: such a DOI is that of a supplement,
    a congress or a journal, and names none of the works in it."""
    by_doi: dict[str, list[Prepared]] = defaultdict(list)
    for record in records:
        if record.doi and record.title:
            by_doi[record.doi].append(record)
    shared = {doi for doi, held in by_doi.items() if len(held) > 2 and _unlike_titles(held) > 2}
    return [replace(record, doi="") if record.doi in shared else record for record in records]


def _unlike_titles(records: Sequence[Prepared]) -> int:
    unlike: list[Prepared] = []
    for record in sorted(records, key=lambda r: r.title):
        if not any(_related(record, other) for other in unlike):
            unlike.append(record)
        if len(unlike) > 2:
            break
    return len(unlike)


def _related(left: Prepared, right: Prepared) -> bool:
    """The same authors may have one title in two languages."""
    return fuzz.ratio(left.title, right.title) >= 60 or left.families == right.families != ()
