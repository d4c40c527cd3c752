"""The Cochrane Library's citation export: "Record #1 of 271", then "TI: value" lines (CENTRAL and reviews)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from .assemble import Fields, author, page_range, record
from .base import ParsedRecord, Rejected, rejected
from .notices import Notices
from .open_record import OpenRecord
from .text import clean

MARK = re.compile(r"^\s*Record\s*#?\s*\d+\s+of\s+[\d,.]+\s*$", re.IGNORECASE)
_TAG = re.compile(r"^(?P<tag>[A-Z]{2,4}):(?:\s+(?P<value>.*)|)$")
_PARTICLES = {
    *(
        "van",
        "von",
        "de",
        "del",
        "della",
        "der",
        "den",
        "da",
        "di",
        "do",
        "dos",
        "du",
        "la",
        "le",
        "ten",
        "ter",
    ),
    *("el", "al", "bin", "ibn", "abu", "st", "san", "mac", "zu", "af"),
}
_LINKS = {"i", "y", "e", "und", "de", "da", "do", "dos", "van", "von", "der", "den"}


def read(lines: Iterable[str], notices: Notices) -> Iterator[ParsedRecord | Rejected]:
    """Records in file order, each from its "Record #n of m" line to the next."""
    current: OpenRecord | None = None
    for number, line in enumerate(lines, 1):
        text = line.rstrip("\r\n")
        mark = bool(MARK.match(text))
        tag = _TAG.match(text)
        if mark and current is not None:
            yield _close(current)
            current = None
        if current is None:
            if not mark and not tag:
                if text.strip():
                    notices.left_out(number)
                continue
            current = OpenRecord(number)
        current.keep(line)
        if tag:
            current.add(tag["tag"], tag["value"])
        elif text.strip() and current:
            current.go_on(text)
    if current is not None:
        yield _close(current)


def _close(found: OpenRecord) -> ParsedRecord | Rejected:
    pairs = found.pairs()
    if not any(value for _, value in pairs):
        return rejected(found.line, "The record holds no field with a value.", found.raw)
    return _build(Fields(pairs), found.raw, found.line)


def _build(fields: Fields, raw: str, line: int) -> ParsedRecord:
    work = " ".join(fields.peek("PT")).casefold()
    kind = "conference" if "conference" in work else "register" if "registry" in work else "article"
    urls = fields.peek("US", "UR")
    sources = fields.peek("PM", "XR", "AN")
    accession = fields.take("ID", "AN")
    return record(
        fields=fields,
        raw=raw,
        line=line,
        title=fields.take("TI"),
        abstract=" ".join(fields.all("AB")),
        authors=[family_first(name) for value in fields.all("AU") for name in re.split(r"[;\n]", value)],
        year=[fields.take("YR"), *fields.peek("DT")],
        journal=fields.take("SO"),
        volume=fields.take("VL"),
        issue=fields.take("NO"),
        pages=page_range(fields.take("PG")),
        doi=[*fields.all("DOI", "DO"), *(url for url in urls if "doi" in url)],
        pmid=[
            m[1] for v in sources for m in re.finditer(r"(?:PUBMED|PMID|MEDLINE)[:\s]*(\d{4,8})\b", v, re.I)
        ],
        keywords=[
            re.sub(r"\s*\[checkword\]|^\*", "", word) for v in fields.all("KY") for word in v.split(";")
        ],
        type=kind,
        language=fields.take("LA"),
        url=fields.take("US", "UR"),
        issn=fields.take("SN"),
        accession=accession,
    )


def family_first(name: str) -> str:
    """ "Van Ryswyk Emer" and "Crowther Caroline A" as "Family, Given": Cochrane reviews leave the comma out.

    >>> family_first("Crowther Caroline A")
    'Crowther, Caroline A'
    """
    plain = clean(name).strip(" ;")
    words = plain.split(" ")
    if (
        "," in plain
        or len(words) < 2
        or any(
            word.casefold() in {"group", "collaboration", "network", "committee", "of", "for"}
            for word in words
        )
    ):
        return author(name)
    cut = 1
    while cut < len(words) - 1 and (words[cut - 1].casefold() in _PARTICLES or words[cut] in _LINKS):
        cut += 2 if words[cut] in _LINKS and cut + 2 < len(words) else 1
    return f"{' '.join(words[:cut])}, {' '.join(words[cut:])}"
