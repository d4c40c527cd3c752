"""PubMed's "Abstract (text)" format: numbered entries of paragraphs, parted by two blank lines.

Citation, title, authors and identifiers stand in fixed places and are read surely; what is neither one of them
nor one of PubMed's own notes is the abstract. Keywords and full names are not in this format.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from . import normalise
from .assemble import Fields, author, full_range, page_range, record
from .base import ParsedRecord, Rejected, rejected
from .citation import read_citation
from .notices import Notices
from .open_record import OpenRecord

_START = re.compile(r"^(?P<number>\d{1,7})\. \S")
_CITATION = re.compile(
    r"^\d+\. (?P<journal>.+?)\. (?P<year>(?:1[5-9]|20)\d\d)(?P<date>[^;:.]*)"
    r"(?:;(?P<volume>[^(:;.]*)(?:\((?P<issue>[^()]*)\))?(?::(?P<pages>\S+?))?)?(?=\.(?:\s|$)|$|\s)"
)
_NOTE = re.compile(
    r"^(?:Comment (?:in|on)|Erratum (?:in|for)|Update (?:in|of)|Retraction (?:in|of)|Retracted and republished|"
    r"Republished (?:in|from)|Corrected and republished|Expression of concern|Summary for patients|Reprint (?:in|of)|"
    r"Original report|Dataset (?:described in|use reported in)|Author information|Collaborators?|"
    r"Conflict of interest statement|Plain Language Summary|Publisher:|Free PMC Article)\b[ a-z]*:?",
)
_OWNED = re.compile(
    r"^(?:©|\(c\)|Copyright\b|\d{4} (?:©|The Authors?)|Published by |This article is protected by)", re.I
)
_IDS = re.compile(r"^(?P<name>DOI|PMID|PMCID|NIHMSID|ISBN|Bookshelf ID): ?(?P<value>\S+)", re.MULTILINE)
_GROUP = re.compile(
    r"^[^.:]*\b(?:Group|Consortium|Investigators|Collaborat\w+|Network|Committee|Team|Association|Society|Force|"
    r"Organization|Council|Agency|Institute)(?:\(\d+\))*\.$"
)
_LABEL = re.compile(r"^[A-Z][A-Z &/,'()-]{2,60}: ")


def read(lines: Iterable[str], notices: Notices) -> Iterator[ParsedRecord | Rejected]:
    """Records in file order; each begins with its number, counted on from the one before."""
    current: OpenRecord | None = None
    last, blank = 0, 2
    for number, line in enumerate(lines, 1):
        text = line.rstrip("\r\n")
        if not text.strip():
            blank += 1
            if current is not None:
                current.keep(line)
            continue
        start = _START.match(text) if blank >= 2 else None
        if start and (current is None or int(start["number"]) in {last + 1, 1}):
            if current is not None:
                yield _close(current.raw, current.line)
            current, last = OpenRecord(number), int(start["number"])
        blank = 0
        if current is None:
            notices.left_out(number)
            continue
        current.keep(line)
    if current is not None:
        yield _close(current.raw, current.line)


def _close(raw: str, line: int) -> ParsedRecord | Rejected:
    parts = [
        re.sub(r"[ \t]+$", "", part, flags=re.MULTILINE).strip()
        for part in re.split(r"\n[ \t]*\n", _unix(raw))
    ]
    parts = [part for part in parts if part]
    ids: dict[str, str] = {}
    for part in parts[1:]:
        if _IDS.match(part):
            ids.update((m["name"], m["value"]) for m in _IDS.finditer(part))
    if len(parts) < 2 or not (ids or _CITATION.match(_line(parts[0]))):
        return rejected(
            line, "This is not an entry as PubMed writes it: no citation, no title, no number.", raw
        )
    return _build(parts, ids, raw, line)


def _unix(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _line(text: str) -> str:
    return " ".join(text.split())


def _build(parts: list[str], ids: dict[str, str], raw: str, line: int) -> ParsedRecord:
    citation = _line(parts[0])
    cited = _CITATION.match(citation)
    found = {key: (value or "").strip() for key, value in cited.groupdict().items()} if cited else {}
    doi = re.search(r"\bdoi: ?(10\.\S+)", citation)
    body = [part for part in parts[1:] if not _IDS.match(part)]
    title = _line(body.pop(0)) if body else ""
    fields = Fields([("Citation", citation)])
    if body and re.match(r"^\[(?:Article|Review) in ", body[0]):
        fields.add("Language", body.pop(0))
    authors = _authors(body.pop(0)) if body and _are_names(body[0]) else []
    if body and body[0] == "[No authors listed]":
        body.pop(0)
    abstract: list[str] = []
    for part in body:
        if note := _NOTE.match(part):
            fields.add(note.group().rstrip(":"), part)
        elif _OWNED.match(part) and abstract:
            fields.add("Copyright", part)
        else:
            abstract.append(_line(part))
    language = re.match(r"\[(?:Article|Review) in ([A-Z][a-z]+)", " ".join(fields.peek("Language")))
    return record(
        fields=fields,
        raw=raw,
        line=line,
        title=re.sub(r"^\[(.+)\]\.?$", r"\1", title),
        abstract=" ".join(abstract),
        authors=authors,
        year=[found.get("year", ""), read_citation(citation).year],
        journal=found.get("journal", ""),
        volume=found.get("volume", ""),
        issue=found.get("issue", ""),
        pages=full_range(page_range(found.get("pages", ""))),
        doi=[ids.get("DOI", ""), doi[1] if doi else ""],
        pmid=[normalise.normalise_pmid(ids.get("PMID", ""))],
        pmcid=[normalise.normalise_pmcid(ids.get("PMCID", ""))],
        type="article",
        language=language[1] if language else "",
        issn=ids.get("ISBN", ""),
        accession=ids.get("PMID", ""),
    )


def _are_names(part: str) -> bool:
    """ "Epuna F(1), Shaheen SW(2)." and groups; an abstract's sentence does not look so."""
    text = _line(part)
    if len(text) < 150 and _GROUP.search(text):
        return True
    if _NOTE.match(text) or _LABEL.match(text) or not re.search(r"[.)]$", text):
        return False
    names = [name for name in re.split(r"[,;]", re.sub(r"\([\d, ]+\)", "", text)) if name.strip()]
    like = [
        n
        for n in names
        if re.fullmatch(r"\s*[\w'’. -]{1,50} [A-Z]{1,4}(?: (?:Jr|Sr|2nd|3rd|II|III))?\.?\s*", n)
    ]
    return len(like) > 0.5 * len(names)


def _authors(part: str) -> list[str]:
    text = re.sub(r"(?:\(\d+\))+", "", _line(part)).rstrip(".")
    return [name for name in (author(n) for n in re.split(r"[,;]", text)) if name]
