"""A record reduced to what can be compared: one spelling for titles, names, journals, pages and numbers."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Protocol


class Comparable(Protocol):
    """What `find_pairs` reads off a record; a Django model or a `DedupRecord` alike."""

    id: Any
    title: str
    authors: list[str]
    year: int | None
    journal: str
    volume: str
    issue: str
    pages: str
    doi: str
    pmid: str
    pmcid: str
    registry_ids: list[str]
    abstract: str
    type: str


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


@dataclass(slots=True)
class Prepared:
    """A record made comparable once, before it meets its many candidates."""

    id: Any
    title: str
    main_title: str
    variants: tuple[str, ...]
    numbers: tuple[str, ...]
    notice: str
    generic: bool
    families: tuple[str, ...]
    first_names: frozenset[str]
    first_initial: str
    name_words: frozenset[str]
    year: int | None
    journal: str
    volume: str
    issue: str
    first_page: str
    last_page: str
    doi: str
    pmid: str
    pmcid: str
    registry_ids: frozenset[str]
    abstract: str
    type: str


_WORD_NUMBERS = {
    "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8",
    "nine": "9", "ten": "10", "eleven": "11", "twelve": "12", "first": "1st", "second": "2nd", "third": "3rd",
    "ii": "2", "iii": "3", "iv": "4", "vi": "6", "vii": "7", "viii": "8", "ix": "9",
}  # fmt: skip
_GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "κ": "kappa", "λ": "lambda", "μ": "mu", "µ": "mu",
    "ω": "omega", "σ": "sigma", "θ": "theta", "ε": "epsilon", "τ": "tau",
}  # fmt: skip
# Letters that no Unicode decomposition turns into plain ones.
_LETTERS = str.maketrans({
    "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "ı": "i", "þ": "th",
    "’": "'", "‘": "'", "ʼ": "'", **_GREEK,
})  # fmt: skip
_MISSING = {"", "unknown", "n/a", "na", "none", "null", "nan", "no pagination", "nil"}
_TAIL = re.compile(
    r"\s*\[(?:erratum|published erratum|corrected|correction|see comments?|summary for patients|retract).*$|"
    r"\s*[\[(](?:chinese|english|french|german|spanish|russian|japanese|italian|portuguese|korean|polish|turkish|dutch|"
    r"danish|hungarian|czech|persian|article in [^\])]*|[^\])]{0,30} transl\w*|review|meta.analysis|abstract|letter|"
    r"editorial|comment|erratum[^\])]*|see comments?[^\])]*|published erratum[^\])]*|corrected[^\])]*)[\])]\.?\s*$"
)
_NOTICES = {
    "retraction": r"^(?:retract(?:ed|ion)|withdrawn|notice of retraction)\b",
    "correction": (
        r"^(?:author |publisher )?(?:correction|corrigend\w+|errat\w+|addend\w+)\b|\berratum\b|"
        r"[\"”:(\[.] ?correction\W*$"
    ),
    "reply": (
        r"^(?:in |authors?'?s? |the authors? )?(?:reply|replies|rejoinder|rebuttal)\b|^(?:a )?response to\b|"
        r"^the authors? respon|\bauthors?'?s?'? (?:reply|response)\b|"
        r"[:.\-–—(\[] ?(?:the )?(?:authors?'?s?'? )?(?:reply|response|rejoinder|rebuttal)[)\].]*$"
    ),
    "comment": (
        r"^(?:comments? (?:on|to|re)|commentary|re:|letter to|letter:|letter re|editorial|invited comment\w*|"
        r"discussion of|discussion on|perspective on|editor'?s? note)\b|"
        r"\b(?:commentary|a comment|editorial comment)$"
    ),
    "protocol": (
        r"\b(?:study protocol|trial protocol|protocol (?:for|of) (?:a|an|the)\b|rationale and design|"
        r"design and rationale)|\bprotocol$"
    ),
    "summary": r"^(?:summar(?:y|ies) (?:for|of)|abstracts? of|highlights? of|patient page)",
}
_NOTICE_RULES = tuple((name, re.compile(pattern)) for name, pattern in _NOTICES.items())
_GENERIC = re.compile(
    r"^(?:the )?(?:editorials?(?: introduction| note| comment)?|abstracts?(?: of .{0,60})?|posters?|"
    r"(?:.{0,60} )?editor'?s?'? (?:notes?|comments?|choice|column|introduction|page)|"
    r"introduction(?: to (?:the|this) (?:special )?(?:issue|section))?|preface|foreword|"
    r"(?:poster |oral )?(?:abstracts|presentations?|sessions?)|correspondence|letters?(?: to the editors?)?|"
    r"comments?|commentary|reply|(?:author'?s?'? |in )(?:reply|response)|response|correction|corrigend\w+|"
    r"errat\w+|retraction(?: note)?|book reviews?|reviews?|reviewers?|news|news and (?:notes|views)|in this issue|"
    r"contents?|table of contents|index|(?:author|subject) index|conclusions?|discussion|case reports?|"
    r"announcements?|obituary|in memoriam|acknowledge?ments?|front ?matter|back ?matter|conference report|"
    r"meeting report|program|summary|special issue|issue information|title page|cover|masthead|call for papers|"
    r"untitled|no title|not available|proceedings(?: of .{0,80})?|.{0,60}annual (?:scientific )?meeting.{0,40}|"
    r".{0,40}conference abstracts.{0,20}|full issue|list of (?:authors|reviewers|contributors)|notes|"
    r"perspectives?|viewpoint|interview|highlights|overview|about the authors?|contributors|journal club|"
    r"research letters?|guest editorial|background|methods|results|glossary)$"
)


def fold(text: str) -> str:
    """Lower case without diacritics: "Röhricht" and "Rohricht" are one."""
    text = text.casefold()
    if text.isascii():
        return text
    text = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    return "".join(c for c in text if not unicodedata.combining(c)).translate(_LETTERS)


def words(text: str) -> list[str]:
    """The words and numbers of a text already folded, in any script."""
    return re.findall(r"[^\W_]+", text)


def _known(text: str | None) -> str:
    text = (text or "").strip()
    return "" if text.casefold() in _MISSING else text


@lru_cache(maxsize=4096)
def journal_key(journal: str) -> str:
    """A journal name folded, without articles, brackets, place of publication and what follows a colon.

    >>> journal_key("The Lancet (London, England)")
    'lancet'
    """
    text = fold(_known(journal)).replace("&", " and ")
    text = re.sub(r"\([^)]*\)|\[[^\]]*\]", " ", text)
    return " ".join(
        w for w in words(text) if w not in {"the", "of", "and", "for", "in", "on", "de", "la", "et", "und"}
    )


def title_key(title: str) -> str:
    """A title folded, without markup, language marks and punctuation; numbers written as digits."""
    text = fold(_known(title))
    text = re.sub(r"</?[a-z]{1,6}>", "", text)
    previous = None
    while previous != text:
        previous, text = text, _TAIL.sub("", text.rstrip(" ."))
    text = text.replace("&", " and ").replace("'s ", "s ").replace("'", "")
    return " ".join(_WORD_NUMBERS.get(w, w) for w in words(text))


def notice_of(title: str) -> str:
    """ "correction", "reply", "comment", ... for a title that announces one; "" for an ordinary paper."""
    text = _TAIL.sub("", fold(title).strip(" .")).strip(" .[]")
    return next((name for name, rule in _NOTICE_RULES if rule.search(text)), "")


def is_generic(title: str) -> bool:
    """True for titles that many different papers bear: "Editorial", "Correction", "Abstracts"."""
    text = " ".join(re.findall(r"[\w']+", fold(title)))
    return not text or bool(_GENERIC.match(text))


_PARTICLES = frozenset(
    {"van", "von", "der", "den", "de", "del", "della", "di", "da", "dos", "du", "la", "le", "el", "al", "ter"}
)


def _people(authors: Iterable[str] | str) -> tuple[tuple[str, ...], frozenset[str], str, frozenset[str]]:
    """Family names in order, the words of the first author's name, that author's initial, the words of all names."""
    names = authors.split(";") if isinstance(authors, str) else list(authors or ())
    families: list[str] = []
    first: list[str] = []
    every: set[str] = set()
    initial = ""
    for name in names[:40]:
        folded = fold(_known(name)).strip(" .")
        if not folded or folded in {"anonymous", "anon", "et al", "no authorship indicated", "other"}:
            continue
        family, comma, given = folded.partition(",")
        parts = words(family)
        if not comma:
            kept = [w for w in parts if len(w) > 2 or not name.isascii()] or parts[:1]
            given = " ".join(w for w in parts if w not in kept)
            parts = kept if given else parts
        if not parts:
            continue
        families.append("".join([w for w in parts if w not in _PARTICLES] or parts))
        every.update(w for w in (*parts, *words(given)) if len(w) > 2)
        if len(families) == 1:
            first = [*parts, *words(given)]
            initial = words(given)[0][0] if words(given) else ""
    return tuple(families), frozenset(w for w in first if len(w) > 1), initial, frozenset(every)


def _number(text: str) -> str:
    """A volume or issue without words, leading zeros and supplement marks spelled several ways."""
    text = fold(_known(text)).replace("supplement", "suppl")
    text = re.sub(r"\b(?:vol(?:ume)?|no|num(?:ber)?|issue|iss|heft|bd)\b\.?", "", text)
    return re.sub(r"(?<![0-9])0+(?=\d)", "", re.sub(r"[^\w]", "", text))


def _pages(text: str) -> tuple[str, str]:
    """First and last page; "221-8" ends on 228."""
    found = re.findall(
        r"[a-z]{0,4}\d+[a-z]?\d*", re.sub(r"\s+", "", fold(_known(text)).replace("pp", "").replace("p.", ""))
    )
    if not found:
        return "", ""
    first, last = (number.lstrip("0") for number in (*found, "")[:2])
    if last and last.isdigit() and first.isdigit() and len(last) < len(first):
        last = first[: len(first) - len(last)] + last
    return first, last


def _variants(raw_title: str, title: str) -> tuple[str, ...]:
    """A title given in two languages, "Original [Translation]" or "Original; Translation", as each of them."""
    found = re.fullmatch(
        r"(.{15,}?)\s*(?:\[([^\[\]]{20,})\]|<original>\s*(.{20,})|\[[^\[\]]{3,20}\])\W*",
        raw_title,
        re.IGNORECASE,
    )
    parts = [part for part in found.groups() if part] if found else []
    halves = re.split(r"\s*[;=]\s+|\s+/\s+", raw_title)
    if len(halves) == 2 and all(len(half) > 30 for half in halves):
        parts += halves
    keys = dict.fromkeys([title, *map(title_key, parts)])
    return tuple(key for key in keys if key)


def prepare(record: Comparable) -> Prepared:
    """A record ready for comparison."""
    raw_title = _known(record.title)
    title = title_key(raw_title)
    main = re.split(r"\s*[:?]\s+|\s+[-–—]\s+|\.\s+(?=[A-Z])", raw_title, maxsplit=1)[0]
    families, first_names, initial, name_words = _people(record.authors)
    first_page, last_page = _pages(record.pages)
    doi = _known(record.doi).casefold()
    if "10." in doi:
        doi = doi[doi.index("10.") :].rstrip(" .")
    volume, issue = _number(record.volume), _number(record.issue)
    if not issue and (found := re.fullmatch(r"(\d+)\s*\(([^)]+)\)", _known(record.volume))):
        volume, issue = _number(found[1]), _number(found[2])
    return Prepared(
        id=record.id,
        title=title,
        main_title=title_key(main) if len(main) >= 12 else title,
        variants=_variants(raw_title, title),
        numbers=tuple(sorted(re.findall(r"\d+", title))),
        notice=notice_of(raw_title),
        generic=is_generic(raw_title),
        families=families,
        first_names=first_names,
        first_initial=initial,
        name_words=name_words,
        year=record.year,
        journal=journal_key(record.journal or ""),
        volume=volume,
        issue=issue,
        first_page=first_page,
        last_page=last_page,
        doi=doi,
        pmid=_known(record.pmid),
        pmcid=_known(record.pmcid).upper(),
        registry_ids=frozenset(record.registry_ids or ()),
        abstract=" ".join(words(fold(_known(record.abstract))[:900])),
        type=record.type or "",
    )
