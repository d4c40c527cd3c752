"""Web of Science tagged text (.ciw, .isi, plain text): two letters, a space, values indented below."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from . import normalise
from .assemble import Fields, author, page_range, record
from .base import ParsedRecord, Rejected, rejected
from .notices import Notices
from .open_record import OpenRecord

_TAG = re.compile(r"^(?P<tag>[A-Z][A-Z0-9])(?: (?P<value>.*)|)$")
_EACH_LINE = {"AU", "AF", "BA", "BF", "CA", "GP", "CR", "C1", "ED", "BE", "RI", "OI"}
_KINDS = {"J": "article", "B": "book", "S": "chapter", "P": "other", "C": "conference"}
_OPENING = {"PT", "AU", "AF", "TI", "SO", "UT", "DT", "AB"}
_NAMES = ("AF", "AU")


def read(lines: Iterable[str], notices: Notices) -> Iterator[ParsedRecord | Rejected]:
    """Records in file order: PT begins one, ER ends it; FN, VR and EF frame the file."""
    current: OpenRecord | None = None
    for number, line in enumerate(lines, 1):
        text = line.rstrip("\r\n")
        tag = _TAG.match(text.rstrip())
        name = tag["tag"] if tag else ""
        if name == "PT" and current and current.tags != {"PT"}:
            yield _close(current)
            current = None
        if current is None:
            if name not in _OPENING:
                if text.strip() and name not in {"FN", "VR", "EF", "ER"}:
                    notices.left_out(number)
                continue
            current = OpenRecord(number)
        current.keep(line)
        if name == "ER" and tag and not (tag["value"] or "").strip():
            yield _close(current)
            current = None
        elif tag:
            current.add(name, tag["value"])
        elif text.strip() and current.last in _EACH_LINE:
            current.add(current.last, text)
        elif text.strip():
            current.go_on(text)
    if current:
        notices.no_end(current.line)
        yield _close(current)


def _close(found: OpenRecord) -> ParsedRecord | Rejected:
    pairs = found.pairs(" ")
    if not any(value for tag, value in pairs if tag != "PT"):
        return rejected(found.line, "The record holds no field with a value.", found.raw)
    return build(Fields(pairs), found.raw, found.line)


def _editors(fields: Fields) -> list[str]:
    return [author(part) for value in fields.peek("BE", "ED") for part in value.split(";")]


def _bracketed_dois(values: Iterable[str]) -> list[str]:
    """Inspec's item identifiers: "...],[S0003-6951(06)22430-6],[10.1063/1.2234275]"."""
    return [found for value in values for found in re.findall(r"\[(10\.\d{4,9}/[^\]\s]+)\]", value)]


def build(fields: Fields, raw: str, line: int) -> ParsedRecord:
    """A record from Web of Science's two-letter fields, tagged or as the columns of a table."""
    letter = fields.take("PT")
    work = " ".join(fields.peek("DT")).casefold()
    kind = _KINDS.get(letter.strip()[:1].upper(), "article")
    if letter and letter not in _KINDS:
        fields.add("PT", letter)
    if "meeting abstract" in work or (
        "proceedings paper" in work and not (kind == "article" and "article" in work)
    ):
        kind = "conference"
    elif "book chapter" in work:
        kind = "chapter"
    elif "preprint" in work:
        kind = "preprint"
    title = fields.take("TI") or fields.take("FT") or fields.take("X1")
    names: list[str] = []
    for tag in _NAMES:
        if fields.peek(tag):
            names = [author(part) for value in fields.all(tag) for part in value.split(";")]
            fields.all(*_NAMES)
            break
    groups = fields.all("CA") or ([] if names else fields.all("GP"))
    names = [*(names or _editors(fields)), *(author(part) for value in groups for part in value.split(";"))]
    journal = fields.take("SO") or fields.take("BS") or fields.take("JF") or fields.take("J9")
    accession = fields.take("UT", "AN")
    return record(
        fields=fields,
        raw=raw,
        line=line,
        title=title,
        abstract=" ".join(fields.all("AB")) or fields.take("X4"),
        authors=names,
        year=[fields.take("PY"), *fields.peek("PD", "EY", "EA", "DA")],
        journal=journal,
        volume=fields.take("VL"),
        issue=fields.take("IS"),
        pages=page_range(fields.take("BP", "PS"), fields.take("EP")) or page_range(fields.take("AR")),
        doi=[fields.take("DI"), *fields.peek("D2"), *_bracketed_dois(fields.peek("ID"))],
        pmid=[normalise.normalise_pmid(fields.take("PM")), normalise.find_pmid(accession)],
        pmcid=[],
        keywords=[word.replace(" / ", "/") for word in fields.all("DE", "ID", "MH", "MC", "MQ")],
        type=kind,
        language=fields.take("LA"),
        url=fields.take("UR"),
        issn=fields.take("SN", "EI"),
        accession=accession,
    )
