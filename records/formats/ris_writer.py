"""RIS out of records, with the tags nobody understood given back as they came."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from .ris_record import CANONICAL, TYPES

_TAG = re.compile(r"[A-Z][A-Z0-9]")
_LOOKS_TAGGED = re.compile(r"^[ \t]{0,3}(?:[A-Z][A-Z0-9]|PMID|PMCID|DOI)[ \t]{0,3}-")


def write_ris(records: Iterable[Any]) -> Iterator[str]:
    """One piece of text per record, each ending in an ER line; join them, or stream them, as UTF-8.

    Records are anything with the attributes of `ParsedRecord`; those that are missing or empty are left out.
    What RIS has no field for goes into N1 with its name ("PMID: 123", "MH: Depression").
    """
    for item in records:
        yield "".join(f"{line}\r\n" for line in _lines(item))


def _lines(item: Any) -> Iterator[str]:
    extra = {tag: list(values) for tag, values in (getattr(item, "extra", None) or {}).items()}
    kind = getattr(item, "type", "") or "other"
    source_type = (extra.pop("TY", None) or [""])[0]
    known = TYPES.get(source_type.upper(), "other") == kind or kind == "register"
    yield _line("TY", source_type if source_type and known else CANONICAL.get(kind, "GEN"))
    yield from _each("TI", [getattr(item, "title", "")])
    yield from _each("AU", getattr(item, "authors", None) or [])
    year = getattr(item, "year", None)
    yield from _each("PY", [str(year) if year else ""])
    for tag, name in (("T2", "journal"), ("VL", "volume"), ("IS", "issue")):
        yield from _each(tag, [getattr(item, name, "")])
    yield from _pages(getattr(item, "pages", "") or "")
    for tag, name in (("DO", "doi"), ("SN", "issn"), ("LA", "language"), ("UR", "url"), ("AN", "accession")):
        yield from _each(tag, [getattr(item, name, "")])
    yield from _each("KW", getattr(item, "keywords", None) or [])
    yield from _each("AB", [getattr(item, "abstract", "")])
    yield from _notes(item, extra)
    for tag, values in extra.items():
        if _TAG.fullmatch(tag) and tag not in {"ER", "EF"}:
            yield from _each(tag, values)
        else:
            yield from _each("N1", [f"{tag}: {value}" for value in values if value])
    yield "ER  - "


def _notes(item: Any, extra: dict[str, list[str]]) -> Iterator[str]:
    """Identifiers without a RIS field of their own, unless a tag that is given back anyway holds them."""
    rest = " ".join(value for values in extra.values() for value in values)
    rest += " " + " ".join(
        str(getattr(item, name, "") or "") for name in ("accession", "url", "title", "abstract")
    )
    pmid, pmcid = getattr(item, "pmid", "") or "", getattr(item, "pmcid", "") or ""
    if pmid and not re.search(rf"(?<!\d){re.escape(pmid)}(?!\d)", rest):
        yield _line("N1", f"PMID: {pmid}")
    if pmcid and pmcid not in rest:
        yield _line("N1", f"PMCID: {pmcid}")
    missing = [number for number in getattr(item, "registry_ids", None) or [] if number not in rest]
    if missing:
        yield _line("N1", f"Trial registration: {'; '.join(missing)}")


def _pages(pages: str) -> Iterator[str]:
    start, dash, end = pages.partition("-")
    if dash and start and end and "-" not in end and "," not in pages:
        yield from _each("SP", [start])
        yield from _each("EP", [end])
    else:
        yield from _each("SP", [pages])


def _each(tag: str, values: Iterable[str]) -> Iterator[str]:
    for value in values:
        if value and str(value).strip():
            yield _line(tag, str(value))


def _line(tag: str, value: str) -> str:
    """A value keeps its line breaks unless a line would read as a tag: then it is joined to the one before."""
    kept: list[str] = []
    for line in value.splitlines():
        line = line.strip()
        if kept and (not line or _LOOKS_TAGGED.match(line)):
            kept[-1] = f"{kept[-1]} {line}".rstrip()
        elif line or not kept:
            kept.append(line)
    return f"{tag}  - " + "\r\n".join(kept)
