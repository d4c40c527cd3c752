"""RefWorks tagged text: two characters, a space, the value; RT begins a record."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from . import normalise
from .assemble import Fields, author, page_range, record
from .base import ParsedRecord, Rejected, rejected
from .notices import Notices
from .open_record import OpenRecord

_TAG = re.compile(r"^(?P<tag>[A-Z][A-Z0-9])(?: (?P<value>.*)|)$")
_KINDS = (
    ("conference", "conference"), ("section", "chapter"), ("book", "book"), ("dissertation", "thesis"),
    ("thesis", "thesis"), ("report", "report"), ("web page", "webpage"), ("unpublished", "preprint"),
    ("journal", "article"), ("magazine", "article"), ("newspaper", "article"), ("abstract", "article"),
)  # fmt: skip


def read(lines: Iterable[str], notices: Notices) -> Iterator[ParsedRecord | Rejected]:
    """Records in file order; a line without a tag continues the one before."""
    current: OpenRecord | None = None
    for number, line in enumerate(lines, 1):
        text = line.rstrip("\r\n")
        tag = _TAG.match(text)
        if tag and tag["tag"] == "RT":
            if current:
                yield _close(current)
            current = OpenRecord(number)
        elif current is None:
            if text.strip():
                notices.left_out(number)
            continue
        current.keep(line)
        if tag:
            current.add(tag["tag"], tag["value"])
        elif text.strip():
            current.go_on(text)
    if current:
        yield _close(current)


def _close(found: OpenRecord) -> ParsedRecord | Rejected:
    pairs = found.pairs()
    if not any(value for tag, value in pairs if tag != "RT"):
        return rejected(found.line, "The record holds no field but its type.", found.raw)
    return _build(Fields(pairs), found.raw, found.line)


def _build(fields: Fields, raw: str, line: int) -> ParsedRecord:
    work = " ".join(fields.peek("RT")).casefold()
    kind = next((ours for theirs, ours in _KINDS if theirs in work), "other")
    title = fields.take("T1") or fields.take("T2", "T3")
    container = ("T2", "JF", "JO") if kind in {"chapter", "conference"} else ("JF", "JO")
    journal = fields.take(*container) or (fields.take("T2") if kind == "article" else "")
    notes = fields.peek("NO", "U1", "U2", "U3", "U4", "U5")
    links = fields.peek("UL", "LK")
    return record(
        fields=fields,
        raw=raw,
        line=line,
        title=title,
        abstract=" ".join(fields.all("AB")),
        authors=[author(n) for v in fields.all("A1") or fields.all("A2") for n in re.split(r"[;\n]", v)],
        year=[fields.take("YR"), *fields.peek("FD", "RD")],
        journal=journal,
        volume=fields.take("VO"),
        issue=fields.take("IS"),
        pages=page_range(fields.take("SP"), fields.take("OP")),
        doi=[*fields.all("DO"), *(link for link in links if "doi" in link)],
        pmid=[normalise.find_pmid(v) for v in [*fields.peek("AN", "ID"), *notes, *links]],
        pmcid=[normalise.find_pmcid(v) for v in [*notes, *links]],
        keywords=fields.all("K1"),
        type=kind,
        language=fields.take("LA"),
        url=fields.take("UL", "LK"),
        issn=fields.take("SN"),
        accession=fields.take("AN"),
    )
