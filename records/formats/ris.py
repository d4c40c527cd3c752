"""RIS as databases really write it: read line by line, forgiving in form, losing nothing.

A record runs from its TY line (or, where a file has none, from its first tag) to ER, to the next TY or to
the end of the file. A line without a tag continues the one before.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from . import normalise
from .assemble import Fields, author, page_range, record
from .base import MAX_RECORD_CHARS, ParsedRecord, Rejected, UnreadableFile, rejected
from .notices import Notices
from .text import clean

# Two letters, gap, hyphen. "PMID", "PMCID" and "DOI" are written as tags by PsycNet and some reference managers.
_TAG = re.compile(
    r"^[ \t]{0,3}(?P<tag>[A-Z][A-Z0-9]|PMID|PMCID|DOI)(?P<gap>[ \t]{1,3})-(?:[ \t]+(?P<value>.*)|(?P<glued>.*))$"
)
_END = re.compile(r"^[ \t]{0,3}ER[ \t]{0,3}-[ \t]*(?P<rest>.*)$")
_START = re.compile(r"^[ \t]{0,3}TY[ \t]{0,3}-[ \t]*(?P<type>[A-Za-z][\w /-]*|)[ \t]*$")
_VENDOR = re.compile(r"^(?:Provider: |Link to the |<?https?://|Record #?\d+ of \d+)")
# Fields whose value is one token or number: text that follows on the next line is not part of them.
_ONE_LINE = frozenset(
    {"TY", "ER", "DO", "UR", "PY", "Y1", "DA", "Y2", "VL", "IS", "SP", "EP", "SN", "ID", "AN", "LA"}
    | {"L1", "L2", "L3", "L4", "LK", "DB", "DP", "PMID", "PMCID", "DOI"}
)

# Fields with which a record without TY can begin.
_OPENING = frozenset(
    {"TI", "T1", "AU", "A1", "JF", "JO", "T2", "BT", "AB", "N2", "PY", "Y1", "ID", "AN", "DO", "SP", "VL"}
)

TYPES = {
    "JOUR": "article", "EJOUR": "article", "MGZN": "article", "NEWS": "article", "INPR": "article",
    "JFULL": "article", "ABST": "article", "ARTICLE": "article", "SER": "chapter",
    "BOOK": "book", "EBOOK": "book", "EDBOOK": "book",
    "CHAP": "chapter", "ECHAP": "chapter", "ENCYC": "chapter", "DICT": "chapter",
    "CONF": "conference", "CPAPER": "conference",
    "THES": "thesis",
    "RPRT": "report", "GOVDOC": "report", "STAND": "report",
    "UNPB": "preprint", "PREPRINT": "preprint",
    "ELEC": "webpage", "BLOG": "webpage", "ICOMM": "webpage",
    "CTLG": "other", "CTRIAL": "register",
}  # fmt: skip
CANONICAL = {
    "article": "JOUR", "book": "BOOK", "chapter": "CHAP", "conference": "CONF", "thesis": "THES",
    "report": "RPRT", "preprint": "UNPB", "register": "DATA", "webpage": "ELEC", "other": "GEN",
}  # fmt: skip
_CONTAINED = {"chapter", "conference"}


def read(lines: Iterable[str], notices: Notices) -> Iterator[ParsedRecord | Rejected]:
    """Records in file order; `lines` keep their ends."""
    open_record: _Open | None = None
    for number, line in enumerate(lines, 1):
        text = line.rstrip("\r\n")
        start = _START.match(text)
        if open_record and open_record.ended and not start:
            tag = _TAG.match(text)
            if tag and len(tag["gap"].expandtabs(2)) > 1 and tag["tag"] not in {"ER", "EF"}:
                if tag["tag"] not in _OPENING:  # Ovid writes NL after ER
                    open_record.source.append(line)
                    open_record.pairs.append([tag["tag"], (tag["value"] or tag["glued"] or "").strip()])
                    continue
                yield open_record.close()
                open_record = None
            else:
                continue  # vendor lines between records
        if start and not (open_record and open_record.quotes(start, text)):
            if open_record:
                yield open_record.close()
            open_record = _Open(number, line, one_space=text.lstrip().startswith("TY -"), typed=True)
            open_record.pairs.append(["TY", start["type"].strip()])
            continue
        tag = _TAG.match(text)
        if open_record is None:
            if not tag or tag["tag"] in {"ER", "EF"} or len(tag["gap"].expandtabs(2)) < 2:
                continue  # lead-in text, vendor lines and blank lines between records
            open_record = _Open(number, "", one_space=False, typed=False)
        elif not open_record.typed and open_record.is_over(text, tag):
            yield open_record.close()
            open_record = _Open(number, "", one_space=False, typed=False)
        open_record.source.append(line)
        open_record.size += len(line)
        if open_record.size > MAX_RECORD_CHARS:
            raise UnreadableFile(
                f"The record that begins on line {open_record.line} is longer than {MAX_RECORD_CHARS:,} characters. "
                "Its end mark (ER) is probably missing, or the file is not a list of references."
            )
        end = _END.match(text)
        if end and (not end["rest"] or (text.startswith("ER  -") and len(end["rest"]) < 4)):
            open_record.ended = True
        elif tag and open_record.accepts(tag):
            value = tag["value"] if tag["value"] is not None else tag["glued"]
            open_record.pairs.append([tag["tag"], value.strip()])
        else:
            open_record.go_on(text)
    if open_record:
        yield open_record.close()


class _Open:
    """The record being read."""

    def __init__(self, line: int, first: str, *, one_space: bool, typed: bool):
        self.line, self.one_space, self.typed = line, one_space, typed
        self.source = [first] if first else []
        self.size = len(first)
        self.pairs: list[list[str]] = []
        self.blank = self.ended = False

    def quotes(self, start: re.Match[str], text: str) -> bool:
        """True when "TY - something" is a wrapped line of an abstract rather than the start of a record."""
        return bool(
            text.startswith("TY -")
            and not self.one_space
            and not self.ended
            and self.pairs
            and start["type"].upper() not in TYPES
        )

    def accepts(self, tag: re.Match[str]) -> bool:
        """A one-space tag counts only where the record's own TY line is written so: text wraps like that too."""
        if tag["gap"] == " " and not self.one_space:
            return False
        return not (tag["glued"] and tag["gap"] == " ")

    def is_over(self, text: str, tag: re.Match[str] | None) -> bool:
        """Records without TY: a blank line and then a field that can only stand once begins the next."""
        if not text.strip():
            self.blank = True
            return False
        was_blank, self.blank = self.blank, False
        once = {"TI", "T1", "PY", "Y1", "AB", "N2", "ID", "AN", "DO", "JF", "JO", "T2"}
        seen = {name for name, _ in self.pairs}
        return bool(tag and was_blank and (seen & once) and tag["tag"] in seen)

    def go_on(self, text: str) -> None:
        """A line without a tag: it continues a text field, else it becomes a note of its own."""
        text = text.strip()
        if not text:
            return
        tag = self.pairs[-1][0] if self.pairs else "TY"
        if tag in _ONE_LINE or (tag != "N1" and _VENDOR.match(text)):
            self.pairs.append(["N1", text])
        else:
            self.pairs[-1][1] += "\n" + text

    def close(self) -> ParsedRecord | Rejected:
        raw = "".join(self.source)
        fields = Fields((tag, value) for tag, value in self.pairs)
        content = [tag for tag, value in self.pairs if value and tag not in {"TY", "ER"}]
        if not content:
            return rejected(self.line, "The record holds no field: nothing stands between TY and ER.", raw)
        return _build(fields, raw, self.line)


