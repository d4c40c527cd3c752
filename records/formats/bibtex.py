"""BibTeX and BibLaTeX, entry by entry, so that a broken one does not take its neighbours along.

The text is cut where entries begin; bibtexparser splits each into fields; @string abbreviations are filled in,
LaTeX is turned into Unicode, and names are put as "Family, Given".
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator

from bibtexparser.middlewares.names import (
    InvalidNameError,
    parse_single_name_into_parts,
    split_multiple_persons_names,
)
from bibtexparser.model import (
    DuplicateBlockKeyBlock,
    DuplicateFieldKeyBlock,
    Entry,
    Field,
    ImplicitComment,
    ParsingFailedBlock,
    String,
)
from bibtexparser.splitter import Splitter
from pylatexenc.latex2text import LatexNodes2Text

from . import normalise
from .assemble import Fields, author, page_range, record
from .base import MAX_RECORD_CHARS, ParsedRecord, Rejected, UnreadableFile, rejected
from .text import clean

logging.getLogger("bibtexparser").setLevel(
    logging.CRITICAL
)  # broken entries are reported to the user, not the log

_START = re.compile(r"^\s*@\s*(?P<type>[A-Za-z][\w-]*)\s*[{(]")
_SURE_START = re.compile(
    r"^@[A-Za-z][\w-]*\s*[{(]\s*[^\s,{}()=\"]+\s*,|^\s*@\s*[A-Za-z][\w-]*\s*[{(]\s*[^\s,{}()=\"]*\s*,?\s*$"
)
_LOST_COMMA = re.compile(r"[}\"][ \t]*\n\s*[A-Za-z][\w-]*\s*=\s*[{\"]")
_AUXILIARY = {"string", "preamble", "comment"}
_MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS = {m: m.capitalize() for m in _MONTH_NAMES}
_LATEX = LatexNodes2Text(math_mode="text", keep_comments=True, strict_latex_spaces=False)
_KINDS = {
    "article": "article", "periodical": "article", "suppperiodical": "article",
    "book": "book", "mvbook": "book", "collection": "book", "booklet": "book", "manual": "report",
    "inbook": "chapter", "incollection": "chapter", "bookinbook": "chapter", "suppbook": "chapter",
    "inreference": "chapter",
    "inproceedings": "conference", "conference": "conference", "proceedings": "conference",
    "phdthesis": "thesis", "mastersthesis": "thesis", "thesis": "thesis", "bathesis": "thesis",
    "techreport": "report", "report": "report", "standard": "report",
    "unpublished": "preprint", "online": "webpage", "electronic": "webpage", "www": "webpage", "webpage": "webpage",
}  # fmt: skip


def read(lines: Iterable[str]) -> Iterator[ParsedRecord | Rejected]:
    """Records in file order. An entry that cannot be split into fields is Rejected with its line."""
    strings: dict[str, str] = dict(_MONTHS)
    for line, chunk in _chunks(lines):
        found = _START.match(chunk)
        if found and found["type"].casefold() == "comment":
            continue
        yield from _entries(chunk, line, strings)


def _chunks(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    """(line, text) from each place where an entry begins up to the next."""
    held: list[str] = []
    begun, depth, size = 1, 0, 0
    for number, line in enumerate(lines, 1):
        if "@" in line and _START.match(line) and (depth <= 0 or _SURE_START.match(line)):
            if held:
                yield begun, "".join(held)
            held, begun, depth, size = [], number, 0, 0
        elif not held or (depth <= 0 and line.lstrip().startswith("%")):
            continue  # text between entries is a comment; entries commented out with % are not entries
        held.append(line)
        size += len(line)
        if size > MAX_RECORD_CHARS:
            raise UnreadableFile(f"The entry that begins on line {begun} never ends: a brace is missing.")
        depth += _depth(line)
    if held:
        yield begun, "".join(held)


def _depth(text: str) -> int:
    text = text.replace("\\{", "").replace("\\}", "")
    return text.count("{") - text.count("}")


def _entries(chunk: str, line: int, strings: dict[str, str]) -> Iterator[ParsedRecord | Rejected]:
    chunk = chunk.replace("\r\n", "\n").replace("\r", "\n")
    blocks = Splitter(chunk).split().blocks
    if any(_is_broken(block) for block in blocks) and _depth(chunk) > 0:
        saved = _salvage(chunk, loose=True)
        if saved:
            yield _build(saved, chunk, line, strings)
            return
    alone = sum(not isinstance(block, ImplicitComment) for block in blocks) == 1
    for found in blocks:
        block, place = found, line + (found.start_line or 0)
        while isinstance(block, DuplicateBlockKeyBlock | DuplicateFieldKeyBlock) and block.ignore_error_block:
            block = block.ignore_error_block
        if isinstance(block, String):
            strings[block.key.casefold()] = _resolve(str(block.value), strings)
        elif isinstance(block, Entry):
            if any(_LOST_COMMA.search(str(f.value)) for f in block.fields):
                block = _salvage(block.raw or chunk) or block
            yield _build(block, block.raw or chunk, place, strings)
        elif isinstance(block, ParsingFailedBlock):
            raw = chunk if alone else block.raw or chunk
            saved = _salvage(raw)
            if saved:
                yield _build(saved, raw, place, strings)
            else:
                yield rejected(place, f"The entry cannot be split into fields: {_why(block)}", raw)


_FIELD_LINE = re.compile(r"^\s*,?\s*([A-Za-z][\w-]*)\s*=\s*(.*)$")


def _salvage(raw: str, *, loose: bool = False) -> Entry | None:
    """The fields of an entry that breaks the rules but has one field a line: no key, commas missing or too many.

    `loose` takes every "name = " at the start of a line for a field, even inside a brace that never closed.
    None unless a title or author comes out, so that nothing is made up from rubble.
    """
    found = _START.match(raw)
    if not found or found["type"].casefold() in _AUXILIARY:
        return None
    fields: list[list[str]] = []
    body = raw[found.end() :]
    head, _, rest = body.partition("\n")
    for line in [head if _FIELD_LINE.match(head) else "", *rest.split("\n")]:
        start = _FIELD_LINE.match(line)
        if start and (loose or _depth(fields[-1][1] if fields else "") <= 0):
            fields.append([start[1], start[2]])
        elif fields:
            fields[-1][1] += "\n" + line
    values = [Field(name.casefold(), _unclosed(value)) for name, value in fields]
    if not any(field.key in {"title", "author"} and str(field.value).strip('{}" ') for field in values):
        return None
    return Entry(found["type"], "", values, raw=raw)


def _unclosed(value: str) -> str:
    """A field's text up to its own end: trailing comma and the entry's closing brace off."""
    value = value.strip().rstrip(",").strip()
    while value and _depth(value) < 0 and value[-1] in "})":
        value = value[:-1].strip().rstrip(",").strip()
    if value[:1] == "{" and _depth(value) > 0:
        value += "}" * _depth(value)
    if value[:1] == '"' and value.count('"') % 2:
        value += '"'
    return value


def _is_broken(block: object) -> bool:
    return isinstance(block, ParsingFailedBlock) and not isinstance(
        block, DuplicateBlockKeyBlock | DuplicateFieldKeyBlock
    )


def _why(block: ParsingFailedBlock) -> str:
    reason = re.sub(r"\s+", " ", str(getattr(block.error, "abort_reason", "") or block.error)).strip()
    return (reason[:160] or "a brace or comma is missing").rstrip(".") + "."


def _resolve(value: str, strings: dict[str, str]) -> str:
    """The text of a field: enclosing braces or quotes off, abbreviations filled in, parts joined at #."""
    return "".join(_part(part.strip(), strings) for part in _parts(value))


