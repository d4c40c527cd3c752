"""From the fields of any format to one `ParsedRecord`.

Readers collect (tag, value) pairs in a `Fields`, take what they understand, and hand the rest over: what
nobody took is the record's `extra`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from . import earlier as earlier_decisions
from . import normalise
from .base import ParsedRecord
from .hidden import Hidden
from .text import clean, verbatim

_INITIALS = re.compile(r"^(?:[A-ZÀ-Þ](?:[.\-’' ]{1,2}|\b|(?=[A-ZÀ-Þ]))){1,5}\.?$")
_SUFFIX = re.compile(r"^(?:jr|sr|ii|iii|iv|2nd|3rd)\.?$", re.IGNORECASE)
_NOISE = re.compile(
    r"^(?:\[?no authors? listed\]?|anonymous\.?|\[?anonymous\]?|n/?a|none|null|nan|unknown|et al\.?)$",
    re.IGNORECASE,
)


class Fields:
    """Tags with their values in file order; what is taken is gone, what is left is unknown.

    >>> fields = Fields([("TI", "A"), ("XX", "b")]); fields.take("TI"); fields.rest()
    'A'
    {'XX': ['b']}
    """

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()):
        self._values: dict[str, list[str]] = {}
        for tag, value in pairs:
            if value.strip():
                self._values.setdefault(tag, []).append(value)

    def __bool__(self) -> bool:
        return bool(self._values)

    def __contains__(self, tag: str) -> bool:
        return tag in self._values

    def peek(self, *tags: str) -> list[str]:
        """All values of the tags, left in place."""
        return [value for tag in tags for value in self._values.get(tag, ())]

    def all(self, *tags: str) -> list[str]:
        """All values of the tags, taken."""
        return [value for tag in tags for value in self._values.pop(tag, ())]

    def take(self, *tags: str) -> str:
        """The first value of the first tag that has one, taken; "" when none has."""
        for tag in tags:
            values = self._values.get(tag)
            if values:
                value = values.pop(0)
                if not values:
                    del self._values[tag]
                return value
        return ""

    def drop_repeats(self, value: str, *tags: str) -> None:
        """Take values that only repeat `value` (spaces and case aside) off the tags."""
        wanted = clean(value).casefold()
        for tag in tags:
            kept = [v for v in self._values.get(tag, ()) if clean(v).casefold() != wanted]
            if kept:
                self._values[tag] = kept
            else:
                self._values.pop(tag, None)

    def add(self, tag: str, value: str) -> None:
        if value.strip():
            self._values.setdefault(tag, []).append(value)

    def rest(self) -> dict[str, list[str]]:
        kept = {tag: [verbatim(v) for v in values] for tag, values in self._values.items()}
        return {tag: [v for v in values if v] for tag, values in kept.items() if any(values)}


def author(name: str) -> str:
    """One name as "Family, Given"; a corporate name, or one whose parts cannot be told apart, as it stands.

    >>> author("Smith JA"), author("Smith,John"), author("World Health Organization")
    ('Smith, JA', 'Smith, John', 'World Health Organization')
    """
    name = re.sub(r"\s*\([^()]*@[^()]*\)", "", clean(name)).strip(" ;,")
    if not name or _NOISE.match(name):
        return ""
    if "," in name:
        parts = [part.strip() for part in name.split(",") if part.strip()]
        return ", ".join(parts)
    words = name.split(" ")
    if len(words) > 1 and _SUFFIX.match(words[-1]) and len(words) > 2:
        words, suffix = words[:-1], ", " + words[-1]
    else:
        suffix = ""
    for start in range(1, len(words)):
        initials = " ".join(words[start:])
        if _INITIALS.match(initials) and not all(_INITIALS.match(w) for w in words[:start]):
            return f"{' '.join(words[:start])}, {initials}{suffix}"
    return name


def given_first(name: str) -> str:
    """A "Given Family" name turned round; names with a comma, initials at the end or one word as `author`."""
    name = author(name)
    if not name or "," in name or " " not in name or not _is_latin_or_cyrillic(name):
        return name
    words = name.split(" ")
    cut = len(words) - 1
    while cut > 1 and words[cut - 1].islower():  # "Ludwig van Beethoven"
        cut -= 1
    return f"{' '.join(words[cut:])}, {' '.join(words[:cut])}"


_CORPORATE = re.compile(
    r"\b(?:group|organi[sz]ations?|committees?|collaborat\w+|consortium|network|associations?|society|universit\w+|"
    r"institut\w*|departments?|ministry|council|agency|cent(?:er|re)s?|foundation|investigators?|teams?|study|trial|"
    r"of|for|and|the|world|national|international|federation|union|commission|bureau|office|library|college|"
    r"school|hospital|academy|initiative|project|program(?:me)?|press|inc|ltd|gmbh|llc|corp\w*|company)\b",
    re.IGNORECASE,
)
_INITIALS_FIRST = re.compile(r"^(?:[A-ZÀ-Þ]\.[ -]?)+\s?[^\W\d_]{2}")


def names_of(values: Iterable[str]) -> list[str]:
    """The authors of one record, a name each; "A. Smith" and "Ann Smith" are turned round.

    A name without a comma is only turned when it begins with initials, or when all names of the record are
    of two to four words without comma and none is an organisation's: one such name alone may be anything.
    A comma at the end ("World Health Organization,") says that a name is to be left as it is.
    """
    given = [value.strip() for value in values if value.strip()]
    fixed = [value[-1] == "," and value.count(",") == 1 for value in given]
    found = [clean(v[:-1]) if stays else author(v) for v, stays in zip(given, fixed, strict=True)]
    loose = [name for name in found if name and "," not in name]
    all_loose = len(loose) > 1 and len(loose) == len([name for name in found if name])
    turn = all_loose and not any(
        _CORPORATE.search(name) or name.isupper() or not 1 < len(name.split(" ")) < 5 for name in loose
    )
    return [
        given_first(name) if "," not in name and not stays and (turn or _INITIALS_FIRST.match(name)) else name
        for name, stays in zip(found, fixed, strict=True)
        if name
    ]


def _is_latin_or_cyrillic(name: str) -> bool:
    letter = next((c for c in name if c.isalpha()), "")
    return unicodedata.name(letter, "").startswith(("LATIN", "CYRILLIC", "GREEK")) if letter else False


def split_authors(text: str, *, turn: bool = False) -> list[str]:
    """The names in one cell: parted by semicolons, bars, "and", or by commas where those can be told apart."""
    text = clean(text).strip()
    convert = given_first if turn else author
    for separator in (";", "|", " and ", " & "):
        if separator in text:
            names = [n for part in text.split(separator) for n in _with_and(part, separator)]
            if not any("," in name or "," in author(name) for name in names):
                convert = given_first
            return [n for n in map(convert, names) if n]
    if text.endswith(".") and not re.search(r"[A-Z]\.[,\s]", text):  # PubMed ends its list with a full stop
        text = text[:-1]
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if len(parts) < 2:
        return [n for n in [convert(text)] if n]
    if all("," in author(part) for part in parts):  # Smith JA, Doe K
        return [author(part) for part in parts]
    if len(parts) % 2 == 0 and all(_INITIALS.match(part) for part in parts[1::2]):  # Smith, J., Doe, K.
        return [f"{family}, {given}" for family, given in zip(parts[::2], parts[1::2], strict=True)]
    if len(parts) > 2 or all(" " in part for part in parts):  # John Smith, Karen Doe
        return [n for n in map(given_first, parts) if n]
    return [n for n in [author(text)] if n]


def _with_and(part: str, separator: str) -> list[str]:
    """ "A; B; and C": the last name carries the conjunction; between bare names "and" parts as well."""
    part = re.sub(r"^\s*(?:and|&)\s+", "", part)
    return part.split(" and ") if separator in ";|" and part.count(" and ") == 1 and "," in part else [part]


def split_keywords(values: Iterable[str]) -> list[str]:
    """Keywords parted by semicolons or line breaks, without repeats, in order."""
    found: dict[str, str] = {}
    for value in values:
        if "&" in value:
            value = clean(value) if "\n" not in value else "\n".join(map(clean, value.split("\n")))
        for part in re.split(r"[;\n\r]|(?<=\w)--(?=\s|$)", value):
            word = clean(part).strip(" ,*")
            if word:
                found.setdefault(word.casefold(), word)
    return list(found.values())


_DASH = re.compile(r"\s*[\u2010-\u2015\u2212]+\s*|(?<=\d)\s*--+\s*(?=\w)|\s+-\s+")
_PAGES_SIGN = re.compile(
    r"^\s*(?:pp\.$|(?:pp?\.\s*|pp?\s+|pp(?=\d)|pages?\s+|UNSP\s+)(?=\d|[A-Za-z]\d))", re.IGNORECASE
)
_NO_PAGES = re.compile(
    r"^(?:nan|none|null|n/?a|no\.?(?: pagination)?(?:[ -]specified)?|specified|unpaginated|unknown|no pages?)$",
    re.IGNORECASE,
)


def page_range(start: str, end: str = "") -> str:
    """ "99" and "110" as "99-110"; a start that already is a range stays; dashes of all kinds become "-"."""
    start, end = (
        _NO_PAGES.sub("", _PAGES_SIGN.sub("", _DASH.sub("-", clean(part)))).strip("-")
        for part in (start, end)
    )
    if not end.strip("-") or end == start:
        found = re.fullmatch(r"(.{1,20}?)-(?:\1|null|nan|none)", start, re.IGNORECASE)
        return found[1] if found else start
    if not start:
        return end
    return start if start.endswith("-" + end) or "-" in start else f"{start}-{end}"


def full_range(pages: str) -> str:
    """A range whose end is cut short the way MEDLINE does, in full.

    >>> full_range("2224-60"), full_range("S85-91"), full_range("e12-e19")
    ('2224-2260', 'S85-S91', 'e12-e19')
    """
    found = re.fullmatch(r"([A-Za-z]*)(\d{1,9})-(\d{1,9})", pages)
    if not found:
        return pages
    letters, start, end = found.groups()
    if len(end) < len(start):
        end = start[: len(start) - len(end)] + end
    return f"{letters}{start}-{letters}{end}" if int(end) > int(start) else pages


def record(
    *,
    fields: Fields,
    raw: str,
    line: int,
    title: str = "",
    abstract: str = "",
    authors: Iterable[str] = (),
    year: Iterable[str] = (),
    journal: str = "",
    volume: str = "",
    issue: str = "",
    pages: str = "",
    doi: Iterable[str] = (),
    pmid: Iterable[str] = (),
    pmcid: Iterable[str] = (),
    keywords: Iterable[str] = (),
    type: str = "other",
    language: str = "",
    url: str = "",
    issn: str = "",
    accession: str = "",
    registry: Iterable[str] = (),
    earlier: Iterable[dict[str, str]] = (),
) -> ParsedRecord:
    """Clean and normalise what a reader found.

    `authors` are already "Family, Given"; `doi`, `pmid` and `pmcid` are candidates, best first; `registry`
    holds texts that are no fields (title, abstract, keywords and the fields nobody took are searched for trial
    register numbers anyway); `earlier` are decisions that the reader found, others are looked for in what
    nobody took.
    """
    title, abstract, journal, authors = clean(title), clean(abstract), clean(journal), list(authors)
    keywords = split_keywords(keywords)
    extra = fields.rest()
    hidden = Hidden(extra, url)
    number = normalise.first(pmid) or hidden.pmid()
    return ParsedRecord(
        title=title,
        abstract=abstract,
        authors=[name for name in authors if name],
        year=normalise.find_year(*year),
        journal=journal,
        volume=_number(volume),
        issue=_number(issue),
        pages=pages if "-" in pages else clean(pages),
        doi=normalise.first(map(normalise.normalise_doi, doi)) or hidden.doi(),
        pmid=number,
        pmcid=normalise.first(pmcid) or hidden.pmcid(),
        registry_ids=normalise.find_registry_ids(
            accession, url, title, abstract, journal, *keywords, *authors, *registry, *hidden.texts
        ),
        keywords=keywords,
        type="register" if is_register(journal, accession, url) else type,
        language=clean(language),
        url=clean(url),
        issn=normalise.normalise_issn(clean(issn)),
        accession="" if clean(accession) == number else clean(accession),  # said once is enough
        raw=verbatim_raw(raw),
        extra=extra,
        line=line,
        earlier=[*earlier, *earlier_decisions.find(extra, keywords)],
    )


def _number(text: str) -> str:
    """A volume or issue; "nan" is what data frames write for a missing one."""
    text = clean(text)
    return "" if text.casefold() in {"nan", "none", "null", "n/a"} else text


def verbatim_raw(raw: str) -> str:
    """The record's own text without the blank lines around it; zeros and lone surrogates cannot be stored."""
    return re.sub("[\x00\ud800-\udfff]", "", raw).strip("\r\n")


_REGISTER = re.compile(
    r"clinicaltrials\.gov|trialsearch\.who\.int|\bictrp\b|isrctn\.(?:com|org)|clinicaltrialsregister\.eu|"
    r"anzctr\.org|chictr\.org|drks\.de",
    re.IGNORECASE,
)


def is_register(journal: str, accession: str, url: str) -> bool:
    """True for an entry of a trial register: its address, container or number says so."""
    if _REGISTER.search(url) or _REGISTER.search(journal):
        return True
    return bool(re.fullmatch(r"(?:CN-\d+\s*)?(?:NCT\d{8}|ISRCTN\d{8}|ACTRN\d{14})", accession.strip()))
