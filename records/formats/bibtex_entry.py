"""One BibTeX entry split into its fields, as forgiving as can be without making anything up.

Where the rules hold they are followed; where a brace, quotation mark or comma is missing or too many, a field ends
where the next one visibly begins, and `Entry.mended` says so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

START = re.compile(r"(?<![\w.])@\s*(?P<type>[A-Za-z][\w-]*)\s*(?P<open>[{(])")
_KNOWN = (
    "abstract|address|annote|archiveprefix|article-number|art_number|author|booktitle|chapter|crossref|date|doi|edition|"
    "editor|eid|eprint|file|howpublished|institution|isbn|issn|issue|journal|journaltitle|keywords?|language|location|"
    "month|note|number|organization|pages?|pmcid|pmid|primaryclass|publisher|school|series|shorttitle|source|subtitle|"
    "title|type|url|urldate|volume|year"
)
_KNOWN_NAME = re.compile(_KNOWN, re.IGNORECASE)
_NAME = re.compile(r"([A-Za-z_][^\s=,{}\"#%()']*(?:[ \t\xa0]+\w[^\s=,{}\"#%()']*){0,3})\s*=\s*")
# Runs of blanks are bounded everywhere, so that no text can make these patterns slow.
_NEXT = re.compile(
    rf"(?:\n[ \t,]{{0,60}}(?P<own>[A-Za-z][\w.:-]{{0,60}})|(?<=[,}}\"\s])(?P<known>{_KNOWN}))"
    r"\s{0,60}=\s{0,60}(?=[\"{\w])",
    re.IGNORECASE,
)
_AFTER_QUOTE = re.compile(r"\s*(?:#|,?\s{0,60}(?:[})]|\Z|[A-Za-z_][\w .:-]{0,60}=))")
_MORE_FIELDS = re.compile(rf"\s*,\s*(?:{_KNOWN})\s*=\s*[\"{{\w]", re.IGNORECASE)
_BARE = re.compile(r"[^,\n{}\"#=]+?(?=\s{1,60}[A-Za-z][\w-]{0,60}\s{0,60}=|[,\n}#)]|\Z)")
_MARK = re.compile(r"\\.|[{}\"]", re.DOTALL)
_SKIP = re.compile(r"(?:[\s,;]|%[^\n]*(?:\n|\Z))*")


@dataclass(slots=True)
class Entry:
    """`type` in lower case, `key` as written, (name in lower case, value without its delimiters) in file order."""

    type: str
    key: str
    raw: str
    line: int
    fields: list[tuple[str, str]] = field(default_factory=list)
    mended: bool = False
    closed: bool = True


def split(text: str, line: int, strings: Mapping[str, str]) -> Entry | None:
    """The entry at the beginning of the text; None when no entry begins there. `raw` ends where the entry does."""
    start = START.match(text)
    return _Splitter(text, start, strings).entry(line) if start else None


class _Splitter:
    def __init__(self, text: str, start: re.Match[str], strings: Mapping[str, str]):
        self._text, self._start, self._strings = text, start, strings
        self._closer = "}" if start["open"] == "{" else ")"
        self._ends: dict[int, int] = {}  # where the brace that opens at a place closes
        opened: list[int] = []
        for found in re.finditer(r"\\.|[{}]", text, re.DOTALL):
            if found.group() == "{":
                opened.append(found.start())
            elif found.group() == "}" and opened:
                self._ends[opened.pop()] = found.start()
        self._loose = bool(
            opened
        )  # something never closes, so that a value may have swallowed the next fields

    def entry(self, line: int) -> Entry:
        found = Entry(self._start["type"].casefold(), "", "", line, mended=self._loose)
        found.key, place = self._key(self._start.end())
        end = 0
        while not end:
            place = self._skip(place)
            if place >= len(self._text):
                found.closed, end = False, len(self._text)
            elif self._text[place] == self._closer:
                if _MORE_FIELDS.match(self._text, place + 1):  # a brace too many
                    found.mended, place = True, place + 1
                else:
                    end = place + 1
            else:
                place = self._field(found, place)
        found.raw = self._text[:end]
        return found

    def _skip(self, place: int) -> int:
        found = _SKIP.match(self._text, place)
        return found.end() if found else place

    def _key(self, place: int) -> tuple[str, int]:
        text = self._text
        comma, equals = text.find(",", place), text.find("=", place)
        if comma >= 0 and (equals < 0 or comma < equals):
            return text[place:comma].strip(), comma + 1
        if equals < 0:
            end = text.find(self._closer, place)
            end = len(text) if end < 0 else end
            return text[place:end].strip(), end
        head = text[place:equals]
        if "\n" in head.strip():
            line = head.lstrip().partition("\n")[0]
            return line.strip(), place + head.index(line) + len(line)
        words = head.split()
        if len(words) > 1 and _KNOWN_NAME.fullmatch(words[-1]):
            return " ".join(words[:-1]), place + head.rindex(words[-1])
        return "", place

    def _field(self, entry: Entry, place: int) -> int:
        name = _NAME.match(self._text, place)
        if name is None:
            entry.mended = True
            following = _NEXT.search(self._text, place)
            return self._name_at(following) if following else self._after_rubble(place)
        value, place, sound = self._value(name.end())
        entry.mended |= not sound
        entry.fields.append((re.sub(r"\s+", "-", name[1].casefold()), value))
        return place

    def _after_rubble(self, place: int) -> int:
        """Behind text that is no field and after which none comes: at the closing brace."""
        end = self._text.rfind(self._closer, place)
        return end if end > place else len(self._text)

    def _name_at(self, found: re.Match[str]) -> int:
        return found.start("own") if found["own"] else found.start("known")

    def _value(self, place: int) -> tuple[str, int, bool]:
        """The value, its parts joined; the place behind it; and whether it ended as it should."""
        parts: list[str] = []
        while True:
            opening = self._text[place : place + 1]
            if opening == "{":
                part, place, sound = self._braced(place)
            elif opening == '"':
                part, place, sound = self._quoted(place)
            else:
                found = _BARE.match(self._text, place)
                word = found.group().strip() if found else ""
                part, sound = self._strings.get(word.casefold(), word), True
                place = found.end() if found else place
            parts.append(part)
            behind = (
                len(self._text) - len(self._text[place:].lstrip())
                if self._text[place : place + 1].isspace()
                else place
            )
            if not sound or self._text[behind : behind + 1] != "#":
                return "".join(parts), place, sound
            place = self._skip_space(behind + 1)

    def _skip_space(self, place: int) -> int:
        while self._text[place : place + 1].isspace():
            place += 1
        return place

    def _braced(self, place: int) -> tuple[str, int, bool]:
        end = self._ends.get(place)
        if end is None or self._loose:
            following = _NEXT.search(self._text, place + 1, len(self._text) if end is None else end)
            if following:
                return self._cut(place + 1, following)
            if end is None:
                return _trimmed(self._text[place + 1 :]), len(self._text), False
        return self._text[place + 1 : end], end + 1, True

    def _quoted(self, place: int) -> tuple[str, int, bool]:
        depth, at, first = 0, place + 1, 0
        for found in _MARK.finditer(self._text, at):
            mark, here = found.group(), found.start()
            if mark == "{":
                depth += 1
            elif mark == "}":
                depth -= 1
                if depth < 0:
                    break
            elif mark == '"' and depth == 0:
                first = first or here
                if _AFTER_QUOTE.match(self._text, here + 1):
                    swallowed = _NEXT.search(self._text, at, here)
                    if (
                        swallowed and self._text[swallowed.end()] == '"'
                    ):  # this one opens the next field's value
                        return self._cut(at, swallowed)
                    return self._text[at:here], here + 1, True
        following = _NEXT.search(self._text, at)
        if following:
            return self._cut(at, following)
        if first:
            return self._text[at:first], first + 1, False
        return _trimmed(self._text[at:]), len(self._text), False

    def _cut(self, place: int, following: re.Match[str]) -> tuple[str, int, bool]:
        return _trimmed(self._text[place : following.start()]), self._name_at(following), False


def _trimmed(value: str) -> str:
    """A value that was cut at the next field: without the comma and the delimiters that belong to its end."""
    value = value.strip().rstrip(",").rstrip()
    plain = re.sub(r"\\.", "", value)
    excess = plain.count("}") - plain.count("{")
    while value and (value[-1] == '"' or (value[-1] == "}" and excess > 0)):
        excess -= value[-1] == "}"
        value = value[:-1].rstrip().rstrip(",").rstrip()
    return value