def _parts(value: str) -> list[str]:
    if "#" not in value:
        return [value]
    parts, depth, quoted, start = [], 0, False, 0
    for index, char in enumerate(value):
        if char == "{":
            depth += 1
        elif char == "}":
            depth -= 1
        elif char == '"' and depth == 0:
            quoted = not quoted
        elif char == "#" and depth == 0 and not quoted:
            parts.append(value[start:index])
            start = index + 1
    return [*parts, value[start:]]


def _part(part: str, strings: dict[str, str]) -> str:
    if len(part) > 1 and (part[0], part[-1]) in {("{", "}"), ('"', '"')}:
        return part[1:-1]
    return strings.get(part.casefold(), part)


def plain(text: str) -> str:
    """LaTeX to Unicode; a per cent sign is text here, not the start of a comment."""
    if not any(char in text for char in "\\{}$~`'-"):
        return clean(text)
    text = re.sub(r"(?<!\\)%", r"\\%", text)
    text = re.sub(r"(?<!\\)\$(?=[^$]*$)", r"\\$", text) if text.count("$") % 2 else text
    try:
        decoded = _LATEX.latex_to_text(text)
    except (ValueError, TypeError, AttributeError, IndexError, KeyError, RecursionError):
        # pylatexenc gives up on some broken macros; the text without its braces still reads.
        decoded = re.sub(r"[{}]|\\(?=[a-zA-Z])", "", text)
    return clean(decoded)


