"""From the tags of a RIS record to its fields; databases agree on few of them."""

from __future__ import annotations

import re

from . import normalise
from .assemble import Fields, author, names_of, page_range, record
from .base import ParsedRecord
from .text import clean

TYPES = {
    "JOUR": "article", "EJOUR": "article", "MGZN": "article", "NEWS": "article", "INPR": "article",
    "JFULL": "article", "ABST": "article", "ARTICLE": "article", "SER": "chapter",
    "BOOK": "book", "EBOOK": "book", "EDBOOK": "book",
    "CHAP": "chapter", "ECHAP": "chapter", "ENCYC": "chapter", "DICT": "chapter",
    "CONF": "conference", "CPAPER": "conference",
    "THES": "thesis",
    "RPRT": "report", "GOVDOC": "report", "STAND": "report",
    "UNPB": "preprint", "PREPRINT": "preprint",
    "CLSWK": "book",
    "ELEC": "webpage", "WEB": "webpage", "BLOG": "webpage", "ICOMM": "webpage",
    "CTLG": "other", "CTRIAL": "register",
}  # fmt: skip
CANONICAL = {
    "article": "JOUR", "book": "BOOK", "chapter": "CHAP", "conference": "CONF", "thesis": "THES",
    "report": "RPRT", "preprint": "UNPB", "register": "DATA", "webpage": "ELEC", "other": "GEN",
}  # fmt: skip
_CONTAINED = {"chapter", "conference"}
_SUPPLEMENT = r"\(?(?:suppl|supplement|pt|part|special|spec)\b[^;\n]{0,25}"
_ISSUE = re.compile(
    rf"\s*(?:(?:no|nr|iss|issue)\b\.?\s*)?(?:\d{{1,4}}(?:\s*[-/\u2013&,]\s*\d{{1,4}})?(?:\s*{_SUPPLEMENT})?|{_SUPPLEMENT})\s*",
    re.IGNORECASE,
)
_OWN_NOTE = re.compile(r"PMID: \d{1,8}|PMCID: PMC\d{1,9}|Trial registration: .{1,300}")
_DOI_NOTE = re.compile(
    r"(?:^|[\n;|])\W*doi\s*[:=-]?\s*(?:https?://(?:dx\.)?doi\.org/)?(10\.\d{3,9}/\S+)", re.IGNORECASE
)


def build(fields: Fields, raw: str, line: int) -> ParsedRecord:
    source_type = fields.take("TY").upper()
    kind = TYPES.get(source_type, "other")
    if CANONICAL.get(kind) != source_type and source_type:
        fields.add("TY", source_type)
    title = _title(fields, kind, source_type)
    journal = _journal(fields, kind, title)
    abstract = _abstract(fields)
    registry = fields.peek("ID", "UR", "N1")
    doi, pmid, pmcid = _identifiers(fields)
    accession = fields.take("AN", "ID")
    url = fields.take("UR", "LK")
    pages = page_range(fields.take("SP"), fields.take("EP"))
    if (
        not pages
        and kind == "article"
        and re.fullmatch(r"[A-Za-z]{0,3}\d[\w.-]{0,20}", " ".join(fields.peek("C7")))
    ):
        pages = fields.take("C7")  # the article number
    return record(
        fields=fields,
        raw=raw,
        line=line,
        title=title,
        abstract=abstract,
        authors=_authors(fields),
        year=_years(fields),
        journal=journal,
        volume=fields.take("VL"),
        issue=fields.take("IS") or _issue(fields),
        pages=pages,
        doi=doi,
        pmid=pmid,
        pmcid=pmcid,
        keywords=fields.all("KW", "DE", "MH"),  # LILACS writes MH
        type=_kind(fields, kind, source_type, journal),
        language=fields.take("LA"),
        url=url,
        issn=fields.take("SN"),
        accession=accession,
        registry=registry,
    )


def _title(fields: Fields, kind: str, source_type: str) -> str:
    own = ("TI", "T1", "CT") if kind in _CONTAINED else ("TI", "T1", "BT", "CT")
    title = fields.take(*own) or fields.take("TT", "ST")
    if not title and (
        kind in {"book", "report", "thesis", "webpage"} or not source_type or source_type == "GEN"
    ):
        title = fields.take("T2", "T3")
    fields.drop_repeats(title, "TI", "T1", "BT", "ST")
    return title


def _journal(fields: Fields, kind: str, title: str) -> str:
    """The container: full names before abbreviations; some databases write it in ST only."""
    tags = (
        ("BT", "T2", "JF", "JO") if kind in _CONTAINED else ("JF", "T2", "JO", "JA", "J2", "J1", "J9", "JI")
    )
    candidates = [v for tag in tags for v in fields.peek(tag)[:1]]
    if not candidates and kind == "conference" and "C1" not in fields:
        return fields.take("C3")  # the proceedings; Web of Science keeps addresses in C1 and C3
    if not candidates:
        short = clean(" ".join(fields.peek("ST"))).casefold()
        about_title = short and clean(title).casefold().startswith(short.rstrip(" .…")[:40])
        return fields.take("ST") if short and not about_title and kind == "article" else ""
    chosen = candidates[0]
    if clean(chosen).casefold() == clean(title).casefold() and len(candidates) > 1 and kind != "article":
        chosen = candidates[1]
    tag = next(tag for tag in tags if fields.peek(tag)[:1] == [chosen])
    fields.take(tag)
    fields.drop_repeats(chosen, *tags)
    return chosen


