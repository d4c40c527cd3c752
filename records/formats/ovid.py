"""Ovid's own formats: "<1. >" before each record, then "TI  - text" lines or labels with indented text below.

Which tag holds what depends on the database behind Ovid; where JN, VO, IP and PG are missing, journal, volume,
issue and pages are read from the citation in SO (see citation.py).
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

_MARK = re.compile(r"^\s{0,3}<\s*\d+\s*\.?\s*>\s*$")
_TAG = re.compile(r"^ {0,3}(?P<tag>[A-Z][A-Z0-9]{1,5})[ \t]{1,4}-(?:[ \t](?P<value>.*)|)$")
_EACH_LINE = {"AU", "FA", "MH", "OD", "ED", "PT"}
#: The spelled-out labels of Ovid's print layout, as tags; others are kept under their own name.
LABELS = {
    "accession number": "AN", "author": "AU", "authors": "AU", "author name": "AU", "authors full name": "FA",
    "title": "TI", "chapter title": "CT", "source": "SO", "abstract": "AB", "author keywords": "KW", "keywords": "KW",
    "keyword heading": "KW", "key concepts": "ID", "subject headings": "MH", "mesh subject headings": "MH",
    "index terms": "MH", "emtree heading": "MH", "candidate terms": "OD", "language": "LG",
    "publication type": "PT", "document type": "DT", "issn": "IS", "issn print": "IS", "isbn": "IB",
    "doi number": "DO", "doi": "DO", "digital object identifier": "DO", "pmid": "PM", "pubmed id": "PM",
    "pmid accession number": "PM", "unique identifier": "UI", "year of publication": "YR",
    "publication year": "YR", "date of publication": "DP", "publication date": "DP", "references": "RF",
    "database": "DB", "editors": "ED", "book editors": "ED", "journal name": "JN", "volume": "VO",
    "issue": "IP", "issue part": "IP", "page": "PG", "pages": "PG", "page numbers": "PG", "book title": "BT",
    "corporate author": "CN", "url": "UR",
}  # fmt: skip
_KINDS = (
    ("conference", "conference"), ("meeting", "conference"), ("chapter", "chapter"), ("dissertation", "thesis"),
    ("thesis", "thesis"), ("book review", "article"), ("edited book", "book"), ("authored book", "book"),
    ("book", "book"), ("report", "report"), ("preprint", "preprint"), ("trial registry", "register"),
)  # fmt: skip
_DEGREES = re.compile(
    r"(?:[,;]?\s+(?:MD|PhD|Ph\.D\.|MPH|MSc|MS|MA|BSc|BS|BA|RN|FAAN|FRCP|FACS|DO|DDS|DMD|PharmD|MBBS|MBA|EdD|PsyD|"
    r"DrPH|ScD|DSc|DVM|JD|MEd|MHS|MSN|FACP|FACC|FRCS|Dr|Prof)\b\.?)+(?=[\s,;]|$)"
)
_LABEL = re.compile(r"[A-Z][A-Za-z/&()'. -]{1,58}")


def read(lines: Iterable[str], notices: Notices) -> Iterator[ParsedRecord | Rejected]:
    """Records in file order: each begins with its number, or with VN where the numbers were left out."""
    current: _Open | None = None
    for number, line in enumerate(lines, 1):
        text = line.rstrip("\r\n")
        mark = bool(_MARK.match(text))
        if current is not None and (mark or current.is_over(text)):
            yield current.close()
            current = None
        if current is None:
            if not text.strip():
                continue
            current = _Open(number)
        current.keep(line)
        if mark:
            current.marked = True
        else:
            current.take(text)
    if current is not None:
        yield current.close()


class _Open(OpenRecord):
    """The record being read; `labels` once its first line proved to be a spelled-out label."""

    def __init__(self, line: int):
        super().__init__(line)
        self.blank = self.labels = self.marked = False

    def is_over(self, text: str) -> bool:
        """Without numbers between them, the first field of a record come again begins the next one."""
        blank, self.blank = self.blank, not text.strip()
        if self.marked or not self:
            return False
        if self.labels:
            return not text[:1].isspace() and LABELS.get(text.strip().casefold(), text.strip()) == self.first
        found = _TAG.match(text)
        return bool(found and found["tag"] == self.first and (blank or self.first == "VN"))

    def take(self, text: str) -> None:
        found = None if self.labels else _TAG.match(text)
        if found:
            self.add(found["tag"], found["value"])
        elif not text.strip():
            return
        elif (self.labels or not self) and _LABEL.fullmatch(text.rstrip()) and not text[0].isspace():
            self.labels = True
            self.add(LABELS.get(text.strip().casefold(), text.strip()), "")
        elif not self:
            self.add("note", text)
        elif self.last in _EACH_LINE and not self.empty:
            self.add(self.last, text)
        else:
            self.go_on(text)

    def close(self) -> ParsedRecord | Rejected:
        pairs = self.pairs()
        if not any(value for tag, value in pairs if tag not in {"VN", "DB", "note"}):
            return rejected(self.line, "The record holds no field with a value.", self.raw)
        return _build(Fields(pairs), self.raw, self.line)


def _build(fields: Fields, raw: str, line: int) -> ParsedRecord:
    database = " ".join(fields.peek("DB")).casefold()
    kind = _kind(fields, database)
    accession = _plain(fields.take("AN", "UI")).split(": ")[-1]
    cited = read_citation(" ".join(fields.peek("SO")))
    pmid = [normalise.normalise_pmid(_plain(v)) for v in fields.all("PM")]
    if "medline" in database or "pubmed" in database:
        pmid.append(normalise.normalise_pmid(accession))
    return record(
        fields=fields,
        raw=raw,
        line=line,
        title=_title(fields.take("TI", "CT")),
        abstract=" ".join(fields.all("AB")),
        authors=_authors(fields),
        year=[fields.take("YR"), *fields.peek("DP", "PY"), cited.year, *fields.peek("Status", "PH")],
        journal=_plain(fields.take("JN", "JT")) or (_plain(fields.take("BT")) if kind == "chapter" else "")
        or ("" if kind in {"book", "thesis"} else cited.journal),
        volume=fields.take("VO", "VI") or cited.volume,
        issue=fields.take("IP") or cited.issue,
        pages=full_range(page_range(fields.take("PG")) or page_range(cited.pages)),
        doi=[*fields.all("DO", "DI"), *(v for v in fields.peek("ID") if "[doi]" in v), *fields.peek("UR")],
        pmid=pmid,
        pmcid=[normalise.find_pmcid(v) for v in fields.peek("PC", "OI", "NT")],
        keywords=_keywords(fields),
        type=kind,
        language=_plain(fields.take("LG", "LA")),
        url=fields.take("UR"),
        issn=_plain(fields.take("IS", "IB")),
        accession=accession,
    )  # fmt: skip


def _kind(fields: Fields, database: str) -> str:
    work = " ".join(fields.peek("PT", "DT", "ST", "SU")).casefold()
    found = next((ours for theirs, ours in _KINDS if theirs in work), "")
    if found == "book" and "SO" in fields and "journal" in work:
        found = "article"
    if (
        found == "conference"
        and "conference abstract" not in work
        and re.search(r"^article|journal article", work)
    ):
        found = "article"  # a journal that printed a talk
    return found or ("book" if "books@ovid" in database else "article")


def _plain(value: str) -> str:
    """Without the full stop that Ovid sets after most values."""
    return re.sub(r"(?<!\.)\.\s*$", "", value.strip())


def _title(value: str) -> str:
    """Without what Ovid adds to a title: "[Article]", "[References]", quotation marks around it, a full stop."""
    value = re.sub(r"\s*\[(?:[A-Z][\w/ -]{2,40})\]\.?\s*$", "", value.strip()) or value
    value = _plain(value)
    return value[1:-1] if re.fullmatch(r"\"[^\"]+\"", value) else value


def _authors(fields: Fields) -> list[str]:
    short, full = fields.all("AU"), fields.all("FA")
    names = _names(full if len(full) >= len(short) and full else short)
    names += _names(fields.peek("CN"))
    return names or _names(fields.peek("ED"))


def _names(values: Iterable[str]) -> list[str]:
    found = []
    for part in (part for value in values for part in re.split(r";|\n", value)):
        part = re.sub(r"\[(?:E-?mail|Reprint|Ed)[^\]]*\]?", "", part, flags=re.IGNORECASE)
        part = re.sub(r"(?:\s+\([^()]{1,12}\)|[\s,]+[\d*+#&\[\]]+|[*+]+)+\s*$", "", part).strip(" ,")
        part = _DEGREES.sub("", f" {part}").strip(" ,")
        if not part or re.fullmatch(r"[A-Z]{2,4}|[A-Z][a-z]?[A-Z]+", part):
            continue  # a degree on its own: "Bunkers, Sandra RN; PhD; FAAN"
        part = re.sub(r"(?<=[a-z])\.$", "", part)
        family, comma, given = part.partition(",")
        if comma and family.isupper() and len(family) > 3 and not given.isupper():
            part = f"{family.title()},{given}"
        found.append(author(part))
    return [name for name in found if name]


def _keywords(fields: Fields) -> list[str]:
    words = [
        re.sub(r"\s*\[(?:other term|checkword)\]", "", v.lstrip("*")) for v in fields.peek("MH", "KW", "OD")
    ]
    described = () if "zoological" in " ".join(fields.peek("DB")).casefold() else ("DE",)
    for value in fields.peek("ID", *described):
        if "[doi]" in value or "[pii]" in value:
            continue
        words += re.split(r"\s*,\s+|\n", _plain(value)) if ";" not in value and len(value) < 400 else [value]
    fields.all("MH", "KW", "OD")
    return [_plain(word) for word in words]
