"""BibTeX and BibLaTeX, entry by entry, so that a broken one does not take its neighbours along.

The text is cut where entries begin; `bibtex_entry` splits each into fields, `bibtex_record` makes a record of them.
Here is what entries share: @string abbreviations, and fields inherited by crossref and xdata.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from .base import MAX_RECORD_CHARS, ParsedRecord, Rejected, UnreadableFile, rejected
from .bibtex_entry import START, Entry, split
from .bibtex_record import build
from .normalise import normalise_doi
from .notices import Notices

# An entry that never closes ends where the next one surely begins: at the start of a line, and with a key.
_SURE_START = re.compile(
    r"^\s*@\s*(?:article|book|booklet|conference|inbook|incollection|inproceedings|manual|mastersthesis|misc|phdthesis|"
    r"proceedings|techreport|unpublished|online|report|thesis|collection|dataset|software|electronic|string)"
    r"\s*[{(]\s*[^\s,{}()=\"]*\s*,|^\s*@\s*[A-Za-z][\w-]*\s*[{(]\s*[^\s,{}()=\"]*\s*,?\s*$",
    re.IGNORECASE,
)
_TOKEN = re.compile(rf"\\.|[{{}}]|{START.pattern}")
_TYPE_ALONE = re.compile(r"\s*@\s*[A-Za-z][\w-]*\s*$")
_OUTSIDE = 1 << 13  # characters between entries that are looked through for an entry without its "@"
_WITHOUT_AT = re.compile(
    r"^[ \t]*[A-Za-z]+[ \t]*\{[ \t]*[^\s,{}=]+[ \t]*,[ \t]*\n(?=[^@]*?^[ \t]*(?:title|author)\s*=)",
    re.MULTILINE | re.IGNORECASE,
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# Works that hold others; their title is the booktitle of what they hold.
_CONTAINERS = {"book", "mvbook", "collection", "mvcollection", "proceedings", "mvproceedings", "conference",
               "reference", "mvreference", "periodical", "misc"}  # fmt: skip
_OWN = {"abstract", "keywords", "file", "crossref", "xdata", "author", "doi", "url", "pages", "note", "pmid", "pmcid",
        "title", "subtitle", "shorttitle", "type", "annote", "eprint", "number", "key", "label"}  # fmt: skip
_KEPT_TO_ITSELF = {"abstract", "file", "note", "annote", "affiliation", "references", "cited-references", "doi",
                   "url", "keywords", "author_keywords"}  # fmt: skip
_MOST_PARENTS = 20_000
_MOST_WAITING = 2_000


def read(lines: Iterable[str], notices: Notices | None = None) -> Iterator[ParsedRecord | Rejected]:
    """Records in file order. An entry without any field is Rejected; one that could only be read by guessing where
    its fields end, or whose crossref leads nowhere, is told to `notices`."""
    library = _Library(notices or Notices())
    for line, text in _chunks(lines):
        yield from library.take(line, text)
    yield from library.close()


def _chunks(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    """(line, text) from each place where an entry begins up to the next; first what stands before all of them.

    As in BibTeX itself, @comment hides only what is on its line: entries inside of its braces are entries.
    """
    held: list[str] = []
    begun, depth, size = 1, 0, 0
    for number, text in _joined(lines):
        if depth <= 0 and (text.lstrip().startswith("%") or (size > _OUTSIDE and "@" not in text)):
            continue  # entries commented out are none
        place = 0
        if "@" not in text and "\\" not in text:  # nearly all lines
            depth = max(depth + text.count("{") - text.count("}"), 0)
        else:
            for found in _TOKEN.finditer(text):
                mark = found.group()
                if mark[0] == "@" and (depth <= 0 or _begins(text, found)):
                    held.append(text[place : found.start()])
                    if "".join(held).strip():
                        yield begun, _with_newlines(held)
                    held, begun, place, size, depth = [], number, found.start(), 0, 0
                if mark[-1] == "{" and mark[0] != "\\":
                    depth += 1
                elif mark == "}":
                    depth = max(depth - 1, 0)
        held.append(text[place:])
        size += len(text) - place
        if size > MAX_RECORD_CHARS:
            raise UnreadableFile(f"The entry that begins on line {begun} never ends: a brace is missing.")
    text = _with_newlines(held)
    if text.strip():
        yield begun, text


def _joined(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Lines with their numbers; "@article" on a line of its own goes with the brace on the next."""
    begun, held = 0, ""
    for number, text in enumerate(lines, 1):
        if held and len(held) < 200 and not text.strip():
            held += text
        elif held:
            yield begun, held + text
            held = ""
        elif "@" in text and _TYPE_ALONE.match(text):
            begun, held = number, text
        else:
            yield number, text
    if held:
        yield begun, held


