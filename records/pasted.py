"""A reference somebody pasted, read into fields: an export's entry, a citation, or only an identifier."""

import re
import unicodedata

from records.formats import ParsedRecord, Rejected, UnreadableFile, parse
from records.formats.assemble import split_authors
from records.formats.normalise import (
    find_pmcid,
    find_registry_ids,
    normalise_doi,
    normalise_pmcid,
    normalise_pmid,
)

MOST_CHARACTERS = 200_000
LONGEST_CITATION = 3_000

_MARKED = re.compile(
    r"^[ \t]{0,3}TY[ \t]{1,3}-|^PMID *- ?\d|^PT [A-Z]\s|^%[0TA] |^\s*@\s*\w+\s*[{(]"
    r"|^\s*<(?:\?xml|PubmedArticle|xml\b)",
    re.MULTILINE,
)
_YEAR = r"(?:1[5-9]|20)\d\d"
_VOLUME = r"(?P<volume>[A-Za-z]{0,3}\d[\w/-]*)\s*(?:\((?P<issue>[^()]*)\))?"
_PAGES = r"(?P<pages>[A-Za-z]{0,3}\d[\w.]*(?:\s*[-\u2010-\u2015]\s*\w+)?)"
#: What stands behind the title, by house style.
_SOURCES = [
    re.compile(pattern)
    for pattern in (
        # Sleep. 2019 Jan 3;12(3):11-20
        rf"^(?P<journal>[^.]+(?:\.(?! (?:{_YEAR}))[^.]*)*)\.\s+(?P<year>{_YEAR})\b[^;]*;\s*{_VOLUME}"
        rf"\s*(?::\s*{_PAGES})?",
        # Sleep 2019;12(3):11-20
        rf"^(?P<journal>.+?)[.,]?\s+(?P<year>{_YEAR})\b[^;]*;\s*{_VOLUME}\s*(?::\s*{_PAGES})?",
        # Sleep, vol. 12, no. 3, 2019, pp. 11-20
        rf"^(?P<journal>.+?),\s+vol\.\s*(?P<volume>\w+)(?:,\s*no\.\s*(?P<issue>[\w/-]+))?,[^,]*?(?P<year>{_YEAR})(?:,\s*pp?\.\s*{_PAGES})?",
        # Sleep, 12(3), 11-20
        rf"^(?P<journal>.+?),\s+(?:[Vv]ol\.?\s*)?{_VOLUME}(?:,\s*(?:no\.\s*(?P<number>[\w/-]+),?\s*)?(?:pp?\.\s*)?{_PAGES})?",
        # Sleep 12, no. 3 (2019): 11-20
        rf"^(?P<journal>.+?),?\s+(?P<volume>\d+)(?:,\s*no\.\s*(?P<issue>[\w/-]+))?\s*\([^()]*(?P<year>{_YEAR})\)(?::\s*{_PAGES})?",
    )
]
_APA = re.compile(
    rf"^(?P<authors>.+?)\s*\((?P<year>{_YEAR})[a-z]?(?:,[^()]*)?\)\.?\s*(?P<title>.+?[.?!])(?:\s+(?P<source>.+))?$"
)
_QUOTED = re.compile(r"^(?P<authors>.*?)[,.]?\s*[“\"](?P<title>.+?)[,.]?[”\"][,.]?\s*(?P<source>.*)$")
_VANCOUVER = re.compile(r"^(?P<authors>[^.]+(?:, et al)?)\.\s+(?P<title>.+?[.?!])\s+(?P<source>.+)$")
_NOT_CITED = re.compile(
    r"https?://\S+|\b(?:doi|PMC?ID|Epub|Available (?:from|at)|Accessed)\b\s*:?.*$|\bPMC\d+\b|\b10\.\d{4,9}/\S+",
    re.IGNORECASE,
)


