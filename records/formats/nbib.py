"""MEDLINE display format (PubMed .nbib, Ovid's copy of it, ERIC): four columns of tag, hyphen, value."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from . import normalise
from .assemble import Fields, author, full_range, page_range, record
from .base import ParsedRecord, Rejected, rejected
from .notices import Notices
from .open_record import OpenRecord

_TAG = re.compile(r"^(?P<tag>[A-Z]{2,4}) {0,2}-(?: ?(?P<value>.*))$")
_FIRST = {"PMID", "OWN", "PMC", "PMCR", "TI", "BTI"}
_KINDS = (
    ("Preprint", "preprint"),
    ("Academic Dissertation", "thesis"),
    ("Dissertations/Theses", "thesis"),
    ("Technical Report", "report"),
    ("Reports - ", "report"),
    ("Congress", "conference"),
    ("Meeting Abstract", "conference"),
    ("Book", "book"),
    ("Study Guide", "book"),
)


def read(lines: Iterable[str], notices: Notices) -> Iterator[ParsedRecord | Rejected]:
    """Records in file order: each begins with PMID, or with any tag after a blank line where PMID is missing."""
    current: OpenRecord | None = None
    blank, whole = False, True
    ends: Counter[str] = Counter()  # with which field the records before end
    for number, line in enumerate(lines, 1):
        text = line.rstrip("\r\n")
        if not text.strip():
            blank = True
            if current:
                current.keep(line)
            continue
        tag = _TAG.match(text)
        whole = line.endswith(("\r", "\n"))
        if current and tag and _begins(tag["tag"], current, blank):
            ends[current.last] += 1
            yield _close(current)
            current = None
        blank = False
        if current is None:
            if not tag:
                notices.left_out(number)
                continue
            current = OpenRecord(number)
        current.keep(line)
        if tag:
            current.add(tag["tag"], tag["value"])
        elif current.last == "PMID":
            current.add("note", text)
        else:
            current.go_on(text)
    if current:
        if _is_cut_off(current, ends, whole):
            notices.cut_off(current.line)
        yield _close(current)


def _is_cut_off(last: OpenRecord, ends: Counter[str], whole: bool) -> bool:
    """True when the last record lacks the field with which the others end (PubMed's citation, SO), or a line end.

    A record alone is measured by PubMed's order: what has a status there, has its citation last.
    """
    usual, count = ends.most_common(1)[0] if ends else ("SO", 0)
    if count * 10 >= ends.total() * 9 and ends.total() > 1:
        return usual not in last.tags
    return not whole and "SO" not in last.tags and "STAT" in last.tags


def _begins(tag: str, current: OpenRecord, blank: bool) -> bool:
    """True when the tag begins another record: its PMID, or a first tag come again where there is no PMID."""
    if tag == "PMID":
        return blank or "PMID" in current.tags
    return blank and "PMID" not in current.tags and tag in _FIRST and tag in current.tags


def _close(found: OpenRecord) -> ParsedRecord | Rejected:
    pairs = found.pairs(" ")
    if not any(value for tag, value in pairs if tag not in {"PMID", "OWN", "STAT"}) and not any(
        normalise.normalise_pmid(value) for tag, value in pairs if tag == "PMID"
    ):
        return rejected(found.line, "The record holds no field with a value.", found.raw)
    return _build(pairs, found.raw, found.line)


def _authors(pairs: list[tuple[str, str]]) -> list[str]:
    """Full names (FAU) where given, the short form (AU) of those that lack one, and collective names (CN)."""
    names: list[str] = []
    full = False
    for tag, value in pairs:
        if tag == "FAU":
            names.append(author(value))
            full = True
        elif tag == "AU":
            if not full:
                names.append(author(value))
            full = False
        elif tag == "CN":
            names.append(author(value))
    names = names or [author(value) for tag, value in pairs if tag == "FED"]
    return [name for name in names if name]


def _build(pairs: list[tuple[str, str]], raw: str, line: int) -> ParsedRecord:
    authors = _authors(pairs)
    fields = Fields((tag, value) for tag, value in pairs if tag not in {"FAU", "AU", "CN"})
    kinds = " | ".join(fields.peek("PT"))
    kind = next((ours for theirs, ours in _KINDS if theirs in kinds), "article")
    if "Journal Article" in kinds and "ERIC" in fields.peek("OWN"):
        kind = "article"
    title = " ".join(fields.all("TI")) or fields.take("BTI") or fields.take("TT")
    if fields.peek("BTI") and kind == "book":
        kind = "chapter"
    # ERIC writes the publisher of books and theses where the journal stands elsewhere.
    publisher = "ERIC" in fields.peek("OWN") and kind in {"book", "thesis", "report"}
    journal = (
        ""
        if publisher
        else fields.take("JT") or (fields.take("BTI") if kind == "chapter" else "") or fields.take("TA")
    )
    fields.drop_repeats(journal, "TA")
    aids = fields.peek("AID", "LID")
    dois = [v for v in aids if "[doi]" in v] + [v for v in aids if "doi" in v.casefold()] + fields.peek("SO")
    pmid = fields.take("PMID")
    if not normalise.normalise_pmid(pmid):
        fields.add("PMID", pmid)
    issn = re.sub(r"^E?ISSN-?\s?", "", fields.take("IS", "ISSN")) or fields.take("ISBN")
    return record(
        fields=fields,
        raw=raw,
        line=line,
        title=_plain_title(title),
        abstract=" ".join(fields.all("AB")) or fields.take("OAB"),
        authors=authors,
        year=[*fields.all("DP"), *fields.peek("DEP", "DA", "EDAT", "SO")],
        journal=journal,
        volume=fields.take("VI"),
        issue=fields.take("IP"),
        pages=full_range(page_range(fields.take("PG"))) or _pages_in_source(fields.peek("SO")),
        doi=dois,
        pmid=[normalise.normalise_pmid(pmid)],
        pmcid=[normalise.normalise_pmcid(fields.take("PMC"))],
        keywords=[word.lstrip("*") for word in [*fields.peek("MH"), *fields.all("OT")]],
        type=kind,
        language=fields.take("LA"),
        url=next((v for v in aids if v.startswith("http")), ""),
        issn=re.sub(r"\s*\((?:Electronic|Print|Linking|Undetermined).*\)", "", issn),
        accession=pmid if normalise.normalise_pmid(pmid) else fields.take("OID", "UI"),
    )


def _pages_in_source(values: list[str]) -> str:
    """The page in a citation such as "BMC Genomics. 2014 Oct 17;15(1):1042. doi: ..."."""
    found = re.search(r";[^:;]*:([A-Za-z]?\d[\w-]*)\.", values[0]) if values else None
    return found.group(1) if found else ""


def _plain_title(title: str) -> str:
    """A translated title stands in brackets: "[...]." is the database's mark, not part of the title."""
    found = re.fullmatch(r"\[([^\[\]]+)\]\.?", title.strip())
    return found.group(1) if found else title
