"""The Cochrane Library's citation export: "Record #1 of 271", then "TI: value" lines (CENTRAL and reviews)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from .assemble import Fields, author, page_range, record
from .base import MAX_RECORD_CHARS, ParsedRecord, Rejected, UnreadableFile, rejected
from .notices import Notices
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
    pairs: list[list[str]] = []
    source: list[str] = []
    begun = size = 0
    for number, line in enumerate(lines, 1):
        text = line.rstrip("\r\n")
        if MARK.match(text):
            if source:
                yield _close(pairs, source, begun)
            pairs, source, size, begun = [], [line], 0, number
            continue
        tag = _TAG.match(text)
        if not source:
            if not tag:
                if text.strip():
                    notices.left_out(number)
                continue
            begun = number  # a file cut at its start
        source.append(line)
        size += len(line)
        if size > MAX_RECORD_CHARS:
            raise UnreadableFile(
                f"The record that begins on line {begun} never ends; the file is not a Cochrane export."
            )
        if tag:
            pairs.append([tag["tag"], (tag["value"] or "").strip()])
        elif text.strip() and pairs:
            pairs[-1][1] += "\n" + text.strip()
    if source:
        yield _close(pairs, source, begun)


def _close(pairs: list[list[str]], source: list[str], line: int) -> ParsedRecord | Rejected:
    raw = "".join(source)
    if not any(value for _, value in pairs):
        return rejected(line, "The record holds no field with a value.", raw)
    return _build(Fields((tag, value) for tag, value in pairs), raw, line)


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