def _begins(text: str, found: re.Match[str]) -> bool:
    return not text[: found.start()].strip() and bool(_SURE_START.match(text))


def _with_newlines(parts: list[str]) -> str:
    return "".join(parts).replace("\r\n", "\n").replace("\r", "\n")


@dataclass
class _Library:
    """The entries of a file; one that waits for its parent further down keeps back those behind it."""

    notices: Notices
    strings: dict[str, str] = field(default_factory=lambda: {month: month.capitalize() for month in _MONTHS})
    parents: dict[str, Entry] = field(default_factory=dict)
    waiting: deque[Entry | Rejected] = field(default_factory=deque)

    def take(self, line: int, text: str) -> Iterator[ParsedRecord | Rejected]:
        entry = split(text, line, self.strings)
        if entry is None:
            self._look_outside(line, text)
        elif entry.type == "string":
            self.strings |= {name.casefold(): value for name, value in entry.fields}
        elif entry.type not in {"comment", "preamble"}:
            self._keep(entry)
        if entry is not None:
            self._look_outside(line + entry.raw.count("\n"), text[len(entry.raw) :])
        yield from self._ready(_MOST_WAITING)

    def close(self) -> Iterator[ParsedRecord | Rejected]:
        yield from self._ready(0)

    def _look_outside(self, line: int, text: str) -> None:
        found = _WITHOUT_AT.search(text, 0, _OUTSIDE) if "=" in text else None
        if found:
            cause = "An entry begins without its “@”; it was not read."
            self.waiting.append(
                rejected(line + text.count("\n", 0, found.start()), cause, text[found.start() :])
            )

    def _keep(self, entry: Entry) -> None:
        if not any(value.strip() for _, value in entry.fields):
            what = (
                "The entry holds no field."
                if entry.closed
                else "The entry breaks off before its first field."
            )
            self.waiting.append(rejected(entry.line, what, entry.raw))
            return
        if not entry.closed:
            self.notices.add(
                "{n} entry has no closing brace: it was read as far as the next one or the end of the file",
                "{n} entries have no closing brace: each was read as far as the next one or the end of the file",
                line=entry.line,
            )
        elif entry.mended:
            self.notices.add(
                "{n} entry has a brace, quotation mark or comma too many or missing: "
                "its fields were told apart by their names",
                "{n} entries have braces, quotation marks or commas too many or missing: "
                "their fields were told apart by their names",
                line=entry.line,
            )
        if entry.key and len(self.parents) < _MOST_PARENTS:
            handed = [(name, value) for name, value in entry.fields if name not in _KEPT_TO_ITSELF]
            self.parents.setdefault(entry.key.casefold(), replace(entry, raw="", fields=handed))
        if entry.type != "xdata":
            self.waiting.append(entry)

    def _ready(self, most: int) -> Iterator[ParsedRecord | Rejected]:
        while self.waiting and (len(self.waiting) > most or self._is_ready(self.waiting[0])):
            item = self.waiting.popleft()
            yield item if isinstance(item, Rejected) else self._build(item)

    def _is_ready(self, item: Entry | Rejected) -> bool:
        return isinstance(item, Rejected) or all(key in self.parents for key in _references(item))

    def _build(self, entry: Entry) -> ParsedRecord:
        if not self._is_ready(entry):
            self.notices.add(
                "{n} entry refers to another (crossref) that is not in the file, so it may lack a year or source",
                "{n} entries refer to others (crossref) that are not in the file, so they may lack a year or source",
                line=entry.line,
            )
        return build(entry, self._inherited(entry, set()))

    def _inherited(self, entry: Entry, seen: set[str]) -> list[tuple[str, str]]:
        """The fields that an entry has from its parents; a parent's title is the child's booktitle."""
        found: list[tuple[str, str]] = []
        for key in _references(entry):
            parent = self.parents.get(key)
            if parent is None or key in seen:
                continue
            values = dict(reversed([*parent.fields, *self._inherited(parent, seen | {key})]))
            if parent.type == "xdata":
                found += values.items()
                continue
            title = values.get("title") or values.get("booktitle", "")
            if title and (subtitle := values.get("subtitle")):
                title = f"{title}: {subtitle}"
            as_what = "journaltitle" if parent.type == "periodical" else "booktitle"
            found += [(as_what if parent.type in _CONTAINERS else "title", title)]
            found += [(name, value) for name, value in values.items() if name not in _OWN]
        return found


def _references(entry: Entry) -> list[str]:
    """The keys of the parents. SciELO writes the article's own DOI into crossref."""
    keys = ",".join(value for name, value in entry.fields if name in {"crossref", "xdata"})
    return [key.strip().casefold() for key in keys.split(",") if key.strip() and not normalise_doi(key)]