def read_pasted(text: str) -> ParsedRecord:
    """The one reference in ``text``; fields that cannot be told are left blank, for a person to fill in.

    Raises UnreadableFile, with a sentence, when there is nothing in it or more than one reference.
    """
    text = text.strip()
    if not text:
        raise UnreadableFile(
            "There is nothing to read. Paste a DOI, a PubMed number, a citation or an export's entry."
        )
    if len(text) > MOST_CHARACTERS:
        raise UnreadableFile(
            f"This has {len(text):,} characters, a pasted reference at most {MOST_CHARACTERS:,}. Save it as a file "
            "and import that."
        )
    if _MARKED.search(text):
        return _entry(text)
    if len(text) > LONGEST_CITATION:
        raise UnreadableFile(
            "This is too long for one citation and no entry of a known format (RIS, PubMed, BibTeX, EndNote). "
            "Paste one reference, or import a file."
        )
    return _citation(text)


def _entry(text: str) -> ParsedRecord:
    found = list(parse(text.encode("utf-8", "replace"), filename="the pasted text"))
    records = [item for item in found if isinstance(item, ParsedRecord)]
    if not records:
        cause = next((f" Line {item.line}: {item.cause}" for item in found if isinstance(item, Rejected)), "")
        raise UnreadableFile(f"No reference could be read in the pasted text.{cause}")
    if len(records) > 1:
        raise UnreadableFile(
            f"The pasted text holds {len(records)} references. Paste one at a time, or import them as a file."
        )
    return records[0]


def _citation(text: str) -> ParsedRecord:
    line = " ".join(unicodedata.normalize("NFC", text).split())
    parts = _parts(_NOT_CITED.sub("", line).strip(" .,;[]"))
    labelled = re.search(r"\bPMID\s*:?\s*(\d{1,8})\b", line, re.IGNORECASE)
    pmcid = re.search(r"\bPMC\s?\d{3,9}\b", line, re.IGNORECASE)
    pmid = normalise_pmid(line) or (normalise_pmid(labelled[1]) if labelled else "")
    registry_ids = find_registry_ids(line)
    lone = pmid if line.isdigit() else next((each for each in registry_ids if each == line), "")
    title = "" if lone else parts.get("title", "")
    return ParsedRecord(
        title=title,
        authors=_authors(parts.get("authors", "")) if title else [],
        year=int(parts["year"]) if parts.get("year") and title else None,
        journal=parts.get("journal", ""),
        volume=parts.get("volume", ""),
        issue=parts.get("issue", ""),
        pages=re.sub(r"\s*[\u2010-\u2015-]\s*", "-", parts.get("pages", "")),
        doi=normalise_doi(line),
        pmid=pmid,
        pmcid=normalise_pmcid(pmcid.group()) if pmcid else find_pmcid(line),
        registry_ids=registry_ids,
        type="article" if parts.get("journal") else "register" if lone and registry_ids else "other",
        raw=text,
    )


def _parts(line: str) -> dict[str, str]:
    """The parts of a citation that can be told; all of it is the title when none can."""
    for style in (_QUOTED, _APA, _VANCOUVER):
        if found := style.match(line):
            parts = {name: part or "" for name, part in found.groupdict().items()}
            parts["title"] = parts["title"].rstrip(".")
            source = _source(parts.pop("source", ""))
            return parts | {name: part for name, part in source.items() if part}
    return {"title": line}


def _authors(text: str) -> list[str]:
    text = re.sub(r",?\s*\bet al\b\.?$", "", text.strip())
    if initials := re.findall(r"([^,.&]+),\s*((?:[A-Z]\.[\s-]?)+)", text):  # Silva, A., & Berg, B. C.
        return [f"{family.strip()}, {given.strip()}" for family, given in initials]
    first, others, last = re.match(r"^(.*?)(,\s+and\s+|,?\s*&\s*|$)(.*)$", text).groups()  # type: ignore[union-attr]
    if others and first.count(",") == 1 and "," not in last:  # Silva, Ana, and Bo Berg
        return [first, *split_authors(last, turn=True)]
    return split_authors(re.sub(r",?\s*(?:&|\band\b)\s+", ", ", text))


def _source(text: str) -> dict[str, str]:
    for style in _SOURCES:
        if found := style.match(text):
            parts = {name: (part or "").strip(" .,") for name, part in found.groupdict().items()}
            number = parts.pop("number", "")
            return parts | {"issue": parts.get("issue") or number}
    year = re.search(_YEAR, text)
    return {"journal": "" if year else text.strip(" ."), "year": year.group() if year else ""}