def _build(fields: Fields, raw: str, line: int) -> ParsedRecord:
    source_type = fields.take("TY").upper()
    kind = TYPES.get(source_type, "other")
    if CANONICAL.get(kind) != source_type and source_type:
        fields.add("TY", source_type)
    title = _title(fields, kind)
    journal = _journal(fields, kind, title)
    abstract = _abstract(fields)
    doi, pmid, pmcid = _identifiers(fields)
    accession = fields.take("AN", "ID")
    url = fields.take("UR", "LK")
    pages = page_range(fields.take("SP"), fields.take("EP"))
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
        keywords=fields.all("KW", "DE"),
        type=_kind(fields, kind),
        language=fields.take("LA"),
        url=url,
        issn=fields.take("SN"),
        accession=accession,
        registry=fields.peek(
            "ID", "N1", "UR", "C1", "C2", "C3", "C4", "C5", "C6", "C7", "U1", "U2", "U3", "SI", "RN"
        ),
    )


def _title(fields: Fields, kind: str) -> str:
    own = ("TI", "T1", "CT") if kind in _CONTAINED else ("TI", "T1", "BT", "CT")
    title = fields.take(*own) or fields.take("TT", "ST")
    if not title and kind in {"book", "report", "thesis", "other", "webpage"}:
        title = fields.take("T2", "T3")
    fields.drop_repeats(title, "TI", "T1", "BT", "ST")
    return title