def _names(text: str) -> list[str]:
    names = []
    for person in split_multiple_persons_names(re.sub(r"\s+", " ", text)):
        if person.strip().casefold() == "others":
            continue
        try:
            parts = parse_single_name_into_parts(person, strict=False)
        except InvalidNameError:
            names.append(author(plain(person)))
            continue
        family = plain(" ".join([*parts.von, *parts.last]))
        given = plain(" ".join(parts.first))
        suffix = plain(" ".join(parts.jr))
        names.append(", ".join(part for part in (family, given, suffix) if part))
    return [name for name in names if name]


def _build(entry: Entry, raw: str, line: int, strings: dict[str, str]) -> ParsedRecord:
    fields = Fields((f.key.casefold(), _resolve(str(f.value), strings)) for f in entry.fields)
    kind = _KINDS.get(entry.entry_type.casefold(), "other")
    title, subtitle = plain(fields.take("title")), plain(fields.take("subtitle"))
    if subtitle and subtitle.casefold() not in title.casefold():
        title = f"{title}: {subtitle}" if title and title[-1] not in ":?!." else f"{title} {subtitle}".strip()
    names = _names(fields.take("author"))
    journal = fields.take("journal", "journaltitle", "fjournal", "booktitle", "journal-full")
    if kind == "other" and journal:
        kind = "article"
    if "preprint" in " ".join(fields.peek("archiveprefix", "eprinttype", "note")).casefold():
        kind = "preprint"
    url, notes = fields.take("url"), fields.peek("note", "annote", "extra", "notes")
    doi = [plain(v) if "\\" in v else v for v in fields.all("doi")]
    if entry.key and not entry.key.isspace():
        fields.add("key", entry.key)
    if entry.entry_type.casefold() not in {"article", "book"}:
        fields.add("entrytype", entry.entry_type)
    pages = fields.take("pages", "article-number", "eid")
    return record(
        fields=fields,
        raw=raw,
        line=line,
        title=title,
        abstract=plain(fields.take("abstract")),
        authors=names,
        year=[*fields.all("year"), *fields.peek("date", "publication_date", "issued")],
        journal=plain(journal),
        volume=plain(fields.take("volume")),
        issue=plain(fields.take("number", "issue")),
        pages=page_range(plain(pages).replace("−", "-")),
        doi=[*doi, *([url] if "doi.org/" in url else [])],
        pmid=[
            *map(normalise.normalise_pmid, fields.all("pmid", "pubmed_id", "pubmedid", "pubmed")),
            *map(normalise.find_pmid, [*notes, url]),
        ],
        pmcid=[
            *map(normalise.normalise_pmcid, fields.all("pmcid", "pmc", "pmc_id")),
            *map(normalise.find_pmcid, [*notes, url]),
        ],
        keywords=_keywords(fields.all("keywords", "keyword", "author_keywords")),
        type=kind,
        language=plain(fields.take("language", "langid")),
        url=url.replace("\\", ""),
        issn=fields.take("issn", "isbn"),
        accession=fields.take("unique-id", "accession", "accession_number"),
        registry=notes,
    )


def _keywords(values: list[str]) -> list[str]:
    """Parted by semicolons where there are any, else by commas."""
    words = [plain(value) for value in values]
    return [w if ";" in w else w.replace(",", ";") for w in words]
