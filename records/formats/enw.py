"""EndNote tagged / Refer / BibIX (.enw, .enl, .ref): lines that begin with % and one character."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from . import normalise
from .assemble import Fields, author, given_first, page_range, record
from .base import ParsedRecord, Rejected, rejected
from .notices import Notices
from .open_record import OpenRecord

_TAG = re.compile(r"^\s?%(?P<tag>[0-9A-Z@!#$&()*+,.:;<=>?\[\]^_{|}~/\\-])(?:\s+(?P<value>.*)|)$")
_KINDS = (
    ("journal", "article"), ("magazine", "article"), ("newspaper", "article"), ("section", "chapter"),
    ("chapter", "chapter"), ("book", "book"), ("conference", "conference"), ("proceedings", "conference"),
    ("thesis", "thesis"), ("dissertation", "thesis"), ("report", "report"), ("preprint", "preprint"),
    ("web", "webpage"), ("electronic", "webpage"), ("blog", "webpage"), ("unpublished", "preprint"),
)  # fmt: skip


def read(lines: Iterable[str], notices: Notices) -> Iterator[ParsedRecord | Rejected]:
    """Records in file order: a blank line parts them, and so does %0 where a record already has one."""
    current: OpenRecord | None = None
    blank = False
    for number, line in enumerate(lines, 1):
        text = line.rstrip("\r\n")
        if not text.strip():
            blank = True
            if current:
                current.keep(line)
            continue
        tag = _TAG.match(text)
        if current and tag and _begins(tag["tag"], current, blank):
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
        else:
            current.go_on(text)
    if current:
        yield _close(current)


def _begins(tag: str, current: OpenRecord, blank: bool) -> bool:
    """True when the tag begins another record: a second type, or after a blank line a type, title or author."""
    if tag == "0":
        return blank or "0" in current.tags
    return blank and tag in "TA" and "T" in current.tags


def _close(found: OpenRecord) -> ParsedRecord | Rejected:
    pairs = found.pairs()
    if not any(value for tag, value in pairs if tag != "0"):
        return rejected(found.line, "The record holds no field with a value.", found.raw)
    return _build(Fields((f"%{tag}", value) for tag, value in pairs), found.raw, found.line)


def _names(values: Iterable[str]) -> list[str]:
    """One name a line; "and" and ";" part several in one."""
    parts = [part for value in values for part in re.split(r"\n|;|\sand\s", value)]
    return [name for name in (author(p) if "," in p else given_first(p) for p in parts) if name]


def _build(fields: Fields, raw: str, line: int) -> ParsedRecord:
    source_type = fields.take("%0")
    kind = next((ours for theirs, ours in _KINDS if theirs in source_type.casefold()), "other")
    if source_type:
        fields.add("%0", source_type)
    title = fields.take("%T")
    if kind == "other" and "%J" in fields:
        kind = "article"
    elif not source_type:  # plain refer: told by what it is in, or who published it
        kind = "chapter" if "%B" in fields and title else "book" if "%I" in fields else "other"
    contained = kind in {"chapter", "conference"}
    journal = fields.take("%B", "%J") if contained else fields.take("%J", "%B")
    if not title:
        title = fields.take("%!") or ("" if contained else fields.take("%B"))
    accession = fields.take("%M")
    notes = fields.peek("%Z", "%O", "%1", "%2", "%<")
    return record(
        fields=fields,
        raw=raw,
        line=line,
        title=title,
        abstract=" ".join(fields.all("%X")),
        authors=_names(fields.all("%A") or fields.all("%E", "%?")),
        year=[fields.take("%D"), *fields.peek("%8")],
        journal=journal,
        volume=fields.take("%V"),
        issue=fields.take("%N"),
        pages=page_range(fields.take("%P")),
        doi=[*fields.all("%R"), *(v for v in fields.peek("%U") if "doi.org/" in v)],
        pmid=[normalise.find_pmid(v) for v in [accession, *notes, *fields.peek("%U")]],
        pmcid=[normalise.normalise_pmcid(v) for v in fields.all("%2") if "PMC" in v],
        keywords=fields.all("%K"),
        type=kind,
        language=fields.take("%G"),
        url=fields.take("%U"),
        issn=fields.take("%@"),
        accession=accession,
    )
