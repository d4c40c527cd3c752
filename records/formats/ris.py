"""RIS as databases really write it: read line by line, forgiving in form, losing nothing.

A record runs from its TY line (or, where a file has none, from its first tag) to ER, to the next TY or to
the end of the file. A line without a tag continues the one before.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from .assemble import Fields
from .base import ParsedRecord, Rejected, rejected
from .notices import Notices
from .open_record import OpenRecord
from .ris_record import TYPES, build

# Two letters, gap, hyphen. "PMID", "PMCID" and "DOI" are written as tags by PsycNet and some reference managers.
_TAG = re.compile(
    r"^[ \t\xa0]{0,3}(?P<tag>[A-Z][A-Z0-9]|PMID|PMCID|DOI)(?P<gap>[ \t\xa0]{1,3})-"
    r"(?:[ \t\xa0]+(?P<value>.*)|(?P<glued>.*))$"
)
_END = re.compile(r"^[ \t\xa0]{0,3}ER[ \t\xa0]{0,3}-[ \t]*(?P<rest>.*)$")
_START = re.compile(r"^[ \t\xa0]{0,3}TY[ \t\xa0]{0,3}-[ \t\xa0]*(?P<type>[A-Za-z][\w /-]*|)[ \t\xa0]*$")
# What databases write before, between and after records: nothing of it belongs to one.
_VENDOR = re.compile(r"^(?:Provider: |Link to the |<?https?://|Record #?\d+ of \d+)")
_FRAME = re.compile(rf"{_VENDOR.pattern}|^(?:Database: |Content: ?text|<?\d+\.? ?>?\s*$|[\W_]+$|EF\b)")
# Fields whose value is one token or number: text that follows on the next line is not part of them.
_ONE_LINE = frozenset(
    {"TY", "ER", "DO", "UR", "PY", "Y1", "DA", "Y2", "VL", "IS", "SP", "EP", "SN", "ID", "AN", "LA"}
    | {"L1", "L2", "L3", "L4", "LK", "DB", "DP", "PMID", "PMCID", "DOI"}
)

# Fields with which a record without TY can begin.
_OPENING = frozenset(
    {"TI", "T1", "AU", "A1", "JF", "JO", "T2", "BT", "AB", "N2", "PY", "Y1", "ID", "AN", "DO", "SP", "VL"}
)


def read(lines: Iterable[str], notices: Notices) -> Iterator[ParsedRecord | Rejected]:
    """Records in file order; `lines` keep their ends."""
    open_record: _Open | None = None
    for number, line in enumerate(lines, 1):
        text = line.rstrip("\r\n")
        start = _START.match(text) if "TY" in text[:5] else None
        if open_record and open_record.ended and not start:
            tag = _TAG.match(text)
            if tag and len(tag["gap"].expandtabs(2)) > 1 and tag["tag"] not in {"ER", "EF"}:
                if tag["tag"] not in _OPENING:  # Ovid writes NL after ER
                    open_record.keep(line)
                    open_record.add(tag["tag"], tag["value"] or tag["glued"])
                    continue
                yield open_record.close()
                open_record = None
            else:
                _left_out(text, number, notices)
                continue
        if start and not (open_record and open_record.quotes(start, text)):
            if open_record is not None:
                if not open_record.ended:
                    notices.add(
                        "{n} record has no end mark (ER): it was read up to the next one",
                        "{n} records have no end mark (ER): they were read up to the next one",
                        line=open_record.line,
                    )
                yield open_record.close()
            open_record = _Open(number, one_space=text.lstrip().startswith("TY -"), typed=True)
            open_record.keep(line)
            open_record.add("TY", start["type"])
            continue
        tag = _TAG.match(text)
        if open_record is None:
            if not tag or tag["tag"] in {"ER", "EF"} or len(tag["gap"].expandtabs(2)) < 2:
                _left_out(text, number, notices)
                continue
            open_record = _Open(number, one_space=False, typed=False)
        elif not open_record.typed and open_record.is_over(text, tag):
            yield open_record.close()
            open_record = _Open(number, one_space=False, typed=False)
        open_record.keep(line)
        end = _END.match(text) if "ER" in text[:5] else None
        if end and (not end["rest"] or (text.startswith("ER  -") and len(end["rest"]) < 4)):
            open_record.ended = True
        elif tag and open_record.accepts(tag):
            open_record.add(tag["tag"], tag["value"] if tag["value"] is not None else tag["glued"])
        elif text.strip():
            open_record.take(text.strip())
    if open_record is not None:
        if open_record.typed and not open_record.ended:
            notices.no_end(open_record.line)
        yield open_record.close()


def _left_out(text: str, line: int, notices: Notices) -> None:
    if text.strip() and not _FRAME.match(text.strip()):
        notices.left_out(line)


class _Open(OpenRecord):
    """The record being read."""

    def __init__(self, line: int, *, one_space: bool, typed: bool):
        super().__init__(line)
        self.one_space, self.typed = one_space, typed
        self.blank = self.ended = False

    def quotes(self, start: re.Match[str], text: str) -> bool:
        """True when "TY - something" is a wrapped line of an abstract rather than the start of a record."""
        return bool(
            text.startswith("TY -")
            and not self.one_space
            and not self.ended
            and self
            and start["type"].upper() not in TYPES
        )

    def accepts(self, tag: re.Match[str]) -> bool:
        """A one-space tag counts only where the record's own TY line is written so: text wraps like that too."""
        if len(tag["tag"]) > 2:
            return True
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
        return bool(tag and was_blank and (self.tags & once) and tag["tag"] in self.tags)

    def take(self, text: str) -> None:
        """A line without a tag: it continues a text field, else it becomes a note of its own."""
        tag = self.last or "TY"
        if tag in _ONE_LINE or (tag not in {"N1", "M1"} and _VENDOR.match(text)):  # M1 may list cited works
            self.add("N1", text)
        else:
            self.go_on(text)

    def close(self) -> ParsedRecord | Rejected:
        pairs = self.pairs()
        if not any(value for tag, value in pairs if tag not in {"TY", "ER"}):
            cause = "The record holds no field: nothing stands between TY and ER."
            return rejected(self.line, cause, self.raw)
        return build(Fields(pairs), self.raw, self.line)