def _abstract(fields: Fields) -> str:
    """AB and N2 both may hold it, several times over; the longer one is the abstract."""
    ab, n2 = " ".join(fields.all("AB")), " ".join(fields.all("N2"))
    if len(clean(n2)) > len(clean(ab)):
        ab, n2 = n2, ab
        other = "AB"
    else:
        other = "N2"
    if clean(n2) and clean(n2) not in clean(ab):
        fields.add(other, n2)
    return ab


def _authors(fields: Fields) -> list[str]:
    """A1 and AU may both be given: what AU only repeats counts once, but two authors may well share a name."""
    first, second = _split(fields.all("A1")), _split(fields.all("AU"))
    known = {clean(name).casefold() for name in first}
    names = first + [name for name in second if clean(name).casefold() not in known]
    return names_of(names or _split(fields.all("A2", "ED")))


def _split(values: list[str]) -> list[str]:
    names: list[str] = []
    for value in values:
        for part in value.replace("\n", ";").split(";") if _many(value) else [value.replace("\n", " ")]:
            names.extend(_parts(part))
    return names


def _many(value: str) -> bool:
    """A wrapped or joined author field: every part looks like a name of its own."""
    parts = [part.strip() for part in re.split(r"[;\n]", value) if part.strip()]
    return ";" in value or (len(parts) > 1 and all("," in part or "," in author(part) for part in parts))


def _parts(value: str) -> list[str]:
    """ "Smith, J., Doe, K." and "Smith, J. and Doe, K." in one AU field."""
    if value.count(",") > 1 and " and " in value:
        return value.split(" and ")
    pairs = re.findall(r"[^,]+,\s*(?:[A-Z]\.[ -]?){1,4}(?=,|$)", value.strip())
    return (
        pairs if len(pairs) > 1 and sum(map(len, pairs)) + len(pairs) - 1 == len(value.strip()) else [value]
    )


def _years(fields: Fields) -> list[str]:
    years = []
    for tag in ("PY", "Y1", "DA", "YR"):
        for value in fields.peek(tag):
            years.append(value)
            # A bare year is wholly kept in `year`; a fuller date keeps its day in `extra`.
            if re.fullmatch(r"\s*\d{4}[/ ]*", value):
                fields.drop_repeats(value, tag)
    return years


def _identifiers(fields: Fields) -> tuple[list[str], list[str], list[str]]:
    """Candidates for DOI, PMID and PMCID, surest first. Cited references (M1 of PsycINFO) are not searched."""
    notes = fields.peek("N1")
    written = [note for note in notes if _OWN_NOTE.fullmatch(note)]  # as ris_writer puts them
    for note in written:
        fields.drop_repeats(note, "N1")
    database = " ".join(fields.peek("DB", "DP")).casefold()
    own = fields.all("DO", "DOI")
    doi = own + [
        v
        for v in fields.peek("M3", "L3", "ID", "AN")
        if re.match(r"\s*(?:doi[:\s]*|https?://)?\S*10\.\d", v, re.I)
    ]
    doi += [v for v in fields.peek("UR", "L2", "L1", "LK") if re.search(r"doi\.org/|/doi/", v)]
    doi += [m.group(1) for v in notes for m in _DOI_NOTE.finditer(v)]
    stray = [v for v in own if not normalise.normalise_doi(v)]
    for value in stray:
        fields.add("DO", value)
    pmid = [normalise.normalise_pmid(v) for v in [*fields.all("PMID"), *written]]
    accessions = fields.peek("AN", "ID")
    if "pubmed" in database or "medline" in database or database == "nlm":
        pmid += [normalise.normalise_pmid(v) for v in accessions]
    searched = accessions + notes + fields.peek("UR", "LK", "U1", "U2", "C1", "C2", "C6", "C7")
    pmid += [normalise.find_pmid(v) for v in searched if len(v) < 4000]
    if "scopus" in database or any("Export Date:" in note for note in notes):
        pmid += [v for v in fields.peek("C2") if re.fullmatch(r"\d{6,8}", v)]
    if "embase" in database or any(re.match(r"L\d{6,}", v) for v in fields.peek("U2")):
        pmid += [v for v in fields.peek("C5") if re.fullmatch(r"\d{5,8}", v)]
    pmcid = [normalise.normalise_pmcid(v) for v in fields.all("PMCID")]
    pmcid += [normalise.find_pmcid(v) for v in [*accessions, *notes, *fields.peek("C2", "UR", "L1", "L2")]]
    return doi, pmid, pmcid


def _issue(fields: Fields) -> str:
    """EndNote writes the issue of an electronic article to M1, where PsycINFO keeps cited references."""
    values = fields.peek("M1")
    return fields.take("M1") if len(values) == 1 and _ISSUE.fullmatch(values[0]) else ""


# What M3, U3 or PT say of the work, where a database files everything as JOUR or GEN.
_WORKS = (
    (re.compile(r"trial regist(?:ry|er)"), "register"),
    (re.compile(r"conference (?:abstract|paper)|meeting abstract"), "conference"),
    (re.compile(r"preprint"), "preprint"),
    (re.compile(r"^(?:book )?chapter|book chapter"), "chapter"),
    (re.compile(r"^(?:doctoral |master'?s )?(?:thesis|dissertation)|dissertation/thesis"), "thesis"),
)


def _kind(fields: Fields, kind: str, source_type: str, journal: str) -> str:
    """The kind by TY, or by the type of work where that says more."""
    work = clean(" ".join(fields.peek("M3", "U3", "PT"))).casefold()
    found = next((ours for mark, ours in _WORKS if mark.search(work)), "")
    if found in {"register", "conference", "preprint"} or (found and kind in {"article", "other"}):
        return found
    return "book" if source_type == "SER" and not journal else kind