def _journal(fields: Fields, kind: str, title: str) -> str:
    """The container: full names before abbreviations; some databases write it in ST only."""
    tags = (
        ("BT", "T2", "JF", "JO") if kind in _CONTAINED else ("JF", "T2", "JO", "JA", "J2", "J1", "J9", "JI")
    )
    candidates = [v for tag in tags for v in fields.peek(tag)[:1]]
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
    tags = ("A1", "AU") if fields.peek("AU") or fields.peek("A1") else ("A2",)
    names = []
    for value in fields.all(*tags):
        for part in value.replace("\n", ";").split(";") if _many(value) else [value.replace("\n", " ")]:
            names.extend(_parts(part))
    return list(dict.fromkeys(name for name in map(author, names) if name))


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
    database = " ".join(fields.peek("DB", "DP")).casefold()
    own = fields.all("DO", "DOI")
    doi = own + [
        v
        for v in fields.peek("M3", "L3", "ID", "AN")
        if re.match(r"\s*(?:doi[:\s]*|https?://)?\S*10\.\d", v, re.I)
    ]
    doi += [v for v in fields.peek("UR", "L2", "L1", "LK") if re.search(r"doi\.org/|/doi/", v)]
    doi += [m.group(1) for v in notes for m in re.finditer(r"(?:^|\n)\W*doi\s*[:=]?\s*(10\.\S+)", v, re.I)]
    stray = [v for v in own if not normalise.normalise_doi(v)]
    for value in stray:
        fields.add("DO", value)
    pmid = [normalise.normalise_pmid(v) for v in fields.all("PMID")]
    accessions = fields.peek("AN", "ID")
    if "pubmed" in database or "medline" in database or database == "nlm":
        pmid += [normalise.normalise_pmid(v) for v in accessions]
    searched = accessions + notes + fields.peek("UR", "LK", "U1", "U2", "C1", "C2", "C6", "C7", "M1")
    pmid += [normalise.find_pmid(v) for v in searched if len(v) < 4000]
    pmcid = [normalise.normalise_pmcid(v) for v in fields.all("PMCID")]
    pmcid += [normalise.find_pmcid(v) for v in [*accessions, *notes, *fields.peek("C2", "UR", "L1", "L2")]]
    return doi, pmid, pmcid


def _issue(fields: Fields) -> str:
    """EndNote writes the issue of an electronic article to M1, where PsycINFO keeps cited references."""
    values = fields.peek("M1")
    return (
        fields.take("M1")
        if len(values) == 1 and re.fullmatch(r"\s*\d{1,4}(?:-\d{1,4})?\s*", values[0])
        else ""
    )


def _kind(fields: Fields, kind: str) -> str:
    """Type of work (M3, U3) says more than TY where a database files everything as JOUR."""
    work = clean(" ".join(fields.peek("M3", "U3", "PT"))).casefold()
    if "trial registry" in work or "trial register" in work:
        return "register"
    if "conference abstract" in work or "conference paper" in work or "meeting abstract" in work:
        return "conference"
    return "preprint" if "preprint" in work else kind
