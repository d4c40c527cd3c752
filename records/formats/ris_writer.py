"""RIS out of records, with the tags nobody understood given back as they came."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from .assemble import Fields
from .base import ParsedRecord
from .ris_record import CANONICAL, build

_TAG = re.compile(r"[A-Z][A-Z0-9]")
_LOOKS_TAGGED = re.compile(
    r"^[ \t\xa0]{0,3}(?:[A-Z][A-Z0-9][ \t\xa0]{1,3}|(?:PMID|PMCID|DOI|TY|ER)[ \t\xa0]{0,3})-"
)
# Tags that RIS reads as one of the fields that are written here. Left over from another format they may mean
# something else (MEDLINE's IS is an ISSN): where a reader would be misled they are given back in a note.
_FIELDS = {
    "title": ("TI", "T1", "BT", "CT", "TT", "ST"), "authors": ("AU", "A1"), "year": ("PY", "Y1", "YR", "DA"),
    "journal": ("T2", "JF", "JO", "JA", "J2", "J1", "J9", "JI", "BT"), "volume": ("VL",), "issue": ("IS", "M1"),
    "pages": ("SP", "EP", "C7"), "doi": ("DO",), "issn": ("SN",), "language": ("LA",), "url": ("UR", "LK"),
    "accession": ("AN", "ID"), "keywords": ("KW", "DE", "MH"), "abstract": ("AB", "N2"),
}  # fmt: skip


def write_ris(records: Iterable[Any]) -> Iterator[str]:
    """One piece of text per record, each ending in an ER line; join them, or stream them, as UTF-8.

    Records are anything with the attributes of `ParsedRecord`; those that are missing or empty are left out.
    What RIS has no field for goes into N1 with its name ("PMID: 123", "MH: Depression"). Every record is read
    again before it is given out, so that reading the file gives back its fields.
    """
    for item in records:
        kind = _text(item, "type") or "other"
        source_type = "".join((getattr(item, "extra", None) or {}).get("TY", ())[:1])
        pairs = list(_pairs(item, source_type or CANONICAL.get(kind, "GEN")))
        found = _read(pairs)
        if source_type and found.type != kind:
            pairs[0] = ("TY", CANONICAL.get(kind, "GEN"))
            found = _read(pairs)
        misread = [name for name in _FIELDS if str(getattr(found, name) or "") != _text(item, name)]
        if misread:
            foreign = frozenset(tag for name in misread for tag in _FIELDS[name])
            pairs = list(_pairs(item, pairs[0][1], foreign))
            found = _read(pairs)
        pairs += [("N1", note) for note in _notes(item, found)]
        yield "".join(f"{_line(tag, value)}\r\n" for tag, value in pairs if value.strip()) + "ER  - \r\n"


def _read(pairs: list[tuple[str, str]]) -> ParsedRecord:
    return build(Fields(pairs), "", 1)


def _pairs(item: Any, kind: str, foreign: frozenset[str] = frozenset()) -> Iterator[tuple[str, str]]:
    """The record's own fields, then what was left of its source; tags that are `foreign` to RIS become notes."""
    yield "TY", kind
    yield "TI", _text(item, "title")
    for name in getattr(item, "authors", None) or []:
        # As EndNote has it, a comma at the end says that a name is not to be taken apart.
        yield "AU", f"{name}," if " " in name and "," not in name else name
    yield "PY", _text(item, "year")
    yield "T2" if _text(item, "title") else "JF", _text(item, "journal")
    yield "VL", _text(item, "volume")
    yield "IS", _text(item, "issue")
    yield from _pages(_text(item, "pages"))
    for tag, name in (("DO", "doi"), ("SN", "issn"), ("LA", "language"), ("UR", "url"), ("AN", "accession")):
        yield tag, _text(item, name)
    yield from (("KW", word) for word in getattr(item, "keywords", None) or [])
    yield "AB", _text(item, "abstract")
    for tag, values in (getattr(item, "extra", None) or {}).items():
        if tag == "TY":
            continue
        if _TAG.fullmatch(tag) and tag not in foreign and tag not in {"ER", "EF"}:
            yield from ((tag, str(value)) for value in values)
        else:
            yield from (("N1", f"{tag}: {value}") for value in values if value)


def _text(item: Any, name: str) -> str:
    return str(getattr(item, name, "") or "")


def _notes(item: Any, found: ParsedRecord) -> Iterator[str]:
    """Identifiers that a reader would miss: RIS has no field of their own for them."""
    if _text(item, "pmid") not in ("", found.pmid):
        yield f"PMID: {item.pmid}"
    if _text(item, "pmcid") not in ("", found.pmcid):
        yield f"PMCID: {item.pmcid}"
    missing = [n for n in getattr(item, "registry_ids", None) or [] if n not in found.registry_ids]
    if missing:
        yield f"Trial registration: {'; '.join(missing)}"


def _pages(pages: str) -> Iterator[tuple[str, str]]:
    start, dash, end = pages.partition("-")
    if dash and start and end and "-" not in end and "," not in pages:
        yield from (("SP", start), ("EP", end))
    else:
        yield "SP", pages


def _line(tag: str, value: str) -> str:
    """A value keeps its line breaks unless a line would read as a tag: then it is joined to the one before."""
    kept: list[str] = []
    for line in re.split(r"\r\n|\r|\n", value):
        line = line.strip()
        if kept and (not line or _LOOKS_TAGGED.match(line)):
            kept[-1] = f"{kept[-1]} {line}".rstrip()
        elif line or not kept:
            kept.append(line)
    return f"{tag}  - " + "\r\n".join(kept)
