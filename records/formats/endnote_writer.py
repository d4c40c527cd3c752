"""EndNote XML out of records, as EndNote writes it itself: every value is a run of text in one style."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from lxml import etree

#: Our kinds of records as EndNote's reference types, with their numbers; a trial register has none, so it is a
#: generic one by number, and by a name that our reader knows.
REF_TYPES = {
    "article": ("Journal Article", 17), "book": ("Book", 6), "chapter": ("Book Section", 5),
    "conference": ("Conference Proceedings", 10), "thesis": ("Thesis", 32), "report": ("Report", 27),
    "preprint": ("Unpublished Work", 34), "register": ("Clinical Trial", 13), "webpage": ("Web Page", 12),
    "other": ("Generic", 13),
}  # fmt: skip
_IN_A_BOOK = {"chapter", "conference"}
_STYLE = {"face": "normal", "font": "default", "size": "100%"}
#: What XML 1.0 cannot hold (section 2.2, Char).
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_VALUES = (
    ("pages", "pages"), ("volume", "volume"), ("number", "issue"), ("keywords/keyword", "keywords"),
    ("dates/year", "year"), ("isbn", "issn"), ("accession-num", "accession"), ("abstract", "abstract"),
)  # fmt: skip


def write_endnote_xml(records: Iterable[Any]) -> Iterator[str]:
    """One piece of text per record between a head and a foot; join them, or stream them, as UTF-8.

    Records are anything with the attributes of `ParsedRecord`; those that are missing or empty are left out.
    Identifiers without a place of their own go into the notes ("PMID: 123"); of `extra`, notes (N1) alone are given
    out.
    """
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<xml><records>\n'
    for number, item in enumerate(records, 1):
        yield etree.tostring(_record(item, number), encoding="unicode") + "\n"
    yield "</records></xml>\n"


def _record(item: Any, number: int) -> etree._Element:
    kind = _text(item, "type") or "other"
    root = etree.Element("record")
    etree.SubElement(root, "source-app", name="Review app").text = "Review app"
    etree.SubElement(root, "rec-number").text = str(getattr(item, "pk", None) or number)
    name, code = REF_TYPES.get(kind, REF_TYPES["other"])
    etree.SubElement(root, "ref-type", name=name).text = str(code)
    for author in getattr(item, "authors", None) or []:
        # As EndNote has it, a comma at the end says that a name is not to be taken apart.
        whole = " " in author and "," not in author
        _add(root, "contributors/authors/author", f"{author}," if whole else author)
    _add(root, "titles/title", _text(item, "title"))
    _add(root, "titles/secondary-title", _text(item, "journal"))
    if kind not in _IN_A_BOOK:
        _add(root, "periodical/full-title", _text(item, "journal"))
    for path, attribute in _VALUES:
        value = getattr(item, attribute, "") or ""
        for each in value if isinstance(value, list) else [value]:
            _add(root, path, str(each))
    for note in _notes(item):
        _add(root, "notes", note)
    _add(root, "urls/related-urls/url", _text(item, "url"))
    _add(root, "electronic-resource-num", _text(item, "doi"))
    _add(root, "language", _text(item, "language"))
    return root


def _notes(item: Any) -> list[str]:
    """One field of notes, a line each: EndNote has one."""
    lines = [f"{label}: {_text(item, name)}" for name, label in (("pmid", "PMID"), ("pmcid", "PMCID"))]
    lines = [line for line in lines if not line.endswith(": ")]
    if ids := getattr(item, "registry_ids", None):
        lines.append(f"Trial registration: {'; '.join(ids)}")
    lines += map(str, (getattr(item, "extra", None) or {}).get("N1", ()))
    return ["\n".join(lines)] if lines else []


def _add(root: etree._Element, path: str, value: str) -> None:
    """A value at the end of ``path``; its groups are made once, the last element each time."""
    value = _NOT_IN_XML.sub("", value)
    if not value:
        return
    here = root
    *groups, last = path.split("/")
    for group in groups:
        found = here.find(group)
        here = etree.SubElement(here, group) if found is None else found
    etree.SubElement(etree.SubElement(here, last), "style", _STYLE).text = value


def _text(item: Any, name: str) -> str:
    return str(getattr(item, name, "") or "")
